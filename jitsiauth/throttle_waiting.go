package jitsiauth

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

// WaitingAccount is an account at which somebody has to wait now.
type WaitingAccount struct {
	User User
	// StrangersWait is as in AccountThrottle.
	StrangersWait time.Duration
	// Sources are those that have to wait, the longest wait first; also such as
	// have to wait at every account.
	Sources []SourceThrottle
}

// Waiting returns accounts at which somebody has to wait now, of those that the
// actor may manage; those with the longest wait first, at most limit of them. more
// says that there may be others. It returns ErrForbidden where the actor manages
// nobody.
func (s *Service) Waiting(ctx context.Context, limit int) (waiting []WaitingAccount, more bool, err error) {
	actor := ActorFrom(ctx)
	if !actor.Role.Covers(RoleManager) {
		return nil, false, ErrForbidden
	}
	for _, w := range s.throttle.waiting(s.now()) {
		r, err := s.store.User(ctx, w.id)
		switch {
		case errors.Is(err, ErrNotFound), err == nil && actor.mayManage(&r.User) != nil:
			continue
		case err != nil:
			return nil, false, err
		case len(waiting) == limit:
			return waiting, true, nil
		}
		waiting = append(waiting, WaitingAccount{User: r.User, StrangersWait: w.StrangersWait, Sources: w.Sources})
	}
	return waiting, false, nil
}

// waitsAt is what somebody has to wait at an account.
type waitsAt struct {
	id ID
	AccountThrottle
}

// longest is the longest wait of any.
func (w *waitsAt) longest() time.Duration {
	longest := w.StrangersWait
	if len(w.Sources) > 0 {
		longest = max(longest, w.Sources[0].RetryAfter)
	}
	return longest
}

// waiting returns the accounts that make somebody wait, the longest wait first.
// Names that no account has are left out.
func (t *throttle) waiting(now time.Time) []*waitsAt {
	byID := t.waitingByID(now)
	all := make([]*waitsAt, 0, len(byID))
	for _, w := range byID {
		sortSources(w.Sources)
		all = append(all, w)
	}
	slices.SortFunc(all, func(a, b *waitsAt) int {
		return cmp.Or(cmp.Compare(b.longest(), a.longest()), bytes.Compare(a.id[:], b.id[:]))
	})
	return all
}

// waitingByID leaves the sorting to the caller: meanwhile no login is decided.
func (t *throttle) waitingByID(now time.Time) map[ID]*waitsAt {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.clock.at(now)
	byID := map[ID]*waitsAt{}
	of := func(id ID) *waitsAt {
		if byID[id] == nil {
			byID[id] = &waitsAt{id: id}
		}
		return byID[id]
	}
	for pair, l := range t.pairs.m {
		if l.id.IsZero() || l.until() <= at {
			continue
		}
		if wait, by := t.wait(throttled{name: pair.name, source: pair.source}, at); wait > 0 {
			w := of(l.id)
			w.Sources = append(w.Sources, SourceThrottle{Source: pair.source, Attempts: pairRule.attempts(l.level, at), RetryAfter: wait, By: by})
		}
	}
	for _, l := range t.accounts.m {
		if wait := strangerWait(l.level, at); wait > 0 && !l.id.IsZero() {
			of(l.id).StrangersWait = wait
		}
	}
	return byID
}
