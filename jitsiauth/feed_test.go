package jitsiauth_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/boltstore"
)

// long is a wait that ends only where a wake-up was lost.
const long = 50 * time.Second

func head(t testing.TB, b *bench) jitsiauth.Position {
	t.Helper()
	at, err := b.FeedHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestEventsSayWhatProsodyNeeds(t *testing.T) {
	b := newBench(t)
	start := head(t, b)
	u := b.add(t, jitsiauth.NewUser{}, "alice")
	gone := b.add(t, jitsiauth.NewUser{}, "bob")
	token := jitsiauth.NewToken{Name: "one", Scopes: []jitsiauth.Scope{jitsiauth.ScopeAuth}}
	_, _, err := b.CreateToken(t.Context(), token)
	_, err2 := b.SetPassword(t.Context(), u.ID, jitsiauth.NewPassword{Password: "another horse"})
	_, err3 := b.Disable(t.Context(), u.ID)
	if err := errors.Join(err, err2, err3, b.Delete(t.Context(), gone.ID)); err != nil {
		t.Fatal(err)
	}
	events, next, err := b.WaitEvents(t.Context(), start, long)
	if err != nil || next != head(t, b) {
		t.Fatal(next, err)
	}
	var got []string
	for _, e := range events {
		got = append(got, fmt.Sprint(e.Position.N, " ", e.Action, " ", e.JID, " ", e.Fields, " ", e.State))
	}
	want := []string{
		"1 user.created alice@meet.jitsi [] disabled", "2 user.created bob@meet.jitsi [] ",
		"4 user.password_set alice@meet.jitsi [] disabled", "5 user.updated alice@meet.jitsi [disabled] disabled",
		"6 user.deleted bob@meet.jitsi [] ",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// What ends no session is passed, also many pages of it, and isn't waited for.
func TestWaitEndings(t *testing.T) {
	b := newBench(t)
	start := head(t, b)
	var ids []jitsiauth.ID
	for _, name := range []string{"alice", "bob", "carol", "dave", "eve"} {
		ids = append(ids, b.add(t, jitsiauth.NewUser{}, name).ID)
	}
	for i := range 2*jitsiauth.FeedPage + 10 {
		if _, err := b.Update(t.Context(), ids[0], jitsiauth.UserChange{Note: new(fmt.Sprint(i))}); err != nil {
			t.Fatal(err)
		}
	}
	if events, next, err := b.WaitEndings(t.Context(), start, 0); err != nil || len(events) != 0 || next != head(t, b) {
		t.Fatal(events, next, err)
	}
	_, err1 := b.SetPassword(t.Context(), ids[0], jitsiauth.NewPassword{Password: "another horse"})
	_, err2 := b.EndSessions(t.Context(), ids[1])
	_, err3 := b.Disable(t.Context(), ids[2])
	_, err4 := b.Disable(t.Context(), ids[3])
	_, err5 := b.Enable(t.Context(), ids[3])
	if err := errors.Join(err1, err2, err3, err4, err5, b.Delete(t.Context(), ids[4])); err != nil {
		t.Fatal(err)
	}
	var got []string
	for at := start; at != head(t, b); {
		events, next, err := b.WaitEndings(t.Context(), at, 0)
		if err != nil {
			t.Fatal(err)
		}
		for at = next; len(events) > 0; events = events[1:] {
			got = append(got, fmt.Sprint(events[0].Action, " ", events[0].JID.Local()))
		}
	}
	want := []string{
		"user.created carol", "user.created eve", // as they are now
		"user.password_set alice", "user.sessions_ended bob", "user.updated carol", "user.deleted eve",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// What a caller doesn't see moves its position all the same.
func TestEventsOfOtherDomains(t *testing.T) {
	b := newBench(t)
	start := head(t, b)
	b.add(t, jitsiauth.NewUser{}, "alice")
	b.add(t, jitsiauth.NewUser{}, "bob@other.example")
	ctx := jitsiauth.WithActor(t.Context(), jitsiauth.Actor{Kind: jitsiauth.ActorToken, Role: jitsiauth.RoleUser, Domains: []string{"other.example"}})
	events, next, err := b.WaitEvents(ctx, start, 0)
	if err != nil || len(events) != 1 || events[0].JID.Local() != "bob" || next != head(t, b) {
		t.Fatal(events, next, err)
	}
	carol := b.add(t, jitsiauth.NewUser{}, "carol")
	for i := range jitsiauth.FeedPage + 10 { // more than a page of it
		if _, err := b.Update(t.Context(), carol.ID, jitsiauth.UserChange{Note: new(fmt.Sprint(i))}); err != nil {
			t.Fatal(err)
		}
	}
	events, next, err = b.WaitEvents(ctx, next, 0)
	if err != nil || len(events) != 0 || next != head(t, b) {
		t.Error(events, next, err)
	}
}

func TestWaitEndsWithoutEvents(t *testing.T) {
	b := newBench(t)
	start := head(t, b)
	events, next, err := b.WaitEvents(t.Context(), start, time.Millisecond)
	if err != nil || events != nil || next != start {
		t.Error(events, next, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if events, next, err = b.WaitEvents(ctx, start, long); !errors.Is(err, context.DeadlineExceeded) || events != nil || next != start {
		t.Error(events, next, err)
	}
}

func TestEventsLost(t *testing.T) {
	b := newBench(t)
	b.add(t, jitsiauth.NewUser{}, "alice")
	for _, at := range []jitsiauth.Position{{Epoch: "other", N: 1}, {Epoch: head(t, b).Epoch, N: 2}} {
		_, _, err := b.WaitEvents(t.Context(), at, long)
		var lost *jitsiauth.PositionLostError
		if !errors.Is(err, jitsiauth.ErrPositionLost) || !errors.As(err, &lost) || lost.Head != head(t, b) {
			t.Errorf("from %v: %v", at, err)
		}
	}
}

// Readers that wait all the while see each change, once, in order, whenever it
// falls between their reading and their waiting.
func TestNoWakeUpIsLost(t *testing.T) {
	b := newBench(t)
	u := b.add(t, jitsiauth.NewUser{}, "alice")
	start := head(t, b)
	const changes = 300
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			at := start
			for seen := uint64(0); seen < changes; {
				events, next, err := b.WaitEvents(t.Context(), at, long)
				if err != nil || len(events) == 0 {
					t.Errorf("after %d: %d events, %v", seen, len(events), err)
					return
				}
				for _, e := range events {
					if seen++; e.Position.N != start.N+seen {
						t.Errorf("event %d came as number %d", e.Position.N, seen)
					}
				}
				at = next
			}
		})
	}
	for i := range changes {
		if _, err := b.Update(t.Context(), u.ID, jitsiauth.UserChange{Note: new(fmt.Sprint(i))}); err != nil {
			t.Error(err)
		}
	}
	readers.Wait()
}

// A position of before a restart is good after it; one of another file is not.
func TestEventsOverRestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	at := jitsiauth.Position{}
	for round := range 3 {
		store, err := boltstore.Open(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		b := benchOn(t, store, bcrypt.MinCost)
		for i := range 3 {
			b.add(t, jitsiauth.NewUser{}, fmt.Sprintf("user%d-%d", round, i))
		}
		events, next, err := b.WaitEvents(t.Context(), at, long)
		if err != nil || len(events) != 3 || events[0].JID.Local() != fmt.Sprintf("user%d-0", round) {
			t.Fatal(events, err)
		}
		at = next
		b.add(t, jitsiauth.NewUser{}, fmt.Sprint("late", round))
		events, next, err = b.WaitEvents(t.Context(), at, long)
		if err != nil || len(events) != 1 {
			t.Fatal(events, err)
		}
		at = next
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := newBench(t).WaitEvents(t.Context(), at, long); !errors.Is(err, jitsiauth.ErrPositionLost) {
		t.Error(err)
	}
}
