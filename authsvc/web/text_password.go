package web

// passwordTexts are for choosing one.
var passwordTexts = catalogue{
	"password.title":  {ja: "パスワードの変更", en: "Change your password"},
	"password.old":    {ja: "現在のパスワード", en: "Present password"},
	"password.new":    {ja: "新しいパスワード", en: "New password"},
	"password.again":  {ja: "新しいパスワード（確認）", en: "New password, again"},
	"password.submit": {ja: "変更する", en: "Change it"},
	"password.wrong":  {ja: "現在のパスワードが正しくありません。", en: "The present password is wrong."},
	"password.differ": {ja: "新しいパスワードと一致しません。", en: "This is not the same as the new password."},
	"password.same":   {ja: "現在のパスワードと同じです。別のものにしてください。", en: "This is your present password. Choose another one."},
	"password.advice": {
		ja: "自分だけが思いつく組み合わせで、単語をいくつか並べると、覚えやすく推測されにくくなります。大文字や記号は必須ではありません。ほかのサービスと同じものは使わないでください。",
		en: "A few words that only you would put together are easy to remember and hard to guess. Capitals and symbols are not needed. Don't use one that you have elsewhere.",
	},
	"password.what": {
		ja: "変更すると、ほかの端末での会議やこのページへのログインはすべて終了します。",
		en: "Afterwards you are logged out everywhere else: of meetings on all devices, and of these pages.",
	},
	"password.done": {
		ja: "パスワードを変更しました。すぐに有効です。ほかの端末のログインは終了しました。",
		en: "Your password is changed, and in force now. Everything else that was logged in with the old one was logged out.",
	},
}
