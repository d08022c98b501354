package jitsiauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// pages follows a list of changes to its end and returns the numbers.
func pages(t *testing.T, b *bench, q jitsiauth.LogQuery) (numbers []uint64) {
	t.Helper()
	for range 1000 {
		page, err := b.ChangeLog(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Entries {
			numbers = append(numbers, c.Position.N)
		}
		if !page.More {
			return numbers
		}
		q.Before = page.Next
	}
	t.Fatal("no end")
	return nil
}

func TestChangeLogFilters(t *testing.T) {
	b := newBench(t)
	begin := b.clock.Now()
	alice := b.add(t, jitsiauth.NewUser{}, "alice") // 1
	b.clock.Add(time.Hour)
	bob := b.add(t, jitsiauth.NewUser{}, "bob") // 2
	for i := range 3 {                          // 3 to 5
		b.clock.Add(time.Hour)
		if _, err := b.Update(t.Context(), alice.ID, jitsiauth.UserChange{Note: new(fmt.Sprint(i))}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Delete(t.Context(), alice.ID); err != nil { // 6, at hour 4
		t.Fatal(err)
	}
	b.add(t, jitsiauth.NewUser{}, "alice") // 7, another person
	hour := func(n int) time.Time { return begin.Add(time.Duration(n) * time.Hour) }
	for _, test := range []struct {
		q    jitsiauth.LogQuery
		want string
	}{
		{jitsiauth.LogQuery{}, "[7 6 5 4 3 2 1]"},
		{jitsiauth.LogQuery{ID: alice.ID}, "[6 5 4 3 1]"},
		{jitsiauth.LogQuery{JID: alice.JID}, "[7 6 5 4 3 1]"},
		{jitsiauth.LogQuery{ID: bob.ID, JID: alice.JID}, "[]"},
		{jitsiauth.LogQuery{Action: jitsiauth.UserCreated}, "[7 2 1]"},
		{jitsiauth.LogQuery{Since: hour(2)}, "[7 6 5 4 3]"},
		{jitsiauth.LogQuery{Until: hour(2)}, "[2 1]"},
		{jitsiauth.LogQuery{Since: hour(1), Until: hour(3), Action: jitsiauth.UserUpdated}, "[3]"},
		{jitsiauth.LogQuery{Before: 3}, "[2 1]"},
		{jitsiauth.LogQuery{Before: 1}, "[]"},
	} {
		for _, limit := range []int{0, 1, 2, 3, 7, 1000} {
			test.q.Limit = limit
			if got := fmt.Sprint(pages(t, b, test.q)); got != test.want {
				t.Errorf("%+v: %s, want %s", test.q, got, test.want)
			}
		}
	}
}

func TestLogQueryRefused(t *testing.T) {
	b := newBench(t)
	now := b.clock.Now()
	for field, q := range map[string]jitsiauth.LogQuery{
		"limit": {Limit: 1001}, "action": {Action: "user.eaten"}, "result": {Result: "maybe"}, "until": {Since: now, Until: now},
	} {
		_, err := b.ChangeLog(t.Context(), q)
		_, err2 := b.LoginLog(t.Context(), q)
		for _, err := range []error{err, err2} {
			var invalid *jitsiauth.InvalidError
			if !errors.As(err, &invalid) || invalid.Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
	}
	for _, a := range []jitsiauth.Actor{{Role: jitsiauth.RoleManager}, {Role: jitsiauth.RoleAdmin, Domains: []string{"meet.jitsi"}}} {
		ctx := jitsiauth.WithActor(t.Context(), a)
		_, err := b.ChangeLog(ctx, jitsiauth.LogQuery{})
		_, err2 := b.LoginLog(ctx, jitsiauth.LogQuery{})
		if !errors.Is(err, jitsiauth.ErrForbidden) || !errors.Is(err2, jitsiauth.ErrForbidden) {
			t.Errorf("%+v: %v, %v", a, err, err2)
		}
	}
}

// A search for something rare ends after so many entries, and goes on from there.
func TestLogScanIsBounded(t *testing.T) {
	b := newBench(t)
	var batch jitsiauth.LoginBatch
	for i := range jitsiauth.MaxScan + 700 {
		l := jitsiauth.Login{At: b.clock.Now(), Result: jitsiauth.LoginOK, Count: 1}
		if i == 3 {
			l.Result = jitsiauth.LoginFailed
		}
		batch.Logins = append(batch.Logins, l)
	}
	if err := b.store.AddLogins(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	q := jitsiauth.LogQuery{Result: jitsiauth.LoginFailed}
	page, err := b.LoginLog(t.Context(), q)
	if err != nil || len(page.Entries) != 0 || !page.More || page.Next != 701 {
		t.Fatalf("%+v %v", page, err)
	}
	q.Before = page.Next
	if page, err = b.LoginLog(t.Context(), q); err != nil || page.More || len(page.Entries) != 1 || page.Entries[0].N != 4 {
		t.Fatalf("%+v %v", page, err)
	}
}

// Run keeps what it is told to keep, and a reader that was away for longer is
// told so.
func TestRunTrims(t *testing.T) {
	const day = 24 * time.Hour
	store := memstore.New()
	b := benchOn(t, store, bcrypt.MinCost)
	var err error
	b.Service, err = jitsiauth.New(store, jitsiauth.Options{
		BcryptCost: bcrypt.MinCost, Now: b.clock.Now, ChangesRetention: 10 * day, LoginsRetention: 5 * day,
	})
	if err != nil {
		t.Fatal(err)
	}
	old := head(t, b)
	u := b.add(t, jitsiauth.NewUser{}, "alice")
	for i := range 2500 { // more than one transaction
		if _, err := b.Update(t.Context(), u.ID, jitsiauth.UserChange{Note: new(fmt.Sprint(i))}); err != nil {
			t.Fatal(err)
		}
	}
	b.clock.Add(6 * day)
	kept := head(t, b)
	if _, err := b.Update(t.Context(), u.ID, jitsiauth.UserChange{Note: new("new")}); err != nil {
		t.Fatal(err)
	}
	if err := store.AddLogins(t.Context(), jitsiauth.LoginBatch{Logins: []jitsiauth.Login{
		{At: b.clock.Now().Add(-6 * day), Result: jitsiauth.LoginOK}, {At: b.clock.Now(), Result: jitsiauth.LoginFailed},
	}, Sources: map[jitsiauth.ID][]jitsiauth.KnownSource{u.ID: {
		{Source: netip.MustParseAddr("192.0.2.7"), LastSeen: b.clock.Now().Add(-86 * day)},
		{Source: netip.MustParseAddr("192.0.2.8"), LastSeen: b.clock.Now().Add(-85 * day)},
	}}}); err != nil {
		t.Fatal(err)
	}
	b.clock.Add(4*day + time.Second)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	for range 1000 {
		if changes := pages(t, b, jitsiauth.LogQuery{Limit: 1000}); len(changes) == 1 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if changes := pages(t, b, jitsiauth.LogQuery{}); len(changes) != 1 || changes[0] != kept.N+1 {
		t.Errorf("kept %v", changes)
	}
	if page, err := b.LoginLog(t.Context(), jitsiauth.LogQuery{}); err != nil || len(page.Entries) != 1 || page.Entries[0].N != 2 {
		t.Errorf("%+v %v", page, err)
	}
	if known, err := store.KnownSources(t.Context(), u.ID); err != nil || len(known) != 1 || known[0].Source.String() != "192.0.2.8" {
		t.Errorf("%v %v", known, err)
	}
	if events, _, err := b.WaitEvents(t.Context(), kept, long); err != nil || len(events) != 1 {
		t.Errorf("%+v %v", events, err)
	}
	old.N = kept.N - 1
	if _, _, err := b.WaitEvents(t.Context(), old, long); !errors.Is(err, jitsiauth.ErrPositionLost) {
		t.Error(err)
	}
}

func TestRetentionRefused(t *testing.T) {
	for field, opts := range map[string]jitsiauth.Options{
		"changes_retention": {ChangesRetention: time.Hour}, "logins_retention": {LoginsRetention: -1}, "max_logins": {MaxLogins: 999},
	} {
		_, err := jitsiauth.New(memstore.New(), opts)
		var invalid *jitsiauth.InvalidError
		if !errors.As(err, &invalid) || invalid.Field != field {
			t.Error(err)
		}
	}
}

// An entry's time is that of its request; a slow one is written behind a quick
// one that began later, and must not hide it.
func TestLogSinceLooksBehindSlowRequests(t *testing.T) {
	b := newBench(t)
	u := b.add(t, jitsiauth.NewUser{}, "alice")
	began := b.clock.Now()
	b.clock.Add(time.Second)
	if _, err := b.Disable(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	slow := jitsiauth.Record{User: jitsiauth.User{ID: jitsiauth.ID{1}, JID: parse(t, "slow@meet.jitsi")}}
	if err := b.store.CreateUser(t.Context(), slow, jitsiauth.Change{At: began, Action: jitsiauth.UserCreated, Subject: slow.ID, JID: slow.JID}); err != nil {
		t.Fatal(err)
	}
	page, err := b.ChangeLog(t.Context(), jitsiauth.LogQuery{Since: began.Add(time.Millisecond)})
	if err != nil || len(page.Entries) != 1 || page.Entries[0].Subject != u.ID {
		t.Errorf("%+v, %v", page, err)
	}
}

// Every action that is written can be asked for.
func TestEveryActionCanBeAskedFor(t *testing.T) {
	b := newBench(t)
	source, err := os.ReadFile("log.go")
	if err != nil {
		t.Fatal(err)
	}
	actions := regexp.MustCompile(`Action += "([a-z._]+)"`).FindAllStringSubmatch(string(source), -1)
	if len(actions) < 10 {
		t.Fatalf("only %d actions in log.go", len(actions))
	}
	for _, action := range actions {
		if _, err := b.ChangeLog(t.Context(), jitsiauth.LogQuery{Action: jitsiauth.Action(action[1])}); err != nil {
			t.Errorf("%s: %v", action[1], err)
		}
	}
}

func parse(t *testing.T, text string) jitsiauth.JID {
	t.Helper()
	jid, err := jitsiauth.ParseJID(text)
	if err != nil {
		t.Fatal(err)
	}
	return jid
}
