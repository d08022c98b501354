package jitsiauth_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/boltstore"
)

// runUntil runs the service until the feed has so many events behind a
// position, and a little longer.
func runUntil(t *testing.T, b *bench, after jitsiauth.Position, events int) []jitsiauth.Event {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	at, seen := after, 0
	for seen < events {
		got, next, err := b.WaitEvents(t.Context(), at, long)
		if err != nil || len(got) == 0 {
			t.Fatalf("%d of %d events: %v", seen, events, err)
		}
		at, seen = next, seen+len(got)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	all, _, err := b.WaitEvents(t.Context(), after, 0)
	if err != nil || len(all) != events {
		t.Errorf("%d events, want %d: %v", len(all), events, err)
	}
	return all
}

func TestRunWritesDatesOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	store, err := boltstore.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := benchOn(t, store, bcrypt.MinCost)
	begin := b.clock.Now()
	u := b.add(t, jitsiauth.NewUser{ValidFrom: begin.Add(time.Hour), ValidUntil: begin.Add(2 * time.Hour)}, "guest")
	b.add(t, jitsiauth.NewUser{ValidUntil: begin.Add(-time.Hour)}, "past")
	at := head(t, b)
	runUntil(t, b, at, 0)

	b.clock.Add(time.Hour)
	events := runUntil(t, b, at, 1)
	if e := events[0]; e.Action != jitsiauth.UserBecameValid || e.ID != u.ID || e.State != jitsiauth.StateActive || !e.At.Equal(b.clock.Now()) || fmt.Sprint(e.Fields) != "[valid_from]" {
		t.Errorf("%+v", e)
	}
	b.clock.Add(5 * time.Hour) // while no service runs
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if store, err = boltstore.Open(path, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	moved := b.clock.Now()
	b = benchOn(t, store, bcrypt.MinCost)
	b.clock.now = moved
	events = runUntil(t, b, at, 2)
	if e := events[1]; e.Action != jitsiauth.UserExpired || e.State != jitsiauth.StateExpired {
		t.Errorf("%+v", e)
	}
	for c, err := range b.Changes(t.Context(), at) {
		if err != nil || c.Actor != jitsiauth.ActorSystem || c.ActorName != "" {
			t.Errorf("%+v %v", c, err)
		}
	}
	if got, err := b.Get(t.Context(), u.ID); err != nil || got.Revision != u.Revision {
		t.Errorf("%+v %v", got, err)
	}
}

// rearming tells when dates became pending again.
type rearming struct {
	jitsiauth.Store
	done chan struct{}
}

func (s *rearming) RearmMoments(ctx context.Context, after, until time.Time) error {
	err := s.Store.RearmMoments(ctx, after, until)
	s.done <- struct{}{}
	return err
}

// A clock that was ahead made a date pass too early. When it has been set back,
// while the service runs or while it does not, the date passes once more when it
// really comes: an account's sessions must end then.
func TestDatesComeAgainAfterAWrongClock(t *testing.T) {
	for _, restart := range []bool{false, true} {
		store, err := boltstore.Open(filepath.Join(t.TempDir(), "test.db"), nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = store.Close() })
		watched := &rearming{store, make(chan struct{}, 10)}
		b := benchOn(t, watched, bcrypt.MinCost)
		b.add(t, jitsiauth.NewUser{ValidUntil: b.clock.Now().Add(time.Hour)}, "guest")
		b.add(t, jitsiauth.NewUser{ValidUntil: b.clock.Now().Add(-time.Hour)}, "gone")
		at := head(t, b)
		run := func() (stop func()) {
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- b.Run(ctx) }()
			return func() {
				cancel()
				if err := <-ended; err != nil {
					t.Error(err)
				}
			}
		}
		expires := func(what string) {
			t.Helper()
			events, next, err := b.WaitEvents(t.Context(), at, long)
			if err != nil || len(events) != 1 || events[0].Action != jitsiauth.UserExpired {
				t.Fatalf("%s: %+v, %v", what, events, err)
			}
			at = next
		}
		stop := run()
		b.clock.Add(24 * time.Hour)
		expires("a day ahead")
		if restart {
			stop()
		}
		b.clock.Add(-24 * time.Hour)
		if restart {
			stop = run()
		}
		<-watched.done
		if err := b.verify(t, "guest", password); err != nil {
			t.Errorf("the clock is right again: %v", err)
		}
		b.clock.Add(time.Hour)
		expires("when it really comes")
		stop()
		if at != head(t, b) {
			t.Error("more events than dates")
		}
	}
}

// More dates at one moment than a transaction takes.
func TestRunWritesManyDates(t *testing.T) {
	b := newBench(t)
	until := b.clock.Now().Add(time.Hour)
	for i := range 600 {
		r := jitsiauth.Record{User: jitsiauth.User{ID: jitsiauth.ID{1, byte(i >> 8), byte(i)}, ValidUntil: until}}
		var err error
		if r.JID, err = b.ParseJID(fmt.Sprintf("user%d", i)); err != nil {
			t.Fatal(err)
		}
		if err := b.store.CreateUser(t.Context(), r, jitsiauth.Change{At: b.clock.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	at := head(t, b)
	b.clock.Add(time.Hour)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	for seen := 0; seen < 600; {
		events, next, err := b.WaitEvents(t.Context(), at, long)
		if err != nil || len(events) == 0 {
			t.Fatal(seen, err)
		}
		seen, at = seen+len(events), next
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if at != head(t, b) {
		t.Error("more events than dates")
	}
}
