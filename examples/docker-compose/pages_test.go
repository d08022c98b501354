package compose_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"testing"
	"time"
)

// ownPages: through Jitsi's own web server and its TLS, somebody logs in to the pages
// at /accounts/ with the Jitsi ID, and the address that the log has is theirs.
func (w *world) ownPages(t *testing.T) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{
		Jar: jar, Timeout: time.Minute,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}, //nolint:gosec // self-signed
	}
	site := "https://" + w.https
	open := func(answer *http.Response, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %s (%v)", answer.Request.URL, answer.StatusCode, text, err)
		}
		return string(text)
	}
	if body := open(browser.Get(site + "/accounts/")); !contains(body, `action="/accounts/login"`) {
		t.Fatalf("no page to log in:\n%s", body)
	}
	body := open(browser.PostForm(site+"/accounts/login", url.Values{"name": {"alice"}, "password": {password}}))
	if !contains(body, "alice@meet.jitsi") {
		t.Errorf("no page of alice's own:\n%s", body)
	}
	for _, cookie := range jar.Cookies(&url.URL{Scheme: "https", Host: w.https, Path: "/accounts/"}) {
		if cookie.Name == "__Host-jitsiauth" {
			return
		}
	}
	t.Error("no cookie that is bound to https and this host")
}
