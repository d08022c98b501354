package web

// nowTexts are for who is in now.
var nowTexts = catalogue{
	"now.nav":          {ja: "接続中の人", en: "In now"},
	"now.title":        {ja: "いま Jitsi に接続中の人", en: "Who is in Jitsi now"},
	"now.at":           {ja: "表示した時刻: ", en: "As of "},
	"now.refresh":      {ja: "最新の状態にする", en: "Refresh"},
	"now.unknown":      {ja: "いまは確認できません。どの Prosody からも報告がありません（だれも接続していない、という意味ではありません）。", en: "That is not known at the moment: no Prosody reports. It does not mean that nobody is in."},
	"now.silent":       {ja: "次のドメインは、Prosody からの報告がないため確認できません:", en: "Of these domains it is not known, because no Prosody reports:"},
	"now.accounts":     {ja: "接続中のアカウント: %d件", en: "%d accounts are in"},
	"now.accounts.one": {ja: "接続中のアカウント: %d件", en: "%d account is in"},
	"now.sessions":     {ja: "（接続: %d件）。ゲストの参加者は含みません。", en: ", with %d sessions. Guests without an account don't count."},
	"now.sessions.one": {ja: "（接続: %d件）。ゲストの参加者は含みません。", en: ", with %d session. Guests without an account don't count."},
	"now.nobody":       {ja: "接続中の人はいません。", en: "Nobody is in."},
	"now.above":        {ja: "あなたより強い権限を持つアカウントのため、詳細は表示されません。", en: "The account has more rights than yours, so you don't see where it is."},
	"now.gone":         {ja: "削除されたアカウント（%s）", en: "An account that was deleted (%s)"},
	"now.gone.hint":    {ja: "まもなく接続が終了します。", en: "It is told to leave."},
	"now.end_of":       {ja: "%s のすべての接続を終了する", en: "End all sessions of %s"},
	"now.end.hint":     {ja: "「すべての接続を終了する」を押すと、その人はすべての端末で会議から退出し、このページからもログアウトされます。もう一度ログインすることはできます。", en: "“End all sessions”: the person leaves all meetings on all devices, and is logged out of these pages. They can log in again."},

	"now.sessions.others": {ja: "ほかに接続が%d件あります。", en: "And %d more sessions."},
	"now.others":          {ja: "ほかに%d件のアカウントが接続中です。最近接続したものから表示しています。", en: "And %d more accounts. Those who came last are shown."},
	"now.search":          {ja: "アカウント一覧で検索する", en: "Search the list of users"},
}
