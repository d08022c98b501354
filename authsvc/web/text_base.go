package web

// baseTexts are around each page, or on many.
var baseTexts = catalogue{
	"base.site":       {ja: "Jitsi Meet アカウント", en: "Jitsi Meet accounts"},
	"base.skip":       {ja: "本文へ移動", en: "Skip to the content"},
	"base.language":   {ja: "言語", en: "Language"},
	"base.lang.ja":    {ja: "日本語", en: "日本語"},
	"base.lang.en":    {ja: "English", en: "English"},
	"base.nav":        {ja: "メニュー", en: "Menu"},
	"base.nav.home":   {ja: "自分のアカウント", en: "Your account"},
	"base.logout":     {ja: "ログアウト", en: "Log out"},
	"base.signed_in":  {ja: "ログイン中: %s", en: "Logged in as %s"},
	"base.moment":     {ja: "2006年1月2日 15:04 MST", en: "2006-01-02 15:04 MST"},
	"base.date":       {ja: "2006年1月2日", en: "2006-01-02"},
	"base.end_of_day": {ja: "%sの終わりまで（%s）", en: "end of %s (%s)"},
	"base.copy":       {ja: "コピー", en: "Copy"},
	"base.copied":     {ja: "コピーしました。", en: "Copied."},
	"base.copy_failed": {
		ja: "コピーできませんでした。選択された文字列を手動でコピーしてください。",
		en: "That did not work. It is selected now: copy it by hand.",
	},
	"base.cancel": {ja: "やめる", en: "Cancel"},
	"base.save":   {ja: "保存", en: "Save"},
	"base.back":   {ja: "戻る", en: "Back"},
	"base.saved":  {ja: "保存しました。すぐに有効です。再起動は必要ありません。", en: "Saved, and in force now: nothing has to be restarted."},
	"base.plain": {
		ja: "この接続は暗号化されていません（http）。このコンピューターの中だけで使ってください。",
		en: "This connection is not encrypted (http). That is all right only on this very computer.",
	},
	"base.seconds":     {ja: "%d秒", en: "%d seconds"},
	"base.seconds.one": {ja: "%d秒", en: "%d second"},
	"base.minutes":     {ja: "%d分", en: "%d minutes"},
	"base.minutes.one": {ja: "%d分", en: "%d minute"},
	"base.hours":       {ja: "%d時間", en: "%d hours"},
	"base.hours.one":   {ja: "%d時間", en: "%d hour"},
	"base.role.user":   {ja: "利用者", en: "User"},
	"base.role.manager": {
		ja: "アカウント担当者", en: "Manager",
	},
	"base.role.admin": {ja: "管理者", en: "Administrator"},

	"base.state.active":        {ja: "有効", en: "active"},
	"base.state.disabled":      {ja: "停止中", en: "disabled"},
	"base.state.not_yet_valid": {ja: "開始前", en: "not valid yet"},
	"base.state.expired":       {ja: "期限切れ", en: "expired"},
}
