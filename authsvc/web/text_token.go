package web

// tokenTexts are for the tokens that programs come with.
var tokenTexts = catalogue{
	"tokens.nav":   {ja: "トークン", en: "Tokens"},
	"tokens.title": {ja: "トークン", en: "Tokens"},
	"tokens.what":  {ja: "トークンは、Prosody やほかのプログラムがこのサービスを使うための鍵です。人のログインには使いません。", en: "A token lets a program in: Prosody, or one of yours. People don't log in with it."},
	"tokens.none":  {ja: "トークンはまだありません。", en: "There are no tokens yet."},
	"tokens.fixed": {ja: "設定（JITSIAUTH_PROSODY_TOKEN）で決められたトークンは、ここには表示されません。", en: "A token that is set by JITSIAUTH_PROSODY_TOKEN is not listed here."},
	"tokens.back":  {ja: "トークンの一覧に戻る", en: "Back to the tokens"},

	"tokens.name":         {ja: "名前", en: "Name"},
	"tokens.name.hint":    {ja: "どのプログラムが使うかわかる名前にしてください（例: portal）。記録にはこの名前が残ります。", en: "Say which program has it, such as portal. The log shows this name."},
	"tokens.taken":        {ja: "%s はすでに使われています。別の名前にしてください。", en: "%s is taken. Choose another name."},
	"tokens.scopes":       {ja: "許可する操作", en: "What it may do"},
	"tokens.domains":      {ja: "対象のドメイン", en: "Domains"},
	"tokens.domains.hint": {ja: "選ばない場合は、すべてのドメインが対象になります。", en: "Tick none for all of them."},
	"tokens.domains.all":  {ja: "すべて", en: "all"},
	"tokens.used":         {ja: "最後に使用", en: "Last used"},
	"tokens.by":           {ja: "作成者", en: "Made by"},
	"tokens.prefix":       {ja: "トークンの先頭", en: "Begins with"},
	"tokens.end.hint":     {ja: "期限が過ぎると、そのプログラムはすぐに使えなくなります。Prosody 用は「期限なし」をおすすめします。", en: "Once it has ended, the program is refused. For Prosody, “no end” is best."},
	"users.end.year":      {ja: "1年間", en: "1 year"},

	"tokens.may.users_read":  {ja: "アカウントの一覧と内容を見られます。変更はできません。", en: "list and show accounts, change nothing"},
	"tokens.may.users_write": {ja: "アカウント担当者と同じ操作ができます（利用者と担当者の追加、変更、削除）。", en: "what a manager may: add, change and remove accounts that are not an administrator's"},
	"tokens.may.admin":       {ja: "管理者と同じ操作ができます（すべてのアカウント、トークン、記録、バックアップ）。ログインの確認だけはできません。", en: "what an administrator may: all accounts, tokens, logs, backups. Only not ask about logins"},
	"tokens.may.auth":        {ja: "Prosody 用です。ログインの確認と、接続の報告だけができます。", en: "Prosody's: ask about logins and report who is in, nothing else"},

	"tokens.add":        {ja: "トークンを作成する", en: "Make a token"},
	"tokens.add.submit": {ja: "作成する", en: "Make it"},

	"tokens.once.title":   {ja: "トークンを作成しました", en: "The token was made"},
	"tokens.once.warning": {ja: "このトークンが表示されるのは、この一度だけです。ページを離れる前に、使うプログラムの設定に保存してください。", en: "The token is shown only this once. Put it where the program finds it before you leave this page."},
	"tokens.secret":       {ja: "トークン", en: "Token"},

	"tokens.use":          {ja: "使い方", en: "How to use it"},
	"tokens.use.file":     {ja: "プログラムが動くコンピューターで次のコマンドを実行し、トークンを貼り付けて Enter を押し、Ctrl+D で終わります。ほかの人が読めないファイルに保存されます。", en: "On the machine of the program, run this, paste the token, press Enter, then Ctrl+D. It is then in a file that nobody else can read."},
	"tokens.use.prosody":  {ja: "Prosody では、ファイルを /etc/prosody に置き（所有者は prosody）、VirtualHost に次の行を書いて、設定を読み込み直します。", en: "For Prosody, put the file into /etc/prosody, owned by prosody, write this line into the VirtualHost, and load the configuration again."},
	"tokens.use.api":      {ja: "API を呼び出す例です。トークンはコマンドの引数に現れません。", en: "To call the API, in a way that shows the token to nobody:"},
	"tokens.use.api.hint": {ja: "アドレスは、このサービスが待ち受けている場所に置き換えてください。", en: "Put the address that this service listens on."},

	"tokens.revoke":       {ja: "無効にする", en: "Revoke"},
	"tokens.revoke_of":    {ja: "%s を無効にする", en: "Revoke %s"},
	"tokens.log_of":       {ja: "%s の記録", en: "Log of %s"},
	"tokens.revoke.title": {ja: "%s を無効にしますか？", en: "Revoke %s?"},
	"tokens.revoke.what":  {ja: "無効にすると", en: "What will happen"},
	"tokens.revoke.out":   {ja: "このトークンを使うプログラムは、すぐに拒否されます。", en: "Programs that come with this token are refused at once."},
	"tokens.revoke.stops": {ja: "次の許可がなくなります:", en: "They lose:"},
	"tokens.revoke.gone":  {ja: "元に戻せません。必要になったら、新しいトークンを作成します。", en: "It can't be undone. Whoever needs one again gets a new token."},
	"tokens.revoke.log":   {ja: "だれがいつ無効にしたかは、記録に残ります。", en: "The log keeps who revoked it, and when."},
	"tokens.revoke.prosody": {
		ja: "注意: これは Prosody 用のトークンです。Prosody がこのトークンを使っている場合、無効にすると、だれも Jitsi にログインできなくなります。先に新しいトークンを作成し、Prosody に設定してください。",
		en: "Careful: this is a token for Prosody. If Prosody uses it, NO ONE can log in to Jitsi once it is revoked. Make another one first, and let Prosody use that.",
	},
	"tokens.revoke.submit": {ja: "無効にする", en: "Revoke it"},
	"tokens.done.revoked":  {ja: "%s を無効にしました。すぐに有効です。", en: "%s was revoked, in force now."},
}
