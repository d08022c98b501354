package csvfile

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/jitsiauth/server/jitsiauth"
)

// told renders the rows: number, account, more, or the rule that is broken.
func told(t *testing.T, text string, o Options) (rows []string) {
	t.Helper()
	lines, err := Lines(strings.NewReader(text), o)
	if err != nil {
		return []string{err.Error()}
	}
	for line, err := range lines {
		switch {
		case err != nil:
			rows = append(rows, err.Error())
		case line.Err != nil:
			rows = append(rows, fmt.Sprint(line.Number, " ", line.Err))
		default:
			a := line.Account
			rows = append(rows, fmt.Sprint(line.Number, " ", a.JID, a.Username, " ", a.DisplayName, " ", a.ValidUntil, " ", line.More))
		}
	}
	return rows
}

// ruleNoHeading does not say what stands there.
const ruleNoHeading = "header: must name the fields, such as username and password, separated by commas: column "

func TestLines(t *testing.T) {
	more := Options{More: []string{"password_file", "hash"}}
	for _, test := range []struct {
		text string
		o    Options
		want string // rows in /
	}{
		{"jid,display_name\na@b,A\n\nc@d,\n", Options{}, "2 a@b {A true false} { false false} map[]/4 c@d { true false} { false false} map[]"},
		{"ログインID;有効期限\na;2026/1/5\n", Options{}, "2 a { false false} {2026-01-05 true false} map[]"},
		{"username,password_file,hash\na,'=x,\n", more, "2 a { false false} { false false} map[hash: password_file:=x]"},
		{"username,password_file\na,x\n", Options{}, "password_file: is not a field of an account; the first row must name the fields, separated by commas"},
		{"S3cretPassw0rd!,alice\n", Options{}, ruleNoHeading + "1 is not a field of an account"},
		{"alice:$2y$05$S3cret\n", Options{}, ruleNoHeading + "1 is not a field of an account"},
		{"username,$2y$05$S3cret\n", Options{}, ruleNoHeading + "2 is not a field of an account"},
		{"username,{SHA}S3cret\n", Options{}, ruleNoHeading + "2 is not a field of an account"},
		{"username,nil:S3cret\n", Options{}, ruleNoHeading + "2 is not a field of an account"},
		{"username," + strings.Repeat("あ", 41) + "\n", Options{}, ruleNoHeading + "2 is not a field of an account"},
		{"username," + strings.Repeat("あ", 40) + "\n", Options{}, strings.Repeat("あ", 40) + ": is not a field of an account; the first row must name the fields, separated by commas"},
		{"user,Password\n", Options{}, "user: is not a field of an account; the first row must name the fields, separated by commas"},
		{"username,\x82\xa0\n", Options{}, "header: " + ruleUTF8},
		{"username,\x82\n", Options{ShiftJIS: true}, "header: " + ruleShiftJIS},
		{"username,hash,hash\n", more, "hash: must not be named twice in the first row"},
		{"hash\n", more, "jid: must be named in the first row, or else username"},
		{"username\na,b\nb\n", more, "2 line: must have as many cells as the first row/3 b { false false} { false false} map[]"},
		{"username,hash\na,\xff\n", more, "2 hash: " + ruleUTF8},
		{"username,hash\na,\x82\n", Options{ShiftJIS: true, More: more.More}, "2 hash: " + ruleShiftJIS},
		{"username\n例: yamada.taro\n", Options{}, "2 line: " + ruleExample},
		{"username,generate\na,maybe\n", Options{}, "2 generate: must be true or false"},
		{"", Options{}, "header: must be the first row, and name the fields"},
	} {
		if got := strings.Join(told(t, test.text, test.o), "/"); got != test.want {
			t.Errorf("%q:\n got %s\nwant %s", test.text, got, test.want)
		}
	}
}

// An input that fails is no row and no rule.
func TestLinesOfBrokenInput(t *testing.T) {
	broken := errors.New("broken")
	if _, err := Lines(iotest.ErrReader(broken), Options{}); !errors.Is(err, broken) {
		t.Error(err)
	}
	lines, err := Lines(io.MultiReader(strings.NewReader("jid\na@b\nc"), iotest.ErrReader(broken)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for line, err := range lines {
		got = append(got, fmt.Sprint(line.Account.JID, err))
	}
	if strings.Join(got, " ") != "a@b<nil> broken" {
		t.Error(got)
	}
}

// FuzzLines: whatever comes, each row is an account or broke a rule, in order.
func FuzzLines(f *testing.F) {
	f.Add("ログインID;有効期限;hash\nb@meet.jitsi;2026/1/5;\n\n\"x", false)
	f.Add("username,note\na,\x82\xa0\n\x82", true)
	f.Fuzz(func(t *testing.T, text string, shiftJIS bool) {
		lines, err := Lines(strings.NewReader(text), Options{ShiftJIS: shiftJIS, More: []string{"hash"}})
		if err != nil {
			if !errors.Is(err, jitsiauth.ErrInvalid) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		last, most := 1, strings.Count(text, "\n")+1
		for line, err := range lines {
			if err != nil || line.Number <= last || line.Number > most || line.Err != nil && !errors.Is(line.Err, jitsiauth.ErrInvalid) {
				t.Fatalf("%q: %+v behind line %d, %v", text, line, last, err)
			}
			last = line.Number
		}
	})
}
