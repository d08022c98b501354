package web

// statusTexts are for how the service is. status.warn.CODE is what a warning says,
// and what to do.
var statusTexts = catalogue{
	"status.title":    {ja: "状態", en: "Status"},
	"status.warnings": {ja: "確認が必要なこと", en: "To look at"},
	"status.fine":     {ja: "問題は見つかりませんでした。", en: "Nothing was found that needs you."},

	"status.warn.no_admin": {
		ja: "ログインできる管理者がいません。サーバー上で jitsiauth invite --admin を実行し、表示されたリンクを管理者になる人に渡してください。",
		en: "There is no administrator who can log in. Run jitsiauth invite --admin on the server, and give its link to whoever is to be one.",
	},
	"status.warn.one_admin": {
		ja: "ログインできる管理者が1人だけです。その人が使えなくなったときのために、アカウントのページでもう1人を管理者にしてください。",
		en: "Only one administrator can log in. Make somebody else one, too, on the page of their account, for when that one can't.",
	},
	"status.warn.prosody_never": {
		ja: "サービスの起動後、Prosody（Jitsi）からの接続が一度もありません。Jitsi にログインできない状態です。Prosody の設定の authentication、http_auth_url、http_auth_token_file を確認し、Prosody のログで mod_auth_http の行を見てください。",
		en: "No Prosody (Jitsi) has come since the service began: nobody can log in to Jitsi. Check authentication, http_auth_url and http_auth_token_file in Prosody's settings, and look for mod_auth_http in its log.",
	},
	"status.warn.prosody_no_feed": {
		ja: "%s: Prosody がログインの確認だけを行い、アカウントの変更を受け取っていません。停止・削除された人が会議に残ったままになります。lua の新しい mod_auth_http を入れ、http_auth_end_sessions を false にしていないか確認してください。",
		en: "%s: this Prosody asks about logins but does not follow the changes of accounts: who is disabled or removed stays in the meeting. Install the current mod_auth_http from lua, and check that http_auth_end_sessions is not false.",
	},
	"status.warn.prosody_gone": {
		ja: "%s: Prosody がアカウントの変更を受け取らなくなって%d分たちました。Prosody が動いているか、このサービスに接続できるかを確認してください。それまでは、停止・削除された人が会議に残ります。",
		en: "%s: this Prosody has not followed the changes of accounts for %d minutes. Check that it runs and reaches this service: until then, who is disabled or removed stays in the meeting.",
	},
	"status.warn.source_hidden": {
		ja: "ログインした人の接続元が、中継サーバーのアドレス（%s）になっています。総当たりをアカウントごとにしか抑えられません。Prosody の trusted_proxies（docker-jitsi-meet では PROSODY_TRUSTED_PROXIES）に、手前のウェブサーバーのアドレスだけを設定し、そこから X-Forwarded-For を送るようにしてください。",
		en: "People seem to log in from the address of a proxy (%s), so guessing is slowed by account only. Set Prosody's trusted_proxies (docker-jitsi-meet: PROSODY_TRUSTED_PROXIES) to exactly the address of the web server before it, and let that send X-Forwarded-For.",
	},
	"status.warn.source_missing": {
		ja: "ログインした人の接続元が送られてきません。総当たりをアカウントごとにしか抑えられません。lua の新しい mod_auth_http を Prosody に入れてください。",
		en: "Prosody does not say from where people log in, so guessing is slowed by account only. Install the current mod_auth_http from lua.",
	},
	"status.warn.one_address": {
		ja: "最近の%d件のログイン（%d人）が、すべて同じ接続元 %s からです。全員が同じ場所にいるのでなければ、中継サーバーのアドレスが見えています。Prosody の trusted_proxies（docker-jitsi-meet では PROSODY_TRUSTED_PROXIES）に、手前のウェブサーバーのアドレスだけを設定してください。",
		en: "The latest %d logins, of %d people, all came from one address, %s. Unless these people are in one place, that is a proxy's: set Prosody's trusted_proxies (docker-jitsi-meet: PROSODY_TRUSTED_PROXIES) to exactly the address of the web server before it.",
	},
	"status.warn.plain_http": {
		ja: "%s: Prosody が、暗号化されていない http で公衆のネットワークから接続しています。パスワードを読み取られるおそれがあります。http_auth_url を https にしてください（--tls-cert または TLS のリバースプロキシが必要です）。",
		en: "%s: this Prosody comes by http from outside private networks, where others can read the passwords that it sends. Make http_auth_url https, with --tls-cert or a reverse proxy with TLS.",
	},
	"status.warn.no_public_url": {
		ja: "公開アドレスが設定されていません。招待などのリンクや、本人に送る文面に Jitsi のアドレスが入りません。JITSIAUTH_PUBLIC_URL に https://meet.example.org のような形で設定し、サービスを再起動してください。",
		en: "The public address is not set: links and texts that you send lack the address of your Jitsi. Set JITSIAUTH_PUBLIC_URL to one like https://meet.example.org, and restart the service.",
	},

	"status.service":    {ja: "サービス", en: "Service"},
	"status.version":    {ja: "バージョン", en: "Version"},
	"status.since":      {ja: "起動日時", en: "Runs since"},
	"status.zone":       {ja: "タイムゾーン", en: "Time zone"},
	"status.zone.hint":  {ja: "日付と時刻はこのタイムゾーンで扱います。変更するには、JITSIAUTH_TIMEZONE に Asia/Tokyo のように設定して再起動してください。", en: "Of all dates and times here. To change it, set JITSIAUTH_TIMEZONE to one like Asia/Tokyo and restart the service."},
	"status.domains":    {ja: "ドメイン", en: "Domains"},
	"status.public_url": {ja: "公開アドレス", en: "Public address"},
	"status.unset":      {ja: "未設定", en: "not set"},
	"status.size":       {ja: "データベースの大きさ", en: "Size of the database"},
	"status.backup":     {ja: "バックアップする", en: "Back it up"},

	"status.accounts":       {ja: "アカウント", en: "Accounts"},
	"status.accounts.admin": {ja: "うち、ログインできる管理者", en: "Administrators among the active ones"},
	"status.accounts.when":  {ja: "集計日時", en: "Counted at"},
	"status.accounts.not":   {ja: "集計中です。アカウントが多いと時間がかかります。しばらくしてから開き直してください。", en: "They are being counted, which takes a while where there are many. Open the page again later."},

	"status.prosody":          {ja: "Prosody（Jitsi）", en: "Prosody (Jitsi)"},
	"status.prosody.hint":     {ja: "サービスの起動後に確認できた接続です。", en: "Those that have come since the service began."},
	"status.prosody.none":     {ja: "まだ接続がありません。", en: "None has come yet."},
	"status.prosody.seen":     {ja: "最後の接続", en: "Last seen"},
	"status.prosody.login":    {ja: "最後のログイン確認", en: "Last asked about a login"},
	"status.prosody.no_login": {ja: "まだありません", en: "not yet"},
	"status.prosody.run":      {ja: "接続 %s", en: "Run %s"},
	"status.prosody.follows":  {ja: "アカウントの変更を受信中", en: "follows the changes of accounts"},
	"status.prosody.not":      {ja: "アカウントの変更を受信していません", en: "does not follow the changes of accounts"},
	"status.prosody.lag":      {ja: "未受信の記録", en: "Entries it has not asked for yet"},
	"status.prosody.reports":  {ja: "接続中の人を報告しています", en: "reports who is in"},
	"status.prosody.silent":   {ja: "接続中の人を報告していません", en: "does not report who is in"},

	"status.hashing":         {ja: "パスワードの確認", en: "Checking passwords"},
	"status.hashing.now":     {ja: "実行中（最大%d）", en: "Now (at most %d)"},
	"status.hashing.waiting": {ja: "待機中", en: "Waiting"},
	"status.hashing.refused": {ja: "混雑のため断ったログイン（起動後）", en: "Logins refused as too busy, since it began"},
}
