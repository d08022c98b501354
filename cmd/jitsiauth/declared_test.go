package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
)

// accountText renders what an account says, with the lines of its fields.
func accountText(d *declaredAccount) string {
	text := fmt.Sprint(d.line)
	for _, field := range []struct{ name, value string }{
		{"jid", d.JID}, {"username", d.Username}, {"domain", d.Domain}, {"password", d.Password}, {"hash", d.PasswordHash}, {"file", d.PasswordFile},
	} {
		if field.value != "" {
			text += fmt.Sprintf(" %s=%q", field.name, field.value)
		}
	}
	if d.Generate {
		text += " generate"
	}
	for _, field := range []struct {
		name  string
		value api.Optional[string]
	}{{"name", d.DisplayName}, {"email", d.Email}, {"note", d.Note}, {"role", d.Role}, {"from", d.ValidFrom}, {"until", d.ValidUntil}} {
		if field.value.Null {
			text += " " + field.name + "=null"
		} else if field.value.Set {
			text += fmt.Sprintf(" %s=%q", field.name, field.value.Value)
		}
	}
	if d.Disabled.Set {
		text += fmt.Sprint(" disabled=", d.Disabled.Value, d.Disabled.Null)
	}
	return text
}

// declaredText is what a file says, or what is wrong with it.
func declaredText(name, text string) string {
	d, err := readDeclared("-", name, strings.NewReader(text))
	if err != nil {
		return strings.ReplaceAll(err.Error(), "standard input", "f")
	}
	var accounts []string
	for _, account := range d.accounts {
		accounts = append(accounts, accountText(account))
	}
	return strings.Join(accounts, "\n")
}

func TestDeclaredYAML(t *testing.T) {
	const head = "accounts:\n"
	for name, test := range map[string]struct{ text, want string }{
		"all fields": {
			head + "  - jid: alice@meet.jitsi\n    password_file: alice.password\n    display_name: Alice\n    email: a@b.example\n    note: |\n      two\n      lines\n    role: admin\n    disabled: false\n    valid_from: 2026-11-26\n    valid_until: 2026-11-27T09:00:00+09:00\n",
			`2 jid="alice@meet.jitsi" file="alice.password" name="Alice" email="a@b.example" note="two\nlines\n" role="admin" from="2026-11-26" until="2026-11-27T09:00:00+09:00" disabled=false false`,
		},
		"the ways to a password": {
			head + "- username: bob\n  generate: true\n- username: carol\n  domain: other.example\n  hash: \"$2y$12$x\"\n- username: dave\n  password: 'it''s'\n- username: erin\n  password_hash: $2y$12$x\n",
			"2 username=\"bob\" generate\n4 username=\"carol\" domain=\"other.example\" hash=\"$2y$12$x\"\n7 username=\"dave\" password=\"it's\"\n9 username=\"erin\" hash=\"$2y$12$x\"",
		},
		"what is no text for others": {
			head + "- username: 0123\n  password: 0123\n- username: 12_3\n  password: 1e3\n- username: true\n  password: 0x1F\n- username: .inf\n  password: .nan\n- username: 2026-11-27\n  password: 1.50\n- username: +1\n  password: -0\n- username: yes\n  password: 1:30\n",
			"2 username=\"0123\" password=\"0123\"\n4 username=\"12_3\" password=\"1e3\"\n6 username=\"true\" password=\"0x1F\"\n8 username=\".inf\" password=\".nan\"\n10 username=\"2026-11-27\" password=\"1.50\"\n12 username=\"+1\" password=\"-0\"\n14 username=\"yes\" password=\"1:30\"",
		},
		"texts as they are": {
			head + "- username: a\n  password: correct horse battery  \n- username: b\n  password: \"a\\tb\\u00e9\"\n- username: c\n  password: a#b'c\"d,e[f]{g}\n- username: 山田\n  password: 'パスワード '\n",
			"2 username=\"a\" password=\"correct horse battery\"\n4 username=\"b\" password=\"a\\tbé\"\n6 username=\"c\" password=\"a#b'c\\\"d,e[f]{g}\"\n8 username=\"山田\" password=\"パスワード \"",
		},
		"what ends a number": {
			head + "- username: 12 # x\n  display_name: 0123   # c\n  note: 7\t\n- {username: 1.50, note: 0x1, email: true}\n- username: -.5\n  password: a  b   c\n  note: x\\ny\n",
			"2 username=\"12\" name=\"0123\" note=\"7\"\n5 username=\"1.50\" email=\"true\" note=\"0x1\"\n6 username=\"-.5\" password=\"a  b   c\" note=\"x\\\\ny\"",
		},
		"nothing and null clear": {
			head + "- username: a\n  display_name:\n  email: \"\"\n  note: ~\n  valid_from: null\n  valid_until: ''\n  role: null\n  disabled:\n",
			`2 username="a" name=null email="" note=null role=null from=null until=null disabled=false true`,
		},
		"brackets":             {"{accounts: [{username: a, generate: true}, {\"username\": \"b\"}]}", "1 username=\"a\" generate\n1 username=\"b\""},
		"a mark, CR LF, ---":   {"\ufeff# mine\r\n---\r\naccounts:\r\n- username: a\r\n  display_name: A\r\n", `4 username="a" name="A"`},
		"flags in other case":  {head + "- username: a\n  generate: TRUE\n  disabled: False\n", `2 username="a" generate disabled=false false`},
		"a comment elsewhere":  {head + "- username: a # x\n  password: 'p' # y\n  display_name: A # z\n# end\n", `2 username="a" password="p" name="A"`},
		"nothing":              {"", "f: accounts: must have at least one account"},
		"only a comment":       {"# x\n", "f: accounts: must have at least one account"},
		"no account":           {"accounts: []\n", "f: accounts: must have at least one account"},
		"null":                 {"accounts:\n", "f:1: accounts: must be a list of accounts"},
		"a list":               {"- username: a\n", "f:1: must be a mapping with the field accounts"},
		"another field":        {"version: 1\naccounts:\n- username: a\n", "f:1: version: is not a field of a file of accounts, which has the field accounts alone"},
		"a list of names":      {"accounts: [a, b]\n", "2 lines of f are refused:\n  f:1: accounts: must be a list of mappings, such as \"- username: alice\"\n  f:1: accounts: must be a list of mappings, such as \"- username: alice\""},
		"unknown field":        {head + "- username: a\n  usrname: b\x1b\n  \"x\\ny\": b\n", "2 lines of f are refused:\n  f:3: usrname: is not a field of an account: " + fieldsKnown + "\n  f:4: x?y: is not a field of an account: " + fieldsKnown},
		"state":                {head + "- username: a\n  state: disabled\n", "f:3: state: is not a field of an account: " + fieldsKnown},
		"a field twice":        {head + "- username: a\n  note: x\n  note: y\n", "f:4: must not have the same field twice"},
		"in brackets":          {"accounts: [{username: a,\n username: b}]", "f:2: must not have the same field twice"},
		"hash twice":           {head + "- username: a\n  hash: x\n  password_hash: y\n", "f:4: password_hash: must not be given twice, as hash and as password_hash"},
		"accounts twice":       {head + "- username: a\naccounts:\n- username: b\n", "f:3: must not have the same field twice"},
		"a second document":    {head + "- username: a\n---\naccounts:\n- username: b\n", "f:3: must be one document: a second one begins here"},
		"after the end":        {head + "- username: a\n...\nfoo: bar\n", "f:4: must be one document: a second one begins here"},
		"two secrets":          {head + "- username: a\n  password: x\n  generate: true\n", "f:4: generate: must not be given together with password"},
		"hash and a file":      {head + "- username: a\n  password_file: x\n  hash: y\n", "f:3: password_file: must not be given together with password_hash"},
		"no password":          {head + "- username: a\n  password:\n", "f:3: password: must not be empty: leave the field out, or put a text like null in quotes"},
		"a null name":          {head + "- username: null\n", "f:2: username: must not be empty: leave the field out, or put a text like null in quotes"},
		"no text":              {head + "- username: [a]\n  note: {a: b}\n", "2 lines of f are refused:\n  f:2: username: must be a text\n  f:3: note: must be a text"},
		"no flag":              {head + "- username: a\n  generate: yes\n  disabled: 0\n", "2 lines of f are refused:\n  f:3: generate: must be true or false\n  f:4: disabled: must be true or false"},
		"a password's comment": {head + "- username: a\n  password: correct horse #1\n", "f:3: password: is cut off by what YAML takes for a comment (#): put it in quotes"},
		"a path's comment":     {head + "- username: a\n  password_file: a.password      # or hash\n", `2 username="a" file="a.password"`},
		"an alias":             {head + "- &a\n  username: a\n- *a\n", "f:2: must have no tags, anchors, aliases and merges (! & * <<): put a text that begins so in quotes"},
		"a tag":                {head + "- username: !a b\n", "f:2: must have no tags, anchors, aliases and merges (! & * <<): put a text that begins so in quotes"},
		"a merge":              {head + "- <<: {a: b}\n", "f:2: must have no tags, anchors, aliases and merges (! & * <<): put a text that begins so in quotes"},
		"a directive":          {"%YAML 1.2\n---\n" + head, "f:1: must have no directives (%) and no keys that begin with ?"},
		"a complex key":        {head + "- ? username\n  : a\n", "f:2: must have no directives (%) and no keys that begin with ?"},
		"lists in lists":       {head + "- - username: a\n", "f:2: must be a list of accounts, without lists in it"},
		"brackets in brackets": {"{accounts: [{note: [[a]]}]}", "f:1: must not be nested that deep"},
		"an open quote":        {head + "- username: a\n  password: \"secret\n", "f:3: can't be read as YAML: could not find end character of double-quoted text; texts with signs that mean something in YAML must be in quotes"},
		"a colon":              {head + "- username: a\n  password: secret: x\n", "f:3: can't be read as YAML: mapping value is not allowed in this context; texts with signs that mean something in YAML must be in quotes"},
		"an escape":            {head + "- username: a\n  password: \"sec\\qret\"\n", ""},
		"no UTF-8":             {head + "- username: a\n  note: \xff\n", "f:3: must be in UTF-8"},
	} {
		got := declaredText("yaml", test.text)
		if got != test.want && test.want != "" {
			t.Errorf("%s:\n got %s\nwant %s", name, got, test.want)
		}
		if strings.Contains(got, "ret") && strings.Contains(got, "f:") {
			t.Errorf("%s: tells of the password: %s", name, got)
		}
	}
}

const fieldsKnown = "jid, or username and domain; password, password_file, hash or generate; display_name, email, note, role, disabled, valid_from, valid_until"

func TestDeclaredCSV(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"columns":     {"username,password_file,hash,generate,valid_until,role\na,x,,,2026-11-27,\nb,,h,FALSE,,admin\nc,,,true,,\n", "2 username=\"a\" file=\"x\" until=\"2026-11-27\"\n3 username=\"b\" hash=\"h\" role=\"admin\" until=null\n4 username=\"c\" generate until=null"},
		"Excel":       {"\ufeffログインID;表示名;パスワード\r\na@meet.jitsi;山田;0123\r\n", `2 jid="a@meet.jitsi" password="0123" name="山田"`},
		"tabs":        {"username\tgenerate\na\ttrue\n", `2 username="a" generate`},
		"as exported": {"id,jid,state\n1,a@meet.jitsi,active\n", `2 jid="a@meet.jitsi"`},
		"no row":      {"username\n", "f: accounts: must have at least one account"},
		"nothing":     {"", "f:1: header: must be the first row, and name the fields"},
		"bad rows":    {"username,generate\na,yes\nb\nc,true\n", "2 lines of f are refused:\n  f:2: generate: must be true or false\n  f:3: line: must have as many cells as the first row"},
		"two secrets": {"username,generate,hash\na,true,h\n", "f:2: generate: must not be given together with password_hash"},
		"two hashes":  {"username,password_hash,hash\na,g,h\n", "f:2: hash: must not be given together with password_hash"},
		"a workbook":  {"PK\x03\x04", "f: must be a CSV file: this is a workbook, so save it as CSV in Excel first"},
		"bad bytes":   {"username\n\xff\xff\n", "f:2: must be in UTF-8 or Shift_JIS"},
	} {
		if got := declaredText("csv", test.text); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, test.want)
		}
	}
}

func TestDeclaredFormats(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.yaml": "accounts: [{username: a}]", "a.YML": "accounts: [{username: a}]", "a.csv": "username\na\n", "a.tsv": "username\tnote\na\t\n",
		"a.json": "{}", "a": "", "big.yaml": strings.Repeat("#", maxDeclaredYAML+1), "big.csv": strings.Repeat("#", maxDeclared+1),
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
		d, err := readDeclared(path, "", nil)
		good := strings.HasPrefix(name, "a.") && name != "a.json"
		if good && (err != nil || len(d.accounts) != 1 || d.dir != dir || !d.open) || !good && err == nil {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
	if _, err := readDeclared(filepath.Join(dir, "big.yaml"), "", nil); err == nil || !strings.HasSuffix(err.Error(), "big.yaml: file: must be at most 1 MiB long: use a CSV, which may be 16 MiB") {
		t.Error(err)
	}
	if _, err := readDeclared(filepath.Join(dir, "none.yaml"), "", nil); !errors.Is(err, errUsage) {
		t.Error(err)
	}
}

// A secret is read as it stands there, or not at all: YAML's parser leaves out a tab,
// makes a blank of a line's end and some character of an escape that is none.
func TestDeclaredSecretIsNoOther(t *testing.T) {
	for value, want := range map[string]string{
		"correct\thorse battery": "", "12\t34": "", "correct horse\n      battery #staple": "", "correct horse\n      battery": "", "|\n      secret": "", ">-\n      secret": "",
		`"correct \xZZ horse"`: "", `"correct \u12g4"`: "", `"correct \U0011FFFF"`: "", `"\U0000D800 horse"`: "", `"\uDC00 horse"`: "", "\"two\n      lines \\xZZ of it\"": "",
		`"\x41\u00e9\U0001F600"`: "Aé😀", `"\\xZZ \\\\u"`: `\xZZ \\u`, `'\xZZ'`: `\xZZ`, `C:\xampp`: `C:\xampp`, `"�"`: "�", `"a\tb"`: "a\tb", "'a\tb'": "a\tb", "secret\t": "secret", "secret \t\n\n": "secret",
	} {
		for _, field := range secretFields {
			got := declaredText("yaml", "accounts:\n  - username: alice\n    "+field+": "+value+"\n    note: C:\\xampp\n")
			name := strings.TrimPrefix(field, "password_")
			wanted := fmt.Sprintf("2 username=\"alice\" %s=%q note=\"C:\\\\xampp\"", name, want)
			if want == "" {
				wanted = "f:3: " + field + ": "
			}
			if !strings.HasPrefix(got, wanted) || want == "" && !strings.Contains(got, "put it in") {
				t.Errorf("%s: %q\n got %s\nwant %s", field, value, got, wanted)
			}
		}
	}
}

// The files that the READMEs show are read as they stand there.
func TestReadmeAccountFiles(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```")
	names, err := filepath.Glob("../../examples/*/README.md")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, name := range append(names, "../../README.md") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range blocks.FindAllStringSubmatch(string(text), -1) {
			if !strings.Contains("\n"+block[1], "\naccounts:\n") {
				continue
			}
			found[name] = true
			if _, err := readDeclared("-", "yaml", strings.NewReader(block[1])); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for _, name := range []string{"../../README.md", "../../examples/docker-jitsi-meet/README.md"} {
		if !found[name] {
			t.Errorf("%s shows no file of accounts", name)
		}
	}
}

// What is small and nasty is refused at once; the time is a bound for a hang alone.
func TestDeclaredHostile(t *testing.T) {
	const size = maxDeclaredYAML / 8
	repeat := func(text string) string { return strings.Repeat(text, size/len(text)) }
	deep := &strings.Builder{}
	for indent := 0; deep.Len() < size; indent++ {
		deep.WriteString(strings.Repeat(" ", indent) + "a:\n")
	}
	for name, text := range map[string]string{
		"brackets": repeat("["), "braces": repeat("{a: "), "dashes": repeat("- "), "question marks": repeat("? "), "tags": repeat("!x "), "anchors": repeat("&x "),
		"quotes": repeat("\""), "single quotes": repeat("'"), "colons": repeat(": "), "keys": repeat("a: "), "indents": deep.String(), "documents": repeat("---\n"),
		"commas": "[" + repeat(","), "bars": repeat("|\n"), "words": repeat("a\n"), "tabs": repeat("\t"), "ends": repeat("]"), "same keys": repeat("a: b\n"),
		"dashes deep": strings.Repeat("-\n ", 2000),
		"bomb":        "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\naccounts: *c",
	} {
		start := time.Now()
		if _, err := readDeclared("-", "yaml", strings.NewReader(text)); err == nil {
			t.Errorf("%s is taken", name)
		}
		t.Log(name, time.Since(start))
	}
}

// FuzzDeclared: whatever comes is accounts, each at a line of the file with at most
// one secret, or an error that names lines of it.
func FuzzDeclared(f *testing.F) {
	f.Add("accounts:\n  - jid: alice@meet.jitsi\n    password_file: alice.password\n    valid_until: 2026-11-27\n  - {username: bob, generate: true}\n", true)
	f.Add("accounts:\n- username: c\n  hash: \"$2y$12$x\"\n  note: |\n    x\n  display_name: ~\n  disabled: true # x\n", true)
	f.Add("---\n{\"accounts\": [{\"username\": 0x1, 'password': >-\n x}]}\n...\n", true)
	f.Add("username;password_file\na;b\n", false)
	f.Fuzz(func(t *testing.T, text string, asYAML bool) {
		d, err := readDeclared("-", map[bool]string{true: "yaml", false: "csv"}[asYAML], strings.NewReader(text))
		if err != nil {
			if _, ok := errors.AsType[*wrongLines](err); !ok {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		most := strings.Count(text, "\n") + strings.Count(text, "\r") + 1
		for _, account := range d.accounts {
			if account.line < 1 || account.line > most || len(account.secrets()) > 1 {
				t.Fatalf("%q: %+v", text, account)
			}
		}
	})
}
