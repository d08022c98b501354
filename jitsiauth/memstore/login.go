package memstore

import (
	"context"

	"github.com/jitsiauth/server/jitsiauth"
)

// AddLogins implements jitsiauth.LoginStore.
func (s *Store) AddLogins(ctx context.Context, batch jitsiauth.LoginBatch) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	for _, l := range batch.Logins {
		s.lastLogin++
		l.N, l.At = s.lastLogin, utc(l.At)
		s.logins = append(s.logins, l)
	}
	for id, at := range batch.LastLogins {
		if r, ok := s.users[id]; ok && at.After(r.LastLoginAt) {
			r.LastLoginAt = at
			s.put(r)
		}
	}
	for id, at := range batch.TokenUses {
		if t, ok := s.tokens[id]; ok && at.After(t.LastUsedAt) {
			t.LastUsedAt = utc(at)
			s.tokens[id] = t
		}
	}
	for id, seen := range batch.Sources {
		if _, ok := s.users[id]; ok {
			s.putSources(id, jitsiauth.MergeSources(s.sources[id], seen))
		}
	}
	return nil
}

// ListLogins implements jitsiauth.LoginStore.
func (s *Store) ListLogins(ctx context.Context, before uint64, limit int) ([]jitsiauth.Login, error) {
	unlock, err := s.rlock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	var entries []jitsiauth.Login
	for i := len(s.logins) - 1; i >= 0 && len(entries) < limit; i-- {
		if l := s.logins[i]; before == 0 || l.N < before {
			entries = append(entries, l)
		}
	}
	return entries, nil
}
