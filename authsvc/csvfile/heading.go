package csvfile

import "strings"

// FieldLogin is the field with what people log in with: a name, or name@domain. Only
// spreadsheets have it; the API tells username and jid apart.
const FieldLogin = "ログインID"

// headings are what spreadsheets in Japan call the fields, besides the API's own
// names. The first of each is what we write; none begins with "ID", at which Excel
// takes a file without a mark for another kind (SYLK).
var headings = []struct {
	field string
	names []string
}{
	{FieldLogin, []string{FieldLogin, "ID", "ＩＤ", "ログインＩＤ", "ユーザーID", "ユーザーＩＤ", "ユーザID", "ユーザー名", "ユーザ名"}},
	{"id", []string{"内部番号"}},
	{"jid", []string{"アカウント"}},
	{"domain", []string{"ドメイン"}},
	{"display_name", []string{"表示名", "名前", "氏名", "お名前"}},
	{"email", []string{"メールアドレス", "メール", "Eメール"}},
	{"note", []string{"メモ", "備考"}},
	{"password", []string{"パスワード"}},
	{"generate", []string{"パスワードを自動作成"}},
	{"role", []string{"権限"}},
	{"disabled", []string{"停止"}},
	{"state", []string{"状態"}},
	{"valid_from", []string{"利用開始日時", "利用開始日", "利用開始"}},
	{"valid_until", []string{"有効期限", "利用終了日", "期限"}},
	{"created_at", []string{"作成日時"}},
	{"updated_at", []string{"更新日時"}},
	{"password_changed_at", []string{"パスワード変更日時"}},
	{"password_kind", []string{"パスワードの種類"}},
	{"migrated", []string{"移行したパスワード"}},
	{"password_hash", []string{"パスワードハッシュ"}},
}

// fieldOf returns the field that a heading stands for: itself where it is none of
// the headings.
func fieldOf(heading string) string {
	for _, h := range headings {
		for _, name := range h.names {
			if name == heading {
				return h.field
			}
		}
	}
	return heading
}

// Heading returns what a field is called in a spreadsheet for readers of a language.
func Heading(lang, field string) string {
	if lang != "ja" {
		return field
	}
	for _, h := range headings {
		if h.field == field {
			return h.names[0]
		}
	}
	return field
}

// setLogin sets the field that the cell is meant for.
func setLogin(jid, username *string, cell string) {
	if cell = strings.TrimSpace(cell); strings.Contains(cell, "@") {
		*jid = cell
		return
	}
	*username = cell
}
