package authsvc_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

func TestCompatIsOffByDefault(t *testing.T) {
	b := newBench(t)
	if got := b.send(http.MethodGet, "/auth/check_password?user=a&server=meet.jitsi&pass=x", b.secret(jitsiauth.ScopeAuth), ""); got.StatusCode != http.StatusNotFound || got.problem(t).Code != api.CodeNoRoute {
		t.Error(got.StatusCode, got.body)
	}
}

func compatBench(t *testing.T) *bench {
	b := newBenchOn(t, memstore.New(), authsvc.Options{CompatAuth: true})
	b.addUser("alice@meet.jitsi")
	b.addUser("off@meet.jitsi", func(n *jitsiauth.NewUser) { n.Disabled = true })
	b.addUser("old@meet.jitsi", func(n *jitsiauth.NewUser) { n.ValidUntil = b.Now().Add(-time.Hour) })
	return b
}

// ask sends the fields in the query, and as a form.
func (b *bench) ask(path, secret string, fields url.Values) []reply {
	b.t.Helper()
	return []reply{
		b.send(http.MethodGet, path+"?"+fields.Encode(), secret, ""),
		b.send(http.MethodPost, path+"?"+fields.Encode(), secret, ""),
		b.send(http.MethodPost, path, secret, fields.Encode(), "Content-Type", "application/x-www-form-urlencoded"),
	}
}

func TestCompatAnswers(t *testing.T) {
	b := compatBench(t)
	secret := b.secret(jitsiauth.ScopeAuth)
	for _, test := range []struct {
		path, user, server, pass string
		status                   int
		body                     string
	}{
		{"check_password", "alice", "meet.jitsi", password, 200, "true"},
		{"check_password", "ALICE", "Meet.Jitsi", password, 200, "true"},
		{"check_password", "alice", "meet.jitsi", "x", 200, "false"},
		{"check_password", "alice", "meet.jitsi", "", 200, "false"},
		{"check_password", "", "meet.jitsi", "x", 200, "false"},
		{"check_password", "bob", "meet.jitsi", password, 200, "false"},
		{"check_password", "\xff", "meet.jitsi", "\xff", 200, "false"},
		{"check_password", "off", "meet.jitsi", password, 200, "false"},
		{"check_password", "old", "meet.jitsi", password, 200, "false"},
		{"check_password", "alice", "other.example", password, 200, "false"},
		{"check_password", "alice", "elsewhere.example", password, 422, ""},
		{"check_password", "alice", "", password, 422, ""},
		{"user_exists", "alice", "meet.jitsi", "", 200, "true"},
		{"user_exists", "off", "meet.jitsi", "", 200, "true"},
		{"user_exists", "bob", "meet.jitsi", "", 200, "false"},
		{"user_exists", "a b", "meet.jitsi", "", 200, "false"},
		{"user_exists", "alice", "elsewhere.example", "", 422, ""},
		{"user_exists", "alice", "a b", "", 422, ""},
	} {
		for _, got := range b.ask("/auth/"+test.path, secret, url.Values{"user": {test.user}, "server": {test.server}, "pass": {test.pass}}) {
			if got.StatusCode != test.status || test.status == 200 && (got.body != test.body || !strings.HasPrefix(got.Header.Get("Content-Type"), "text/plain")) {
				t.Errorf("%+v: %d %s", test, got.StatusCode, got.body)
			}
			if test.status != 200 {
				got.problem(t)
			}
		}
	}
	bound := b.boundSecret([]string{"other.example"}, jitsiauth.ScopeAuth)
	for _, path := range []string{"check_password", "user_exists"} {
		for _, got := range b.ask("/auth/"+path, bound, url.Values{"user": {"alice"}, "server": {"meet.jitsi"}, "pass": {password}}) {
			if got.StatusCode != 422 || got.problem(t).Code != api.CodeUnknownDomain {
				t.Error(got.StatusCode, got.body)
			}
		}
	}
}

func TestCompatBadInput(t *testing.T) {
	b := compatBench(t)
	secret := b.secret(jitsiauth.ScopeAuth)
	const form = "application/x-www-form-urlencoded"
	for _, test := range []struct {
		method, query, kind, body string
		status                    int
	}{
		{"GET", "user=alice&server=meet.jitsi", "", "", 422},
		{"GET", "", "", "", 422},
		{"GET", "user=alice&user=bob&server=meet.jitsi&pass=x", "", "", 400},
		{"GET", "user=alice&server=meet.jitsi&pass=hor%zzse", "", "", 400},
		{"GET", "user=alice;server=meet.jitsi;pass=x", "", "", 400},
		{"POST", "user=alice", form, "user=alice&server=meet.jitsi&pass=x", 400},
		{"POST", "", "text/plain", "user=alice&server=meet.jitsi&pass=x", 415},
		{"POST", "", form, "user=alice&server=meet.jitsi&pass=%", 400},
		{"POST", "", form, "user=alice&server=meet.jitsi&pass=" + strings.Repeat("x", 20<<10), 413},
		{"PUT", "user=alice&server=meet.jitsi&pass=x", "", "", 405},
	} {
		got := b.send(test.method, "/auth/check_password?"+test.query, secret, test.body, "Content-Type", test.kind)
		if got.StatusCode != test.status || strings.Contains(got.body, "zz") {
			t.Errorf("%+v: %d %s", test, got.StatusCode, got.body)
		}
		got.problem(t)
	}
}

func TestCompatFailureIsNoVerdict(t *testing.T) {
	b := compatBench(t)
	secret := b.secret(jitsiauth.ScopeAuth)
	b.store.set(func(method string) error {
		if method == "UserByJID" {
			return errors.New("disk error")
		}
		return nil
	})
	for _, path := range []string{"check_password", "user_exists"} {
		for _, got := range b.ask("/auth/"+path, secret, url.Values{"user": {"alice"}, "server": {"meet.jitsi"}, "pass": {password}}) {
			if got.StatusCode != 500 || got.problem(t).Code != api.CodeInternal {
				t.Errorf("%s: %d %s", path, got.StatusCode, got.body)
			}
		}
	}
}
