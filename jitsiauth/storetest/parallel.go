package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

const (
	workers = 8
	rounds  = 12              // of each worker
	stalled = 2 * time.Minute // what doesn't end by then, never will
)

// together runs work n times at once and reports its errors.
func together(t *testing.T, n int, work func(ctx context.Context, i int) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), stalled)
	defer cancel()
	start := make(chan struct{})
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			<-start
			if err := work(ctx, i); err != nil {
				t.Errorf("worker %d: %v", i, err)
			}
		})
	}
	close(start)
	group.Wait()
}

// testIncrements: no update is lost.
func testIncrements(t *testing.T, s jitsiauth.Store) {
	r := newUser(t, "ann@a.example")
	r.Revision = 0
	ok(t, s.CreateUser(t.Context(), r, userChange(jitsiauth.UserCreated, r)))
	together(t, workers, func(ctx context.Context, _ int) error {
		for range rounds {
			_, err := s.UpdateUser(ctx, r.ID, func(old jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
				runtime.Gosched() // let the others in, if they can
				old.Revision++
				c := userChange(jitsiauth.UserUpdated, old)
				return old, &c, nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	got, err := s.User(t.Context(), r.ID)
	ok(t, err)
	if n := len(log(t, s)); got.Revision != workers*rounds || n != 1+workers*rounds {
		t.Errorf("after %d updates: revision %d, %d log entries", workers*rounds, got.Revision, n)
	}
}

// oneWins runs a race of all workers, in which all but one get the error lost.
func oneWins(t *testing.T, lost error, try func(ctx context.Context, i int) error) (winner int) {
	t.Helper()
	won := make(chan int, workers)
	together(t, workers, func(ctx context.Context, i int) error {
		err := try(ctx, i)
		if err == nil {
			won <- i
		}
		if err == nil || errors.Is(err, lost) {
			return nil
		}
		return err
	})
	if len(won) != 1 {
		t.Fatalf("%d of %d won", len(won), workers)
	}
	return <-won
}

func testOneName(t *testing.T, s jitsiauth.Store) {
	for round := range rounds {
		var candidates []jitsiauth.Record
		for range workers {
			candidates = append(candidates, newUser(t, fmt.Sprintf("user%d@a.example", round)))
		}
		winner := oneWins(t, jitsiauth.ErrExists, func(ctx context.Context, i int) error {
			return s.CreateUser(ctx, candidates[i], userChange(jitsiauth.UserCreated, candidates[i]))
		})
		for i, r := range candidates {
			if _, err := s.User(t.Context(), r.ID); (err == nil) != (i == winner) {
				t.Errorf("candidate %d, winner %d: %v", i, winner, err)
			}
		}
		got, err := s.UserByJID(t.Context(), candidates[0].JID)
		ok(t, err)
		same(t, "the name's account", got, candidates[winner])
	}
	if n := len(log(t, s)); n != rounds {
		t.Errorf("%d log entries for %d accounts", n, rounds)
	}
}

func testOneTokenName(t *testing.T, s jitsiauth.Store) {
	for round := range rounds {
		oneWins(t, jitsiauth.ErrExists, func(ctx context.Context, _ int) error {
			token := newToken(fmt.Sprint("token", round))
			return s.CreateToken(ctx, token, tokenChange(jitsiauth.TokenCreated, token))
		})
	}
	tokens, err := s.ListTokens(t.Context())
	ok(t, err)
	if len(tokens) != rounds || len(log(t, s)) != rounds {
		t.Errorf("%d tokens, %d log entries, want %d", len(tokens), len(log(t, s)), rounds)
	}
}

func testOneDelete(t *testing.T, s jitsiauth.Store) {
	for range rounds {
		r := create(t, s, "ann@a.example")
		oneWins(t, jitsiauth.ErrNotFound, func(ctx context.Context, _ int) error {
			return s.DeleteUser(ctx, r.ID, deleted)
		})
	}
	if n := len(log(t, s)); n != 2*rounds {
		t.Errorf("%d log entries, want %d", n, 2*rounds)
	}
}

// testWholeRecords: readers see an account before or after an update, never
// in between, and never an older one than before.
func testWholeRecords(t *testing.T, s jitsiauth.Store) {
	r := create(t, s, "ann@a.example")
	ok(t, writeVersion(t.Context(), s, r.ID, 0))
	enough := make(chan struct{})
	var reading sync.WaitGroup
	reading.Add(workers - 1)
	go func() { reading.Wait(); close(enough) }()
	together(t, workers, func(ctx context.Context, i int) error {
		if i > 0 {
			defer reading.Done()
			return readVersions(ctx, s, r.JID)
		}
		for version := uint64(1); ; version++ {
			select {
			case <-enough:
				return nil
			default:
			}
			if err := writeVersion(ctx, s, r.ID, version); err != nil {
				return err
			}
		}
	})
}

// writeVersion writes the number into three fields.
func writeVersion(ctx context.Context, s jitsiauth.Store, id jitsiauth.ID, version uint64) error {
	_, err := s.UpdateUser(ctx, id, func(old jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
		runtime.Gosched() // let readers queue up, if the store makes them wait
		old.Revision, old.Note = version, fmt.Sprint(version)
		old.PasswordHash = old.Note
		return old, nil, nil
	})
	return err
}

func readVersions(ctx context.Context, s jitsiauth.Store, jid jitsiauth.JID) error {
	var last uint64
	for seen := 0; seen < rounds || last < rounds; seen++ {
		got, err := s.UserByJID(ctx, jid)
		if err != nil {
			return err
		}
		text := fmt.Sprint(got.Revision)
		if got.Note != text || got.PasswordHash != text || got.Revision < last {
			return fmt.Errorf("saw revision %d with note %s and hash %s, after revision %d", got.Revision, got.Note, got.PasswordHash, last)
		}
		last = got.Revision
		runtime.Gosched()
	}
	return nil
}
