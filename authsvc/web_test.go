package authsvc_test

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// pagesForAnyone is by hand, so that no page becomes so by mistake.
var pagesForAnyone = []string{
	"GET /accounts/login", "POST /accounts/login", "POST /accounts/logout", "POST /accounts/language", "GET /accounts/static/:file",
	"GET /accounts/link/:secret", "POST /accounts/link/:secret", // who holds the secret may
}

// Who isn't logged in sees no page but those, and changes nothing.
func TestPagesNeedALogin(t *testing.T) {
	b := newBench(t)
	b.person("alice", jitsiauth.RoleUser)
	before := b.snapshot()
	for _, route := range b.server.PageRoutes() {
		method, path, _ := strings.Cut(route, " ")
		if slices.Contains(pagesForAnyone, route) {
			continue
		}
		got := b.browser().send(method, path, url.Values{})
		if to := got.Header.Get("Location"); got.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "/accounts/login") {
			t.Errorf("%s: %d to %s", route, got.StatusCode, to)
		}
	}
	if b.snapshot() != before {
		t.Error("something changed")
	}
}

// A browser that another site made send a form says so, by one header or another.
func TestOtherSitesChangeNothing(t *testing.T) {
	b := newBench(t)
	b.person("alice", jitsiauth.RoleUser)
	w := b.browser()
	w.logIn("alice")
	before := b.snapshot()
	for _, headers := range [][]string{
		{"Origin", "https://evil.example"},
		{"Origin", "null"},
		{"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"},
		{"Sec-Fetch-Site", "cross-site", "Origin", w.base},
		{"Origin", "http://meet.example.org"}, // as where a proxy without TLS calls us localhost
	} {
		for _, route := range b.server.PageRoutes() {
			method, path, _ := strings.Cut(route, " ")
			if method != http.MethodPost {
				continue
			}
			got := w.send(method, path, url.Values{"old": {password}, "new": {better}, "again": {better}}, headers...)
			got.want(t, http.StatusForbidden, "from another site")
		}
	}
	if !w.in() || b.snapshot() != before {
		t.Error("something changed")
	}
	w.send(http.MethodPost, "/accounts/logout", url.Values{}, "Origin", w.base, "Sec-Fetch-Site", "same-origin").wantRedirect(t, "/accounts/login?said=out")
}

func TestWrongMethodsAndAddresses(t *testing.T) {
	b := newBench(t)
	w := b.browser()
	takes := map[string][]string{}
	for _, route := range b.server.PageRoutes() {
		method, path, _ := strings.Cut(route, " ")
		takes[path] = append(takes[path], method)
	}
	for path, taken := range takes {
		for _, method := range []string{"GET", "POST", "PUT", "DELETE", "PATCH"} {
			if !slices.Contains(taken, method) {
				w.send(method, path, nil).want(t, http.StatusMethodNotAllowed, "This page can't be opened in this way.")
			}
		}
	}
	for _, path := range []string{"/accounts/none", "/accounts/login/", "/accounts/static/style.css", "/accounts/static/..%2fweb.go", "/accounts/%3Cscript%3E"} {
		w.get(path).want(t, http.StatusNotFound, "There is no such page.")
		w.get(path, "Accept-Language", "ja").want(t, http.StatusNotFound, "このページは見つかりません。", `<html lang="ja">`)
	}
	if got := b.send(http.MethodGet, "/api/v1/none", "", ""); got.StatusCode != http.StatusNotFound || got.Header.Get("Content-Type") != "application/problem+json" {
		t.Error("programs get pages", got.Header)
	}
}

func TestFormsThatCantBeRead(t *testing.T) {
	b := newBench(t)
	w := b.browser()
	w.send(http.MethodPost, "/accounts/login", url.Values{"name": {strings.Repeat("x", 64<<10)}}).want(t, http.StatusRequestEntityTooLarge, "too large")
	w.send(http.MethodPost, "/accounts/login", url.Values{"name": {"\xff"}}).want(t, http.StatusBadRequest, "could not be read")
	w.send(http.MethodPost, "/accounts/login", url.Values{}, "Content-Type", "application/json").want(t, http.StatusUnsupportedMediaType, "another kind")
	w.send(http.MethodPost, "/accounts/login", nil).want(t, http.StatusUnsupportedMediaType)
}

func TestLanguageSwitch(t *testing.T) {
	b := newBench(t)
	b.person("alice", jitsiauth.RoleUser)
	w := b.browser()
	w.get("/accounts/login").want(t, http.StatusOK, `<html lang="en">`, "Log in")
	w.get("/accounts/login", "Accept-Language", "ja,en;q=0.5").want(t, http.StatusOK, `<html lang="ja">`, "ログイン")
	got := w.get("/accounts/login?next=%2Faccounts%2Fpassword")
	back := regexp.MustCompile(`name="back" value="([^"]*)"`).FindStringSubmatch(got.body)
	if back == nil {
		t.Fatal(got.body)
	}
	got = w.post("/accounts/language", "lang", "ja", "back", back[1])
	got.wantRedirect(t, "/accounts/login?next=%2Faccounts%2Fpassword")
	if cookie := got.Header.Get("Set-Cookie"); cookie != "jitsiauth-lang=ja; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax" {
		t.Error(cookie)
	}
	w.get("/accounts/login").want(t, http.StatusOK, `<html lang="ja">`)
	w.logIn("alice")
	w.get("/accounts/").want(t, http.StatusOK, "alice さん、こんにちは", "期限なし", "UTC")
	w.post("/accounts/language", "lang", "fr", "back", "/accounts/").want(t, http.StatusBadRequest)
	w.post("/accounts/language", "lang", "en", "back", "//evil.example").wantRedirect(t, "/accounts/")
	w.get("/accounts/").want(t, http.StatusOK, "Hello, alice")
	// Where a form was refused, the switch leads to the form.
	w.post("/accounts/password", "old", "").want(t, http.StatusUnprocessableEntity, `name="back" value="/accounts/password"`)
}

func TestTimesHaveTheZone(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	b := newBenchOn(t, memstore.New(), authsvc.Options{Timezone: zone})
	b.addUser("alice@meet.jitsi", func(n *jitsiauth.NewUser) {
		n.ValidUntil = time.Date(2026, 11, 27, 15, 0, 0, 0, time.UTC)
	})
	w := b.browser()
	w.logIn("alice")
	w.get("/accounts/").want(t, http.StatusOK, "end of 2026-11-27 (JST)", `datetime="2026-11-28T00:00:00+09:00"`, "2026-11-23 19:00 JST")
}

// Whatever somebody calls themselves is text.
func TestNothingTypedIsMarkup(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=x onerror='a'>{{.}}`
	b := newBench(t)
	u := b.addUser("alice@meet.jitsi", func(n *jitsiauth.NewUser) { n.DisplayName, n.Email = evil, `"&'b'"@x.example` })
	b.reportIn(u, evil)
	w := b.browser()
	w.headers["User-Agent"] = evil
	for _, got := range []shown{
		w.post("/accounts/login", "name", evil, "password", "wrong", "next", evil),
		w.get("/accounts/login?next=" + url.QueryEscape(evil) + "&said=" + url.QueryEscape(evil)),
		w.get("/accounts/confirm?next=" + url.QueryEscape(evil)),
		w.logIn("alice"),
		w.get("/accounts/?" + url.QueryEscape(evil)),
		w.post("/accounts/password", "old", evil, "new", evil, "again", evil+"x"),
		w.post("/accounts/sessions/end-web", "session", evil),
		w.get("/accounts/confirm?next=" + url.QueryEscape(evil)),
		w.post("/accounts/confirm", "password", evil, "next", evil),
	} {
		if strings.Contains(got.body, "<script>") || strings.Contains(got.body, "<img") || strings.Contains(got.body, "<b>") {
			t.Error(got.body)
		}
	}
	w.get("/accounts/").want(t, http.StatusOK, "Hello, "+evil, `"&'b'"@x.example`, "@muc.meet.jitsi")
}

// reportIn says that somebody is at Jitsi, in a room.
func (b *bench) reportIn(u jitsiauth.User, room string) {
	b.t.Helper()
	if err := b.client(jitsiauth.ScopeAuth).ReportSessions(b.t.Context(), b.report(b.in(u, room, 5))); err != nil {
		b.t.Fatal(err)
	}
}

func TestFilesAreKept(t *testing.T) {
	b := newBench(t)
	w := b.browser()
	files := regexp.MustCompile(`(?:href|src)="(/accounts/static/[^"]+)"`).FindAllStringSubmatch(w.get("/accounts/login").body, -1)
	if len(files) != 2 {
		t.Fatalf("%d files, want the style and the script", len(files))
	}
	for i, kind := range []string{"text/css; charset=utf-8", "text/javascript; charset=utf-8"} {
		got := w.get(files[i][1])
		if got.StatusCode != http.StatusOK || got.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" ||
			got.Header.Get("Content-Type") != kind || got.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Error(got.StatusCode, got.Header)
		}
	}
}

// Pages of a role are for those who have it, and so is the way there.
func TestPagesOfRoles(t *testing.T) {
	b := newBench(t)
	b.server.AddPages()
	for role, may := range map[jitsiauth.Role]bool{jitsiauth.RoleUser: false, jitsiauth.RoleManager: true, jitsiauth.RoleAdmin: true} {
		b.person(string(role), role)
		w := b.browser()
		w.get("/accounts/test/manager").wantRedirect(t, "/accounts/login?next=%2Faccounts%2Ftest%2Fmanager")
		w.logIn(string(role))
		if strings.Contains(w.get("/accounts/").body, `<a href="/accounts/test/manager">Save</a>`) != may {
			t.Errorf("%s: the navigation is wrong", role)
		}
		if got := w.get("/accounts/test/manager"); may {
			got.want(t, http.StatusOK, "shown to "+string(role), `aria-current="page"`)
		} else {
			got.want(t, http.StatusForbidden, "You are not allowed to do this.", "Log out")
		}
	}
}

// What matters most needs the password once more, five minutes after it was typed.
func TestPasswordIsAskedAgain(t *testing.T) {
	b := newBench(t)
	b.server.AddPages()
	b.person("alice", jitsiauth.RoleUser)
	w := b.browser()
	const page, ask = "/accounts/test/sudo/a%20b", "/accounts/confirm?next=%2Faccounts%2Ftest%2Fsudo%2Fa%2520b"
	w.logIn("alice")
	w.get(page).want(t, http.StatusOK, "shown to alice")
	b.wind(5*time.Minute - 1)
	w.get(page).want(t, http.StatusOK)
	b.wind(1)
	w.get(page).wantRedirect(t, ask)
	w.post(page).wantRedirect(t, ask)
	w.get(ask).want(t, http.StatusOK, "Confirm your password", `name="next" value="/accounts/test/sudo/a%20b"`)
	w.post("/accounts/confirm", "password", "wrong", "next", page).want(t, http.StatusUnprocessableEntity, "The password is wrong.")
	w.get(page).wantRedirect(t, ask)
	w.post("/accounts/confirm", "password", password, "next", "//evil.example").wantRedirect(t, "/accounts/")
	w.get(page).want(t, http.StatusOK)
	b.wind(6 * time.Minute)
	w.post("/accounts/confirm", "password", password, "next", page).wantRedirect(t, page)
	w.post(page).want(t, http.StatusOK)
}

// The log says who opened which kind of page, and nothing that opens one.
func TestPagesInTheLog(t *testing.T) {
	b := newBench(t)
	b.person("alice", jitsiauth.RoleUser)
	w := b.browser()
	w.logIn("alice")
	w.get("/accounts/?secret=hidden")
	if log := b.log.String(); strings.Contains(log, "hidden") || !strings.Contains(log, `"route":"/accounts/","status":200`) || !strings.Contains(log, `"caller":"person:alice@meet.jitsi"`) {
		t.Error(log)
	}
}

// A page that panics or fails is an error page, which names the request.
func TestPageThatPanics(t *testing.T) {
	b := newBench(t)
	b.person("alice", jitsiauth.RoleUser)
	w := b.browser()
	w.logIn("alice")
	for _, fail := range []func(string) error{func(string) error { panic("on purpose") }, func(string) error { return errors.New("disk on fire") }} {
		b.store.set(fail)
		got := w.get("/accounts/")
		got.want(t, http.StatusInternalServerError, "Something failed in the service.", got.Header.Get("X-Request-Id"))
	}
}
