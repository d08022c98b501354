package web

// linkTexts are for who opens a one-time link.
var linkTexts = catalogue{
	"link.title.invite":  {ja: "アカウントを作る", en: "Make your account"},
	"link.title.admin":   {ja: "最初の管理者", en: "The first administrator"},
	"link.title.reset":   {ja: "新しいパスワード", en: "A new password"},
	"link.submit.invite": {ja: "アカウントを作る", en: "Make the account"},
	"link.submit.admin":  {ja: "管理者のアカウントを作る", en: "Make the administrator's account"},
	"link.submit.reset":  {ja: "このパスワードにする", en: "Set this password"},
	"link.done.invite":   {ja: "アカウントができました。すぐに使えます。", en: "Your account is there. You can use it now."},
	"link.done.admin":    {ja: "管理者のアカウントができました。", en: "The administrator's account is there."},
	"link.done.reset":    {ja: "パスワードを変更しました。すぐに使えます。", en: "Your password is changed. You can use it now."},
	"link.done.later":    {ja: "アカウントができました。利用開始の日時から使えます。", en: "Your account is there. You can use it from its beginning on."},
	"link.what.invite": {
		ja: "%s で会議室を開くための ID とパスワードを、自分で決めてください。",
		en: "Choose the ID and the password by which you will open rooms at %s.",
	},
	"link.what.admin": {
		ja: "%s のアカウントを管理する人の ID とパスワードを決めてください。このリンクは、管理者ができると使えなくなります。",
		en: "Choose the ID and the password of who manages the accounts of %s. Once there is an administrator, this link is void.",
	},
	"link.whose":     {ja: "%s の新しいパスワードを決めてください。変更すると、ほかの端末のログインは終了します。", en: "Choose a new password for %s. Everything that is logged in with the old one is logged out then."},
	"link.from":      {ja: "アカウントの利用開始:", en: "The account is valid from:"},
	"link.until":     {ja: "アカウントの期限:", en: "The account is valid until:"},
	"link.name":      {ja: "ID", en: "ID"},
	"link.name.hint": {ja: "例: alice。空白は使えません。大文字と小文字は区別しません。", en: "Such as alice. No spaces; capitals count as small letters."},
	"link.new":       {ja: "パスワード", en: "Password"},
	"link.again":     {ja: "パスワード（確認）", en: "Password, again"},
	"link.taken":     {ja: "この ID はすでに使われています。別の ID にしてください。", en: "Somebody has this ID already. Choose another one."},
	"link.jid":       {ja: "あなたの ID:", en: "Your ID:"},
	"link.jitsi":     {ja: "会議はこちら:", en: "Meetings are at:"},
	"link.how":       {ja: "会議室を開くときに ID とパスワードを聞かれたら、いま決めたものを入力してください。", en: "When you open a room and are asked for ID and password, enter the ones that you have just chosen."},
	"link.next":      {ja: "パスワードは保存されますが、誰にも表示できません。忘れないようにしてください。", en: "Nobody can look up your password. Keep it where you find it again."},
	"link.login":     {ja: "アカウントのページにログインする", en: "Log in to your account's page"},
	"link.gone":      {ja: "このリンクは使えません", en: "This link can't be used"},
	"link.gone.why": {
		ja: "期限が切れたか、すでに使われたか、取り消されたか、アドレスが途中で切れています。送ってくれた人に、新しいリンクを頼んでください。",
		en: "It has expired, was used already or was taken back, or the address is cut short. Ask whoever sent it for a new one.",
	},
}
