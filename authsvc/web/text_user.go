package web

// userTexts are for the page of one account, as those see it who look after it.
var userTexts = catalogue{
	"users.account":      {ja: "アカウントの内容", en: "The account"},
	"users.forbidden":    {ja: "このアカウントは、あなたより強い権限を持っているため、変更できません。変更が必要な場合は、管理者に依頼してください。", en: "This account has more rights than yours, so you can't change it. If it has to be changed, ask an administrator."},
	"users.own":          {ja: "これはあなた自身のアカウントです。停止や削除をすると、あなたもログアウトされます。", en: "This is your own account. If you disable or delete it, you are logged out yourself."},
	"users.edit":         {ja: "内容を変更する", en: "Change it"},
	"users.at_once":      {ja: "指定なし", en: "at once"},
	"users.password.set": {ja: "パスワードの設定", en: "Password set"},
	"users.created":      {ja: "作成", en: "Created"},
	"users.updated":      {ja: "最終変更", en: "Changed"},

	"users.means.active":        {ja: "ログインできます。", en: "can log in"},
	"users.means.disabled":      {ja: "ログインできません。「有効にする」で元に戻せます。", en: "can't log in until somebody enables the account"},
	"users.means.not_yet_valid": {ja: "利用開始の日時になるとログインできます。", en: "can log in as soon as the beginning comes"},
	"users.means.expired":       {ja: "有効期限が過ぎたため、ログインできません。期限を延ばすとログインできます。", en: "can't log in any more, unless you extend the account"},

	"users.extend":        {ja: "有効期限を変更する", en: "Extend"},
	"users.extend.submit": {ja: "この期限にする", en: "Set this end"},
	"users.do":            {ja: "操作", en: "What you can do"},
	"users.disable":       {ja: "停止する", en: "Disable"},
	"users.disable.hint":  {ja: "停止すると、会議からすぐに退出し、ログインできなくなります。内容は残り、いつでも元に戻せます。", en: "Whoever uses it is out of all meetings at once and can't log in. Everything is kept, and you can enable it again."},
	"users.enable":        {ja: "有効にする", en: "Enable"},
	"users.enable.hint":   {ja: "同じパスワードで、すぐにログインできるようになります。", en: "The person can log in again at once, with the same password."},

	"users.now.unknown":  {ja: "いまは確認できません。Prosody が接続すると表示されます。", en: "That is not known at the moment: no Prosody reports."},
	"users.now.none":     {ja: "接続はありません。", en: "The person is not in Jitsi."},
	"users.now.guest":    {ja: "ゲストとして接続中", en: "as a guest"},
	"users.end_all.hint": {ja: "すべての端末で会議から退出し、このページからもログアウトされます。もう一度ログインすることはできます。", en: "Leaves all meetings on all devices, and is logged out of these pages. The person can log in again."},

	"users.slowed":              {ja: "ログインの制限", en: "Attempts to log in"},
	"users.slowed.none":         {ja: "制限はありません。", en: "Nobody has to wait."},
	"users.slowed.strangers":    {ja: "このアカウントで使われたことのない接続元は、次に試すまで %s 待つ必要があります。", en: "From where the account is not known, one has to wait %s between two attempts."},
	"users.slowed.attempts":     {ja: "失敗 %d回", en: "%d attempts"},
	"users.slowed.attempts.one": {ja: "失敗 %d回", en: "%d attempt"},
	"users.slowed.wait":         {ja: "あと %s 待つ必要があります", en: "has to wait for %s"},
	"users.unthrottle":          {ja: "制限を解除する", en: "Let them try again"},
	"users.unthrottle.hint":     {ja: "本人がすぐにもう一度ログインを試せるようになります。", en: "The person can try to log in again at once."},
	"users.logins.admins":       {ja: "ログインの記録は、管理者だけが見られます。", en: "Only administrators see the logins of others."},

	"users.reset":        {ja: "パスワードを再発行する", en: "Reset the password"},
	"users.reset.title":  {ja: "%s のパスワードを再発行する", en: "Reset the password of %s"},
	"users.reset.what":   {ja: "新しいパスワードを自動で作成し、一度だけ表示します。いまのパスワードはすぐに使えなくなり、本人は会議とこのページからログアウトされます。", en: "A new password is made and shown to you once. The present one is void at once, and the person is logged out of all meetings and of these pages."},
	"users.reset.submit": {ja: "再発行する", en: "Reset it"},
	"users.once.reset":   {ja: "パスワードを再発行しました", en: "The password was reset"},

	"users.delete":         {ja: "削除する", en: "Delete"},
	"users.delete.title":   {ja: "%s を削除しますか？", en: "Delete %s?"},
	"users.delete.what":    {ja: "削除すると", en: "What will happen"},
	"users.delete.out":     {ja: "この人は、すぐに会議から退出し、ログインできなくなります。", en: "The person is out of all meetings at once, and can't log in."},
	"users.delete.gone":    {ja: "アカウントの内容とパスワードは消去され、元に戻せません。", en: "The account and its password are gone for good. This can't be undone."},
	"users.delete.name":    {ja: "同じ ID は、別の人のアカウントとしてもう一度使えるようになります。", en: "The ID can be given out again, to what is then another account."},
	"users.delete.log":     {ja: "だれがいつ削除したかは、記録に残ります。", en: "The log keeps who deleted it, and when."},
	"users.delete.submit":  {ja: "完全に削除する", en: "Delete it for good"},
	"users.delete.instead": {ja: "削除せずに停止する", en: "Disable it instead"},

	"users.done.disabled":    {ja: "停止しました。すぐに有効です。会議に参加中の場合は退出します。再起動は必要ありません。", en: "Disabled, and in force now: whoever was in is out. Nothing has to be restarted."},
	"users.done.enabled":     {ja: "有効にしました。すぐにログインできます。再起動は必要ありません。", en: "Enabled, and in force now. Nothing has to be restarted."},
	"users.done.ended":       {ja: "接続を終了するよう伝えました。", en: "All sessions were told to end."},
	"users.done.unthrottled": {ja: "制限を解除しました。すぐにもう一度ログインを試せます。", en: "The person can try again now."},
	"users.done.deleted":     {ja: "%s を削除しました。すぐに有効です。再起動は必要ありません。", en: "%s was deleted, in force now: whoever was in is out. Nothing has to be restarted."},
}
