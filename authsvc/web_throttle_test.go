package authsvc_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

const throttledPage = "/accounts/users?state=throttled"

// guessAt sends wrong passwords for the account until it has to wait.
func (b *bench) guessAt(name, source string) {
	b.t.Helper()
	_, _ = guess(b.t, b.client(jitsiauth.ScopeAuth), 11, func(q *api.VerifyRequest) { q.Username, q.Source = name, source })
}

func TestThrottledAccounts(t *testing.T) {
	b := newBench(t)
	boss, manager := b.as(jitsiauth.RoleAdmin), b.as(jitsiauth.RoleManager)
	u := b.addUser("bob@meet.jitsi", func(n *jitsiauth.NewUser) { n.DisplayName = "Bob B." })
	b.wind(time.Millisecond)
	other := b.person("carol", jitsiauth.RoleAdmin)
	manager.get("/accounts/users").want(t, http.StatusOK, `<option value="throttled">waiting after wrong passwords</option>`)
	manager.get(throttledPage).want(t, http.StatusOK, "Nobody has to wait at the moment.", `value="throttled" selected`)
	boss.get(throttledPage).want(t, http.StatusOK, "No address has to wait")
	b.guessAt("bob", "192.0.2.7")
	b.guessAt("carol", "198.51.100.9")
	b.guessAt("nobody", "203.0.113.5")

	got := manager.get(throttledPage)
	got.want(t, http.StatusOK, "bob@meet.jitsi", "(Bob B.)", "192.0.2.7: has to wait for 1 minute (10 attempts)", "Let them try again: bob@meet.jitsi", "active")
	for _, hidden := range []string{"carol", "198.51.100.9", "203.0.113.5", "/accounts/throttle"} {
		if strings.Contains(got.body, hidden) {
			t.Errorf("a manager sees %s", hidden)
		}
	}
	got = boss.get(throttledPage)
	got.want(t, http.StatusOK, "bob@meet.jitsi", "carol@meet.jitsi", "Addresses that have to wait", "203.0.113.5", "failed at one account", "Let them try again: 203.0.113.5")
	if strings.Contains(got.body, "nobody") {
		t.Error("it shows a name that nobody has")
	}
	for q, want := range map[string]string{"": "bob carol", "BOB": "bob", "bob+b.": "bob", "zed": ""} {
		if rows := strings.Join(boss.get(throttledPage+"&q="+q).rows(), " "); rows != want {
			t.Errorf("%q: %q", q, rows)
		}
	}
	boss.get(throttledPage+"&q=zed").want(t, http.StatusOK, "no account fits", "Show all")
	boss.get(throttledPage, "Accept-Language", "ja").want(t, http.StatusOK, "ログインが制限されているアカウント", "あと 1分 待つ必要があります", "ログイン制限中")

	manager.post(at(other, "/unthrottle")).want(t, http.StatusForbidden)
	manager.post(at(u, "/unthrottle")).wantRedirect(t, at(u))
	manager.get(throttledPage).want(t, http.StatusOK, "The person can try again now.", "Nobody has to wait")
	b.wind(2 * time.Minute)
	boss.get(throttledPage).want(t, http.StatusOK, "Nobody has to wait", "No address has to wait")
}

func TestThrottledAddresses(t *testing.T) {
	b := newBench(t)
	boss, manager, user := b.as(jitsiauth.RoleAdmin), b.as(jitsiauth.RoleManager), b.as(jitsiauth.RoleUser)
	b.person("bob", "")
	c := b.client(jitsiauth.ScopeAuth)
	for i := range 59 {
		_, _ = guess(t, c, 1, func(q *api.VerifyRequest) { q.Username, q.Source = fmt.Sprint("x", i), "2001:db8::7" })
	}
	_, _ = guess(t, c, 1, func(q *api.VerifyRequest) { q.Username, q.Source = "bob", "2001:db8::7" })
	boss.get(throttledPage).want(t, http.StatusOK, "2001:db8::", "failed often: waits at every account", "the address has to wait at every account")
	for _, w := range []*browser{manager, user} {
		w.post("/accounts/throttle", "source", "2001:db8::").want(t, http.StatusForbidden)
	}
	for _, bad := range []string{"", "office", "<script>"} {
		before := b.snapshot()
		boss.post("/accounts/throttle", "source", bad).want(t, http.StatusUnprocessableEntity)
		if b.snapshot() != before {
			t.Errorf("%q changed something", bad)
		}
	}
	boss.post("/accounts/throttle", "source", "2001:db8::").wantRedirect(t, throttledPage)
	boss.get(throttledPage).want(t, http.StatusOK, "Whoever comes from 2001:db8:: can try again now.", "No address has to wait")
	boss.get("/accounts/log").want(t, http.StatusOK, "let try again after wrong passwords", " 2001:db8::")
}

// Under an attack the page stays short, and finds whom one looks for.
func TestThrottledIsBounded(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleAdmin)
	for i := range 205 {
		b.person(fmt.Sprintf("u%03d", i), "")
		b.wind(time.Millisecond)
		b.guessAt(fmt.Sprintf("u%03d", i), fmt.Sprintf("192.0.2.%d", i))
	}
	c := b.client(jitsiauth.ScopeAuth)
	for i := range 7 { // places where the account is known, so that nothing else slows it
		if _, err := c.Verify(t.Context(), question(func(q *api.VerifyRequest) { q.Username, q.Source = "u204", fmt.Sprint("198.51.100.", i) })); err != nil {
			t.Fatal(err)
		}
	}
	b.settle()
	for i := range 7 {
		b.guessAt("u204", fmt.Sprint("198.51.100.", i))
	}
	got := w.get(throttledPage)
	got.want(t, http.StatusOK, "There may be others.", "more. Those with the longest wait are shown.")
	if n := len(got.rows()); n != 200 {
		t.Errorf("%d accounts", n)
	}
	got = w.get(throttledPage + "&q=u204")
	got.want(t, http.StatusOK, "u204@meet.jitsi", "And 3 more.")
	if rows := got.rows(); len(rows) != 1 || strings.Contains(got.body, "There may be others.") {
		t.Error(rows)
	}
}
