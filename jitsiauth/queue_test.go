package jitsiauth

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// busy is a queue whose places are all taken, and how to give them back one by
// one.
func busy(t *testing.T, slots int, typical time.Duration) (*queue, []func()) {
	t.Helper()
	q := newQueue(slots, typical)
	var leave []func()
	for range slots {
		l, err := q.enter(t.Context(), laneOther, netip.Addr{})
		if err != nil {
			t.Fatal(err)
		}
		leave = append(leave, l)
	}
	return q, leave
}

// wait enters the queue and tells what came of it; the place is kept for hold.
func wait(ctx context.Context, q *queue, in lane, source string, hold time.Duration, done func(error)) {
	go func() {
		leave, err := q.enter(ctx, in, addr(source))
		done(err)
		if err == nil {
			time.Sleep(hold)
			leave()
		}
	}()
	synctest.Wait()
}

func TestQueueBoundsHashing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(3, 0)
		var running, most atomic.Int32
		var all sync.WaitGroup
		for i := range 200 {
			all.Go(func() {
				leave, err := q.enter(t.Context(), lane(i%int(lanes)), netip.Addr{})
				if err != nil {
					return
				}
				n := running.Add(1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				time.Sleep(time.Duration(rand.IntN(5)) * time.Millisecond)
				running.Add(-1)
				leave()
			})
		}
		all.Wait()
		if most.Load() != 3 {
			t.Errorf("%d at once, want 3", most.Load())
		}
		if q.running != 0 {
			t.Errorf("%d places are still taken", q.running)
		}
	})
}

func TestLanes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, leave := busy(t, 1, time.Millisecond)
		var order []string
		for i := range 6 {
			for _, in := range []lane{laneChange, laneOther, laneKnown} {
				wait(t.Context(), q, in, "", time.Millisecond, func(err error) {
					order = append(order, fmt.Sprintf("%s%d", in, i))
					if err != nil {
						t.Errorf("%s %d: %v", in, i, err)
					}
				})
			}
		}
		leave[0]()
		time.Sleep(time.Second)
		synctest.Wait()
		want := []string{
			"known0", "known1", "known2", "change0", "known3", "known4", "known5", "change1",
			"other0", "other1", "other2", "change2", "other3", "other4", "other5", "change3", "change4", "change5",
		}
		if !slices.Equal(order, want) {
			t.Errorf("got  %q\nwant %q", order, want)
		}
	})
}

func TestLikelyWaitIsRefusedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const hash = 250 * time.Millisecond
		q, leave := busy(t, 1, hash)
		errs := map[int]error{}
		for i := range 20 {
			wait(t.Context(), q, laneOther, fmt.Sprint("192.0.2.", i), hash, func(err error) { errs[i] = err })
		}
		refused := len(errs)
		if refused != 14 { // six wait a quarter of a second each: 1.5 s
			t.Errorf("%d of 20 refused at once, want 14", refused)
		}
		var late error
		wait(t.Context(), q, laneKnown, "192.0.2.100", hash, func(err error) { late = err })
		time.Sleep(hash)
		leave[0]()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		passed := 0
		for _, err := range errs {
			if err == nil {
				passed++
			} else if !errors.Is(err, ErrOverloaded) {
				t.Errorf("refused with %v", err)
			}
		}
		if passed != 6 || late != nil {
			t.Errorf("%d got a place, want 6; the known one: %v", passed, late)
		}
		if q.refused[laneOther] != 14 || q.hashed[laneOther] != 7 || q.hashed[laneKnown] != 1 {
			t.Errorf("refused %v, hashed %v", q.refused, q.hashed)
		}
	})
}

func TestQueueWaitIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, leave := busy(t, 1, time.Millisecond) // nobody knows yet that this one takes long
		begun := time.Now()
		for _, in := range []lane{laneKnown, laneOther} {
			wait(t.Context(), q, in, "192.0.2.1", 0, func(err error) {
				if !errors.Is(err, ErrOverloaded) || time.Since(begun) != maxQueueWait {
					t.Errorf("lane %s: %v after %v", in, err, time.Since(begun))
				}
			})
		}
		served := false
		wait(t.Context(), q, laneChange, "", 0, func(err error) { served = err == nil })
		time.Sleep(time.Minute)
		synctest.Wait()
		if served {
			t.Fatal("served while the place was taken")
		}
		leave[0]()
		synctest.Wait()
		if !served || q.running != 0 {
			t.Errorf("a change of an account: served %v; %d places taken", served, q.running)
		}
	})
}

func TestGivingUpLeavesTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, leave := busy(t, 1, time.Millisecond)
		ctx, cancel := context.WithCancel(t.Context())
		for range 5 {
			wait(ctx, q, laneOther, "", 0, func(err error) {
				if !errors.Is(err, context.Canceled) {
					t.Errorf("who gave up got %v", err)
				}
			})
		}
		served := false
		wait(t.Context(), q, laneOther, "", 0, func(err error) { served = err == nil })
		cancel()
		synctest.Wait()
		if n := len(q.waiting[laneOther]); n != 1 {
			t.Errorf("%d wait, want 1", n)
		}
		leave[0]()
		synctest.Wait()
		if !served || q.running != 0 {
			t.Errorf("served %v, %d places taken", served, q.running)
		}
	})
}

// Who gives up in the moment in which a place comes hands it on.
func TestGivingUpWithAPlaceHandsItOn(t *testing.T) {
	for range 200 {
		q, leave := busy(t, 1, time.Millisecond)
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if leave, err := q.enter(ctx, laneOther, netip.Addr{}); err == nil {
					leave()
				}
			})
		}
		all.Go(cancel)
		all.Go(leave[0])
		all.Wait()
		q.mu.Lock()
		if q.running != 0 {
			t.Fatalf("%d places are lost", q.running)
		}
		q.mu.Unlock()
	}
}

// One source that sends many logins can't keep those of others out.
func TestQueueIsFairBetweenSources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const hash = 250 * time.Millisecond
		q, leave := busy(t, 1, hash)
		flood := map[string]int{}
		for range 50 {
			wait(t.Context(), q, laneOther, "198.51.100.1", hash, func(err error) { flood[fmt.Sprint(err)]++ })
		}
		var others []error
		for i := range 3 {
			wait(t.Context(), q, laneOther, fmt.Sprint("192.0.2.", i), hash, func(err error) { others = append(others, err) })
		}
		nowhere := map[string]int{}
		for range 2 {
			wait(t.Context(), q, laneOther, "", hash, func(err error) { nowhere[fmt.Sprint(err)]++ })
		}
		leave[0]()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if !slices.Equal(others, []error{nil, nil, nil}) {
			t.Errorf("others: %v", others)
		}
		if flood["<nil>"] != 2 || nowhere["<nil>"] != 1 {
			t.Errorf("the flood: %v; without a source: %v", flood, nowhere)
		}
	})
}

func TestQueueLearnsHowLongHashesTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(1, time.Millisecond)
		for range 50 {
			leave, err := q.enter(t.Context(), laneOther, netip.Addr{})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(400 * time.Millisecond)
			leave()
		}
		if q.typical < 390*time.Millisecond || q.typical > 400*time.Millisecond {
			t.Errorf("typical %v after hashes of 400ms", q.typical)
		}
	})
}
