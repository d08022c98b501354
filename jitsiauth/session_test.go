package jitsiauth_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

func TestEndSessions(t *testing.T) {
	b := newBench(t)
	u := b.add(t, jitsiauth.NewUser{}, "alice")
	if u.SessionRevision != 1 {
		t.Errorf("a new account begins at %d", u.SessionRevision)
	}
	start := head(t, b)
	b.clock.Add(time.Hour)
	got, err := b.EndSessions(t.Context(), u.ID)
	want := u
	want.SessionRevision = 2
	if err != nil || got != want { // nothing else changes: neither revision nor UpdatedAt
		t.Fatalf("got %+v, %v, want %+v", got, err, want)
	}
	if _, err := b.Update(t.Context(), u.ID, jitsiauth.UserChange{Note: new("n")}, jitsiauth.IfRevision(1)); err != nil {
		t.Errorf("an administrator who looked before: %v", err)
	}
	log := b.changes(t)
	if e := log[1]; e.Action != jitsiauth.UserSessionsEnded || e.Subject != u.ID || e.JID != u.JID || len(e.Fields) != 0 || !e.At.Equal(b.clock.Now()) {
		t.Errorf("log %+v", e)
	}
	page, err := b.ChangeLog(t.Context(), jitsiauth.LogQuery{Action: jitsiauth.UserSessionsEnded})
	if err != nil || len(page.Entries) != 1 {
		t.Errorf("%+v %v", page, err)
	}
	events, _, err := b.WaitEvents(t.Context(), start, 0)
	if err != nil || len(events) != 2 || events[0].Action != jitsiauth.UserSessionsEnded || events[0].State != jitsiauth.StateActive ||
		events[0].SessionRevision != 2 || events[0].CredentialRevision != 1 {
		t.Errorf("%+v %v", events, err)
	}
	standings, _, err := b.Standings(t.Context(), "", []jitsiauth.ID{u.ID})
	if err != nil || len(standings) != 1 || standings[0].SessionRevision != 2 {
		t.Errorf("%+v %v", standings, err)
	}
}

// Who is told to leave may come back, recognised or not, and is then in with
// the revision of that moment.
func TestEndSessionsLetsIn(t *testing.T) {
	for _, test := range []struct {
		name   string
		change jitsiauth.UserChange
		want   error
	}{
		{"active", jitsiauth.UserChange{}, nil},
		{"disabled", jitsiauth.UserChange{Disabled: new(true)}, jitsiauth.ErrDisabled},
	} {
		b := newBench(t)
		u := b.add(t, jitsiauth.NewUser{}, "alice")
		if err := b.verify(t, "alice", password); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Update(t.Context(), u.ID, test.change); err != nil {
			t.Fatal(err)
		}
		for ended := range uint64(2) {
			if got, err := b.EndSessions(t.Context(), u.ID); err != nil || got.SessionRevision != ended+2 {
				t.Errorf("%s: %+v %v", test.name, got, err)
			}
			got, err := b.Verify(t.Context(), jitsiauth.Attempt{Username: "alice", Password: password})
			if !errors.Is(err, test.want) || err == nil && got.SessionRevision != ended+2 {
				t.Errorf("%s: %d %v", test.name, got.SessionRevision, err)
			}
		}
	}
}

func TestEndSessionsRefuses(t *testing.T) {
	b := newBench(t)
	u := b.add(t, jitsiauth.NewUser{}, "alice")
	before := len(b.changes(t))
	if _, err := b.EndSessions(t.Context(), jitsiauth.ID{}); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	if _, err := b.EndSessions(as(t, jitsiauth.RoleAdmin, "other.example"), u.ID); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Errorf("from another domain: %v", err)
	}
	if len(b.changes(t)) != before {
		t.Error("refused, but logged")
	}
	if err := b.Delete(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := b.EndSessions(t.Context(), u.ID); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Errorf("of who is gone: %v", err)
	}
	if again := b.add(t, jitsiauth.NewUser{}, "alice"); again.SessionRevision != 1 {
		t.Errorf("the new account of that name begins at %d", again.SessionRevision)
	}
}

// None is lost, and a reader who waits hears of each.
func TestEndSessionsInParallel(t *testing.T) {
	b := newBench(t)
	u := b.add(t, jitsiauth.NewUser{}, "alice")
	at := head(t, b)
	const each, of = 20, 4
	var all sync.WaitGroup
	for i := range of {
		all.Go(func() {
			for j := range each {
				_, err := b.EndSessions(t.Context(), u.ID)
				_, err2 := b.Update(t.Context(), u.ID, jitsiauth.UserChange{Note: new(fmt.Sprint(i, j))})
				if err := errors.Join(err, err2); err != nil {
					t.Error(err)
				}
			}
		})
	}
	heard := uint64(0)
	for heard < each*of {
		events, next, err := b.WaitEvents(t.Context(), at, long)
		if err != nil || len(events) == 0 {
			t.Fatal(len(events), err)
		}
		for _, e := range events {
			if e.Action != jitsiauth.UserSessionsEnded {
				continue
			}
			if heard++; e.SessionRevision <= heard {
				t.Errorf("end number %d came with revision %d", heard, e.SessionRevision)
			}
		}
		at = next
	}
	all.Wait()
	if got, err := b.Get(t.Context(), u.ID); err != nil || got.SessionRevision != each*of+1 {
		t.Errorf("%d %v", got.SessionRevision, err)
	}
}
