package web

// userEditTexts are for changing an account, and for two who do so at once.
var userEditTexts = catalogue{
	"users.edit.title": {ja: "%s の内容を変更する", en: "Change %s"},
	"users.edit.from":  {ja: "日付（例: 2026-11-27）で入力すると、その日の始まりからになります。空欄なら指定なしです。", en: "A date like 2026-11-27 means from its beginning. Empty: at once."},
	"users.edit.until": {ja: "日付（例: 2026-11-27）で入力すると、その日の終わりまでになります。空欄なら期限なしです。", en: "A date like 2026-11-27 means until its end. Empty: no end."},

	"users.role":             {ja: "権限を変更する", en: "Change the role"},
	"users.role.title":       {ja: "%s の権限を変更する", en: "Change the role of %s"},
	"users.role.own":         {ja: "これはあなた自身のアカウントです。権限を下げると、自分では元に戻せません。", en: "This is your own account. If you take rights from yourself, you can't give them back."},
	"users.role.may.user":    {ja: "自分のアカウントだけを使えます。", en: "their own account only"},
	"users.role.may.manager": {ja: "利用者と担当者のアカウントを管理できます。", en: "looks after the accounts of users and managers"},
	"users.role.may.admin":   {ja: "すべての操作ができます。", en: "may do everything"},
	"users.done.role":        {ja: "権限を変更しました。すぐに有効です。このページへのログインは終了するため、本人はもう一度ログインします。", en: "The role was changed, and is in force now. The person has to log in to these pages again."},

	"users.conflict":        {ja: "入力している間に、ほかの人がこのアカウントを変更しました。まだ保存されていません。最新の内容を確認してください。", en: "Somebody changed this account while you were typing. Nothing of yours is saved yet: look at it as it is now."},
	"users.conflict.differ": {ja: "異なる項目", en: "Where you differ"},
	"users.conflict.field":  {ja: "項目", en: "Field"},
	"users.conflict.now":    {ja: "現在の内容", en: "As it is now"},
	"users.conflict.yours":  {ja: "あなたの入力", en: "What you typed"},
	"users.conflict.empty":  {ja: "（空欄）", en: "(empty)"},
	"users.conflict.submit": {ja: "自分の入力で保存する", en: "Save what I typed"},
	"users.conflict.keep":   {ja: "現在の内容のままにする", en: "Keep it as it is now"},
}
