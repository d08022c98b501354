package web

import (
	"regexp"
	"strings"
)

// rules are what package jitsiauth says of a field that is wrong
// (InvalidError.Rule), in Japanese; $1 is what stood in the parentheses.
var rules = []struct {
	rule *regexp.Regexp
	ja   string
}{
	{exactly(`must not be empty`), "入力してください。"},
	{exactly(`must be given`), "入力してください。"},
	{exactly(`must be at most (\d+) bytes long, which is (\d+) letters of kana or kanji: bcrypt reads no more`), "長すぎます。${1}バイト（ひらがなや漢字で${2}文字）以内にしてください。"},
	{exactly(`must be at most (\d+) bytes( long| after preparation \(SASLprep\))?`), "長すぎます。${1}バイト以内にしてください。"},
	{exactly(`must be valid UTF-8`), "読み取れない文字が含まれています。"},
	{exactly(`must not consist of invisible characters only`), "目に見える文字を入力してください。"},
	{exactly(`must not contain spaces or any of (.*)`), "空白と $1 は使用できません。"},
	{exactly(`must not contain control, private-use or formatting characters or others that XMPP forbids`), "使用できない文字（制御文字など）が含まれています。"},
	{exactly(`must not hold control characters, or such as change the direction or break lines unseen`), "使用できない文字（制御文字など）が含まれています。"},
	{exactly(`must not mix right-to-left letters .*`), "右から左に書く文字（ヘブライ文字、アラビア文字など）と、ほかの文字は混ぜて使用できません。"},
	{exactly(`must not have more than (\d+) combining marks in a row`), "結合文字は${1}個までしか続けられません。"},
	{exactly(`must look like name@example.org`), "name@example.org のような形で入力してください。"},
	{exactly(`must be name@domain with exactly one "@"`), "名前@ドメイン の形で入力してください。"},
	{exactly(`must not have a resource or any other "/": write name@domain`), "「/」は使用できません。名前@ドメイン の形で入力してください。"},
	{exactly(`must not look like an account's ID`), "この形の名前は内部の番号と紛らわしいため、使用できません。"},
	{exactly(`must be one that this service serves: (.*)`), "このサービスのドメインではありません。使用できるドメイン: $1"},
	{exactly(`must be a date like (\S+) or a time like (\S+)`), "日付（例: ${1}）または日時（例: ${2}）を入力してください。"},
	{exactly(`must lie in the years (\d+) to (\d+)`), "${1}年から${2}年までの日付を入力してください。"},
	{exactly(`must be one choice: choose the date, or empty it`), "日付が入力されていますが、別の期限が選ばれています。「日付を指定」を選ぶか、日付を空にしてください。"},
	{exactly(`must be (\d+) to (\d+)`), "${1}から${2}までの数を入力してください。"},
	{exactly(`must lie in the future`), "いまより後の日時にしてください。"},
	{exactly(`must be at most (\d+) days away`), "${1}日以内にしてください。"},
	{exactly(`must be the ID, the JID or the name of an account`), "アカウントの ID を入力してください。"},
	{exactly(`must be later than since`), "開始日以降の日付を入力してください。"},
	{exactly(`must be at least (\d+) characters long`), "短すぎます。${1}文字以上にしてください。"},
	{exactly(`must not look like a token's ID`), "この形の名前は内部の番号と紛らわしいため、使用できません。"},
	{exactly(`must name at least one of auth, users:read, users:write, admin`), "1つ以上選んでください。"},
	{exactly(`must be of auth, users:read, users:write, admin`), "選択肢の中から選んでください。"},
	{exactly(`must be of those that this service serves: (.*)`), "このサービスのドメインではありません。使用できるドメイン: $1"},
	{exactly(`must have as many cells as the first row`), "列の数が見出しの行と違います。"},
	{exactly(`must have quotes \("\) around whole cells only, and those within doubled`), "引用符（\"）の使い方が正しくありません。セル全体を囲み、中の引用符は2つ重ねてください。"},
	{exactly(`must close the quote \("\) that it opens`), "引用符（\"）が閉じられていません。"},
	{exactly(`must be in UTF-8: save the file as CSV UTF-8`), "文字コードが正しくありません。「CSV UTF-8」の形式で保存してください。"},
	{exactly(`must be in UTF-8 or Shift_JIS`), "文字コードは UTF-8 か Shift_JIS にしてください。"},
	{exactly(`must be a CSV file: this is a workbook, so save it as CSV in Excel first`), "Excel ブック（.xlsx など）はそのままでは読み込めません。Excel で「CSV UTF-8」の形式で保存してください。"},
	{exactly(`is the example of the template: delete it`), "テンプレートの記入例です。取り込みません。"},
	{exactly(`must not be that of your own account: change it on your own page`), "自分のパスワードは一括登録では変更できません。「パスワードの変更」ページで変更してください。"},
	{exactly(`must be true or false`), "TRUE か FALSE を入力してください。"},
	{exactly(`must be given for a new account, or else password_hash, or generate must be true`), "新しいアカウントにはパスワードが必要です。自動で作成することもできます。"},
	{exactly(`must be given, or else username`), "入力してください。"},
	{exactly(`must not be given together with .*`), "ほかの列と同時には指定できません。"},
	{exactly(`must be one of user, manager, admin`), "user、manager、admin のどれかを入力してください。"},
	{exactly(`must be a bcrypt hash of .*|must be whole: .*`), "bcrypt のハッシュではありません。"},
	{exactly(`must have a bcrypt cost of (\d+) to (\d+)`), "bcrypt のコストは${1}から${2}までにしてください。"},
	{exactly(`must have at most (\d+) lines`), "一度に取り込めるのは${1}行までです。"},
	{exactly(`must have a line with an account`), "アカウントの行がありません。"},
	{exactly(`must be the first row, and name the fields`), "1行目に見出しを入力してください。"},
	{exactly(`is not a field of an account; .*`), "この見出しは使用できません。1行目には項目の名前を入力してください。"},
	{exactly(`must name the fields, such as .*: column (\d+) is not a field of an account`), "1行目には項目の名前（見出し）を入力してください。${1}列目は見出しとして使用できません。"},
	{exactly(`must not be named twice in the first row`), "同じ項目の見出しが2つあります。"},
	{exactly(`must be named in the first row, or else username`), "見出しに「ログインID」の列がありません。"},
	{exactly(`must be later than valid_from, which is (.*)`), "利用開始日時（${1}）より後にしてください。"},
}

func exactly(rule string) *regexp.Regexp { return regexp.MustCompile("^" + rule + "$") }

// Rule tells what is wrong with a field, in a sentence. One that is not known
// here is shown as it is.
func Rule(lang, rule string) string {
	if lang != "ja" {
		return Text(lang, "rule.other", rule)
	}
	for _, known := range rules {
		if match := known.rule.FindStringSubmatchIndex(rule); match != nil {
			return strings.TrimSpace(string(known.rule.ExpandString(nil, known.ja, rule, match)))
		}
	}
	return Text(lang, "rule.other", rule)
}
