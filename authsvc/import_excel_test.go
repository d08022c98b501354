package authsvc_test

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/japanese"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// sjis is text as Excel in Japan saves it.
func sjis(t testing.TB, text string) string {
	t.Helper()
	encoded, err := japanese.ShiftJIS.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

const sjisType = api.CSVType + "; charset=Shift_JIS"

// What Excel writes is taken as it is: other separators, headings, dates.
func TestImportFromExcel(t *testing.T) {
	const want = "表示名 髙橋①\n表\\|ソ能|ｶﾅ"
	for name, test := range map[string]struct{ kind, body string }{
		"Shift_JIS": {sjisType, sjis(t, "ログインID,名前,メモ,有効期限,パスワードを自動作成\r\nbob,表示名 髙橋①,\"表\\|ソ能|ｶﾅ\",2026/12/5,TRUE\r\n")},
		"UTF-8":     {api.CSVType + "; charset=utf-8", "\ufeffID,表示名,備考,有効期限,generate\r\nbob,表示名 髙橋①,表\\|ソ能|ｶﾅ,2026-12-05,TRUE\r\n"},
		"semicolon": {api.CSVType, "ID;表示名;備考;有効期限;generate\r\nbob@meet.jitsi;表示名 髙橋①;\"表\\|ソ能|ｶﾅ\";2026/12/05;TRUE\r\n"},
		"tab":       {api.CSVType, "\"ID\"\t表示名\t備考\t有効期限\tgenerate\r\n bob \t表示名 髙橋①\t表\\|ソ能|ｶﾅ\t2026年12月5日\tTRUE\r\n"},
	} {
		b := newBench(t)
		got := imports(t, b.client(jitsiauth.ScopeUsersWrite), test.kind, test.body, api.ImportQuery{})
		if brief(got) != "2 created, = 1 0 0 0 true" {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		u := b.named("bob")
		if u.DisplayName+"\n"+u.Note != want || u.ValidUntil.Format("2006-01-02") != "2026-12-06" {
			t.Errorf("%s: %q %q %s", name, u.DisplayName, u.Note, u.ValidUntil)
		}
	}
}

// The second byte of a character may look like a separator, quote or line end only
// to who reads bytes; what is no character is told of its line alone.
func TestImportShiftJISLines(t *testing.T) {
	b := newBench(t)
	body := sjis(t, "username,note,generate\na,\"ソ\n表,能\",true\nb,") + "\xf0\x40" + sjis(t, ",true\nc,噂\"x,true\nd,") + "\x82" + ",true\n" +
		sjis(t, "e,正,true\n例: yamada.taro,,true\n")
	got := imports(t, b.client(jitsiauth.ScopeUsersWrite), sjisType, body, api.ImportQuery{})
	if brief(got) != "2 created, 4 invalid note, 5 invalid line, 6 invalid note, 7 created, 8 invalid line, = 2 0 0 4 true" {
		t.Errorf("%s\n%+v", brief(got), got)
	}
	if got[1].Rule != "must be in Shift_JIS, as the file was said to be" || got[5].Rule != "is the example of the template: delete it" {
		t.Errorf("%+v", got)
	}
	if u := b.named("a"); u.Note != "ソ\n表,能" {
		t.Errorf("%q", u.Note)
	}
}

// Only the first row is guessed from, and a comma separates where nothing does.
func TestImportSeparators(t *testing.T) {
	b := newBench(t)
	for body, want := range map[string]string{
		"jid\n\"a;b\tc,d@meet.jitsi\"\n":              "2 invalid username, = 0 0 0 1 true",
		"jid\na;b@meet.jitsi\n":                       "2 invalid password, = 0 0 0 1 true",
		"jid\na@meet.jitsi,x\n":                       "2 invalid line, = 0 0 0 1 true",
		"username;note;generate\na;1,5\t\"2\";true\n": "2 invalid line, = 0 0 0 1 true",
		"username;note;generate\na;1,5\t2;true\n":     "2 created, = 1 0 0 0 true",
	} {
		got := imports(t, b.client(jitsiauth.ScopeUsersWrite), api.CSVType, body, api.ImportQuery{DryRun: true})
		if brief(got) != want {
			t.Errorf("%q: %s", body, brief(got))
		}
	}
}

// Each heading is one field's, and none is what the API calls another.
func TestHeadingsAreDistinct(t *testing.T) {
	var all []string
	b := newBench(t)
	for _, heading := range []string{"ID", "内部番号", "アカウント", "表示名", "名前", "メールアドレス", "メール", "メモ", "パスワード", "権限", "停止", "状態", "利用開始日時", "有効期限", "作成日時", "更新日時", "パスワード変更日時", "パスワードハッシュ", "ドメイン"} {
		body := heading + ",jid\n,\n"
		if heading == "アカウント" {
			body = heading + ",note\n,\n"
		}
		got := brief(imports(t, b.client(jitsiauth.ScopeAdmin), api.CSVType, body, api.ImportQuery{DryRun: true}))
		if !strings.HasPrefix(got, "2 invalid jid") {
			t.Errorf("%s: %s", heading, got)
		}
		all = append(all, heading)
	}
	if slices.Sort(all); len(slices.Compact(all)) != 19 {
		t.Error(all)
	}
}
