package jitsiauth

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// slow is a hash that takes a second after a second of waiting for a place.
func slow(hashes *atomic.Int32, v verdict, err error) func(context.Context, func()) (verdict, error) {
	return func(ctx context.Context, started func()) (verdict, error) {
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return verdict{}, ctx.Err()
		}
		started()
		hashes.Add(1)
		time.Sleep(time.Second)
		return v, err
	}
}

func TestEqualAttemptsShareAHash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f flights
		var hashes atomic.Int32
		var all sync.WaitGroup
		for i := range 60 {
			key := flightKey{lane: lane(i % 2)}
			key.proof[0] = byte(i % 3)
			all.Go(func() {
				v, err := f.do(t.Context(), key, slow(&hashes, verdict{fits: true, hashed: true}, nil))
				if err != nil || !v.fits || !v.hashed {
					t.Errorf("%+v %v", v, err)
				}
			})
		}
		all.Wait()
		if hashes.Load() != 6 || f.shared != 54 || len(f.flying) != 0 {
			t.Errorf("%d hashes for 6 kinds, %d shared, %d left", hashes.Load(), f.shared, len(f.flying))
		}
		if _, err := f.do(t.Context(), flightKey{}, slow(&hashes, verdict{}, nil)); err != nil || hashes.Load() != 7 {
			t.Errorf("one that comes later: %v, %d hashes", err, hashes.Load())
		}
	})
}

func TestLeaderWhoLeavesFailsNobody(t *testing.T) {
	for _, after := range []time.Duration{500 * time.Millisecond, 1500 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			var f flights
			var hashes atomic.Int32
			leader, leave := context.WithCancel(t.Context())
			results := make([]error, 3)
			var all sync.WaitGroup
			for i, ctx := range []context.Context{leader, t.Context(), t.Context()} {
				all.Go(func() {
					var v verdict
					if v, results[i] = f.do(ctx, flightKey{}, slow(&hashes, verdict{fits: true, hashed: true}, nil)); results[i] == nil && !v.fits {
						t.Errorf("%d: %+v", i, v)
					}
				})
				synctest.Wait()
			}
			time.Sleep(after)
			leave()
			all.Wait()
			if early := after < time.Second; errors.Is(results[0], context.Canceled) != early {
				t.Errorf("the leader who left after %v got %v", after, results[0])
			}
			if results[1] != nil || results[2] != nil || hashes.Load() != 1 {
				t.Errorf("%v, %d hashes", results, hashes.Load())
			}
		})
	}
}

func TestAttemptThatAllLeaveEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f flights
		var hashes atomic.Int32
		ctx, leave := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				v, err := f.do(ctx, flightKey{}, slow(&hashes, verdict{fits: true, hashed: true}, nil))
				if !errors.Is(err, context.Canceled) || v != (verdict{}) {
					t.Errorf("%+v %v", v, err)
				}
			})
		}
		time.Sleep(500 * time.Millisecond)
		leave()
		// One that comes while the old flight still ends gets one of its own.
		v, err := f.do(t.Context(), flightKey{}, slow(&hashes, verdict{fits: true, hashed: true}, nil))
		if err != nil || !v.fits {
			t.Errorf("who came after: %+v %v", v, err)
		}
		all.Wait()
		if hashes.Load() != 1 || len(f.flying) != 0 {
			t.Errorf("%d hashes, %d left", hashes.Load(), len(f.flying))
		}
		if _, err := f.do(ctx, flightKey{}, slow(&hashes, verdict{}, nil)); !errors.Is(err, context.Canceled) || len(f.flying) != 0 {
			t.Errorf("who had left before: %v", err)
		}
	})
}

func TestErrorsReachAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f flights
		var hashes atomic.Int32
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if _, err := f.do(t.Context(), flightKey{}, slow(&hashes, verdict{}, ErrOverloaded)); !errors.Is(err, ErrOverloaded) {
					t.Error(err)
				}
			})
		}
		all.Wait()
	})
}

// A panic is a failure, never a verdict, and takes nobody down.
func TestPanicIsAFailure(t *testing.T) {
	for _, early := range []bool{true, false} {
		var f flights
		v, err := f.do(t.Context(), flightKey{}, func(_ context.Context, started func()) (verdict, error) {
			if !early {
				started()
			}
			panic("out of order")
		})
		if err == nil || !strings.Contains(err.Error(), "out of order") || v.fits || v.hashed == early || len(f.flying) != 0 {
			t.Errorf("%+v %v", v, err)
		}
	}
}
