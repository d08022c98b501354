package memstore

import (
	"context"
	"slices"

	"github.com/jitsiauth/server/jitsiauth"
)

// AddChange implements jitsiauth.ChangeStore.
func (s *Store) AddChange(ctx context.Context, c jitsiauth.Change) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	s.append(c)
	return nil
}

// ListChanges implements jitsiauth.ChangeStore.
func (s *Store) ListChanges(ctx context.Context, after jitsiauth.Position, limit int) ([]jitsiauth.Change, error) {
	unlock, err := s.rlock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if !after.IsZero() && (after.Epoch != s.epoch || after.N > s.head().N || after.N < s.trimmed) {
		return nil, jitsiauth.ErrPositionLost
	}
	var entries []jitsiauth.Change
	for _, c := range s.log[max(after.N, s.trimmed)-s.trimmed:] {
		if len(entries) >= limit {
			break
		}
		c.Fields = slices.Clone(c.Fields)
		entries = append(entries, c)
	}
	return entries, nil
}

// ChangesBefore implements jitsiauth.ChangeStore.
func (s *Store) ChangesBefore(ctx context.Context, before uint64, limit int) ([]jitsiauth.Change, error) {
	unlock, err := s.rlock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	var entries []jitsiauth.Change
	for _, c := range slices.Backward(s.log) {
		if len(entries) >= limit {
			break
		}
		if before == 0 || c.Position.N < before {
			c.Fields = slices.Clone(c.Fields)
			entries = append(entries, c)
		}
	}
	return entries, nil
}

// Head implements jitsiauth.ChangeStore.
func (s *Store) Head(ctx context.Context) (jitsiauth.Position, error) {
	unlock, err := s.rlock(ctx)
	if err != nil {
		return jitsiauth.Position{}, err
	}
	defer unlock()
	return s.head(), nil
}

func (s *Store) head() jitsiauth.Position {
	return jitsiauth.Position{Epoch: s.epoch, N: s.trimmed + uint64(len(s.log))}
}

func (s *Store) append(c jitsiauth.Change) {
	c.At, c.Fields = utc(c.At), slices.Clone(c.Fields)
	c.Position = jitsiauth.Position{Epoch: s.epoch, N: s.head().N + 1}
	s.log = append(s.log, c)
}
