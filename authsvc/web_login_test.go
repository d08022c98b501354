package authsvc_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

func TestLogInAndOut(t *testing.T) {
	b := newBench(t)
	b.person("alice", jitsiauth.RoleUser)
	w := b.browser()
	w.get("/accounts/").wantRedirect(t, "/accounts/login")
	w.get("/accounts/login").want(t, http.StatusOK, "Log in", "This connection is not encrypted")
	for _, name := range []string{"alice", "ALICE@meet.jitsi", " alice "} {
		w.logIn(name)
		w.get("/accounts/").want(t, http.StatusOK, "Hello, alice", "alice@meet.jitsi")
		w.get("/accounts/login").wantRedirect(t, "/accounts/")
		w.post("/accounts/logout").wantRedirect(t, "/accounts/login?said=out")
		w.get("/accounts/login?said=out").want(t, http.StatusOK, "You are logged out.")
		w.get("/accounts/").wantRedirect(t, "/accounts/login")
	}
}

// The log of logins has the pages' beside Prosody's.
func TestLogInIsLogged(t *testing.T) {
	b := behindTLS(t)
	u := b.person("alice", jitsiauth.RoleUser)
	w := b.https()
	w.post("/accounts/login", "name", "alice", "password", "wrong").want(t, http.StatusUnprocessableEntity)
	w.logIn("alice")
	b.settle()
	page, err := b.svc.LoginLog(t.Context(), jitsiauth.LogQuery{ID: u.ID})
	if err != nil || len(page.Entries) != 2 {
		t.Fatalf("%+v, %v", page, err)
	}
	for i, result := range []jitsiauth.LoginResult{jitsiauth.LoginOK, jitsiauth.LoginBadCredentials} {
		if l := page.Entries[i]; l.Result != result || l.Transport != "web" || l.Source.String() != "203.0.113.9" || l.Proxy {
			t.Errorf("%+v", l)
		}
	}
	w.get("/accounts/").want(t, http.StatusOK, "Latest logins", "wrong password", "logged in", "these pages", "203.0.113.9")
}

// settle writes down what has been logged.
func (b *bench) settle() {
	b.t.Helper()
	if err := b.svc.Close(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

func TestLogInRefused(t *testing.T) {
	b := newBench(t)
	b.person("alice", jitsiauth.RoleUser)
	off, late, early := b.person("off", ""), b.person("late", ""), b.person("early", "")
	if _, err := b.svc.Disable(t.Context(), off.ID); err != nil {
		t.Fatal(err)
	}
	for id, change := range map[jitsiauth.ID]jitsiauth.UserChange{
		late.ID: {ValidUntil: new(b.Now())}, early.ID: {ValidFrom: new(b.Now().Add(time.Hour))},
	} {
		if _, err := b.svc.Update(t.Context(), id, change); err != nil {
			t.Fatal(err)
		}
	}
	const wrong = "The ID or the password is wrong."
	for _, test := range []struct{ name, password, text string }{
		{"alice", "wrong horse", wrong},
		{"alice", "", wrong},
		{"nobody", password, wrong},
		{"", password, wrong},
		{"alice@elsewhere.example", password, wrong},
		{"alice@meet.jitsi@x", password, wrong},
		{"alice@other.example", password, wrong},
		{"off", "wrong horse", wrong},
		{"off", password, "This account is disabled."},
		{"late", password, "This account has expired."},
		{"early", password, "This account is not valid yet."},
	} {
		w := b.browser()
		got := w.post("/accounts/login", "name", test.name, "password", test.password)
		got.want(t, http.StatusUnprocessableEntity, test.text, `value="`+test.name+`"`)
		if test.password != "" && strings.Contains(got.body, test.password) {
			t.Errorf("%q: the page has the password", test.name)
		}
		if w.in() {
			t.Errorf("%q is in", test.name)
		}
	}
	if strings.Contains(b.log.String(), "elsewhere") {
		t.Error("the log holds what somebody typed")
	}
}

func TestLogInThrottled(t *testing.T) {
	b := newBench(t)
	b.person("alice", jitsiauth.RoleUser)
	w := b.browser()
	for range 100 {
		got := w.post("/accounts/login", "name", "alice", "password", "wrong horse")
		if got.StatusCode == http.StatusTooManyRequests {
			got.want(t, http.StatusTooManyRequests, "Too many attempts to log in. Try again in ", `value="alice"`)
			if got.Header.Get("Retry-After") == "" {
				t.Error(got.Header)
			}
			w.post("/accounts/login", "name", "alice", "password", password).want(t, http.StatusTooManyRequests)
			w.get("/accounts/login", "Accept-Language", "ja").want(t, http.StatusOK, "ログイン")
			return
		}
	}
	t.Error("never throttled")
}

// A failure is never a wrong password.
func TestLogInFails(t *testing.T) {
	b := newBench(t)
	b.person("alice", jitsiauth.RoleUser)
	w := b.browser()
	b.store.set(func(string) error { return errors.New("disk on fire") })
	got := w.post("/accounts/login", "name", "alice", "password", password)
	got.want(t, http.StatusInternalServerError, "Something failed in the service.", got.Header.Get("X-Request-Id"))
	if strings.Contains(got.body, "fire") {
		t.Error(got.body)
	}
	b.store.set(nil)
	w.logIn("alice")
	b.store.set(func(string) error { return errors.New("disk on fire") })
	w.get("/accounts/").want(t, http.StatusInternalServerError)
	b.store.set(nil)
	if !w.in() {
		t.Error("a store that doesn't answer logged somebody out")
	}
}

// After the login one comes to where one wanted to go, if that is a page of ours.
func TestLogInLeadsOnlyToOurPages(t *testing.T) {
	b := newBench(t)
	b.person("alice", jitsiauth.RoleUser)
	b.browser().get("/accounts/password").wantRedirect(t, "/accounts/login?next=%2Faccounts%2Fpassword")
	for next, want := range map[string]string{
		"/accounts/password":            "/accounts/password",
		"/accounts/password?a=b&c=%0d":  "/accounts/password?a=b&c=%0D",
		"":                              "/accounts/",
		"https://evil.example/":         "/accounts/",
		"//evil.example/accounts/":      "/accounts/",
		"/\\evil.example":               "/accounts/",
		"/accounts/../api/v1/users":     "/accounts/",
		"/accounts/logout":              "/accounts/",
		"/accounts/password\r\nX: y":    "/accounts/",
		"/accounts/password/..//x":      "/accounts/",
		"javascript:alert(1)":           "/accounts/",
		"/accounts/%2e%2e/x":            "/accounts/",
		"/accounts/password#//evil":     "/accounts/",
		"https:/accounts/password":      "/accounts/",
		"/accounts/password@evil.com":   "/accounts/",
		"\t//evil.example/accounts/":    "/accounts/",
		"/accounts/login?next=//evil.x": "/accounts/login?next=%2F%2Fevil.x",
	} {
		b.browser().post("/accounts/login", "name", "alice", "password", password, "next", next).wantRedirect(t, want)
	}
}
