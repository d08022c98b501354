package memstore

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// KnownSources implements jitsiauth.LoginStore.
func (s *Store) KnownSources(ctx context.Context, id jitsiauth.ID) ([]jitsiauth.KnownSource, error) {
	unlock, err := s.rlock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	return slices.Clone(s.sources[id]), nil
}

// TrimSources implements jitsiauth.LoginStore. It sorts all IDs each time.
func (s *Store) TrimSources(ctx context.Context, before time.Time, after jitsiauth.ID, limit int) (next jitsiauth.ID, more bool, err error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return jitsiauth.ID{}, false, err
	}
	defer unlock()
	next = after
	looked := 0
	for _, id := range slices.SortedFunc(maps.Keys(s.sources), compareIDs) {
		if compareIDs(id, after) <= 0 {
			continue
		}
		if looked >= limit {
			return next, true, nil
		}
		looked++
		next = id
		s.putSources(id, slices.DeleteFunc(s.sources[id], func(k jitsiauth.KnownSource) bool { return k.LastSeen.Before(before) }))
	}
	return next, false, nil
}

// putSources keeps no key for an account that has none.
func (s *Store) putSources(id jitsiauth.ID, sources []jitsiauth.KnownSource) {
	if len(sources) == 0 {
		delete(s.sources, id)
		return
	}
	s.sources[id] = sources
}

func compareIDs(a, b jitsiauth.ID) int { return bytes.Compare(a[:], b[:]) }
