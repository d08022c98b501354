package web

// errorTexts are for what went wrong: error.CODE of the HTTP API where there is
// one, error.STATUS otherwise.
var errorTexts = catalogue{
	"error.title":      {ja: "エラー", en: "Error"},
	"error.home":       {ja: "最初のページへ", en: "To the first page"},
	"error.request_id": {ja: "管理者にお問い合わせの際は、この番号をお伝えください: %s", en: "If you ask your administrator about it, tell them this number: %s"},
	"error.400":        {ja: "送信された内容を読み取れませんでした。もう一度お試しください。", en: "What was sent could not be read. Please try again."},
	"error.403":        {ja: "この操作を行う権限がありません。", en: "You are not allowed to do this."},
	"error.404":        {ja: "このページは見つかりません。", en: "There is no such page."},
	"error.405":        {ja: "このページは、この方法では開けません。", en: "This page can't be opened in this way."},
	"error.409":        {ja: "この名前はすでに使われています。", en: "This name is taken."},
	"error.too_many_links": {
		ja: "使用できるリンクが多すぎるため、新しいリンクを作成できません。「招待リンク」のページで、不要なリンクを取り消してください。",
		en: "There are too many links that can be used, so no other can be made. Revoke those that are not needed, on the page “Invites”.",
	},
	"error.410":       {ja: "このページはもう使えません。", en: "This page is gone."},
	"error.412":       {ja: "その間に、ほかの人が変更しました。最新の内容を確認してから、もう一度お試しください。", en: "Somebody else has changed this in the meantime. Look at it as it is now, and try again."},
	"error.413":       {ja: "送信された内容が大きすぎます。", en: "What was sent is too large."},
	"error.415":       {ja: "送信された形式には対応していません。", en: "What was sent is of another kind than this page takes."},
	"error.422":       {ja: "入力された内容に使用できないものがあります。", en: "Something that was entered can't be used."},
	"error.429":       {ja: "試行回数が多すぎます。%s後にもう一度お試しください。", en: "Too many attempts. Try again in %s."},
	"error.500":       {ja: "サービスに問題が発生しました。あなたの操作が原因ではありません。", en: "Something failed in the service. It is nothing that you did."},
	"error.503":       {ja: "サービスが混み合っているか、一時的に応答できません。少し待ってからもう一度お試しください。", en: "The service is busy or can't answer at the moment. Wait a little and try again."},
	"error.no_backup": {ja: "このデータベースは、このページからはバックアップできません。", en: "This database can't be backed up from here."},
	"error.cross_origin": {
		ja: "ほかのサイトから送信されたため、安全のために拒否しました。ページを開き直して、もう一度お試しください。",
		en: "This was sent from another site, so it was refused for your safety. Open the page anew and try again.",
	},
	"error.not_https": {
		ja: "このページは https でのみ利用できます。パスワードが暗号化されずに送られるのを防ぐためです。アドレスの先頭を https:// にして開いてください。",
		en: "These pages are for https only, so that no password goes over the network unencrypted. Open the address with https:// at its beginning.",
	},
	"error.not_https.admin": {
		ja: "管理者の方へ: リバースプロキシを使っている場合は、そのアドレスを JITSIAUTH_TRUSTED_PROXIES に設定し、プロキシが X-Forwarded-Proto: https を送るようにしてください。",
		en: "For administrators: behind a reverse proxy, name its address in JITSIAUTH_TRUSTED_PROXIES and let it send X-Forwarded-Proto: https.",
	},

	"rule.other": {ja: "この内容は使用できません（%s）。", en: "This %s."},
}
