package memstore

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// LinkByHash implements jitsiauth.LinkStore. It looks at every link.
func (s *Store) LinkByHash(ctx context.Context, hash [32]byte) (jitsiauth.Link, error) {
	unlock, err := s.rlock(ctx)
	if err != nil {
		return jitsiauth.Link{}, err
	}
	defer unlock()
	for _, l := range s.links {
		if l.Hash == hash {
			return l, nil
		}
	}
	return jitsiauth.Link{}, jitsiauth.ErrNotFound
}

// ListLinks implements jitsiauth.LinkStore.
func (s *Store) ListLinks(ctx context.Context) ([]jitsiauth.Link, error) {
	unlock, err := s.rlock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	return slices.SortedFunc(maps.Values(s.links), func(a, b jitsiauth.Link) int { return bytes.Compare(a.ID[:], b.ID[:]) }), nil
}

// TrimLinks implements jitsiauth.LinkStore.
func (s *Store) TrimLinks(ctx context.Context, before time.Time, limit int) (int, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	trimmed := 0
	for id, l := range s.links {
		if trimmed < limit && l.ExpiresAt.Before(before) {
			delete(s.links, id)
			trimmed++
		}
	}
	return trimmed, nil
}

func (tx *userTx) User(id jitsiauth.ID) (jitsiauth.Record, error) { return tx.store.user(id) }

func (tx *userTx) HasAdmin() (bool, error) { return tx.store.hasAdmin(), nil }

func (tx *userTx) Link(id jitsiauth.ID) (jitsiauth.Link, error) {
	l, ok := tx.store.links[id]
	if !ok {
		return l, jitsiauth.ErrNotFound
	}
	return l, nil
}

func (tx *userTx) OpenLinks(now time.Time) (open int, err error) {
	for _, l := range tx.store.links {
		if l.Left > 0 && l.ExpiresAt.After(now) {
			open++
		}
	}
	return open, nil
}

func (tx *userTx) CreateLink(l jitsiauth.Link, c jitsiauth.Change) error {
	for id, other := range tx.store.links {
		if id == l.ID || other.Hash == l.Hash {
			return jitsiauth.ErrExists
		}
	}
	l.ValidFrom, l.ValidUntil, l.CreatedAt, l.ExpiresAt = utc(l.ValidFrom), utc(l.ValidUntil), utc(l.CreatedAt), utc(l.ExpiresAt)
	tx.store.links[l.ID] = l
	tx.undo = append(tx.undo, func() { delete(tx.store.links, l.ID) })
	tx.store.append(c)
	return nil
}

func (tx *userTx) SpendLink(id jitsiauth.ID, c jitsiauth.Change) (jitsiauth.Link, error) {
	old, err := tx.Link(id)
	if err == nil && old.Left < 1 {
		err = jitsiauth.ErrNotFound
	}
	if err != nil {
		return jitsiauth.Link{}, err
	}
	l := old
	l.Left--
	tx.store.links[id] = l
	tx.undo = append(tx.undo, func() { tx.store.links[id] = old })
	tx.store.append(c)
	return l, nil
}

func (tx *userTx) DeleteLink(id jitsiauth.ID, c jitsiauth.Change) error {
	old, err := tx.Link(id)
	if err != nil {
		return err
	}
	delete(tx.store.links, id)
	tx.undo = append(tx.undo, func() { tx.store.links[id] = old })
	tx.store.append(c)
	return nil
}
