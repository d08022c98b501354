package focustest

import (
	"context"
	"fmt"
	"slices"
)

// Hold keeps the answers to conference requests back until Release. What they are to
// say is decided, and remembered, all the same.
func (f *Focus) Hold() {
	f.change(func() {
		if f.held == nil {
			f.held = make(chan struct{})
		}
	})
}

// Release sends what Hold kept back.
func (f *Focus) Release() {
	f.change(func() {
		if f.held != nil {
			close(f.held)
			f.held = nil
		}
	})
}

// Held is how many answers wait for Release.
func (f *Focus) Held() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.waiting
}

// Queries are the conference requests that arrived, in order, also those of before a
// Stop.
func (f *Focus) Queries() []Query {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.queries)
}

// Logouts are the session-ids of the logout requests that arrived, in order, known to
// Jicofo or not.
func (f *Focus) Logouts() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.logouts)
}

// Identities are the accounts whose logins it has, one for each login, in order.
func (f *Focus) Identities() []string {
	var all []string
	for _, login := range f.Core.Authority.Logins() {
		all = append(all, login.Identity)
	}
	return all
}

// Await waits until condition holds, which is asked again after everything that
// happens here; what says what for. It fails when ctx ends.
func (f *Focus) Await(ctx context.Context, what string, condition func() bool) error {
	for {
		f.mu.Lock()
		changed := f.changed
		f.mu.Unlock()
		if condition() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", what, ctx.Err())
		}
	}
}

// AwaitLogout waits for a logout of the session-id, one of before the call included.
func (f *Focus) AwaitLogout(ctx context.Context, id string) error {
	return f.Await(ctx, "a logout", func() bool { return slices.Contains(f.Logouts(), id) })
}

// change changes state and wakes who waits for it.
func (f *Focus) change(how func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	how()
	close(f.changed)
	f.changed = make(chan struct{})
}
