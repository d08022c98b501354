package browsertest

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

// attacks are what is typed into fields to become part of a page.
var attacks = []string{
	`"><script>alert(1)</script>`,
	`<img src=x onerror=alert(1)>`,
	`</textarea></title><svg onload=alert(1)>`,
	`'-alert(1)-'`,
	`javascript:alert(1)`,
	`{{.}}${alert(1)}`,
}

// planted finds what would be there if an attack became part of the page, or ran
// (alerts and what the policy refuses are heard, too).
const planted = `document.querySelectorAll('script:not([src]), img, svg:not(.qr), [onerror], [onload], a[href^="javascript:" i]').length`

func (p *tab) wantNothingPlanted(where string) {
	p.t.Helper()
	if n := eval[int](p, planted); n != 0 {
		p.t.Errorf("%s has %d elements that are an attack's:\n%s", where, n, eval[string](p, "document.body.innerHTML"))
	}
	p.report()
}

// Whatever is typed into a field of any form is shown as the text that it is: in the
// form that comes back, and on each page that shows it later.
func TestTextStaysText(t *testing.T) {
	w := newWorld(t)
	w.add("root", "admin")
	w.cli("", "invite", "--note", attacks[0])
	p := w.browser("en")
	// A browser's own name is on a page, too.
	call(p, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: attacks[1], AcceptLanguage: "en"})
	p.logIn("root", password)
	p.wants(attacks[1])

	for i, attack := range attacks {
		p.open("/accounts/users/new")
		p.fill("ID", fmt.Sprintf("user%d", i))
		p.fill("Name", attack)
		p.fill("Note", attack)
		p.press("Add")
		p.wantNothingPlanted("the new account")
		p.follow("Show this account")
		p.wants(attack)
		p.wantNothingPlanted("the account")
	}
	for _, attack := range attacks {
		p.open("/accounts/invites/new")
		p.fill("Note", attack)
		p.press("Make the link")
		p.wants("The invite was made", attack)
		p.wantNothingPlanted("the new invite")
	}
	for _, page := range []string{"/accounts/invites", "/accounts/log", "/accounts/log?kind=logins", "/accounts/now", "/accounts/tokens"} {
		p.open(page)
		p.wantNothingPlanted(page)
	}
	p.open("/accounts/invites")
	p.wants(attacks...)
	p.follow("Users")
	p.wants(attacks...)
	p.wantNothingPlanted("the list")
	p.follow("user0@meet.jitsi")
	account := p.at()
	for _, page := range []string{"", "/edit", "/password", "/role", "/delete"} {
		p.open(account + page)
		p.wantNothingPlanted(account + page)
	}
}

// Every form of every page, with all attacks in each of its fields.
func TestEveryFieldOfEveryForm(t *testing.T) {
	w := newWorld(t)
	w.add("root", "admin")
	refs := strings.NewReplacer(
		"/users/:ref", "/users/"+w.first("user", "list"),
		"/link/:secret", strings.TrimPrefix(w.cli("", "invite", "--uses", "100"), w.base+"/accounts"),
		"/invites/:ref", "/invites/"+w.first("invite", "list"), "/tokens/:ref", "/tokens/"+w.first("token", "list"),
	)
	p := w.browser("en")
	p.logIn("root", password)
	p.expects("does not conform to the required format") // a date that is none, which the browser leaves out
	for _, route := range routes(t) {
		page := refs.Replace(route)
		if strings.Contains(page, ":") {
			t.Errorf("this test doesn't know what to open at %s", route)
			continue
		}
		p.open(page)
		for form := range eval[int](p, "document.forms.length") {
			p.open(page)
			if eval[bool](p, fmt.Sprintf(fillForm, form, strings.Join(attacks, ""))) {
				p.leave(func() { eval[bool](p, fmt.Sprintf("document.forms[%d].submit(); true", form)) })
				p.wantNothingPlanted(fmt.Sprintf("form %d of %s", form, page))
			}
		}
	}
}

// fillForm types into all fields of a form, hidden ones too, and returns whether it
// has such that people type in.
const fillForm = `(() => {
	const fields = [...document.forms[%d].elements].filter((e) => e.name && ['text', 'search', 'password', 'textarea', 'email'].includes(e.type));
	fields.forEach((e) => { e.value = %q; });
	return fields.length > 0;
})()`

// Addresses with attacks in what pages read from them.
func TestAddressesStayText(t *testing.T) {
	w := newWorld(t)
	w.add("root", "admin")
	out := w.browser("en")
	in := w.browser("en")
	in.logIn("root", password)
	in.expects("does not conform to the required format")
	for _, attack := range attacks {
		q := url.QueryEscape(attack)
		for _, path := range []string{
			"/accounts/login?next=" + q, "/accounts/login?said=" + q, "/accounts/login?next=" + url.QueryEscape("/accounts/users?q="+attack),
			"/accounts/link/" + url.PathEscape(strings.ReplaceAll(attack, "/", "")),
		} {
			out.open(path)
			out.wantNothingPlanted(path)
		}
		for _, path := range []string{
			"/accounts/users?q=" + q, "/accounts/users?state=" + q, "/accounts/users?cursor=" + q, "/accounts/users?q=a&" + q + "=" + q,
			"/accounts/log?user=" + q, "/accounts/log?kind=" + q, "/accounts/log?action=" + q + "&cursor=" + q, "/accounts/log?kind=logins&result=" + q + "&since=" + q,
			"/accounts/invites?open=" + q, "/accounts/invites?cursor=" + q, "/accounts/invites/" + url.PathEscape(strings.ReplaceAll(attack, "/", "")) + "/revoke",
			"/accounts/tokens/" + url.PathEscape(strings.ReplaceAll(attack, "/", "")) + "/revoke",
			"/accounts/confirm?next=" + q, "/accounts/users/" + url.PathEscape(strings.ReplaceAll(attack, "/", "")),
		} {
			in.open(path)
			in.wantNothingPlanted(path)
		}
		in.open("/accounts/users?q=" + q)
		if typed := in.value("Search"); typed != attack {
			t.Errorf("the search for %q is shown as %q", attack, typed)
		}
	}
	out.open("/accounts/login?next=" + url.QueryEscape("https://evil.example.net/"))
	out.fill("Jitsi ID", "root")
	out.fill("Password", password)
	out.press("Log in")
	if at := eval[string](out, "location.href"); at != w.base+"/accounts/" {
		t.Errorf("the login led to %s", at)
	}
}
