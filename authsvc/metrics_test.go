package authsvc_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// scrape returns what /metrics shows, by name with labels.
func (b *bench) scrape() map[string]string {
	b.t.Helper()
	got := b.send(http.MethodGet, "/metrics", "", "")
	if got.StatusCode != http.StatusOK || !strings.HasPrefix(got.Header.Get("Content-Type"), "text/plain; version=0.0.4") {
		b.t.Fatalf("%d %v %s", got.StatusCode, got.Header, got.body)
	}
	values := map[string]string{"": got.body}
	for line := range strings.Lines(got.body) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name != "#" {
			values[name] = value
		}
	}
	return values
}

func (b *bench) wantMetrics(want map[string]string) {
	b.t.Helper()
	got := b.scrape()
	for name, value := range want {
		if got[name] != value {
			b.t.Errorf("%s is %q, want %q", name, got[name], value)
		}
	}
}

func TestMetricsCountLogins(t *testing.T) {
	b := newBench(t)
	b.addUser("alice@meet.jitsi")
	b.addUser("bob@meet.jitsi", func(n *jitsiauth.NewUser) { n.Disabled = true })
	auth := b.secret(jitsiauth.ScopeAuth)
	ask := func(username, domain, password, transport string) {
		b.send(http.MethodPost, "/auth/verify", auth, fmt.Sprintf(
			`{"id":"1","username":%q,"domain":%q,"password":%q,"transport":%q}`, username, domain, password, transport))
	}
	ask("alice", "", password, "bosh")
	ask("alice", "", password, "bosh")
	ask("alice", "", "wrong horse", "websocket")
	ask("nobody", "", password, "websocket")
	ask("bob", "", password, "c2s")
	ask("alice", "elsewhere.example", password, "c2s")
	ask("alice", "", password, "my-own-label")
	ask("alice", "", password, "")
	b.store.set(func(method string) error {
		if method == "UserByJID" {
			return errors.New("disk error")
		}
		return nil
	})
	ask("nobody", "", password, "c2s") // alice is remembered
	b.wantMetrics(map[string]string{
		`jitsiauth_logins_total{outcome="ok",transport="bosh"}`:                          "2",
		`jitsiauth_logins_total{outcome="bad_credentials",transport="websocket"}`:        "2",
		`jitsiauth_logins_total{outcome="disabled",transport="c2s"}`:                     "1",
		`jitsiauth_logins_total{outcome="unknown_domain",transport="c2s"}`:               "1",
		`jitsiauth_logins_total{outcome="error",transport="c2s"}`:                        "1",
		`jitsiauth_logins_total{outcome="ok",transport="other"}`:                         "1",
		`jitsiauth_logins_total{outcome="ok",transport="unknown"}`:                       "1",
		`jitsiauth_verify_seconds_count`:                                                 "9",
		`jitsiauth_http_requests_total{method="POST",route="/auth/verify",status="200"}`: "7",
		`jitsiauth_http_requests_total{method="POST",route="/auth/verify",status="422"}`: "1",
		`jitsiauth_http_requests_total{method="POST",route="/auth/verify",status="500"}`: "1",
	})
}

// Whoever may read the numbers learns no name, and can't add series at will.
func TestMetricsHoldNoNames(t *testing.T) {
	b := newBenchOn(t, memstore.New(), authsvc.Options{Version: "1.2.3"})
	b.addUser("alice@meet.jitsi")
	admin := b.secret(jitsiauth.ScopeAdmin)
	for i := range 20 {
		b.send(http.MethodGet, "/api/v1/users/alice@meet.jitsi", admin, "")
		b.send(fmt.Sprintf("EVIL%d", i), "/healthz", "", "")
		b.send(http.MethodGet, fmt.Sprintf("/evil%d", i), "", "")
	}
	got := b.scrape()
	for _, name := range []string{"alice", "meet.jitsi", "EVIL", "evil", "127.0.0.1"} {
		if strings.Contains(got[""], name) {
			t.Errorf("/metrics holds %q", name)
		}
	}
	for name, want := range map[string]string{
		`jitsiauth_http_requests_total{method="-",route="-",status="404"}`:                    "20",
		`jitsiauth_http_requests_total{method="-",route="-",status="405"}`:                    "20",
		`jitsiauth_http_requests_total{method="GET",route="/api/v1/users/:ref",status="200"}`: "20",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if !strings.Contains(got[""], `jitsiauth_build_info{goversion="go1.`) || !strings.Contains(got[""], `version="1.2.3"} 1`) {
		t.Error("no build info")
	}
	if got["go_goroutines"] == "" {
		t.Error("nothing of the Go runtime")
	}
}

func TestMetricsMeasureStoreAndHashes(t *testing.T) {
	metrics := authsvc.NewMetrics()
	svc, err := jitsiauth.New(metrics.Store(memstore.New()), jitsiauth.Options{BcryptCost: bcrypt.MinCost, ObserveHash: metrics.ObserveHash})
	if err != nil {
		t.Fatal(err)
	}
	b := newBenchOn(t, memstore.New(), authsvc.Options{Metrics: metrics})
	jid, err := svc.ParseJID("alice")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := svc.Create(t.Context(), jitsiauth.NewUser{JID: jid, Password: password}); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.Verify(t.Context(), jitsiauth.Attempt{Username: "alice", Password: password}); err != nil {
		t.Fatal(err)
	}
	b.wantMetrics(map[string]string{
		`jitsiauth_hash_seconds_count`:                           "2",
		`jitsiauth_store_seconds_count{operation="create_user"}`: "1",
		`jitsiauth_store_seconds_count{operation="user_by_jid"}`: "2",
		`jitsiauth_store_seconds_count{operation="user"}`:        "1",
	})
}

const counted = "jitsiauth_users_counted_timestamp_seconds"

func usersBy(state jitsiauth.State) string { return `jitsiauth_users{state="` + string(state) + `"}` }

func TestMetricsCountUsers(t *testing.T) {
	b := newBench(t)
	alice := b.addUser("alice@meet.jitsi")
	b.addUser("bob@other.example", func(n *jitsiauth.NewUser) { n.Disabled = true })
	b.addUser("carol@meet.jitsi", func(n *jitsiauth.NewUser) { n.ValidUntil = b.Now().Add(-time.Hour) })
	b.addUser("dora@meet.jitsi", func(n *jitsiauth.NewUser) { n.ValidFrom = b.Now().Add(time.Hour) })
	for _, state := range []jitsiauth.State{jitsiauth.StateActive, jitsiauth.StateDisabled, jitsiauth.StateExpired, jitsiauth.StateNotYetValid} {
		b.wantMetrics(map[string]string{usersBy(state): "1"})
	}
	if err := b.svc.Delete(t.Context(), alice.ID); err != nil {
		t.Fatal(err)
	}
	b.wind(29 * time.Second)
	b.wantMetrics(map[string]string{usersBy(jitsiauth.StateActive): "1"})
	b.wind(2 * time.Second)
	b.wantMetrics(map[string]string{usersBy(jitsiauth.StateActive): "0", usersBy(jitsiauth.StateDisabled): "1"})
	b.wind(-time.Hour)
	b.addUser("eve@meet.jitsi")
	b.wantMetrics(map[string]string{usersBy(jitsiauth.StateActive): "1"})
}

// Many accounts are counted over several scrapes, and each once; a store that
// fails meanwhile costs nothing but this number.
func TestMetricsCountGoesOn(t *testing.T) {
	b := newBench(t)
	const users = 1200
	for i := range users {
		jid, err := jitsiauth.ParseJID(fmt.Sprintf("user%d@meet.jitsi", i))
		if err != nil {
			t.Fatal(err)
		}
		u := jitsiauth.User{ID: jitsiauth.ID{byte(i >> 8), byte(i)}, JID: jid, Role: jitsiauth.RoleUser, Revision: 1, CredentialRevision: 1}
		if err := b.store.CreateUser(t.Context(), jitsiauth.Record{User: u}, jitsiauth.Change{}); err != nil {
			t.Fatal(err)
		}
	}
	var mu sync.Mutex
	var outcomes []error
	b.store.set(func(method string) error {
		if method != "ListUsers" {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		time.Sleep(authsvc.CountTime)
		if len(outcomes) == 0 {
			return nil
		}
		err := outcomes[0]
		outcomes = outcomes[1:]
		return err
	})
	outcomes = []error{nil, errors.New("disk error"), nil}
	for range 3 {
		b.wantMetrics(map[string]string{counted: "", usersBy(jitsiauth.StateActive): ""})
	}
	b.wantMetrics(map[string]string{usersBy(jitsiauth.StateActive): "1200"})
	if got := b.scrape()[counted]; got == "" {
		t.Error("the time of the count is missing")
	}
	if !strings.Contains(b.log.String(), "disk error") {
		t.Error("the failure is not logged")
	}
}

func TestMetricsAnswerWhileTheStoreHangs(t *testing.T) {
	b := newBench(t)
	release := make(chan struct{})
	defer close(release)
	b.store.set(func(method string) error {
		if method == "ListUsers" {
			<-release
		}
		return nil
	})
	b.wantMetrics(map[string]string{counted: ""})
	b.wantMetrics(map[string]string{counted: ""})
}

// Each Server has numbers of its own unless it is told otherwise.
func TestMetricsAreNotGlobal(t *testing.T) {
	first, second := newBench(t), newBench(t)
	c := first.client(jitsiauth.ScopeUsersRead)
	if _, err := c.UsersPage(t.Context(), api.UserQuery{}); err != nil {
		t.Fatal(err)
	}
	const name = `jitsiauth_http_requests_total{method="GET",route="/api/v1/users",status="200"}`
	first.wantMetrics(map[string]string{name: "1"})
	second.wantMetrics(map[string]string{name: ""})
	lines := slices.Collect(strings.Lines(second.scrape()[""]))
	if len(lines) < 50 {
		t.Errorf("only %d lines", len(lines))
	}
}
