package web

// throttleTexts are for who has to wait after wrong passwords.
var throttleTexts = catalogue{
	"base.state.no_password": {ja: "パスワードなし", en: "no password"},
	"base.state.throttled":   {ja: "ログイン制限中", en: "waiting after wrong passwords"},

	"throttle.accounts": {ja: "ログインが制限されているアカウント", en: "Accounts at which somebody has to wait"},
	"throttle.hint": {
		ja: "パスワードの間違いが続くと、その接続元からは、しばらくログインを試せなくなります。時間がたつと自動で解除されます。",
		en: "After several wrong passwords one has to wait before the next attempt. It ends by itself after a while.",
	},
	"throttle.none":       {ja: "いま制限されているアカウントはありません。", en: "Nobody has to wait at the moment."},
	"throttle.none.found": {ja: "制限中で該当するアカウントはありません。", en: "Of those who have to wait, no account fits."},
	"throttle.more":       {ja: "ほかにもあります。待ち時間の長いものから表示しています。", en: "There may be others. Those with the longest wait are shown."},
	"throttle.everywhere": {ja: "この接続元は、すべてのアカウントで制限中です", en: "the address has to wait at every account"},
	"throttle.clear_of":   {ja: "%s の制限を解除する", en: "Let them try again: %s"},

	"throttle.sources":      {ja: "制限されている接続元", en: "Addresses that have to wait"},
	"throttle.sources.hint": {ja: "存在しない ID を試した接続元も含みます。解除すると、すべてのアカウントでもう一度試せるようになります。", en: "Also such as tried names that don't exist. Cleared, they can try again at all accounts."},
	"throttle.sources.none": {ja: "いま制限されている接続元はありません。", en: "No address has to wait at the moment."},
	"throttle.others":       {ja: "ほかに%d件あります。待ち時間の長いものから表示しています。", en: "And %d more. Those with the longest wait are shown."},
	"throttle.done":         {ja: "%s の制限を解除しました。すぐにもう一度ログインを試せます。", en: "Whoever comes from %s can try again now."},

	"throttle.by.account_source": {ja: "1つのアカウントで失敗", en: "failed at one account"},
	"throttle.by.source":         {ja: "多数の失敗（すべてのアカウントで制限中）", en: "failed often: waits at every account"},
	"throttle.by.":               {ja: "制限なし", en: "need not wait"},
}
