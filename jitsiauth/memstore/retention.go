package memstore

import (
	"context"
	"slices"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// TrimChanges implements jitsiauth.ChangeStore.
func (s *Store) TrimChanges(ctx context.Context, before time.Time, limit int) (int, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	n := countOld(s.log, limit, func(c jitsiauth.Change) bool { return c.At.Before(before) })
	s.log = slices.Delete(s.log, 0, n)
	s.trimmed += uint64(n) //nolint:gosec // not negative
	return n, nil
}

// TrimLogins implements jitsiauth.LoginStore.
func (s *Store) TrimLogins(ctx context.Context, before time.Time, most, limit int) (int, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	over := func(l jitsiauth.Login) bool { return most > 0 && l.N+uint64(most) <= s.lastLogin }
	n := countOld(s.logins, limit, func(l jitsiauth.Login) bool { return over(l) || l.At.Before(before) })
	s.logins = slices.Delete(s.logins, 0, n)
	return n, nil
}

// countOld returns how many entries from the beginning are old, at most limit.
func countOld[E any](entries []E, limit int, old func(E) bool) int {
	n := 0
	for n < min(limit, len(entries)) && old(entries[n]) {
		n++
	}
	return n
}
