package browsertest

import "testing"

// The browser's language decides until somebody chooses, and the choice stays.
func TestLanguage(t *testing.T) {
	w := newWorld(t)
	w.add("root", "admin")
	for _, c := range []struct{ browser, lang string }{
		{"ja", "ja"}, {"ja-JP,ja,en-US,en", "ja"}, {"en-US,en,ja", "en"}, {"fr,ja,en", "ja"}, {"fr", "en"},
	} {
		p := w.browser(c.browser)
		p.open("/accounts/login")
		if lang := p.lang(); lang != c.lang {
			t.Errorf("for %s: %s, want %s", c.browser, lang, c.lang)
		}
	}

	p := w.browser("en")
	p.open("/accounts/login?next=%2Faccounts%2Fusers%3Fq%3Dro")
	p.press("日本語")
	if at := p.at(); p.lang() != "ja" || at != "/accounts/login?next=%2Faccounts%2Fusers%3Fq%3Dro" {
		t.Errorf("after the switch: %s at %s", p.lang(), at)
	}
	p.fill("Jitsi の ID", "root")
	p.fill("パスワード", password)
	p.press("ログイン")
	if at := p.at(); p.lang() != "ja" || at != "/accounts/users?q=ro" {
		t.Errorf("after the login: %s at %s", p.lang(), at)
	}
	p.follow("root@meet.jitsi")
	if p.lang() != "ja" {
		t.Error("the next page is in another language")
	}
	p.press("ログアウト")
	p.press("English")
	if p.lang() != "en" {
		t.Error("the language did not come back")
	}
}

func (p *tab) lang() string {
	p.t.Helper()
	return eval[string](p, "document.documentElement.lang")
}
