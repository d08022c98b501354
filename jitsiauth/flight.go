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
	done    chan struct{}
	verdict verdict
	err     error
}

// do returns what work returns, which it runs, once for all equal calls at the
// same time, in a goroutine of its own, so that no caller who leaves fails the
// others. work says by calling started that the hash has begun: from then on it
// can't be stopped and every caller waits for its end; before, one whose ctx
// ends leaves, with its error, and the last to leave ends work's context.
func (f *flights) do(ctx context.Context, key flightKey, work func(ctx context.Context, started func()) (verdict, error)) (verdict, error) {
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
	case <-ctx.Done():
		if f.leave(key, fl) {
			return verdict{}, ctx.Err()
		}
		<-fl.done
	}
	return fl.verdict, fl.err
}

func (f *flights) start(ctx context.Context, key flightKey, work func(context.Context, func()) (verdict, error)) *flight {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	fl := &flight{cancel: cancel, done: make(chan struct{})}
	if f.flying == nil {
		f.flying = map[flightKey]*flight{}
	}
	f.flying[key] = fl
	go func() {
		defer f.land(key, fl)
		fl.verdict, fl.err = work(ctx, func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			fl.started = true
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
	f.mu.Unlock()
	fl.cancel()
	close(fl.done)
}

// leave reports whether the caller may go.
func (f *flights) leave(key flightKey, fl *flight) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl.started {
		return false
	}
	if fl.waiters--; fl.waiters == 0 {
		delete(f.flying, key) // who comes now needs another one
		fl.cancel()
	}
	return true
}
