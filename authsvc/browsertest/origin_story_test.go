package browsertest

import (
	"crypto/tls"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
)

// evil is another site, whose page at / is what the test gives it.
func evil(t *testing.T, host, page string) (address string) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/favicon.ico":
			w.WriteHeader(http.StatusNoContent)
			return
		case "/":
		default:
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprint(w, page)
	}))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{site.pair}}
	s.StartTLS()
	t.Cleanup(s.Close)
	_, port, _ := strings.Cut(s.Listener.Addr().String(), ":")
	return "https://" + host + ":" + port + "/"
}

// others are sites that are not ours: one far away, whose requests come without our
// cookie, and a neighbour in the domain, whose requests come with it.
var others = []struct {
	host   string
	cookie bool
}{
	{"evil.example.net", false},
	{"evil.example.org", true},
}

// A page of another site sends our forms by itself. It is refused, and nothing
// changes.
func TestFormOfAnotherSite(t *testing.T) {
	w := newWorld(t)
	w.add("root", "admin")
	w.add("taro", "user")
	p := w.browser("en")
	p.logIn("root", password)
	p.follow("Users")
	p.follow("taro@meet.jitsi")
	account := p.at()
	p.expects("BounceTracking") // the browser suspects the other site, too
	for _, other := range others {
		for _, form := range []string{
			form(w.base + account + "/disable"),
			form(w.base+"/accounts/users/new", "username", "mallory", "password", password),
			form(w.base+"/accounts/sessions/end", "x", "y"),
			form(w.base+"/accounts/language", "lang", "ja", "back", "/accounts/"),
		} {
			p.open(evil(t, other.host, form))
			p.wait("location.hostname === 'meet.example.org' && document.readyState === 'complete'")
			p.wants("another site")
			if sent := p.sentCookie("POST"); sent != other.cookie {
				t.Errorf("from %s our cookie was sent: %v", other.host, sent)
			}
		}
	}
	p.open(account)
	p.wants("active")
	if p.lang() != "en" {
		t.Error("the language was switched")
	}
	if users := w.cli("", "user", "list"); strings.Contains(users, "mallory") {
		t.Errorf("users: %s", users)
	}
	if changes := w.cli("", "log", "--json"); strings.Contains(changes, "user.disabled") || strings.Contains(changes, "sessions") {
		t.Errorf("the log: %s", changes)
	}
}

// A page of another site shows ours in a frame, to have people click there.
func TestFrame(t *testing.T) {
	w := newWorld(t)
	w.add("root", "admin")
	p := w.browser("en")
	p.logIn("root", password)
	for _, other := range others {
		refused := p.expects("frame-ancestors")
		p.expects("ERR_BLOCKED_BY_RESPONSE")
		p.expects("chrome-error://")
		p.open(evil(t, other.host, `<!doctype html><title>win</title><iframe src="`+w.base+`/accounts/"></iframe>`))
		if !refused() {
			t.Errorf("%s: the browser doesn't say that it refused the frame: %q", other.host, p.errors.take())
		}
		p.errors.take()
	}
	p.open(w.base + "/accounts/") // or the browser may ask the other site for its icon when that has gone
}

// form is a page that sends a form as soon as it is there.
func form(action string, fields ...string) string {
	page := `<!doctype html><title>win</title><form method="post" action="` + html.EscapeString(action) + `">`
	for i := 0; i < len(fields); i += 2 {
		page += fmt.Sprintf(`<input name="%s" value="%s">`, fields[i], html.EscapeString(fields[i+1]))
	}
	return page + `</form><script>document.forms[0].submit()</script>`
}

// sentCookie reports whether the last request by the method had our session in it.
func (p *tab) sentCookie(method string) bool {
	p.t.Helper()
	p.errors.mu.Lock()
	defer p.errors.mu.Unlock()
	var last *network.EventRequestWillBeSentExtraInfo
	for _, r := range p.errors.requests {
		if fmt.Sprintf("%v", r.Headers[":method"]) == method {
			last = r
		}
	}
	if last == nil {
		p.t.Fatalf("no %s was sent", method)
	}
	for name, value := range last.Headers {
		if strings.EqualFold(name, "cookie") {
			return strings.Contains(fmt.Sprint(value), "__Host-jitsiauth=")
		}
	}
	return false
}
