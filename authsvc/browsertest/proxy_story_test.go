package browsertest

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
)

// Behind nginx with TLS everything is the browser's own: cookies that only this
// host sets, addresses of the public host, and the address that people came from.
func TestBehindNginx(t *testing.T) {
	w := newWorld(t)
	w.add("root", "admin")
	p := w.browser("en")
	p.open("/accounts/users?q=a")
	p.wants("Log in")
	p.fill("Jitsi ID", "root")
	p.fill("Password", password)
	p.press("Log in")
	if at := p.at(); at != "/accounts/users?q=a" {
		t.Errorf("after the login at %s", at)
	}
	p.press("日本語")
	p.press("English")
	p.wantCookies()
	p.errors.mu.Lock()
	if len(p.errors.statuses) < 3 {
		t.Errorf("redirects: %q", p.errors.statuses)
	}
	for _, redirect := range p.errors.statuses {
		if _, to, _ := strings.Cut(redirect, " -> "); !strings.HasPrefix(to, w.base+"/accounts/") {
			t.Errorf("redirect away: %s", redirect)
		}
	}
	p.errors.mu.Unlock()

	p.open("/accounts/")
	p.wants("127.0.0.1")
	if text := p.text(); strings.Contains(text, proxyAddress) || strings.Contains(text, "a proxy") {
		t.Errorf("nginx is taken for who came:\n%s", text)
	}
	logins := w.cli("", "log", "--logins")
	for deadline := time.Now().Add(timeLimit); !strings.Contains(logins, "root@meet.jitsi") && time.Now().Before(deadline); {
		time.Sleep(50 * time.Millisecond) // they are written a moment later
		logins = w.cli("", "log", "--logins")
	}
	if !strings.Contains(logins, "127.0.0.1") || strings.Contains(logins, proxyAddress) {
		t.Errorf("the log of logins: %s", logins)
	}
	if link := w.cli("", "invite"); !strings.HasPrefix(link, w.base+"/accounts/link/") {
		t.Errorf("the link is %s", link)
	}
	p.press("Log out")
	p.wants("You are logged out.")
	p.open("/accounts/users")
	p.wants("Log in")
}

// wantCookies holds all cookies to what keeps others from them.
func (p *tab) wantCookies() {
	p.t.Helper()
	cookies := call(p, network.GetCookies, network.GetCookiesParams{}).Cookies
	found := map[string]bool{}
	for _, c := range cookies {
		found[c.Name] = true
		if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HTTPOnly || c.SameSite != network.CookieSameSiteLax || c.Path != "/" || strings.HasPrefix(c.Domain, ".") {
			p.t.Errorf("cookie %+v", c)
		}
	}
	if !found["__Host-jitsiauth"] || !found["__Host-jitsiauth-lang"] || len(found) != 2 {
		p.t.Errorf("cookies: %v", found)
	}
}

// On the machine itself pages open over http, and say what that means.
func TestPlainHTTP(t *testing.T) {
	need(t, nil)
	s := startService(t)
	p := newPerson(t, "en")
	_, port, _ := strings.Cut(s.Addr, ":")
	p.base = "http://localhost:" + port
	if _, _, err := s.CLI(limit(t), password, "user", "add", "root", "--role", "admin", "--password-stdin"); err != nil {
		t.Fatal(err)
	}
	p.logIn("root", password)
	p.wants("This connection is not encrypted")
	p.follow("Users")
	p.wants("root@meet.jitsi", "This connection is not encrypted")
}
