package storetest_test

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// ownSources keeps known sources beside the store: what is known and what was
// seen become what keep makes of them. It lets other writes in between, and
// keeps the sources of accounts that are deleted.
type ownSources struct {
	*memstore.Store
	keep    func(kept, seen []jitsiauth.KnownSource) []jitsiauth.KnownSource
	mu      sync.Mutex
	sources map[jitsiauth.ID][]jitsiauth.KnownSource
}

func withSources(keep func(kept, seen []jitsiauth.KnownSource) []jitsiauth.KnownSource) *ownSources {
	return &ownSources{Store: memstore.New(), keep: keep, sources: map[jitsiauth.ID][]jitsiauth.KnownSource{}}
}

func (s *ownSources) AddLogins(ctx context.Context, b jitsiauth.LoginBatch) error {
	for id, seen := range b.Sources {
		if _, err := s.User(ctx, id); err != nil {
			continue
		}
		kept, _ := s.KnownSources(ctx, id)
		kept = s.keep(kept, seen)
		s.mu.Lock()
		s.sources[id] = kept
		s.mu.Unlock()
	}
	b.Sources = nil
	return s.Store.AddLogins(ctx, b)
}

func (s *ownSources) KnownSources(_ context.Context, id jitsiauth.ID) ([]jitsiauth.KnownSource, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sources[id]), nil
}

// slowly gives others the time to come in between.
func slowly(kept, seen []jitsiauth.KnownSource) []jitsiauth.KnownSource {
	time.Sleep(time.Millisecond)
	return jitsiauth.MergeSources(kept, seen)
}

// byArrival takes the login that it hears of last for the latest.
func byArrival(kept, seen []jitsiauth.KnownSource) []jitsiauth.KnownSource {
	for _, k := range seen {
		kept = slices.DeleteFunc(kept, func(old jitsiauth.KnownSource) bool { return old.Source == k.Source })
	}
	return jitsiauth.MergeSources(kept, seen)
}

// oneTooMany keeps 17.
func oneTooMany(kept, seen []jitsiauth.KnownSource) []jitsiauth.KnownSource {
	merged := jitsiauth.MergeSources(kept, seen)
	var rest []jitsiauth.KnownSource
	for _, k := range slices.Concat(kept, seen) {
		if !slices.ContainsFunc(merged, func(m jitsiauth.KnownSource) bool { return m.Source == k.Source }) {
			rest = append(rest, k)
		}
	}
	rest = jitsiauth.MergeSources(rest, nil)
	return append(merged, rest[:min(len(rest), 1)]...)
}

// checkFirst looks whether an account is there, then writes, whatever happened
// meanwhile.
type checkFirst struct{ *ownSources }

func (s checkFirst) DeleteUser(ctx context.Context, id jitsiauth.ID, change func(jitsiauth.Record) (jitsiauth.Change, error)) error {
	err := s.Store.DeleteUser(ctx, id, change)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sources, id)
	return err
}

// handingOut shares the slices that it gets.
func handingOut(_, seen []jitsiauth.KnownSource) []jitsiauth.KnownSource { return seen }

// eager forgets what is just not old enough.
type eager struct{ *memstore.Store }

func (s eager) TrimSources(ctx context.Context, before time.Time, after jitsiauth.ID, limit int) (jitsiauth.ID, bool, error) {
	return s.Store.TrimSources(ctx, before.Add(time.Microsecond), after, limit)
}

// lookFirst looks what there is to forget, then writes what it saw, whatever
// was added meanwhile.
type lookFirst struct {
	*ownSources
	adding sync.Mutex
}

func (s *lookFirst) AddLogins(ctx context.Context, b jitsiauth.LoginBatch) error {
	s.adding.Lock()
	defer s.adding.Unlock()
	return s.ownSources.AddLogins(ctx, b)
}

func (s *lookFirst) TrimSources(ctx context.Context, before time.Time, after jitsiauth.ID, _ int) (jitsiauth.ID, bool, error) {
	page, _, _, err := s.ListUsers(ctx, jitsiauth.ListQuery{})
	for _, r := range page {
		known, _ := s.KnownSources(ctx, r.ID)
		known = slices.DeleteFunc(known, func(k jitsiauth.KnownSource) bool { return k.LastSeen.Before(before) })
		time.Sleep(time.Millisecond)
		s.mu.Lock()
		s.sources[r.ID] = known
		s.mu.Unlock()
	}
	return after, false, err
}
