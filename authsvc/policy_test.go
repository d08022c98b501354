package authsvc_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// strictBench has the policy that a service has where nobody says otherwise.
func strictBench(t *testing.T) *bench {
	t.Helper()
	return newBenchWith(t, memstore.New(), nil, authsvc.Options{})
}

// setting is a way to set a password of the account alice, which is there
// unless the way makes it.
type setting struct {
	makes bool
	set   func(t *testing.T, c *client.Client, password string, allow bool) error
}

var settings = map[string]setting{
	"POST": {true, func(t *testing.T, c *client.Client, password string, allow bool) error {
		_, err := c.CreateUser(t.Context(), api.NewUser{Username: "alice", Password: password, AllowWeak: allow})
		return err
	}},
	"PUT": {true, func(t *testing.T, c *client.Client, password string, allow bool) error {
		_, err := c.PutUser(t.Context(), "alice", api.PutUser{Password: password, AllowWeak: allow})
		return err
	}},
	"PUT password": {false, func(t *testing.T, c *client.Client, password string, allow bool) error {
		_, err := c.SetPassword(t.Context(), "alice", api.NewPassword{Password: password, AllowWeak: allow})
		return err
	}},
}

// The reason comes through HTTP whole.
func TestPolicyOverHTTP(t *testing.T) {
	for name, way := range settings {
		b := strictBench(t)
		if !way.makes {
			b.addUser("alice@meet.jitsi")
		}
		c := b.client(jitsiauth.ScopeUsersWrite)
		before := b.snapshot()
		for password, want := range map[string]jitsiauth.PolicyError{
			"zebra-lemon":     {Reason: jitsiauth.PasswordTooShort, Min: 12},
			"Qwertyuiop12":    {Reason: jitsiauth.PasswordCommon},
			"alicealicealice": {Reason: jitsiauth.PasswordOwnName},
		} {
			err := way.set(t, c, password, false)
			var refused *jitsiauth.PolicyError
			var invalid *jitsiauth.InvalidError
			var e *client.Error
			switch {
			case !errors.As(err, &refused) || *refused != want:
				t.Errorf("%s: %v, want %v", name, err, &want)
			case !errors.As(err, &invalid) || invalid.Field != "password" || invalid.Error() != want.Error():
				t.Errorf("%s: %v", name, invalid)
			case !errors.As(err, &e) || e.Status != http.StatusUnprocessableEntity || e.Code != api.CodeInvalid || e.Field != "password" || e.Detail != want.Text("en"):
				t.Errorf("%s: %+v", name, e)
			}
		}
		if after := b.snapshot(); after != before {
			t.Errorf("%s changed something:\n%s\n%s", name, before, after)
		}
		if err := way.set(t, c, password, false); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An administrator may set a weak password, and the log tells; a manager may
// not even ask.
func TestAllowWeakOverHTTP(t *testing.T) {
	for name, way := range settings {
		for _, weak := range []bool{true, false} {
			b := strictBench(t)
			if !way.makes {
				b.addUser("alice@meet.jitsi")
			}
			secret := password
			if weak {
				secret = "alice"
			}
			before := b.snapshot()
			err := way.set(t, b.client(jitsiauth.ScopeUsersWrite), secret, true)
			bound := way.set(t, b.clientWith(b.boundSecret([]string{"meet.jitsi"}, jitsiauth.ScopeAdmin)), secret, true)
			if !errors.Is(err, jitsiauth.ErrForbidden) || !errors.Is(bound, jitsiauth.ErrForbidden) {
				t.Errorf("%s, weak %v: %v, %v", name, weak, err, bound)
			}
			if after := b.snapshot(); strings.Contains(after, "alice") != strings.Contains(before, "alice") {
				t.Errorf("%s changed something:\n%s\n%s", name, before, after)
			}
			admin := b.client(jitsiauth.ScopeAdmin)
			if err := way.set(t, admin, secret, true); err != nil {
				t.Errorf("%s, weak %v: %v", name, weak, err)
			}
			if _, err := b.client(jitsiauth.ScopeAuth).Verify(t.Context(), question(func(q *api.VerifyRequest) { q.Password = secret })); err != nil {
				t.Errorf("%s, weak %v: %v", name, weak, err)
			}
			if noted := notedAsWeak(t, admin); (len(noted) == 1) != weak {
				t.Errorf("%s, weak %v: noted of %q", name, weak, noted)
			}
		}
	}
}

// notedAsWeak returns whose passwords were set against the policy, by the log.
func notedAsWeak(t *testing.T, admin *client.Client) (jids []string) {
	t.Helper()
	for c, err := range admin.Changes(t.Context(), api.LogQuery{}) {
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(c.Fields, "weak_password") {
			jids = append(jids, c.JID)
		}
	}
	slices.Sort(jids)
	return jids
}

// Prosody's token does not say whose password can be guessed.
func TestFeedHidesWeakPasswords(t *testing.T) {
	b := strictBench(t)
	secret := b.secret(jitsiauth.ScopeAuth)
	b.addUser("first@meet.jitsi")
	head, err := b.store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.addUser("alice@meet.jitsi", func(n *jitsiauth.NewUser) { n.Password, n.AllowWeak = "alice", true })
	got := b.send(http.MethodGet, "/auth/changes?after="+head.String(), secret, "")
	if got.StatusCode != http.StatusOK || !strings.Contains(got.body, "user.created") || strings.Contains(got.body, "weak") {
		t.Error(got.StatusCode, got.body)
	}
}

// A refusal speaks the language of the person; programs get the same codes.
func TestPolicyLanguage(t *testing.T) {
	b := strictBench(t)
	secret := b.secret(jitsiauth.ScopeAdmin)
	want := &jitsiauth.PolicyError{Reason: jitsiauth.PasswordTooShort, Min: 12}
	for header, lang := range map[string]string{
		"": "en", "en": "en", "ja": "ja", "ja-JP": "ja", "JA": "ja", "de": "en", "*": "en",
		"ja,en-US;q=0.9,en;q=0.8": "ja", "en-US,en;q=0.9,ja;q=0.8": "en", "de, ja;q=0.5": "ja", "ja;q=0.1, en;q=0.2": "en", "ja;q=0": "en",
		"ja;q=x": "en", ";;;": "en", strings.Repeat("ja-", 2000): "en",
	} {
		got := b.send(http.MethodPost, "/api/v1/users", secret, `{"username":"alice","password":"short"}`, "Accept-Language", header)
		p := got.problem(t)
		if p.Detail != want.Text(lang) || p.Rule != "must be at least 12 characters long" || p.Reason != "too_short" || p.Min != 12 || p.Field != "password" {
			t.Errorf("Accept-Language %.40q: %s", header, got.body)
		}
	}
}

// Other refusals have no reason.
func TestOtherProblemsHaveNoReason(t *testing.T) {
	b := strictBench(t)
	got := b.send(http.MethodPost, "/api/v1/users", b.secret(jitsiauth.ScopeAdmin), `{"username":"alice","password":"`+strings.Repeat("ab c", 20)+`"}`, "Accept-Language", "ja")
	if p := got.problem(t); p.Reason != "" || p.Min != 0 || !strings.Contains(p.Detail, "72 bytes") || strings.Contains(got.body, "reason") {
		t.Error(got.body)
	}
}

// Generated passwords and hashes are let through; a plain one is not, unless an
// administrator says so for the whole import.
func TestImportPolicy(t *testing.T) {
	b := strictBench(t)
	const body = "username,password,generate\na,correct horse battery,\nb,b,\nc,,true\nd,dddddddddddd,\n"
	admin, manager := b.client(jitsiauth.ScopeAdmin), b.client(jitsiauth.ScopeUsersWrite)
	got := imports(t, manager, api.CSVType, body, api.ImportQuery{})
	if brief(got) != "2 created, 3 invalid password, 4 created, 5 invalid password, = 2 0 0 2 true" {
		t.Error(brief(got))
	}
	if got[1].Reason != "too_short" || got[1].Min != 12 || got[3].Reason != "own_name" || got[3].Min != 0 || got[0].Reason != "" {
		t.Errorf("%+v", got)
	}
	before := b.snapshot()
	for _, err := range manager.Import(t.Context(), strings.NewReader(body), api.CSVType, api.ImportQuery{AllowWeak: true}) {
		var e *client.Error
		if !errors.Is(err, jitsiauth.ErrForbidden) || !errors.As(err, &e) || e.Status != http.StatusForbidden {
			t.Error(err)
		}
	}
	if after := b.snapshot(); after != before {
		t.Errorf("something changed:\n%s\n%s", before, after)
	}
	if got := brief(imports(t, admin, api.CSVType, body, api.ImportQuery{AllowWeak: true, Mode: "upsert"})); got != "2 unchanged, 3 created, 4 unchanged, 5 created, = 2 0 2 0 true" {
		t.Error(got)
	}
	if noted := notedAsWeak(t, admin); !slices.Equal(noted, []string{"b@meet.jitsi", "d@meet.jitsi"}) {
		t.Errorf("noted of %q", noted)
	}
	if got := b.send(http.MethodPost, importsPath+"?allow_weak=1", b.secret(jitsiauth.ScopeAdmin), body, "Content-Type", api.CSVType); got.problem(t).Field != "allow_weak" {
		t.Error(got.body)
	}
}

// allow_weak is no field of an account.
func TestAllowWeakIsNotPatched(t *testing.T) {
	b := strictBench(t)
	b.addUser("alice@meet.jitsi")
	got := b.send(http.MethodPatch, "/api/v1/users/alice", b.secret(jitsiauth.ScopeAdmin), `{"allow_weak":true}`)
	if p := got.problem(t); p.Field != "allow_weak" || !strings.Contains(p.Rule, "/password") {
		t.Error(got.body)
	}
}
