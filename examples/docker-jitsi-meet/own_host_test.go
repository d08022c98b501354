package dockerjitsimeet_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
)

// newOwnHost is the nginx of plain Debian, where the pages have a host name of their own.
func newOwnHost(t *testing.T) (*site, *pages) {
	t.Helper()
	conf, err := os.ReadFile("../prosody/accounts.example.org.conf")
	if err != nil {
		t.Fatal(err)
	}
	p := newPages(t)
	return startNginx(t, func(_ *site, httpPort, httpsPort string) string {
		conf = replaceOnce(t, conf, "listen 80;", "listen 127.0.0.1:"+httpPort+";")
		conf = replaceOnce(t, conf, "listen [::]:80;", "")
		conf = replaceOnce(t, conf, "listen 443 ssl;", "listen 127.0.0.1:"+httpsPort+" ssl;")
		conf = replaceOnce(t, conf, "listen [::]:443 ssl;", "")
		conf = replaceOnce(t, conf, "/etc/letsencrypt/live/accounts.example.org/fullchain.pem", "cert.pem")
		conf = replaceOnce(t, conf, "/etc/letsencrypt/live/accounts.example.org/privkey.pem", "key.pem")
		return string(replaceOnce(t, conf, "http://127.0.0.1:8090", "http://127.0.0.1:"+p.port))
	}), p
}

func TestOwnHost(t *testing.T) {
	s, p := newOwnHost(t)
	const host = "accounts.example.org"
	resp, body := s.get(s.https, "/accounts/link/abc?x=%2F", "Host", host, "X-Forwarded-For", "6.6.6.6", "X-Forwarded-Proto", "http")
	if resp.StatusCode != http.StatusOK || body != page || resp.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%s %q %v", resp.Status, body, resp.Header)
	}
	if r := <-p.requests; r.RequestURI != "/accounts/link/abc?x=%2F" || r.Host != host || strings.Join(r.Header.Values("X-Forwarded-For"), "|") != "127.0.0.1" ||
		r.Header.Get("X-Forwarded-Proto") != "https" {
		t.Errorf("the service sees %s %s %v", r.Host, r.RequestURI, r.Header)
	}
	if s.get(s.https, "/api/v1/users/../../../accounts/a", "Host", host); (<-p.requests).RequestURI != "/accounts/a" {
		t.Error("the service sees a path that leads elsewhere")
	}
	for _, one := range []struct {
		base, path string
		status     int
		location   string
	}{
		{s.https, "/", http.StatusFound, "/accounts/"},
		{s.https, "/api/v1/users", http.StatusNotFound, ""},
		{s.https, "/auth/verify", http.StatusNotFound, ""},
		{s.https, "/metrics", http.StatusNotFound, ""},
		{s.https, "/accounts/../api/v1/users", http.StatusNotFound, ""},
		{s.https, "/accounts/..%2fapi/v1/users", http.StatusNotFound, ""},
		{s.http, "/", http.StatusMovedPermanently, "https://" + host + "/accounts/"},
		{s.http, "/accounts/link/abc", http.StatusForbidden, ""},
	} {
		resp, _ := s.get(one.base, one.path, "Host", host)
		if at := resp.Header.Get("Location"); resp.StatusCode != one.status || !strings.HasSuffix(at, one.location) {
			t.Errorf("%s: %s to %q, want %d to %q", one.path, resp.Status, at, one.status, one.location)
		}
	}
	if len(p.requests) != 0 {
		t.Error("something else reached the service")
	}
	if log := s.read("access.log"); strings.Contains(log, "link/abc") {
		t.Errorf("a link in the log: %s", log)
	}
}
