package authsvc_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
)

// longPoll is a wait that ends only where a wake-up was lost.
const longPoll = 55 * time.Second

func feedHead(t testing.TB, c *client.Client) string {
	t.Helper()
	at, err := c.FeedHead(t.Context())
	if err != nil || at == "" {
		t.Fatalf("%q %v", at, err)
	}
	return at
}

func TestFeedWaitsForTheChange(t *testing.T) {
	b := newBench(t)
	u := b.addUser("alice@meet.jitsi")
	c := b.client(jitsiauth.ScopeAuth)
	at := feedHead(t, c)
	for _, change := range []struct {
		make     func() error
		action   string
		fields   []string
		state    *string
		password *uint64 // its revision
		ended    *uint64 // how often sessions were, and 1
	}{
		{func() error { _, err := b.svc.Disable(t.Context(), u.ID); return err }, "user.updated", []string{"disabled"}, new("disabled"), new(uint64(1)), new(uint64(1))},
		{func() error { _, err := b.svc.EndSessions(t.Context(), u.ID); return err }, "user.sessions_ended", nil, new("disabled"), new(uint64(1)), new(uint64(2))},
		{func() error {
			_, err := b.svc.SetPassword(t.Context(), u.ID, jitsiauth.NewPassword{Password: password + "2"})
			return err
		}, "user.password_set", nil, new("disabled"), new(uint64(2)), new(uint64(2))},
		{func() error { return b.svc.Delete(t.Context(), u.ID) }, "user.deleted", nil, nil, nil, nil},
	} {
		type result struct {
			feed api.Feed
			err  error
		}
		got := make(chan result)
		go func() {
			feed, err := c.WaitChanges(t.Context(), at, longPoll)
			got <- result{feed, err}
		}()
		if err := change.make(); err != nil {
			t.Fatal(err)
		}
		r := <-got
		if r.err != nil || len(r.feed.Changes) != 1 {
			t.Fatalf("%s: %+v %v", change.action, r.feed, r.err)
		}
		e := r.feed.Changes[0]
		if e.Action != change.action || e.ID != u.ID.String() || e.JID != "alice@meet.jitsi" || !slices.Equal(e.Fields, change.fields) ||
			asJSON(t, e.State) != asJSON(t, change.state) || asJSON(t, e.CredentialRevision) != asJSON(t, change.password) ||
			asJSON(t, e.SessionRevision) != asJSON(t, change.ended) || e.Position != r.feed.Position || e.At.IsZero() {
			t.Errorf("%s", asJSON(t, e))
		}
		at = r.feed.Position
	}
}

func TestFeedAnswersAtOnce(t *testing.T) {
	b := newBench(t)
	b.addUser("alice@meet.jitsi")
	secret := b.secret(jitsiauth.ScopeAuth)
	at := feedHead(t, b.clientWith(secret))
	for _, query := range []string{"", "?wait=55", "?after=" + url.QueryEscape(at), "?wait=0&after=" + url.QueryEscape(at), "?wait=1ms&after=" + url.QueryEscape(at)} {
		got := b.send(http.MethodGet, "/auth/changes"+query, secret, "")
		if want := `{"changes":[],"position":"` + at + `"}`; got.StatusCode != http.StatusOK || got.body != want {
			t.Errorf("%q: %d %s", query, got.StatusCode, got.body)
		}
	}
}

func TestFeedOfADomain(t *testing.T) {
	b := newBench(t)
	c := b.clientWith(b.boundSecret([]string{"other.example"}, jitsiauth.ScopeAuth))
	at := feedHead(t, c)
	b.addUser("alice@meet.jitsi")
	b.addUser("bob@other.example")
	b.addUser("carol@meet.jitsi")
	feed, err := c.WaitChanges(t.Context(), at, longPoll)
	if err != nil || len(feed.Changes) != 1 || feed.Changes[0].JID != "bob@other.example" || feed.Position != feedHead(t, c) {
		t.Errorf("%+v %v", feed, err)
	}
}

func TestFeedOfEndings(t *testing.T) {
	b := newBench(t)
	secret := b.secret(jitsiauth.ScopeAuth)
	c := b.clientWith(secret)
	at := feedHead(t, c)
	b.addUser("alice@meet.jitsi")
	query := "/auth/changes?only=endings&wait=1ms&after=" + url.QueryEscape(at)
	if got, want := b.send(http.MethodGet, query, secret, ""), `{"changes":[],"position":"`+feedHead(t, c)+`"}`; got.body != want {
		t.Errorf("%d %s, want %s", got.StatusCode, got.body, want)
	}
	if _, err := b.svc.Disable(t.Context(), b.addUser("bob@meet.jitsi").ID); err != nil {
		t.Fatal(err)
	}
	if got := b.send(http.MethodGet, query, secret, ""); !strings.Contains(got.body, "bob@") || strings.Contains(got.body, "alice@") {
		t.Error(got.body)
	}
}

func TestFeedRefuses(t *testing.T) {
	b := newBench(t)
	secret := b.secret(jitsiauth.ScopeAuth)
	for query, field := range map[string]string{
		"after=": "after", "after=x": "after", "after=:1": "after", "after=e:-1": "after",
		"wait=x": "wait", "wait=-1": "wait", "wait=-1s": "wait", "wait=56": "wait", "wait=55.1s": "wait", "wait=999": "wait",
		"after=e:1&wait=1h": "wait", "wait=9999999999999h": "wait",
		"only=": "only", "only=all": "only",
	} {
		got := b.send(http.MethodGet, "/auth/changes?"+query, secret, "")
		if p := got.problem(t); got.StatusCode != http.StatusUnprocessableEntity || p.Code != api.CodeInvalid || p.Field != field || p.Rule == "" {
			t.Errorf("%s: %s", query, got.body)
		}
	}
	for _, query := range []string{"since=1", "after=e:1&after=e:1"} {
		if got := b.send(http.MethodGet, "/auth/changes?"+query, secret, ""); got.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s", query, got.body)
		}
	}
}

func TestFeedPositionLost(t *testing.T) {
	b := newBench(t)
	b.addUser("alice@meet.jitsi")
	secret := b.secret(jitsiauth.ScopeAuth)
	c := b.clientWith(secret)
	at := feedHead(t, c)
	for _, lost := range []string{at + "9", "0123:1"} {
		got := b.send(http.MethodGet, "/auth/changes?after="+lost, secret, "")
		if p := got.problem(t); got.StatusCode != http.StatusGone || p.Code != api.CodePositionLost || p.Head != at {
			t.Errorf("%s: %s", lost, got.body)
		}
		_, err := c.WaitChanges(t.Context(), lost, 0)
		var typed *jitsiauth.PositionLostError
		if !errors.Is(err, jitsiauth.ErrPositionLost) || !errors.As(err, &typed) || typed.Head.String() != at {
			t.Errorf("%s: %v", lost, err)
		}
	}
}

// Prosody asks about the accounts whose sessions it holds where the feed can't
// tell it what happened to them.
func TestAccounts(t *testing.T) {
	b := newBench(t)
	alice, bob, other := b.addUser("alice@meet.jitsi"), b.addUser("bob@meet.jitsi"), b.addUser("carol@other.example")
	gone := b.addUser("gone@meet.jitsi")
	_, err := b.svc.Disable(t.Context(), bob.ID)
	_, err2 := b.svc.SetPassword(t.Context(), bob.ID, jitsiauth.NewPassword{Password: password + "2"})
	_, err3 := b.svc.EndSessions(t.Context(), bob.ID)
	if err := errors.Join(err, err2, err3, b.svc.Delete(t.Context(), gone.ID)); err != nil {
		t.Fatal(err)
	}
	ids := []string{gone.ID.String(), bob.ID.String(), alice.ID.String(), other.ID.String()}
	c := b.clientWith(b.boundSecret([]string{"meet.jitsi"}, jitsiauth.ScopeAuth))
	got, err := c.Accounts(t.Context(), "", ids)
	want := []api.AccountStanding{
		{ID: bob.ID.String(), JID: "bob@meet.jitsi", State: "disabled", CredentialRevision: 2, SessionRevision: 2},
		{ID: alice.ID.String(), JID: "alice@meet.jitsi", State: "active", CredentialRevision: 1, SessionRevision: 1},
	}
	if err != nil || !slices.Equal(got.Accounts, want) || got.Position != feedHead(t, c) {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := c.Accounts(t.Context(), "meet.jitsi", slices.Repeat(ids[2:3], 1000)); err != nil || len(got.Accounts) != 1000 {
		t.Errorf("a thousand: %d %v", len(got.Accounts), err)
	}
	for _, domain := range []string{"other.example", "not.served.example", "no domain"} {
		if _, err := c.Accounts(t.Context(), domain, ids); !errors.Is(err, jitsiauth.ErrUnknownDomain) {
			t.Errorf("%s: %v", domain, err)
		}
	}
	for _, bad := range [][]string{nil, {}, {"alice@meet.jitsi"}, {ids[0], ""}, slices.Repeat(ids[:1], 1001)} {
		_, err := c.Accounts(t.Context(), "", bad)
		var invalid *jitsiauth.InvalidError
		if !errors.As(err, &invalid) || invalid.Field != "ids" {
			t.Errorf("%.50v: %v", bad, err)
		}
	}
}

// The deadlines of the connection are those of short requests; a long one, and
// the short one after it on the same connection, must live all the same.
func TestFeedOutlastsTheDeadlines(t *testing.T) {
	b := newBench(t)
	secret := b.secret(jitsiauth.ScopeAuth)
	server, listener := b.server.HTTPServer(), listen(t)
	server.ReadTimeout, server.WriteTimeout = 200*time.Millisecond, 200*time.Millisecond
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	c, err := client.New(client.Options{Server: "http://" + listener.Addr().String(), Token: secret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	at := feedHead(t, c)
	for range 2 {
		if feed, err := c.WaitChanges(t.Context(), at, time.Second); err != nil || feed.Position != at {
			t.Errorf("%+v %v", feed, err)
		}
	}
}

// Readers hold up neither the end of the service nor anything else.
func TestFeedEndsWithTheServer(t *testing.T) {
	b := newBench(t)
	listener := listen(t)
	c, err := client.New(client.Options{Server: "http://" + listener.Addr().String(), Token: b.secret(jitsiauth.ScopeAuth)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	served := make(chan error, 1)
	go func() { served <- b.server.Serve(ctx, listener) }()
	at := feedHead(t, c)
	listed := make(chan struct{})
	b.store.set(func(method string) error {
		if method == "ListChanges" {
			close(listed)
		}
		return nil
	})
	polled := make(chan error, 1)
	go func() {
		feed, err := c.WaitChanges(t.Context(), at, longPoll)
		if err == nil && (feed.Position != at || len(feed.Changes) != 0) {
			err = errors.New(asJSON(t, feed))
		}
		polled <- err
	}()
	<-listed
	stop()
	if err := errors.Join(<-polled, <-served); err != nil {
		t.Error(err)
	}
}

// A reader that hangs up leaves nothing behind that waits.
func TestFeedReaderHangsUp(t *testing.T) {
	b := newBench(t)
	c := b.client(jitsiauth.ScopeAuth)
	ctx, hangUp := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer hangUp()
	if _, err := c.WaitChanges(ctx, feedHead(t, c), longPoll); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	// The bench's Close waits for the handler.
}
