package memstore

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// pending is a date of an account that has not come yet.
type pending struct {
	id jitsiauth.ID
	jitsiauth.Moment
}

// PassMoments implements jitsiauth.MomentStore. It sorts all dates that came.
func (s *Store) PassMoments(ctx context.Context, now time.Time, limit int, entry func(jitsiauth.Record, jitsiauth.Moment) jitsiauth.Change) (int, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	var due []pending
	for p := range maps.Keys(s.moments) {
		if !p.At.After(now) {
			due = append(due, p)
		}
	}
	slices.SortFunc(due, func(a, b pending) int { return cmp.Or(a.At.Compare(b.At), bytes.Compare(a.id[:], b.id[:])) })
	due = due[:max(0, min(limit, len(due)))]
	for _, p := range due {
		s.append(entry(s.users[p.id], p.Moment))
		delete(s.moments, p)
	}
	return len(due), nil
}

// RearmMoments implements jitsiauth.MomentStore.
func (s *Store) RearmMoments(ctx context.Context, after, until time.Time) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	for _, r := range s.users {
		for _, m := range r.Moments() {
			if m.At.After(after) && !m.At.After(until) {
				s.moments[pending{r.ID, m}] = true
			}
		}
	}
	return nil
}

// schedule keeps the pending dates right when an account that was old becomes
// r, both as kept, by a log entry of this time.
func (s *Store) schedule(old, r jitsiauth.Record, at time.Time) {
	before, after := old.Moments(), r.Moments()
	for _, m := range before {
		if !slices.Contains(after, m) {
			delete(s.moments, pending{old.ID, m})
		}
	}
	for _, m := range after {
		if !slices.Contains(before, m) && m.At.After(at) {
			s.moments[pending{r.ID, m}] = true
		}
	}
}
