package web

// loginTexts are for coming and going.
var loginTexts = catalogue{
	"login.title":         {ja: "ログイン", en: "Log in"},
	"login.name":          {ja: "Jitsi の ID", en: "Jitsi ID"},
	"login.name.hint":     {ja: "会議にログインするときと同じ名前です。", en: "The same name as for meetings."},
	"login.password":      {ja: "パスワード", en: "Password"},
	"login.submit":        {ja: "ログイン", en: "Log in"},
	"login.wrong":         {ja: "ID またはパスワードが正しくありません。", en: "The ID or the password is wrong."},
	"login.disabled":      {ja: "このアカウントは停止されています。管理者にお問い合わせください。", en: "This account is disabled. Ask your administrator."},
	"login.expired":       {ja: "このアカウントの有効期限は過ぎています。管理者にお問い合わせください。", en: "This account has expired. Ask your administrator."},
	"login.not_yet_valid": {ja: "このアカウントはまだ有効になっていません。", en: "This account is not valid yet."},
	"login.throttled":     {ja: "ログインの試行回数が多すぎます。%s後にもう一度お試しください。", en: "Too many attempts to log in. Try again in %s."},
	"login.overloaded":    {ja: "いまログインが集中しています。パスワードは確認されていません。少し待ってからもう一度お試しください。", en: "Too many people log in at the moment, and your password was not looked at. Wait a little and try again."},
	"login.said.out":      {ja: "ログアウトしました。", en: "You are logged out."},
	"login.said.ended":    {ja: "安全のため、ログインが終了しました。もう一度ログインしてください。", en: "You have been logged out. Please log in again."},

	"login.confirm.title":  {ja: "パスワードの確認", en: "Confirm your password"},
	"login.confirm.why":    {ja: "この操作には、もう一度パスワードの入力が必要です。", en: "What you are about to do needs your password once more."},
	"login.confirm.submit": {ja: "確認", en: "Confirm"},
	"login.confirm.wrong":  {ja: "パスワードが正しくありません。", en: "The password is wrong."},
}
