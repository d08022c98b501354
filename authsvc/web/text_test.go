package web

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var verb = regexp.MustCompile(`%(\[\d+\])?[a-z]`)

func TestTextsAreInAllLanguages(t *testing.T) {
	kana := regexp.MustCompile(`[\p{Hiragana}\p{Katakana}\p{Han}]`)
	areas := 0
	for _, area := range catalogues {
		areas += len(area)
		for key, said := range area {
			if said.ja == "" || said.en == "" {
				t.Errorf("%s: %q %q", key, said.ja, said.en)
			}
			if kana.MatchString(said.en) && key != "base.lang.ja" {
				t.Errorf("%s is not English: %q", key, said.en)
			}
			ja, en := verb.FindAllString(said.ja, -1), verb.FindAllString(said.en, -1)
			slices.Sort(ja)
			slices.Sort(en)
			if !slices.Equal(ja, en) {
				t.Errorf("%s takes %q and %q", key, ja, en)
			}
			if !regexp.MustCompile(`^[a-z]+\.[a-z0-9_.]*$`).MatchString(key) {
				t.Errorf("%s is no key", key)
			}
		}
	}
	if areas != len(texts) {
		t.Errorf("%d keys in all areas, but %d different ones", areas, len(texts))
	}
}

// sources are what can name keys: templates, and the handlers.
func sources(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, pattern := range []string{"page/*.html", "../*.go", "*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatal(pattern, err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "text_") || name == "doc.go" {
				continue
			}
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
	}
	return all.String()
}

// Every key that is named is there, and every one that is there is named, by
// itself or by its beginning; but for what any page may need.
func TestTextsAndTheirUse(t *testing.T) {
	source := sources(t)
	used := map[string]bool{}
	for _, pattern := range []string{`\{\{t "([a-z0-9_.]+)"`, `(?:label|hint)=([a-z0-9_.]+)"`, `\bsay\(c, "([a-z0-9_.]+)"`, `notice\(c, "[a-z]+", "([a-z0-9_.]+)"`, `nav: "([a-z0-9_.]+)"`} {
		for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(source, -1) {
			used[match[1]] = true
			if strings.HasSuffix(match[1], ".") { // a beginning
				continue
			}
			if !Has(match[1]) {
				t.Errorf("%s is used and has no text", match[1])
			}
		}
	}
	if len(used) < 40 {
		t.Errorf("only %d keys are used", len(used))
	}
	for _, match := range regexp.MustCompile(`"([a-z]+\.[a-z0-9_.]*\.)"`).FindAllStringSubmatch(source, -1) {
		used[match[1]] = true
	}
	for key := range texts {
		name := strings.TrimSuffix(key, ".one")
		if used[name] || strings.Contains(source, `"`+name+`"`) || strings.HasPrefix(key, "error.") || strings.HasPrefix(key, "base.") {
			continue
		}
		if end := strings.LastIndexByte(name, '.'); !used[name[:end+1]] && !strings.Contains(source, `"`+name[:end+1]+`"`) {
			t.Errorf("%s is used nowhere", key)
		}
	}
}

func TestText(t *testing.T) {
	for _, test := range []struct {
		lang, key string
		args      []any
		want      string
	}{
		{"en", "base.minutes", []any{1}, "1 minute"},
		{"en", "base.minutes", []any{2}, "2 minutes"},
		{"ja", "base.minutes", []any{1}, "1分"},
		{"fr", "base.save", nil, "Save"},
		{"en", "no.such.key", []any{1}, "no.such.key"},
		{"en", "base.signed_in", []any{"100%d"}, "Logged in as 100%d"},
	} {
		if got := Text(test.lang, test.key, test.args...); got != test.want {
			t.Errorf("%+v: %q", test, got)
		}
	}
}

func TestRule(t *testing.T) {
	for rule, want := range map[string]string{
		"must not be empty": "入力してください。",
		"must be at most 72 bytes long, which is 24 letters of kana or kanji: bcrypt reads no more": "長すぎます。72バイト（ひらがなや漢字で24文字）以内にしてください。",
		"must be at most 256 bytes long": "長すぎます。256バイト以内にしてください。",
		"must not hold the word zebra":   "この内容は使用できません（must not hold the word zebra）。",
	} {
		if got := Rule("ja", rule); got != want {
			t.Errorf("%s: %s", rule, got)
		}
		if got := Rule("en", rule); got != "This "+rule+"." {
			t.Errorf("%s: %s", rule, got)
		}
	}
}

// The domain says nothing of a form's field that has no Japanese here.
func TestRulesKeepUpWithTheDomain(t *testing.T) {
	for _, name := range []string{"prep.go", "user.go", "password.go", "jid.go", "moment.go", "link_create.go", "token.go"} {
		source, err := os.ReadFile("../../jitsiauth/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range regexp.MustCompile("(?:invalid\\([a-z\"_]+, |Rule: |= |Sprintf\\()[\"`](must [^\n]*?)[\"`](?:,|\\)|\\}|\n)").FindAllStringSubmatch(string(source), -1) {
			rule := regexp.MustCompile(`%[ds]`).ReplaceAllString(match[1], "7")
			if strings.Contains(rule, "manager") || strings.Contains(rule, "host name") || strings.Contains(rule, "must be at most 7") || strings.Contains(rule, "must not be disabled") {
				continue // nobody types those
			}
			if strings.Contains(Rule("ja", rule), "must") {
				t.Errorf("%s has a rule without Japanese: %s", name, rule)
			}
		}
	}
}
