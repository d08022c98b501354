package jitsiauth_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// known makes alice known at 192.0.2.1.
func (b *bench) known(t *testing.T) {
	t.Helper()
	b.add(t, jitsiauth.NewUser{}, "alice")
	if err := b.outcome(t, at("192.0.2.1", "alice", password)); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestKnownPlacesHaveTheirOwnLane(t *testing.T) {
	b := newBench(t)
	b.known(t)
	before := b.Stats().Lanes
	for range 3 {
		_ = b.outcome(t, at("192.0.2.1", "alice", "wrong"))
	}
	_ = b.outcome(t, at("192.0.2.2", "alice", "wrong"))
	_ = b.outcome(t, at("192.0.2.1", "nobody", "wrong"))
	b.add(t, jitsiauth.NewUser{}, "bob")
	after := b.Stats().Lanes
	for lane, want := range map[string]uint64{"known": 3, "other": 2, "change": 1} {
		if got := after[lane].Hashed - before[lane].Hashed; got != want {
			t.Errorf("lane %s: %d hashes, want %d", lane, got, want)
		}
	}
}

// The same guess from a known place and from elsewhere shares no hash: the
// slower lane must not hold up the other.
func TestLanesShareNoHash(t *testing.T) {
	b := benchOn(t, memstore.New(), 9)
	b.known(t)
	before := b.Stats()
	var all sync.WaitGroup
	for _, source := range []string{"192.0.2.1", "192.0.2.2"} {
		all.Go(func() { _, _ = b.Verify(context.Background(), at(source, "alice", "wrong")) })
	}
	all.Wait()
	if after := b.Stats(); after.Lanes["known"].Hashed-before.Lanes["known"].Hashed != 1 || after.Shared != before.Shared {
		t.Errorf("%+v", after)
	}
}

// Where one source fills the queue, another one gets a place in it. In fake
// time: how long a hash takes on a busy machine decides who waits at all.
func TestServiceIsFairBetweenSources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(time.Duration) { time.Sleep(300 * time.Millisecond) } // while the hash has its place
		b := benchWith(t, memstore.New(), bcrypt.MinCost, jitsiauth.Options{Hashers: 1, ObserveHash: slow})
		for i := range 20 { // the queue learns how long a hash takes
			_ = b.outcome(t, at(fmt.Sprint("198.51.100.", i), "alice", "wrong"))
		}
		var flood sync.WaitGroup
		var refused atomic.Int32
		for i := range 40 {
			flood.Go(func() {
				if _, err := b.Verify(t.Context(), at("192.0.2.1", fmt.Sprint("user", i), "wrong")); errors.Is(err, jitsiauth.ErrOverloaded) {
					refused.Add(1)
				}
			})
		}
		synctest.Wait()
		if n := b.Stats().Lanes["other"].Waiting; n < 2 || refused.Load() == 0 {
			t.Fatalf("the queue is not full: %d wait, %d refused", n, refused.Load())
		}
		if err := b.outcome(t, at("192.0.2.2", "bob", "wrong")); !errors.Is(err, jitsiauth.ErrBadCredentials) {
			t.Errorf("another source in a flood of one: %v", err)
		}
		flood.Wait()
	})
}

// after is a store in which something happens once between the reading of an
// account, or of where it is known, and the moment at which the reader has it.
type after struct {
	jitsiauth.Store
	user, sources atomic.Pointer[func()]
	batches       []jitsiauth.LoginBatch
}

func happen(what *atomic.Pointer[func()]) {
	if f := what.Swap(nil); f != nil {
		(*f)()
	}
}

func (s *after) UserByJID(ctx context.Context, jid jitsiauth.JID) (jitsiauth.Record, error) {
	r, err := s.Store.UserByJID(ctx, jid)
	happen(&s.user)
	return r, err
}

func (s *after) KnownSources(ctx context.Context, id jitsiauth.ID) ([]jitsiauth.KnownSource, error) {
	known, err := s.Store.KnownSources(ctx, id)
	happen(&s.sources)
	return known, err
}

func (s *after) AddLogins(ctx context.Context, batch jitsiauth.LoginBatch) error {
	s.batches = append(s.batches, batch)
	return s.Store.AddLogins(ctx, batch)
}

// A change that comes while an account is read is seen by the next login.
func TestChangeWhileReadingIsNotForgotten(t *testing.T) {
	store := &after{Store: memstore.New()}
	b := benchOn(t, store, bcrypt.MinCost)
	u := b.add(t, jitsiauth.NewUser{}, "alice")
	other := benchOn(t, store.Store, bcrypt.MinCost)
	disable := func() {
		if _, err := other.Disable(context.Background(), u.ID); err != nil {
			t.Error(err)
		}
	}
	store.user.Store(&disable)
	_ = b.outcome(t, at("192.0.2.1", "alice", "wrong"))
	if err := b.outcome(t, at("192.0.2.1", "alice", password)); !errors.Is(err, jitsiauth.ErrDisabled) {
		t.Errorf("the login after: %v", err)
	}
}

// A place that becomes known while a guess reads the account is known.
func TestPlaceThatBecomesKnownWhileReading(t *testing.T) {
	store := &after{Store: memstore.New()}
	b := benchOn(t, store, bcrypt.MinCost)
	b.add(t, jitsiauth.NewUser{}, "alice")
	if err := b.outcome(t, at("192.0.2.1", "alice", password)); err != nil {
		t.Fatal(err)
	}
	b.add(t, jitsiauth.NewUser{}, "bob") // a change: what was remembered is read again
	write := func() {
		if err := b.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}
	store.sources.Store(&write)
	b.count(t, 100, func(i int) jitsiauth.Attempt { return at(fmt.Sprint("198.51.100.", i), "alice", "wrong") })
	if err := b.outcome(t, at("192.0.2.1", "alice", password)); err != nil {
		t.Errorf("the owner at home: %v", err)
	}
}

// A known place is noted once a day, not at each login.
func TestKnownPlacesAreNotedOnceADay(t *testing.T) {
	store := &after{Store: memstore.New()}
	b := benchOn(t, store, bcrypt.MinCost)
	b.add(t, jitsiauth.NewUser{}, "alice")
	for range 48 { // two days
		for range 3 {
			if err := b.outcome(t, at("192.0.2.1", "alice", password)); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.clock.Add(time.Hour)
	}
	noted := 0
	for _, batch := range store.batches {
		noted += len(batch.Sources)
	}
	if noted != 2 {
		t.Errorf("noted %d times in two days", noted)
	}
}

// A hash that was renewed is what the next login compares with.
func TestRenewedHashIsNotRenewedAgain(t *testing.T) {
	store := memstore.New()
	benchOn(t, store, bcrypt.MinCost).add(t, jitsiauth.NewUser{}, "alice")
	var hashes atomic.Int32
	b := benchWith(t, store, bcrypt.MinCost+1, jitsiauth.Options{NoLoginCache: true, ObserveHash: func(time.Duration) { hashes.Add(1) }})
	for login, want := range []int32{2, 1, 1} { // the first compares, and makes a new one
		hashes.Store(0)
		if err := b.outcome(t, at("192.0.2.1", "alice", password)); err != nil || hashes.Load() != want {
			t.Errorf("login %d: %v, %d hashes, want %d", login, err, hashes.Load(), want)
		}
	}
}
