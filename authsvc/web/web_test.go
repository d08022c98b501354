package web

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

func tokyo(t *testing.T) *Pages {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	return New(zone)
}

func TestTimes(t *testing.T) {
	p := tokyo(t)
	at := time.Date(2026, 11, 27, 15, 0, 0, 0, time.UTC)
	for _, test := range []struct{ got, want string }{
		{p.When("ja", at), "2026年11月28日 00:00 JST"},
		{p.When("en", at), "2026-11-28 00:00 JST"},
		{p.Until("ja", at), "2026年11月27日の終わりまで（JST）"},
		{p.Until("en", at), "end of 2026-11-27 (JST)"},
		{p.Until("en", at.Add(time.Minute)), "2026-11-28 00:01 JST"},
	} {
		if test.got != test.want {
			t.Errorf("%q, want %q", test.got, test.want)
		}
	}
}

func TestAllTemplatesParse(t *testing.T) {
	all, err := tokyo(t).parsed()
	if err != nil {
		t.Fatal(err)
	}
	for name, page := range all {
		if strings.HasSuffix(name, "/base.html") || strings.HasSuffix(name, "/parts.html") {
			continue
		}
		for _, block := range []string{"title", "main"} {
			if page.Lookup(block) == nil {
				t.Errorf("%s has no %s", name, block)
			}
		}
	}
	for _, name := range []string{"ja/none.html", "fr/login.html"} {
		lang, file, _ := strings.Cut(name, "/")
		if _, err := tokyo(t).Render(file, &View{Lang: lang}); err == nil {
			t.Error(name)
		}
	}
}

// The policy that pages are sent with lets nothing of these work.
func TestTemplatesKeepToThePolicy(t *testing.T) {
	names, _ := filepath.Glob("page/*.html")
	for _, name := range names {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if found := regexp.MustCompile(`(?i)<style|<script>| on[a-z]+=| style=|https?://|<iframe`).FindString(string(source)); found != "" {
			t.Errorf("%s has %q", name, found)
		}
	}
}

func TestForm(t *testing.T) {
	f := NewForm(url.Values{"name": {"alice"}, "password": {"secret"}})
	if !f.OK() {
		t.Error("not OK")
	}
	f.Refuse("name", "first")
	f.Refuse("name", "second")
	in, err := newInput(f, "name", "label=login.name", "hint=login.name.hint", "required")
	if err != nil || in.Value != "alice" || in.Error != "first" || in.Describes != "name-error name-hint" || f.OK() {
		t.Errorf("%+v, %v", in, err)
	}
	if in, err := newInput(f, "password", "type=password"); err != nil || in.Value != "" {
		t.Errorf("%+v, %v", in, err)
	}
	if _, err := newInput(f, "name", "lable=x"); err == nil {
		t.Error("an unknown option")
	}
	empty := NewForm(nil)
	empty.Set("a", "b")
	if empty.Get("a") != "b" || len(empty.All("a")) != 1 || empty.Get("c") != "" {
		t.Error(empty)
	}
}

func TestStatic(t *testing.T) {
	address, err := Asset("style.css")
	if err != nil || !regexp.MustCompile(`^/accounts/static/style\.[0-9a-f]{16}\.css$`).MatchString(address) {
		t.Fatal(address, err)
	}
	file, ok := Static(strings.TrimPrefix(address, StaticPath))
	if !ok || file.Type != "text/css; charset=utf-8" || !strings.Contains(string(file.Body), "prefers-color-scheme") {
		t.Errorf("%v %+v", ok, file.Type)
	}
	if _, err := Asset("none.css"); err == nil {
		t.Error("a file that is not there")
	}
}

// What is put into a text can be a text itself.
func TestSaid(t *testing.T) {
	said := Said{Key: "error.429", Args: []any{Said{Key: "base.minutes", Args: []any{1}}}}
	for range 2 { // it stays as it is
		for lang, want := range map[string]string{"en": "Too many attempts. Try again in 1 minute.", "ja": "試行回数が多すぎます。1分後にもう一度お試しください。"} {
			if got := said.In(lang); got != want {
				t.Errorf("%s: %q", lang, got)
			}
		}
	}
	if got := (Said{Key: "base.save"}).In("en"); got != "Save" {
		t.Error(got)
	}
}
