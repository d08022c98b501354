package dockerjitsimeet_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pages stand in for the service's: they keep what arrives.
type pages struct {
	requests chan *http.Request
	bodies   chan string
	port     string
}

const page = `<p>Hello <!--# echo var="remote_addr" --></p>`

func newPages(t *testing.T) *pages {
	t.Helper()
	p := &pages{requests: make(chan *http.Request, 100), bodies: make(chan string, 100)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		p.requests <- r
		p.bodies <- string(body)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'")
		if strings.HasSuffix(r.URL.Path, "/missing") {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = io.WriteString(w, page)
	}))
	t.Cleanup(server.Close)
	_, p.port, _ = net.SplitHostPort(server.Listener.Addr().String())
	return p
}

// newAccounts is a site whose service runs.
func newAccounts(t *testing.T) (*site, *pages) {
	t.Helper()
	names, p := newResolver(t), newPages(t)
	names.running.Store(true)
	return newSite(t, names, p.port), p
}

func TestRequestReachesTheService(t *testing.T) {
	s, p := newAccounts(t)
	resp, body := s.get(s.https, "/accounts/invite/abc?lang=ja&x=%2F", "Host", "meet.example.org",
		"X-Forwarded-For", "6.6.6.6", "X-Forwarded-Proto", "http", "Accept-Encoding", "gzip")
	if resp.StatusCode != http.StatusOK || body != page {
		t.Errorf("%s %q, not what the service sent", resp.Status, body)
	}
	if resp.ProtoMajor != 2 {
		t.Errorf("the test speaks %s", resp.Proto)
	}
	r := <-p.requests
	got := []string{r.RequestURI, r.Host, strings.Join(r.Header.Values("X-Forwarded-For"), "|"), strings.Join(r.Header.Values("X-Forwarded-Proto"), "|")}
	want := []string{"/accounts/invite/abc?lang=ja&x=%2F", "meet.example.org", "127.0.0.1", "https"}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("the service sees %q, want %q", got[i], want[i])
		}
	}
	// Jitsi's own would come beside it, and both would hold.
	if policy := resp.Header.Values("Content-Security-Policy"); len(policy) != 1 || policy[0] != "default-src 'none'" {
		t.Errorf("Content-Security-Policy %q", policy)
	}
	if resp.Header.Get("Content-Encoding") != "" {
		t.Error("compressed")
	}
}

func TestServicesOwn404(t *testing.T) {
	s, _ := newAccounts(t)
	if resp, body := s.get(s.https, "/accounts/missing"); resp.StatusCode != http.StatusNotFound || body != page {
		t.Errorf("%s %q", resp.Status, body)
	}
}

func TestRoomsStayJitsis(t *testing.T) {
	s, p := newAccounts(t)
	for path, want := range map[string]string{
		"/accounts":                  "room accounts",
		"/accounts?lang=en":          "room accounts",
		"/accounts-team":             "room accounts-team",
		"/Accounts/":                 "room  of Accounts",
		"/team/accounts/":            "room accounts/ of team",
		"/accounts/../api/v1/users":  "room v1/users of api",
		"/accounts/%2e%2e/metrics":   "room metrics",
		"/accounts/..%2fapi/v1/user": "room v1/user of api",
	} {
		if resp, body := s.get(s.https, path); resp.StatusCode != http.StatusOK || body != want {
			t.Errorf("%s: %s %q, want %q", path, resp.Status, body, want)
		}
	}
	if n := len(p.requests); n != 0 {
		t.Errorf("%d requests reached the service", n)
	}
}

// Whatever is sent, the service sees a path below /accounts/.
func TestPathIsTheOneThatMatched(t *testing.T) {
	s, p := newAccounts(t)
	for path, want := range map[string]string{
		"/accounts/":                            "/accounts/",
		"/api/v1/users/../../../accounts/alice": "/accounts/alice",
		"/api/v1/users/..%2f..%2f../accounts/a": "/accounts/a",
		"/./accounts//a?b=c":                    "/accounts/a?b=c",
		"/accounts/%E3%81%82%20%3F%25":          "/accounts/%E3%81%82%20%3F%25",
		"/accounts/a%0d%0aX-Forwarded-For:%20b": "/accounts/a%0D%0AX-Forwarded-For:%20b",
	} {
		if resp, body := s.get(s.https, path); resp.StatusCode != http.StatusOK || body != page {
			t.Errorf("%s: %s %q", path, resp.Status, body)
			continue
		}
		if r := <-p.requests; r.RequestURI != want || r.Header.Get("X-Forwarded-For") != "127.0.0.1" {
			t.Errorf("%s arrives as %s from %s, want %s", path, r.RequestURI, r.Header.Get("X-Forwarded-For"), want)
		}
	}
}

func TestLinksAreNotLogged(t *testing.T) {
	names, p := newResolver(t), newPages(t)
	s := newSite(t, names, p.port)
	s.get(s.https, "/accounts/secret-nobody") // no such name
	names.running.Store(true)
	s.get(s.http, "/accounts/secret-clear")
	s.until(http.StatusOK, "/accounts/secret-ok")
	s.do(http.MethodPost, s.https, "/accounts/secret-large", strings.NewReader(strings.Repeat("x", 1<<20+1)))
	s.get(s.https, "/gone") // control: what isn't ours is logged
	s.get(s.https, "/room")
	for log, control := range map[string]string{"access.log": "GET /room ", "error.log": "GET /gone "} {
		text := s.waitFor(log, control)
		if strings.Contains(text, "secret") {
			t.Errorf("%s has a link:\n%s", log, text)
		}
	}
}

// waitFor reads a log once it has that line: nginx writes it after it has answered.
func (s *site) waitFor(log, line string) string {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		text := s.read(log)
		if strings.Contains(text, line) {
			return text
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%s lacks %q:\n%s", log, line, text)
		}
	}
}

// Jitsi must start and go on without the service, and find it once it is there.
func TestServiceIsDown(t *testing.T) {
	names, p := newResolver(t), newPages(t)
	s := newSite(t, names, p.port)
	if resp, body := s.get(s.https, "/room"); resp.StatusCode != http.StatusOK || body != "room room" {
		t.Errorf("a room: %s %q", resp.Status, body)
	}
	if resp, _ := s.get(s.https, "/accounts/"); resp.StatusCode != http.StatusBadGateway {
		t.Errorf("without the service: %s", resp.Status)
	}
	names.running.Store(true)
	s.until(http.StatusOK, "/accounts/")
}

// until asks until the answer has this status: nginx remembers names for a moment.
func (s *site) until(status int, path string) {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		resp, _ := s.get(s.https, path)
		if resp.StatusCode == status {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%s: %s, want %d", path, resp.Status, status)
		}
	}
}

func TestPlainHTTPIsRefused(t *testing.T) {
	s, p := newAccounts(t)
	if resp, _ := s.get(s.http, "/accounts/link"); resp.StatusCode != http.StatusForbidden || len(p.requests) != 0 {
		t.Errorf("in the clear: %s, %d requests to the service", resp.Status, len(p.requests))
	}
	// A proxy before this one may do the TLS.
	if resp, body := s.get(s.http, "/accounts/link", "X-Forwarded-Proto", "https", "X-Forwarded-For", "6.6.6.6"); resp.StatusCode != http.StatusOK || body != page {
		t.Fatalf("through another proxy: %s %q", resp.Status, body)
	}
	if r := <-p.requests; r.RequestURI != "/accounts/link" || r.Header.Get("X-Forwarded-For") != "127.0.0.1" || r.Header.Get("X-Forwarded-Proto") != "https" {
		t.Errorf("the service sees %s, %v", r.RequestURI, r.Header)
	}
}

func TestBodiesStayInMemory(t *testing.T) {
	s, p := newAccounts(t)
	form := strings.Repeat("x", 6<<20)
	if resp, _ := s.do(http.MethodPost, s.https, "/accounts/form", strings.NewReader(form)); resp.StatusCode != http.StatusOK {
		t.Errorf("6 MB, as a file to import may have: %s", resp.Status)
	}
	if <-p.bodies != form {
		t.Error("it arrives changed")
	}
	if resp, _ := s.do(http.MethodPost, s.https, "/accounts/form", strings.NewReader(form+"x")); resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a byte more: %s", resp.Status)
	}
	if strings.Contains(s.read("error.log"), "temporary file") {
		t.Error("nginx wrote a temporary file")
	}
	for _, dir := range []string{"temp_body", "temp_proxy"} {
		files, err := os.ReadDir(filepath.Join(s.dir, dir))
		if err != nil || len(files) != 0 {
			t.Errorf("%s: %v, %v", dir, files, err)
		}
	}
}
