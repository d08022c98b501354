package authsvc_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/jitsiauth"
)

func TestCookieByScheme(t *testing.T) {
	b := behindTLS(t)
	b.person("alice", jitsiauth.RoleUser)
	got := b.https().logIn("alice")
	if cookie := got.Header.Get("Set-Cookie"); !regexp.MustCompile(`^__Host-jitsiauth=[\w-]{43}; Path=/; HttpOnly; Secure; SameSite=Lax$`).MatchString(cookie) {
		t.Error(cookie)
	}
	plain := newBench(t)
	plain.person("alice", jitsiauth.RoleUser)
	w := plain.browser()
	if cookie := w.logIn("alice").Header.Get("Set-Cookie"); !regexp.MustCompile(`^jitsiauth=[\w-]{43}; Path=/; HttpOnly; SameSite=Lax$`).MatchString(cookie) {
		t.Error(cookie)
	}
	w.get("/accounts/").want(t, http.StatusOK, "This connection is not encrypted")
}

// Where a password would go over a network in the clear, there is no page.
func TestPagesNeedHTTPS(t *testing.T) {
	trusting, plain := behindTLS(t), newBench(t)
	for _, test := range []struct {
		name    string
		b       *bench
		headers map[string]string
		want    int
	}{
		{"http to a name", plain, map[string]string{"Host": "meet.example.org"}, 403},
		{"http to an address", plain, map[string]string{"Host": "192.0.2.1:8090"}, 403},
		{"http to localhost", plain, map[string]string{"Host": "localhost:8090"}, 200},
		{"http to ::1", plain, map[string]string{"Host": "[::1]:8090"}, 200},
		{"a name that begins alike", plain, map[string]string{"Host": "localhost.example.org"}, 403},
		{"a stranger who says https", plain, map[string]string{"Host": "meet.example.org", "X-Forwarded-Proto": "https"}, 403},
		{"a stranger's proxy that calls us localhost", plain, map[string]string{"X-Forwarded-For": "192.0.2.1"}, 403},
		{"a proxy with TLS", trusting, map[string]string{"Host": "meet.example.org", "X-Forwarded-Proto": "https"}, 200},
		{"a proxy without TLS", trusting, map[string]string{"Host": "meet.example.org", "X-Forwarded-Proto": "http"}, 403},
		{"a proxy that adds to what the browser says", trusting, map[string]string{"Host": "meet.example.org", "X-Forwarded-Proto": "https, http"}, 403},
		{"a proxy without TLS that calls us localhost", trusting, map[string]string{"X-Forwarded-Proto": "http"}, 403},
	} {
		w := test.b.browser()
		w.headers = test.headers
		for _, got := range []shown{w.get("/accounts/login"), w.post("/accounts/login", "name", "nobody", "password", "wrong")} {
			if isOK := got.StatusCode != http.StatusForbidden; isOK != (test.want == 200) {
				t.Errorf("%s: %d", test.name, got.StatusCode)
			}
			if test.want != 200 {
				got.want(t, http.StatusForbidden, "https", "JITSIAUTH_TRUSTED_PROXIES")
				if strings.Contains(got.body, "<form") {
					t.Errorf("%s: there is a form", test.name)
				}
			}
		}
	}
}

// A session is over half an hour after it was used last, and twelve hours after
// the login.
func TestSessionLifetimes(t *testing.T) {
	b := newBench(t)
	b.person("alice", jitsiauth.RoleUser)
	w := b.browser()
	w.logIn("alice")
	b.wind(30*time.Minute - 1)
	if !w.in() {
		t.Error("ended too early")
	}
	b.wind(30 * time.Minute)
	w.get("/accounts/").wantRedirect(t, "/accounts/login?said=ended")
	w.get("/accounts/").wantRedirect(t, "/accounts/login") // the cookie has gone
	w.logIn("alice")
	for range 23 {
		b.wind(30*time.Minute - time.Second)
		if !w.in() {
			t.Fatal("ended too early")
		}
	}
	b.wind(29 * time.Minute)
	if !w.in() {
		t.Error("ended too early")
	}
	b.wind(5 * time.Minute)
	if w.in() {
		t.Error("lasts for more than twelve hours")
	}
}

// Whatever ends the right to be there ends the session at the next page.
func TestSessionEnds(t *testing.T) {
	for name, end := range map[string]func(*bench, jitsiauth.ID) error{
		"disabled": func(b *bench, id jitsiauth.ID) error { _, err := b.svc.Disable(b.t.Context(), id); return err },
		"deleted":  func(b *bench, id jitsiauth.ID) error { return b.svc.Delete(b.t.Context(), id) },
		"role": func(b *bench, id jitsiauth.ID) error {
			_, err := b.svc.Update(b.t.Context(), id, jitsiauth.UserChange{Role: new(jitsiauth.RoleAdmin)})
			return err
		},
		"password": func(b *bench, id jitsiauth.ID) error {
			_, err := b.svc.SetPassword(b.t.Context(), id, jitsiauth.NewPassword{Password: password})
			return err
		},
		"ended": func(b *bench, id jitsiauth.ID) error { _, err := b.svc.EndSessions(b.t.Context(), id); return err },
		"expired": func(b *bench, id jitsiauth.ID) error {
			_, err := b.svc.Update(b.t.Context(), id, jitsiauth.UserChange{ValidUntil: new(b.Now())})
			return err
		},
	} {
		b := newBench(t)
		u, other := b.person("alice", jitsiauth.RoleUser), b.person("bob", jitsiauth.RoleUser)
		w, bobs := b.browser(), b.browser()
		w.logIn("alice")
		bobs.logIn("bob")
		if _, err := b.svc.Update(t.Context(), u.ID, jitsiauth.UserChange{Note: new("nothing that matters")}); err != nil {
			t.Fatal(err)
		}
		if !w.in() {
			t.Errorf("%s: a note ended the session", name)
		}
		if err := end(b, u.ID); err != nil {
			t.Fatal(err)
		}
		w.get("/accounts/password").wantRedirect(t, "/accounts/login?said=ended&next=%2Faccounts%2Fpassword")
		if !bobs.in() {
			t.Errorf("%s: the session of %s ended, too", name, other.JID)
		}
	}
}

// A secret is new at each login, and the one before opens nothing any more; nor
// does one that somebody made up.
func TestSessionSecrets(t *testing.T) {
	b := newBench(t)
	b.person("alice", jitsiauth.RoleUser)
	w := b.browser()
	secret := func() string {
		at, _ := url.Parse(w.base)
		for _, c := range w.client.Jar.Cookies(at) {
			if c.Name == "jitsiauth" {
				return c.Value
			}
		}
		return ""
	}
	w.headers["Cookie"] = "jitsiauth=planted"
	w.get("/accounts/").wantRedirect(t, "/accounts/login?said=ended")
	delete(w.headers, "Cookie")
	w.logIn("alice")
	first := secret()
	w.logIn("alice")
	second := secret()
	if first == "" || first == second {
		t.Errorf("%q %q", first, second)
	}
	with := func(secret string) bool {
		other := b.browser()
		other.headers["Cookie"] = "jitsiauth=" + secret
		return other.in()
	}
	if with(first) || !with(second) || with(second+"x") || with("") {
		t.Error("the wrong secrets open the page")
	}
	w.post("/accounts/logout")
	if with(second) {
		t.Error("the secret is good after the logout")
	}
	if log := b.log.String(); strings.Contains(log, first) || strings.Contains(log, second) {
		t.Error("the log has secrets")
	}
}

// Behind TLS nobody is let in by the cookie that any neighbour could set.
func TestPlainCookieIsNoSecureOne(t *testing.T) {
	b := behindTLS(t)
	b.person("alice", jitsiauth.RoleUser)
	w := b.https()
	cookie := strings.TrimPrefix(strings.Split(w.logIn("alice").Header.Get("Set-Cookie"), ";")[0], "__Host-")
	other := b.https()
	other.headers["Cookie"] = cookie
	if other.in() {
		t.Error("the plain cookie was taken")
	}
	other.headers["Cookie"] = "__Host-" + cookie
	if !other.in() {
		t.Error("the secure one was not")
	}
}

func TestSessionsOfAnAccountAreBounded(t *testing.T) {
	b := newBench(t)
	b.person("alice", jitsiauth.RoleUser)
	first, others := b.browser(), b.browser()
	first.logIn("alice")
	for range 20 {
		b.wind(time.Second)
		others.client.Jar = b.browser().client.Jar // or the login would end the last one
		others.logIn("alice")
	}
	if first.in() {
		t.Error("21 sessions of one account")
	}
	if got := others.get("/accounts/"); strings.Count(got.body, `name="session"`) != 19 {
		t.Error(got.body)
	}
}

// Where too many are in, the one goes that was used least lately.
func TestSessionsAreBounded(t *testing.T) {
	b := newBench(t)
	b.person("alice", jitsiauth.RoleUser)
	count, first := b.server.FillWeb()
	full := count()
	w := b.browser()
	w.logIn("alice")
	if full != 10_000 || count() != full || first() || !w.in() {
		t.Error(full, count(), first())
	}
	b.wind(time.Hour) // those that are over make room for all
	w.logIn("alice")
	b.browser().logIn("alice")
	if count() > full {
		t.Error(count())
	}
}

func TestAgentNames(t *testing.T) {
	for header, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                        "Firefox, Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0": "Edge, Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1":           "Safari, iPhone",
		"Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36":                  "Chrome, Android",
		"curl\u202eevil":         "curl?evil",
		"":                       "-",
		strings.Repeat("x", 100): strings.Repeat("x", 64) + "…",
	} {
		if got := authsvc.AgentName(header); got != want {
			t.Errorf("%q: %q", header, got)
		}
	}
}

func TestEndOneWebSession(t *testing.T) {
	b := newBench(t)
	b.person("alice", jitsiauth.RoleUser)
	b.person("bob", jitsiauth.RoleUser)
	here, there, stranger := b.browser(), b.browser(), b.browser()
	there.headers["User-Agent"] = "Old <b>browser</b>"
	here.logIn("alice")
	there.logIn("alice")
	stranger.logIn("bob")
	got := here.get("/accounts/")
	got.want(t, http.StatusOK, "this browser", "Old <b>browser</b>")
	id := regexp.MustCompile(`name="session" value="([A-Z0-9]+)"`).FindStringSubmatch(got.body)
	if id == nil {
		t.Fatal(got.body)
	}
	stranger.post("/accounts/sessions/end-web", "session", id[1]).wantRedirect(t, "/accounts/")
	stranger.get("/accounts/").want(t, http.StatusOK, "It had ended already.")
	if !there.in() {
		t.Error("somebody else ended it")
	}
	here.post("/accounts/sessions/end-web", "session", id[1]).wantRedirect(t, "/accounts/")
	here.get("/accounts/").want(t, http.StatusOK, "It was ended.")
	if got := here.get("/accounts/"); strings.Contains(got.body, "It was ended.") {
		t.Error("told twice")
	}
	if there.in() || !here.in() {
		t.Error("the wrong session was ended")
	}
}

// "End all" ends what is at Jitsi and all web sessions, but not this one.
func TestEndAllSessions(t *testing.T) {
	b := newBench(t)
	u := b.person("alice", jitsiauth.RoleUser)
	here, there := b.browser(), b.browser()
	here.logIn("alice")
	there.logIn("alice")
	here.post("/accounts/sessions/end").wantRedirect(t, "/accounts/")
	here.get("/accounts/").want(t, http.StatusOK, "All sessions were ended.")
	if there.in() {
		t.Error("the other browser is still in")
	}
	after, err := b.svc.Get(t.Context(), u.ID)
	if err != nil || after.SessionRevision != u.SessionRevision+1 {
		t.Errorf("%+v, %v", after, err)
	}
	// Whom an administrator throws out meanwhile doesn't keep the session by it.
	if _, err := b.svc.EndSessions(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	here.post("/accounts/sessions/end").wantRedirect(t, "/accounts/login?said=ended")
}
