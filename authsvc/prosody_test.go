package authsvc_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

func question(change ...func(*api.VerifyRequest)) api.VerifyRequest {
	q := api.VerifyRequest{ID: "q1", Username: "alice", Domain: "meet.jitsi", Password: password, Source: "192.0.2.7", Transport: "bosh"}
	for _, f := range change {
		f(&q)
	}
	return q
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestVerdicts(t *testing.T) {
	b := newBench(t)
	alice := b.addUser("alice@meet.jitsi")
	b.addUser("off@meet.jitsi", func(n *jitsiauth.NewUser) { n.Disabled = true })
	b.addUser("old@meet.jitsi", func(n *jitsiauth.NewUser) { n.ValidUntil = b.Now() })
	b.addUser("new@meet.jitsi", func(n *jitsiauth.NewUser) { n.ValidFrom = b.Now().Add(time.Hour) })
	secret := b.secret(jitsiauth.ScopeAuth)
	for _, test := range []struct {
		name string
		ask  func(*api.VerifyRequest)
		want api.Result
	}{
		{"right", func(*api.VerifyRequest) {}, api.ResultOK},
		{"capitals", func(q *api.VerifyRequest) { q.Username, q.Domain = "ALICE", "MEET.jitsi" }, api.ResultOK},
		{"default domain", func(q *api.VerifyRequest) { q.Domain = "" }, api.ResultOK},
		{"odd source", func(q *api.VerifyRequest) { q.Source = "unix:\n" }, api.ResultOK},
		{"zone", func(q *api.VerifyRequest) { q.Source = "fe80::1%eth0" }, api.ResultOK},
		{"mapped", func(q *api.VerifyRequest) { q.Source = "::ffff:192.0.2.7" }, api.ResultOK},
		{"proxy", func(q *api.VerifyRequest) { q.Proxy = true }, api.ResultOK},
		{"wrong", func(q *api.VerifyRequest) { q.Password = "x" }, api.ResultBadCredentials},
		{"empty", func(q *api.VerifyRequest) { q.Password = "" }, api.ResultBadCredentials},
		{"unknown", func(q *api.VerifyRequest) { q.Username = "bob" }, api.ResultBadCredentials},
		{"other domain", func(q *api.VerifyRequest) { q.Domain = "other.example" }, api.ResultBadCredentials},
		{"no name", func(q *api.VerifyRequest) { q.Username = "" }, api.ResultBadCredentials},
		{"long", func(q *api.VerifyRequest) { q.Password = strings.Repeat("x", 2000) }, api.ResultBadCredentials},
		{"disabled", func(q *api.VerifyRequest) { q.Username = "off" }, api.ResultDisabled},
		{"disabled, wrong", func(q *api.VerifyRequest) { q.Username, q.Password = "off", "x" }, api.ResultBadCredentials},
		{"expired", func(q *api.VerifyRequest) { q.Username = "old" }, api.ResultExpired},
		{"expired, wrong", func(q *api.VerifyRequest) { q.Username, q.Password = "old", "x" }, api.ResultBadCredentials},
		{"not yet", func(q *api.VerifyRequest) { q.Username = "new" }, api.ResultNotYetValid},
	} {
		q := question(test.ask)
		q.ID = "id of " + test.name
		got := b.send(http.MethodPost, "/auth/verify", secret, asJSON(t, q))
		want := api.VerifyAnswer{ID: q.ID, Result: test.want}
		if test.want == api.ResultOK {
			want.User = &api.VerifiedUser{ID: alice.ID.String(), JID: "alice@meet.jitsi", CredentialRevision: 1, SessionRevision: 1}
		}
		if got.StatusCode != http.StatusOK || got.body != asJSON(t, want) {
			t.Errorf("%s: %d %s", test.name, got.StatusCode, got.body)
		}
	}
}

// What lua/mod_auth_http.lua relies on: net.http hands over cut-off chunked
// bodies as whole ones.
func TestVerifyAnswerHasItsLength(t *testing.T) {
	b := newBench(t)
	local, domain := strings.Repeat("é", 500), "meet.jitsi"
	b.addUser(local + "@" + domain)
	id := strings.Repeat("界", api.MaxVerifyID)
	for range 2 {
		got := b.send(http.MethodPost, "/auth/verify", b.secret(jitsiauth.ScopeAuth),
			asJSON(t, question(func(q *api.VerifyRequest) { q.Username, q.ID = local, id })))
		if got.Header.Get("Content-Length") != strconv.Itoa(len(got.body)) || len(got.TransferEncoding) != 0 || got.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%v %v", got.Header, got.TransferEncoding)
		}
		id = strings.Repeat("<", api.MaxVerifyID) // escaped, beyond the 2,048 bytes that net/http buffers
	}
}

func TestVerifyThroughClient(t *testing.T) {
	b := newBench(t)
	alice := b.addUser("alice@meet.jitsi")
	c := b.client(jitsiauth.ScopeAuth)
	user, err := c.Verify(t.Context(), question(func(q *api.VerifyRequest) { q.ID = "" }))
	if err != nil || user.ID != alice.ID.String() {
		t.Error(user, err)
	}
	if _, err := c.Verify(t.Context(), question(func(q *api.VerifyRequest) { q.Password = "x" })); !errors.Is(err, jitsiauth.ErrBadCredentials) {
		t.Error(err)
	}
}

func TestUnknownDomain(t *testing.T) {
	b := newBench(t)
	b.addUser("alice@meet.jitsi")
	bound := b.boundSecret([]string{"other.example"}, jitsiauth.ScopeAuth)
	for _, test := range []struct{ secret, domain, served string }{
		{b.secret(jitsiauth.ScopeAuth), "meet.exampel", "meet.jitsi other.example"},
		{b.secret(jitsiauth.ScopeAuth), "a\nb \u202e", "meet.jitsi other.example"},
		{bound, "meet.jitsi", `"other.example"`},
	} {
		before := len(b.log.String())
		got := b.send(http.MethodPost, "/auth/verify", test.secret, asJSON(t, question(func(q *api.VerifyRequest) { q.Domain = test.domain })))
		if got.StatusCode != http.StatusUnprocessableEntity || got.problem(t).Code != api.CodeUnknownDomain {
			t.Errorf("%q: %d %s", test.domain, got.StatusCode, got.body)
		}
		said := b.log.String()[before:]
		if !strings.Contains(said, `"level":"WARN"`) || !strings.Contains(said, test.served) || strings.ContainsAny(said, "\u202e") {
			t.Errorf("%q: %s", test.domain, said)
		}
	}
}

// A store that fails at any point of a login never makes a verdict.
func TestFailureIsNoVerdict(t *testing.T) {
	b := newBench(t)
	b.addUser("alice@meet.jitsi")
	secret := b.secret(jitsiauth.ScopeAuth)
	for _, broken := range []string{"Head", "TokenByHash", "UserByJID", "KnownSources", "User"} {
		for _, ask := range []func(*api.VerifyRequest){
			func(*api.VerifyRequest) {},
			func(q *api.VerifyRequest) { q.Password = "x" },
			func(q *api.VerifyRequest) { q.Username = "bob" },
		} {
			reached := false
			b.store.set(func(method string) error {
				if method == broken {
					reached = true
					return errors.New("disk error")
				}
				return nil
			})
			got := b.send(http.MethodPost, "/auth/verify", secret, asJSON(t, question(ask)))
			if reached && got.StatusCode != http.StatusInternalServerError || !reached && got.StatusCode != http.StatusOK {
				t.Errorf("%s: %d %s", broken, got.StatusCode, got.body)
			}
			if reached && (got.problem(t).Code != api.CodeInternal || strings.Contains(got.body, "disk")) {
				t.Errorf("%s: %s", broken, got.body)
			}
		}
	}
}

// A store that hangs is answered for before Prosody stops waiting (5 s), be it
// in the look-up of the token or of the account.
func TestHangingStoreIsNoVerdict(t *testing.T) {
	for _, hanging := range []string{"Head", "TokenByHash", "UserByJID", "KnownSources"} {
		t.Run(hanging, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.addUser("alice@meet.jitsi")
			secret := b.secret(jitsiauth.ScopeAuth)
			release := make(chan struct{})
			var once sync.Once
			end := func() { once.Do(func() { close(release) }) }
			defer end()
			b.store.set(func(method string) error {
				if method == hanging {
					<-release
				}
				return nil
			})
			got := b.send(http.MethodPost, "/auth/verify", secret, asJSON(t, question()))
			if got.StatusCode != http.StatusServiceUnavailable || got.problem(t).Code != api.CodeOverloaded || got.Header.Get("Retry-After") == "" {
				t.Errorf("%d %s", got.StatusCode, got.body)
			}
			end()
			if got := b.send(http.MethodPost, "/auth/verify", secret, asJSON(t, question())); got.StatusCode != http.StatusOK {
				t.Errorf("afterwards: %d %s", got.StatusCode, got.body)
			}
		})
	}
}

// Logins that are given up, and others at the same time, get each its own answer.
func TestGivenUpLoginsDisturbNobody(t *testing.T) {
	b := newBench(t)
	for i := range 5 { // no more than eight at once for each, which the throttle allows
		b.addUser(fmt.Sprintf("alice%d@meet.jitsi", i))
	}
	secret := b.secret(jitsiauth.ScopeAuth)
	var group sync.WaitGroup
	for i := range 40 {
		group.Go(func() {
			body := asJSON(t, question(func(q *api.VerifyRequest) { q.ID, q.Username = "n"+strconv.Itoa(i), fmt.Sprint("alice", i%5) }))
			if i%2 == 0 {
				request, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+"/auth/verify", strings.NewReader(body))
				request.Header.Set("Authorization", "Bearer "+secret)
				request.Header.Set("Content-Type", "application/json")
				short := http.Client{Timeout: time.Duration(i) * 100 * time.Microsecond}
				if response, err := short.Do(request); err == nil {
					_, _ = io.Copy(io.Discard, response.Body)
					_ = response.Body.Close()
				}
				return
			}
			got := b.send(http.MethodPost, "/auth/verify", secret, body)
			if got.StatusCode != http.StatusOK || !strings.Contains(got.body, `"n`+strconv.Itoa(i)+`"`) || !strings.Contains(got.body, `"ok"`) {
				t.Errorf("%d %s", got.StatusCode, got.body)
			}
		})
	}
	group.Wait()
}
