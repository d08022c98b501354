package web

// backupTexts are for the page that sends a backup.
var backupTexts = catalogue{
	"backup.title": {ja: "バックアップ", en: "Backup"},
	"backup.make":  {ja: "バックアップをダウンロードする", en: "Download a backup"},
	"backup.what": {
		ja: "ダウンロードを開始した時点までの変更がすべて入った、1つのファイルです。サービスは動いたままで、会議にも影響しません。",
		en: "One file with every change made before the download began. The service keeps running, and no meeting notices.",
	},
	"backup.holds": {
		ja: "含まれるもの: すべてのアカウントとパスワードのハッシュ、トークン、リンク、変更とログインの記録。",
		en: "It holds all accounts with the hashes of their passwords, tokens, links, and the logs of changes and logins.",
	},
	"backup.lacks": {
		ja: "含まれないもの: サービスの設定、prosody.token、証明書、Jitsi 自体の設定。",
		en: "It does not hold the settings of the service, prosody.token, certificates, or anything of Jitsi itself.",
	},
	"backup.keep": {
		ja: "このファイルを入手した人は、パスワードを推測で調べることができます。データベースと同じように厳重に保管してください。",
		en: "Whoever has this file can try to guess the passwords in it. Keep it as safe as the database itself.",
	},
	"backup.hint": {
		ja: "%s という名前で保存されます。ダウンロードは変更の記録に残ります。",
		en: "It is saved as %s. The log of changes gets an entry of it.",
	},
	"backup.submit": {ja: "ダウンロード", en: "Download"},
	"backup.busy": {
		ja: "別のバックアップを作成中または送信中です。10秒ほど待ってから、もう一度お試しください。",
		en: "Another backup is being made or sent. Wait some ten seconds and try again.",
	},

	"backup.restore": {ja: "元に戻す", en: "Restore it"},
	"backup.restore.what": {
		ja: "サービスを停止してから戻します。すべてがバックアップの時点の状態になります。その後に削除したアカウントや無効にしたトークンも、再び使えるようになります。",
		en: "Stop the service first. Everything is then as it was when the backup was made: accounts removed and tokens revoked since are good again.",
	},
	"backup.restore.docker": {ja: "Docker の場合", en: "With Docker"},
	"backup.restore.plain":  {ja: "Docker を使わない場合", en: "Without Docker"},
	"backup.restore.plain.hint": {
		ja: "--db には、お使いのデータベースの場所を指定してください。",
		en: "Let --db name where your database is.",
	},
	"backup.restore.kept": {
		ja: "それまでのデータベースは、.before-restore- と日時の付いた名前で残ります。",
		en: "The database that was there is kept, with .before-restore- and the time behind its name.",
	},
	"backup.often": {ja: "定期的にバックアップする", en: "Back up regularly"},
	"backup.often.what": {
		ja: "サーバー上でこのコマンドを定期的に実行すると、確認済みの完全なファイルだけが残ります。",
		en: "Run this on the server every so often: it leaves a file that is complete and checked, or none.",
	},
}
