package jitsiauth

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// slow is a hash that takes a second after a second of waiting for a place.
func slow(hashes *atomic.Int32, v verdict, err error) func(context.Context, func() bool) (verdict, error) {
	return func(ctx context.Context, started func() bool) (verdict, error) {
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
				v, err := f.do(t.Context(), key, never(t), slow(&hashes, verdict{fits: true, hashed: true}, nil))
				if err != nil || !v.fits || !v.hashed {
					t.Errorf("%+v %v", v, err)
				}
			})
		}
		all.Wait()
		if hashes.Load() != 6 || f.shared != 54 || len(f.flying) != 0 {
			t.Errorf("%d hashes for 6 kinds, %d shared, %d left", hashes.Load(), f.shared, len(f.flying))
		}
		if _, err := f.do(t.Context(), flightKey{}, never(t), slow(&hashes, verdict{}, nil)); err != nil || hashes.Load() != 7 {
			t.Errorf("one that comes later: %v, %d hashes", err, hashes.Load())
		}
	})
}

// never is for callers who stay.
func never(t *testing.T) func(verdict) {
	return func(v verdict) { t.Errorf("somebody who stayed was told late: %+v", v) }
}

func TestWhoLeavesFailsNobody(t *testing.T) {
	right := verdict{fits: true, hashed: true}
	for _, test := range []struct {
		after time.Duration
		knows verdict // at once
		late  []verdict
	}{
		{500 * time.Millisecond, verdict{}, nil},
		{1500 * time.Millisecond, verdict{hashed: true}, []verdict{right}},
	} {
		synctest.Test(t, func(t *testing.T) {
			var f flights
			var hashes atomic.Int32
			var late []verdict
			ctx, leave := context.WithTimeout(t.Context(), test.after)
			defer leave()
			begun := time.Now()
			var all sync.WaitGroup
			all.Go(func() { // leads
				v, err := f.do(ctx, flightKey{}, func(v verdict) { late = append(late, v) }, slow(&hashes, right, nil))
				if v != test.knows || !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != test.after {
					t.Errorf("the leader: %+v %v after %v", v, err, time.Since(begun))
				}
			})
			synctest.Wait()
			for range 2 {
				all.Go(func() {
					if v, err := f.do(t.Context(), flightKey{}, never(t), slow(&hashes, right, nil)); v != right || err != nil {
						t.Errorf("who stayed: %+v %v", v, err)
					}
				})
			}
			all.Wait()
			synctest.Wait()
			if hashes.Load() != 1 || !slices.Equal(late, test.late) {
				t.Errorf("%d hashes; told late: %+v, want %+v", hashes.Load(), late, test.late)
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
				v, err := f.do(ctx, flightKey{}, never(t), slow(&hashes, verdict{fits: true, hashed: true}, nil))
				if !errors.Is(err, context.Canceled) || v != (verdict{}) {
					t.Errorf("%+v %v", v, err)
				}
			})
		}
		time.Sleep(500 * time.Millisecond)
		leave()
		// One that comes while the old flight still ends gets one of its own.
		v, err := f.do(t.Context(), flightKey{}, never(t), slow(&hashes, verdict{fits: true, hashed: true}, nil))
		if err != nil || !v.fits {
			t.Errorf("who came after: %+v %v", v, err)
		}
		all.Wait()
		if hashes.Load() != 1 || len(f.flying) != 0 {
			t.Errorf("%d hashes, %d left", hashes.Load(), len(f.flying))
		}
		if _, err := f.do(ctx, flightKey{}, never(t), slow(&hashes, verdict{}, nil)); !errors.Is(err, context.Canceled) || len(f.flying) != 0 {
			t.Errorf("who had left before: %v", err)
		}
	})
}

// Once all have left, no hash begins, even where it is just about to.
func TestNoHashAfterAllHaveLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f flights
		var hashes atomic.Int32
		ctx, leave := context.WithCancel(t.Context())
		place := make(chan struct{})
		var caller sync.WaitGroup
		caller.Go(func() {
			v, err := f.do(ctx, flightKey{}, never(t), func(ctx context.Context, started func() bool) (verdict, error) {
				<-place // without looking at ctx, as one who got a place in the same moment
				if !started() {
					return verdict{}, ctx.Err()
				}
				hashes.Add(1)
				return verdict{hashed: true}, nil
			})
			if v != (verdict{}) || !errors.Is(err, context.Canceled) {
				t.Errorf("%+v %v", v, err)
			}
		})
		synctest.Wait()
		leave()
		caller.Wait()
		close(place)
		synctest.Wait()
		if hashes.Load() != 0 {
			t.Error("an attempt that was given back was hashed")
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
				if _, err := f.do(t.Context(), flightKey{}, never(t), slow(&hashes, verdict{}, ErrOverloaded)); !errors.Is(err, ErrOverloaded) {
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
		v, err := f.do(t.Context(), flightKey{}, never(t), func(_ context.Context, started func() bool) (verdict, error) {
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
