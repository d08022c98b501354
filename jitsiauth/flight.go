package jitsiauth

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
)

// flights lets equal attempts at the same time share one hash. It is safe for
// concurrent use.
type flights struct {
	mu     sync.Mutex
	flying map[flightKey]*flight
	shared uint64
}

// flightKey tells what is equal. Attempts of different lanes don't share: the
// slower one must not hold up the other.
type flightKey struct {
	proof
	lane lane
}

// verdict is what came of comparing.
type verdict struct {
	fits    bool
	hashed  bool   // it came to hashing
	renewed string // the hash of the same password at today's cost, if that is higher
}

// flight is one hash and all who wait for it.
type flight struct {
	cancel  context.CancelFunc
	waiters int
	started bool
	late    []func(verdict) // of callers who have left since
	done    chan struct{}
	verdict verdict
	err     error
}

// do returns what work returns, which it runs, once for all equal calls at the
// same time, in a goroutine of its own, so that no caller who leaves fails the
// others. A caller whose ctx ends leaves with its error. work asks by calling
// started whether the hash is still to begin, which it is while anybody waits:
// who leaves before, has the verdict that nothing was hashed, and the last one
// to leave ends work's context; who leaves after, has the verdict that it was,
// and late is called with the true one.
func (f *flights) do(ctx context.Context, key flightKey, late func(verdict), work func(ctx context.Context, started func() bool) (verdict, error)) (verdict, error) {
	if err := ctx.Err(); err != nil {
		return verdict{}, err
	}
	f.mu.Lock()
	fl := f.flying[key]
	if fl == nil {
		fl = f.start(ctx, key, work)
	} else {
		f.shared++
	}
	fl.waiters++
	f.mu.Unlock()
	select {
	case <-fl.done:
		return fl.verdict, fl.err
	case <-ctx.Done():
		return f.leave(key, fl, late), ctx.Err()
	}
}

func (f *flights) start(ctx context.Context, key flightKey, work func(context.Context, func() bool) (verdict, error)) *flight {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	fl := &flight{cancel: cancel, done: make(chan struct{})}
	if f.flying == nil {
		f.flying = map[flightKey]*flight{}
	}
	f.flying[key] = fl
	go func() {
		defer f.land(key, fl)
		fl.verdict, fl.err = work(ctx, func() bool {
			f.mu.Lock()
			defer f.mu.Unlock()
			fl.started = fl.waiters > 0
			return fl.started
		})
	}()
	return fl
}

// land ends a flight; also one that panicked, in this goroutine, where nobody
// else could recover.
func (f *flights) land(key flightKey, fl *flight) {
	if cause := recover(); cause != nil {
		fl.verdict, fl.err = verdict{hashed: fl.started}, fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
	}
	f.mu.Lock()
	if f.flying[key] == fl {
		delete(f.flying, key)
	}
	fl.cancel()
	close(fl.done)
	left := fl.late
	f.mu.Unlock()
	for _, late := range left {
		late(fl.verdict)
	}
}

// leave returns what a caller knows who leaves.
func (f *flights) leave(key flightKey, fl *flight, late func(verdict)) verdict {
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case <-fl.done: // in this moment
		return fl.verdict
	default:
	}
	if fl.started {
		fl.late = append(fl.late, late)
		return verdict{hashed: true}
	}
	if fl.waiters--; fl.waiters == 0 {
		delete(f.flying, key) // who comes now needs another one
		fl.cancel()
	}
	return verdict{}
}
