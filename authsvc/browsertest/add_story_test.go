package browsertest

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
)

// Somebody is added; the password is shown once, can be copied, and opens meetings.
func TestAddSomebody(t *testing.T) {
	w := newWorld(t).withProsody()
	w.add("root", "admin")
	p := w.browser("en")
	p.logIn("root", password)

	p.follow("Users")
	p.follow("Add an account")
	p.fill("ID", "Hanako")
	p.fill("Name", "山田 花子")
	p.choose("radio", "30 days")
	p.press("Add")
	p.wants("The account was added", "hanako@meet.jitsi", "only this once")
	given := p.value("Password")
	w.wantXMPP("hanako", given, "ok")

	p.allowClipboard()
	copies := p.nodes("button", "Copy")
	if len(copies) != 3 {
		t.Fatalf("%d buttons to copy", len(copies))
	}
	p.clickNode(copies[0], 1)
	p.wait("document.body.innerText.includes('Copied.')")
	if got := eval[string](p, "navigator.clipboard.readText()"); got != given {
		t.Errorf("the clipboard has %q, not %q", got, given)
	}
	p.clickNode(copies[2], 1) // the text to send, in English
	p.wait("document.querySelectorAll('[data-done] + [role=status]')[2]?.innerText === 'Copied.'")
	if got := eval[string](p, "navigator.clipboard.readText()"); !strings.Contains(got, given) || !strings.Contains(got, w.base) {
		t.Errorf("the text to send is %q", got)
	}

	// Who loads the page again sees the form, and nobody is added.
	p.open("/accounts/users/new")
	p.lacks(given)
	p.follow("Cancel")
	p.wants("山田 花子")
	p.lacks(given)
	if users := w.cli("", "user", "list"); strings.Count(users, "hanako") != 1 {
		t.Errorf("users: %s", users)
	}
}

// Two clicks add one account, and show the password that is its.
func TestDoubleClick(t *testing.T) {
	w := newWorld(t).withProsody()
	w.add("root", "admin")
	p := w.browser("en")
	p.logIn("root", password)
	p.open("/accounts/users/new")
	p.fill("ID", "twice")
	add := p.node("button", "Add")
	p.leave(func() { p.clickNode(add, 2) })
	p.wants("The account was added")
	w.wantXMPP("twice", p.value("Password"), "ok")
	if created := w.cli("", "log", "--action", "user.created", "--json"); strings.Count(created, "twice@meet.jitsi") != 1 {
		t.Errorf("the log: %s", created)
	}
}

// What is typed wrongly is said beside the field and kept, but for the password.
func TestAddRefused(t *testing.T) {
	w := newWorld(t)
	w.add("root", "admin")
	p := w.browser("en")
	p.logIn("root", password)
	p.open("/accounts/users/new")
	p.fill("ID", "a b")
	p.fill("Name", "Kept")
	p.fill("Password", "short")
	p.press("Add")
	if said := p.said("ID"); said == "" {
		t.Error("nothing is said of the ID")
	}
	if name, typed := p.value("Name"), p.value("Password"); name != "Kept" || typed != "" {
		t.Errorf("kept: name %q, password %q", name, typed)
	}
	p.fill("ID", "ab")
	p.fill("Password", "short")
	p.press("Add")
	if said := p.said("Password"); !strings.Contains(said, "12") {
		t.Errorf("of the password is said %q", said)
	}
	if users := w.cli("", "user", "list"); strings.Contains(users, "ab@") {
		t.Errorf("somebody was added: %s", users)
	}
}

// said is what a field's error says, as a screen reader tells it.
func (p *tab) said(label string) string {
	p.t.Helper()
	return p.onNode(p.field(label), `function() {
		if (this.getAttribute('aria-invalid') !== 'true') return '';
		return (this.getAttribute('aria-describedby') || '').split(' ').map((id) => document.getElementById(id))
			.filter((e) => e && e.getAttribute('role') === 'alert').map((e) => e.innerText).join(' ');
	}`)
}

// allowClipboard lets the page write to it, as people's browsers do, and the test read.
func (p *tab) allowClipboard() {
	p.t.Helper()
	for _, name := range []string{"clipboard-read", "clipboard-write"} {
		_, err := chromedp.CallBrowser(p.ctx, browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: name}, Setting: browser.PermissionSettingGranted,
			Origin: p.base, BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID,
		})
		p.check(err)
	}
}
