package authsvc_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
)

// guess sends wrong passwords until one is not answered as wrong, at most n.
func guess(t testing.TB, c *client.Client, n int, change ...func(*api.VerifyRequest)) (wrong int, last error) {
	t.Helper()
	for range n {
		q := question(change...)
		q.Password = "wrong"
		if _, last = c.Verify(t.Context(), q); !errors.Is(last, jitsiauth.ErrBadCredentials) {
			return wrong, last
		}
		wrong++
	}
	return wrong, last
}

func TestThrottledIsNoVerdict(t *testing.T) {
	b := newBench(t)
	b.addUser("alice@meet.jitsi")
	secret := b.secret(jitsiauth.ScopeAuth)
	c := b.clientWith(secret)
	wrong, err := guess(t, c, 50)
	var slow *jitsiauth.ThrottledError
	if wrong != 10 || !errors.As(err, &slow) || slow.RetryAfter != time.Minute {
		t.Errorf("%d wrong ones, then %v", wrong, err)
	}
	for _, password := range []string{password, "wrong"} {
		got := b.send(http.MethodPost, "/auth/verify", secret, asJSON(t, question(func(q *api.VerifyRequest) { q.Password = password })))
		if got.StatusCode != http.StatusTooManyRequests || got.Header.Get("Retry-After") != "60" || got.problem(t).Code != api.CodeThrottled {
			t.Errorf("%d %v %s", got.StatusCode, got.Header, got.body)
		}
		if strings.Contains(got.body, "account_source") || strings.Contains(got.body, "credentials") {
			t.Errorf("tells too much: %s", got.body)
		}
	}
	b.wind(500 * time.Millisecond)
	if got := b.send(http.MethodPost, "/auth/verify", secret, asJSON(t, question())); got.Header.Get("Retry-After") != "60" {
		t.Errorf("who comes when told comes too early: %s", got.Header.Get("Retry-After"))
	}
	b.wind(time.Minute)
	if _, err := c.Verify(t.Context(), question()); err != nil {
		t.Errorf("a minute later: %v", err)
	}
	b.wantMetrics(map[string]string{
		`jitsiauth_logins_total{outcome="throttled",transport="bosh"}`:                   "4",
		`jitsiauth_throttled_total{rule="account_source"}`:                               "4",
		`jitsiauth_throttled_total{rule="source"}`:                                       "0",
		`jitsiauth_http_requests_total{method="POST",route="/auth/verify",status="429"}`: "4",
		`jitsiauth_throttle_entries{table="account_source"}`:                             "1",
		`jitsiauth_queue_hashed_total{lane="other"}`:                                     "11",
		`jitsiauth_login_cache_entries`:                                                  "1",
		`jitsiauth_login_cache_lookups_total{result="miss"}`:                             "11",
	})
}

func TestThrottleOverHTTP(t *testing.T) {
	b := newBench(t)
	alice := b.addUser("alice@meet.jitsi")
	b.addUser("boss@meet.jitsi", func(n *jitsiauth.NewUser) { n.Role = jitsiauth.RoleAdmin })
	c, admin, writer := b.client(jitsiauth.ScopeAuth), b.client(jitsiauth.ScopeAdmin), b.client(jitsiauth.ScopeUsersWrite)
	for i := range 70 {
		_, _ = guess(t, c, 1, func(q *api.VerifyRequest) { q.Username, q.Source = fmt.Sprint("user", i), "2001:db8::7" })
	}
	for i := range 30 {
		_, _ = guess(t, c, 1, func(q *api.VerifyRequest) { q.Source = fmt.Sprint("198.51.100.", i) })
	}
	all, err := admin.Throttle(t.Context())
	if err != nil || len(all.Sources) != 1 || all.Sources[0] != (api.SourceThrottle{Source: "2001:db8::", Attempts: 60, RetryAfter: 6, By: "source"}) {
		t.Errorf("%+v %v", all, err)
	}
	if want := []api.SlowedAccount{{ID: alice.ID.String(), JID: "alice@meet.jitsi", StrangersWait: 5}}; len(all.Accounts) != 1 || all.Accounts[0] != want[0] {
		t.Errorf("%+v", all.Accounts)
	}
	view, err := writer.UserThrottle(t.Context(), "alice")
	if err != nil || view.StrangersWait != 5 || len(view.Sources) != 21 || view.Sources[0].Attempts != 1 || len(view.Known) != 0 {
		t.Errorf("%+v %v", view, err)
	}
	if err := writer.ClearUserThrottle(t.Context(), "alice"); err != nil {
		t.Error(err)
	}
	if view, err = writer.UserThrottle(t.Context(), alice.ID.String()); err != nil || view.StrangersWait != 0 || len(view.Sources) != 0 {
		t.Errorf("%+v %v", view, err)
	}
	if err := admin.ClearSource(t.Context(), "2001:db8::dead"); err != nil {
		t.Error(err)
	}
	if all, err = admin.Throttle(t.Context()); err != nil || len(all.Sources)+len(all.Accounts) != 0 {
		t.Errorf("%+v %v", all, err)
	}
	for name, refused := range map[string]struct{ err, want error }{
		"a manager clears an administrator's":   {writer.ClearUserThrottle(t.Context(), "boss"), jitsiauth.ErrForbidden},
		"nobody's":                              {writer.ClearUserThrottle(t.Context(), "nobody"), jitsiauth.ErrNotFound},
		"no address":                            {admin.ClearSource(t.Context(), "office"), jitsiauth.ErrInvalid},
		"a manager sees an administrator's":     {second(writer.UserThrottle(t.Context(), "boss")), jitsiauth.ErrForbidden},
		"one bound to a domain sees no other's": {second(b.clientWith(b.boundSecret([]string{"other.example"}, jitsiauth.ScopeUsersWrite)).UserThrottle(t.Context(), "alice")), jitsiauth.ErrNotFound},
		"one bound to a domain clears a source": {b.clientWith(b.boundSecret([]string{"other.example"}, jitsiauth.ScopeAdmin)).ClearSource(t.Context(), "192.0.2.1"), jitsiauth.ErrForbidden},
		"one bound to a domain sees what waits": {second(b.clientWith(b.boundSecret([]string{"other.example"}, jitsiauth.ScopeAdmin)).Throttle(t.Context())), jitsiauth.ErrForbidden},
	} {
		if !errors.Is(refused.err, refused.want) {
			t.Errorf("%s: %v, want %v", name, refused.err, refused.want)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// Where people can't be told apart, the log says what to set, once an hour.
func TestProxyIsPointedOut(t *testing.T) {
	b := newBench(t)
	b.addUser("alice@meet.jitsi")
	c := b.client(jitsiauth.ScopeAuth)
	said := func(change func(*api.VerifyRequest)) string {
		before := len(b.log.String())
		if _, err := c.Verify(t.Context(), question(change)); err != nil {
			t.Fatal(err)
		}
		var warned []byte
		for line := range bytes.Lines([]byte(b.log.String()[before:])) {
			if bytes.Contains(line, []byte("trusted_proxies")) {
				warned = append(warned, line...)
			}
		}
		return string(warned)
	}
	if got := said(func(*api.VerifyRequest) {}); got != "" {
		t.Errorf("a person's own address: %s", got)
	}
	if got := said(func(q *api.VerifyRequest) { q.Source, q.Proxy = "172.18.0.3", true }); !strings.Contains(got, "172.18.0.3") || !strings.Contains(got, `"WARN"`) {
		t.Errorf("a proxy's: %s", got)
	}
	if got := said(func(q *api.VerifyRequest) { q.Source = "" }); got != "" {
		t.Errorf("again: %s", got)
	}
	b.wind(time.Hour)
	if got := said(func(q *api.VerifyRequest) { q.Source = "" }); !strings.Contains(got, "sends no address") {
		t.Errorf("an hour later: %s", got)
	}
	b.wind(-3 * time.Hour)
	if got := said(func(q *api.VerifyRequest) { q.Source = "" }); got == "" {
		t.Error("the clock was set back, and nothing is said any more")
	}
}
