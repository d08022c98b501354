package memstore

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// CreateUser implements jitsiauth.UserStore.
func (s *Store) CreateUser(ctx context.Context, r jitsiauth.Record, c jitsiauth.Change) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return s.create(r, c)
}

// User implements jitsiauth.UserStore.
func (s *Store) User(ctx context.Context, id jitsiauth.ID) (jitsiauth.Record, error) {
	unlock, err := s.rlock(ctx)
	if err != nil {
		return jitsiauth.Record{}, err
	}
	defer unlock()
	return s.user(id)
}

// UserByJID implements jitsiauth.UserStore.
func (s *Store) UserByJID(ctx context.Context, jid jitsiauth.JID) (jitsiauth.Record, error) {
	unlock, err := s.rlock(ctx)
	if err != nil {
		return jitsiauth.Record{}, err
	}
	defer unlock()
	return s.byJID(jid)
}

// UpdateUser implements jitsiauth.UserStore. It calls change once; change must
// not call the store. A change of ID or JID is an error.
func (s *Store) UpdateUser(ctx context.Context, id jitsiauth.ID, change func(jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error)) (jitsiauth.Record, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return jitsiauth.Record{}, err
	}
	defer unlock()
	return s.change(id, change)
}

// DeleteUser implements jitsiauth.UserStore. change must not call the store.
func (s *Store) DeleteUser(ctx context.Context, id jitsiauth.ID, change func(jitsiauth.Record) (jitsiauth.Change, error)) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	old, err := s.user(id)
	if err != nil {
		return err
	}
	c, err := change(old)
	if err != nil {
		return err
	}
	delete(s.users, id)
	delete(s.names, old.JID)
	delete(s.sources, id)
	s.schedule(old, jitsiauth.Record{}, c.At)
	s.append(c)
	return nil
}

// ListUsers implements jitsiauth.UserStore. It sorts all names each time.
func (s *Store) ListUsers(ctx context.Context, q jitsiauth.ListQuery) (page []jitsiauth.Record, next jitsiauth.JID, more bool, err error) {
	unlock, err := s.rlock(ctx)
	if err != nil {
		return nil, jitsiauth.JID{}, false, err
	}
	defer unlock()
	limit := q.PageLimit()
	next = q.After
	scanned := 0
	for _, jid := range slices.SortedFunc(maps.Keys(s.names), compare) {
		if compare(jid, q.After) <= 0 || q.Domain != "" && jid.Domain() != q.Domain {
			continue
		}
		if len(page) == limit || scanned == jitsiauth.MaxScan {
			return page, next, true, nil
		}
		scanned++
		next = jid
		if r := s.users[s.names[jid]]; q.Match(&r.User) {
			page = append(page, r)
		}
	}
	return page, next, false, nil
}

// HasAdmin implements jitsiauth.UserStore.
func (s *Store) HasAdmin(ctx context.Context) (bool, error) {
	unlock, err := s.rlock(ctx)
	if err != nil {
		return false, err
	}
	defer unlock()
	return s.hasAdmin(), nil
}

func (s *Store) hasAdmin() bool {
	for _, r := range s.users {
		if r.Role == jitsiauth.RoleAdmin {
			return true
		}
	}
	return false
}

// compare orders names as the contract has it; the zero JID comes first.
func compare(a, b jitsiauth.JID) int {
	return cmp.Or(strings.Compare(a.Domain(), b.Domain()), strings.Compare(a.Local(), b.Local()))
}

func (s *Store) user(id jitsiauth.ID) (jitsiauth.Record, error) {
	r, ok := s.users[id]
	if !ok {
		return r, jitsiauth.ErrNotFound
	}
	return r, nil
}

func (s *Store) byJID(jid jitsiauth.JID) (jitsiauth.Record, error) {
	id, ok := s.names[jid]
	if !ok {
		return jitsiauth.Record{}, jitsiauth.ErrNotFound
	}
	return s.user(id)
}

// create is CreateUser under the lock.
func (s *Store) create(r jitsiauth.Record, c jitsiauth.Change) error {
	_, named := s.names[r.JID]
	if _, known := s.users[r.ID]; named || known {
		return jitsiauth.ErrExists
	}
	s.schedule(jitsiauth.Record{}, s.put(r), c.At)
	s.append(c)
	return nil
}

// change is UpdateUser under the lock.
func (s *Store) change(id jitsiauth.ID, change func(jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error)) (jitsiauth.Record, error) {
	old, err := s.user(id)
	if err != nil {
		return jitsiauth.Record{}, err
	}
	r, c, err := change(old)
	if err != nil {
		return jitsiauth.Record{}, err
	}
	if r.ID != old.ID || r.JID != old.JID {
		return jitsiauth.Record{}, errors.New("memstore: a change must leave ID and JID of the account alone")
	}
	kept := s.put(r)
	if c == nil {
		s.schedule(old, kept, time.Time{})
		return kept, nil
	}
	s.schedule(old, kept, c.At)
	s.append(*c)
	return kept, nil
}

// put returns the account as kept.
func (s *Store) put(r jitsiauth.Record) jitsiauth.Record {
	r.ValidFrom, r.ValidUntil = utc(r.ValidFrom), utc(r.ValidUntil)
	r.CreatedAt, r.UpdatedAt, r.PasswordChangedAt = utc(r.CreatedAt), utc(r.UpdatedAt), utc(r.PasswordChangedAt)
	r.LastLoginAt = utc(r.LastLoginAt)
	s.users[r.ID] = r
	s.names[r.JID] = r.ID
	return r
}
