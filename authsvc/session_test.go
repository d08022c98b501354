package authsvc_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/boltstore"
)

// report is who a Prosody begins to report.
func (b *bench) report(sessions ...api.ReportedSession) api.SessionReport {
	return api.SessionReport{Domain: "meet.jitsi", Instance: "p", First: true, Sessions: sessions}
}

// in is a session of the account that began so many seconds ago.
func (b *bench) in(u jitsiauth.User, key string, ago int) api.ReportedSession {
	return api.ReportedSession{
		Key: key, Account: u.ID.String(), Transport: "websocket", Source: "203.0.113.9",
		Since: b.Now().Add(-time.Duration(ago) * time.Second), Rooms: []string{key + "@muc.meet.jitsi"},
	}
}

// keysOf are those of the sessions that are shown, by their rooms; "?": not known.
func keysOf(t testing.TB, c *client.Client, ref string) string {
	t.Helper()
	got, err := c.UserSessions(t.Context(), ref)
	if err != nil {
		t.Errorf("%s: %v", ref, err)
	}
	if !got.Reported {
		if len(got.Sessions) != 0 {
			t.Errorf("%s: not reported, but %+v", ref, got.Sessions)
		}
		return "?"
	}
	var keys []string
	for _, s := range got.Sessions {
		key, _, _ := strings.Cut(strings.Join(s.Rooms, " "), "@")
		keys = append(keys, key)
	}
	return strings.Join(keys, " ")
}

// codeOf is that of an error, "" for none.
func codeOf(err error) api.Code {
	var problem *client.Error
	if errors.As(err, &problem) {
		return problem.Code
	}
	return ""
}

func TestReportedSessionsAreShown(t *testing.T) {
	b := newBench(t)
	alice, bob := b.addUser("alice@meet.jitsi"), b.addUser("bob@meet.jitsi")
	prosody, reader := b.client(jitsiauth.ScopeAuth), b.client(jitsiauth.ScopeUsersRead)
	if got := keysOf(t, reader, "alice"); got != "?" {
		t.Errorf("before any report: %q", got)
	}
	unknown := b.report(b.in(alice, "a1", 5))
	unknown.First = false
	if got := b.send(http.MethodPost, "/auth/sessions", b.secret(jitsiauth.ScopeAuth), asJSON(t, unknown)); got.StatusCode != http.StatusConflict || got.problem(t).Code != api.CodeSessionsUnknown {
		t.Errorf("an instance that is not known: %d %s", got.StatusCode, got.body)
	}
	young := b.in(alice, "a1", 5)
	old := b.in(alice, "a2", 9)
	old.Guest, old.Proxy, old.Source, old.Transport, old.Rooms = true, true, "", "bosh", nil
	if err := prosody.ReportSessions(t.Context(), b.report(young, old)); err != nil {
		t.Fatal(err)
	}
	secret := b.secret(jitsiauth.ScopeUsersWrite)
	for _, ref := range []string{"alice", "alice@meet.jitsi", alice.ID.String()} {
		got := b.send(http.MethodGet, "/api/v1/users/"+ref+"/sessions", secret, "")
		if want := `{"reported":true,"sessions":[` +
			`{"transport":"bosh","proxy":true,"since":"2026-11-23T09:59:51Z","guest":true,"rooms":[]},` +
			`{"transport":"websocket","source":"203.0.113.9","proxy":false,"since":"2026-11-23T09:59:55Z","guest":false,"rooms":["a1@muc.meet.jitsi"]}]}`; got.body != want {
			t.Errorf("%s: %s", ref, got.body)
		}
	}
	more := b.report(b.in(bob, "b1", 1))
	more.First, more.Ended = false, []string{"a2", "never"}
	if err := prosody.ReportSessions(t.Context(), more); err != nil {
		t.Fatal(err)
	}
	if gotAlice, gotBob := keysOf(t, reader, "alice"), keysOf(t, reader, "bob"); gotAlice != "a1" || gotBob != "b1" {
		t.Errorf("%q %q", gotAlice, gotBob)
	}
	if got := b.send(http.MethodPost, "/auth/sessions", b.secret(jitsiauth.ScopeAuth), `{"domain":"meet.jitsi","instance":"q","first":true}`); got.StatusCode != 200 || got.body != "{}" {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	if err := b.svc.Delete(t.Context(), bob.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := reader.UserSessions(t.Context(), bob.ID.String()); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Errorf("who is gone: %v", err)
	}
}

func TestReportOfAnotherToken(t *testing.T) {
	b := newBench(t)
	alice := b.addUser("alice@meet.jitsi")
	one, two := b.client(jitsiauth.ScopeAuth), b.client(jitsiauth.ScopeAuth)
	reader := b.client(jitsiauth.ScopeUsersRead)
	if err := one.ReportSessions(t.Context(), b.report(b.in(alice, "a1", 5))); err != nil {
		t.Fatal(err)
	}
	forged := b.report()
	forged.First, forged.Ended = false, []string{"a1"}
	if err := two.ReportSessions(t.Context(), forged); codeOf(err) != api.CodeSessionsUnknown {
		t.Error(err)
	}
	forged.First = true
	if err := two.ReportSessions(t.Context(), forged); err != nil || keysOf(t, reader, "alice") != "a1" {
		t.Errorf("%v, %q", err, keysOf(t, reader, "alice"))
	}
	// Neither does its poll keep alive what the other said.
	b.wind(9 * time.Second)
	if _, err := two.WaitChangesAs(t.Context(), "p", feedHead(t, two), 0); err != nil {
		t.Fatal(err)
	}
	b.wind(time.Second)
	if err := one.ReportSessions(t.Context(), forgedAs(forged, false)); codeOf(err) != api.CodeSessionsUnknown {
		t.Error(err)
	}
}

func forgedAs(r api.SessionReport, first bool) api.SessionReport {
	r.First = first
	return r
}

// A token reports for domains that it is good for, and what it says of accounts
// of another domain shows nowhere.
func TestReportOfADomain(t *testing.T) {
	b := newBench(t)
	alice := b.addUser("alice@meet.jitsi")
	bound := b.clientWith(b.boundSecret([]string{"other.example"}, jitsiauth.ScopeAuth))
	for _, domain := range []string{"meet.jitsi", "not.served.example", "no domain"} {
		report := b.report()
		report.Domain = domain
		if err := bound.ReportSessions(t.Context(), report); !errors.Is(err, jitsiauth.ErrUnknownDomain) {
			t.Errorf("%s: %v", domain, err)
		}
	}
	if !strings.Contains(b.log.String(), "report of sessions for a domain that is not served to this caller") {
		t.Error("the log does not name it")
	}
	report := b.report(b.in(alice, "forged", 1))
	report.Domain = "Other.Example"
	if err := bound.ReportSessions(t.Context(), report); err != nil {
		t.Fatal(err)
	}
	b.addUser("bob@other.example")
	reader := b.client(jitsiauth.ScopeUsersRead)
	if gotAlice, gotBob := keysOf(t, reader, "alice"), keysOf(t, reader, "bob@other.example"); gotAlice != "?" || gotBob != "" {
		t.Errorf("%q %q", gotAlice, gotBob)
	}
}

func TestReportIsRefusedWhole(t *testing.T) {
	b := newBench(t)
	alice := b.addUser("alice@meet.jitsi")
	c := b.client(jitsiauth.ScopeAuth)
	if err := c.ReportSessions(t.Context(), b.report(b.in(alice, "a1", 5))); err != nil {
		t.Fatal(err)
	}
	bad := b.in(alice, "a3", 5)
	bad.Source = "office"
	report := b.report(b.in(alice, "a2", 5), bad)
	report.Ended = []string{"a1"}
	for _, first := range []bool{false, true} {
		err := c.ReportSessions(t.Context(), forgedAs(report, first))
		var invalid *jitsiauth.InvalidError
		if !errors.As(err, &invalid) || invalid.Field != "sessions[1].source" {
			t.Error(err)
		}
	}
	if got := keysOf(t, b.client(jitsiauth.ScopeUsersRead), "alice"); got != "a1" {
		t.Errorf("%q", got)
	}
}

// What is kept is bounded, and what is left out is said once.
func TestReportOfTooMany(t *testing.T) {
	b := newBench(t)
	alice := b.addUser("alice@meet.jitsi")
	c := b.client(jitsiauth.ScopeAuth)
	for i := range api.MaxInstanceSessions/api.MaxReportedSessions + 2 {
		report := b.report()
		report.First = i == 0
		for j := range api.MaxReportedSessions {
			s := b.in(alice, strconv.Itoa(i)+"-"+strconv.Itoa(j), 1)
			s.Rooms = nil
			report.Sessions = append(report.Sessions, s)
		}
		if err := c.ReportSessions(t.Context(), report); err != nil {
			t.Fatal(i, err)
		}
	}
	b.wantMetrics(map[string]string{
		`jitsiauth_sessions{transport="websocket"}`: strconv.Itoa(api.MaxInstanceSessions), `jitsiauth_sessions{transport="c2s"}`: "0",
	})
	if got := strings.Count(b.log.String(), "more sessions are reported than are kept"); got != 1 {
		t.Errorf("said %d times", got)
	}
	for i := range 65 {
		report := b.report()
		report.Instance = strconv.Itoa(i)
		if err := c.ReportSessions(t.Context(), report); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(b.log.String(), "more instances of Prosody report sessions than are kept") {
		t.Error("an instance gave way unsaid")
	}
}

// An instance is believed while it follows the feed, and ten seconds longer.
func TestSessionsGoWithProsody(t *testing.T) {
	b := newBench(t)
	alice := b.addUser("alice@meet.jitsi")
	c, reader := b.client(jitsiauth.ScopeAuth), b.client(jitsiauth.ScopeUsersRead)
	if err := c.ReportSessions(t.Context(), b.report(b.in(alice, "a1", 5))); err != nil {
		t.Fatal(err)
	}
	b.wantMetrics(map[string]string{`jitsiauth_sessions{transport="websocket"}`: "1"})
	at := feedHead(t, c)
	listed := make(chan struct{})
	var once sync.Once
	b.store.set(func(method string) error {
		if method == "ListChanges" {
			once.Do(func() { close(listed) })
		}
		return nil
	})
	ctx, hangUp := context.WithCancel(t.Context())
	defer hangUp()
	polled := make(chan error)
	go func() {
		_, err := c.WaitChangesAs(ctx, "p", at, longPoll)
		polled <- err
	}()
	<-listed
	b.wind(time.Hour)
	if got := keysOf(t, reader, "alice"); got != "a1" {
		t.Errorf("while it waits: %q", got)
	}
	b.addUser("bob@meet.jitsi") // ends the poll
	if err := <-polled; err != nil {
		t.Fatal(err)
	}
	b.wind(9 * time.Second)
	if got := keysOf(t, reader, "alice"); got != "a1" {
		t.Errorf("nine seconds later: %q", got)
	}
	if _, err := c.WaitChangesAs(t.Context(), "q", feedHead(t, c), 0); err != nil {
		t.Fatal(err)
	}
	b.wind(time.Second)
	if got := keysOf(t, reader, "alice"); got != "?" {
		t.Errorf("ten seconds later: %q", got)
	}
	b.wantMetrics(map[string]string{`jitsiauth_sessions{transport="websocket"}`: ""})
	again := b.report()
	again.First = false
	if err := c.ReportSessions(t.Context(), again); codeOf(err) != api.CodeSessionsUnknown {
		t.Error(err)
	}
}

// A poll that is refused, or for the head alone, is a sign of life as well.
func TestEveryPollCounts(t *testing.T) {
	b := newBench(t)
	alice := b.addUser("alice@meet.jitsi")
	secret := b.secret(jitsiauth.ScopeAuth)
	c, reader := b.clientWith(secret), b.client(jitsiauth.ScopeUsersRead)
	if err := c.ReportSessions(t.Context(), b.report(b.in(alice, "a1", 5))); err != nil {
		t.Fatal(err)
	}
	for query, status := range map[string]int{
		"?instance=p": 200, "?instance=p&after=0123:1": 410, "?instance=p&wait=1ms&after=" + url.QueryEscape(feedHead(t, c)): 200,
	} {
		b.wind(9 * time.Second)
		if got := b.send(http.MethodGet, "/auth/changes"+query, secret, ""); got.StatusCode != status {
			t.Errorf("%s: %d %s", query, got.StatusCode, got.body)
		}
	}
	if got := keysOf(t, reader, "alice"); got != "a1" {
		t.Errorf("%q", got)
	}
	for _, bad := range []string{"", strings.Repeat("x", 65), "a%00b", "%E2%80%AEx"} {
		got := b.send(http.MethodGet, "/auth/changes?instance="+bad, secret, "")
		if p := got.problem(t); got.StatusCode != http.StatusUnprocessableEntity || p.Field != "instance" || p.Rule == "" {
			t.Errorf("%q: %s", bad, got.body)
		}
	}
}

func TestEndSessionsOverHTTP(t *testing.T) {
	b := newBench(t)
	alice := b.addUser("alice@meet.jitsi")
	b.addUser("boss@meet.jitsi", func(n *jitsiauth.NewUser) { n.Role = jitsiauth.RoleAdmin })
	writer, auth := b.client(jitsiauth.ScopeUsersWrite), b.client(jitsiauth.ScopeAuth)
	before, err := writer.User(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	at := feedHead(t, auth)
	for ended, ref := range []string{"alice", "alice@meet.jitsi", alice.ID.String()} {
		if err := writer.EndSessions(t.Context(), ref); err != nil {
			t.Errorf("%s: %v", ref, err)
		}
		user, err := auth.Verify(t.Context(), question())
		if err != nil || user.SessionRevision != uint64(ended)+2 || user.CredentialRevision != 1 { //nolint:gosec // three
			t.Errorf("%+v %v", user, err)
		}
	}
	feed, err := auth.WaitChanges(t.Context(), at, 0)
	if err != nil || len(feed.Changes) != 3 || feed.Changes[0].Action != "user.sessions_ended" || *feed.Changes[0].SessionRevision != 4 {
		t.Errorf("%+v %v", feed, err)
	}
	if after, err := writer.User(t.Context(), "alice"); err != nil || after != before {
		t.Errorf("administrators see a change: %+v, %+v, %v", before, after, err)
	}
	if got := b.send(http.MethodDelete, "/api/v1/users/alice/sessions", b.secret(jitsiauth.ScopeAdmin), ""); got.StatusCode != http.StatusNoContent || got.body != "" {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	if got := b.send(http.MethodPatch, "/api/v1/users/alice", b.secret(jitsiauth.ScopeAdmin), `{"session_revision":9}`); got.problem(t).Field != "session_revision" {
		t.Errorf("%s", got.body)
	}
	bound := b.clientWith(b.boundSecret([]string{"other.example"}, jitsiauth.ScopeUsersWrite))
	for name, refused := range map[string]struct{ err, want error }{
		"an administrator's by a manager":   {writer.EndSessions(t.Context(), "boss"), jitsiauth.ErrForbidden},
		"nobody's":                          {writer.EndSessions(t.Context(), "nobody"), jitsiauth.ErrNotFound},
		"of another domain":                 {bound.EndSessions(t.Context(), "alice"), jitsiauth.ErrNotFound},
		"shown to one of another domain":    {second(bound.UserSessions(t.Context(), "alice")), jitsiauth.ErrNotFound},
		"an administrator's, shown to them": {second(writer.UserSessions(t.Context(), "boss")), nil},
	} {
		if !errors.Is(refused.err, refused.want) {
			t.Errorf("%s: %v, want %v", name, refused.err, refused.want)
		}
	}
}

// Prosodys report, follow and stop following while administrators look and end
// sessions; the race detector looks on.
func TestSessionsInParallel(t *testing.T) {
	b := newBench(t)
	alice := b.addUser("alice@meet.jitsi")
	admin := b.client(jitsiauth.ScopeAdmin)
	var all sync.WaitGroup
	for i := range 3 {
		c := b.client(jitsiauth.ScopeAuth)
		at := feedHead(t, c)
		all.Go(func() {
			for round := range 15 {
				report := b.report(b.in(alice, strconv.Itoa(round), 1))
				report.Instance, report.First, report.Ended = strconv.Itoa(i), round == 0, []string{strconv.Itoa(round - 1)}
				err := c.ReportSessions(t.Context(), report)
				_, err2 := c.WaitChangesAs(t.Context(), report.Instance, at, time.Millisecond)
				if err := errors.Join(err, err2); err != nil {
					t.Error(err)
				}
			}
		})
		all.Go(func() {
			for range 15 {
				_, err := admin.UserSessions(t.Context(), "alice")
				if err := errors.Join(err, admin.EndSessions(t.Context(), "alice")); err != nil {
					t.Error(err)
				}
				b.scrape()
			}
		})
	}
	all.Wait()
	if got := keysOf(t, admin, "alice"); got != "14 14 14" {
		t.Errorf("%q", got)
	}
}

// After a restart of the service nothing is known, until all is sent anew; the
// revision is that of before.
func TestSessionsAfterRestart(t *testing.T) {
	path := t.TempDir() + "/x.db"
	for round := range 2 {
		store, err := boltstore.Open(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		b := newBenchOn(t, store, authsvc.Options{})
		if round == 0 {
			b.addUser("alice@meet.jitsi")
		}
		c, admin := b.client(jitsiauth.ScopeAuth), b.client(jitsiauth.ScopeAdmin)
		user, err := c.Verify(t.Context(), question())
		if err != nil || user.SessionRevision != uint64(round)+1 { //nolint:gosec // two
			t.Errorf("%+v %v", user, err)
		}
		report := b.report()
		report.First = false
		if err := c.ReportSessions(t.Context(), report); codeOf(err) != api.CodeSessionsUnknown {
			t.Error(err)
		}
		if err := c.ReportSessions(t.Context(), b.report()); err != nil || keysOf(t, admin, "alice") != "" {
			t.Error(err)
		}
		if err := errors.Join(admin.EndSessions(t.Context(), "alice"), store.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// The bounds in openapi.yaml are those of package api.
func TestOpenAPIHasTheBoundsOfReports(t *testing.T) {
	report, session := document(t).Components.Schemas["SessionReport"].Value, document(t).Components.Schemas["ReportedSession"].Value
	got := []uint64{
		*report.Properties["sessions"].Value.MaxItems, *report.Properties["ended"].Value.MaxItems, *report.Properties["instance"].Value.MaxLength,
		*session.Properties["key"].Value.MaxLength, *session.Properties["rooms"].Value.MaxItems,
		*session.Properties["rooms"].Value.Items.Value.MaxLength,
	}
	want := []uint64{api.MaxReportedSessions, api.MaxReportedEnds, api.MaxSessionName, api.MaxSessionName, api.MaxSessionRooms, api.MaxRoomBytes}
	if !slices.Equal(got, want) {
		t.Errorf("%d, want %d", got, want)
	}
}
