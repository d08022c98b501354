package memstore

import (
	"context"
	"maps"

	"github.com/jitsiauth/server/jitsiauth"
)

// Batch implements jitsiauth.BatchStore. It calls work once, and keeps
// everybody else out meanwhile.
func (s *Store) Batch(ctx context.Context, work func(jitsiauth.UserTx) error) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	tx := &userTx{store: s, entries: len(s.log), moments: maps.Clone(s.moments)}
	defer func() {
		if !tx.done {
			tx.rollBack()
		}
	}()
	if err := work(tx); err != nil {
		return err
	}
	tx.done = true
	return nil
}

// userTx implements jitsiauth.UserTx. It writes at once and remembers how to
// take that back.
type userTx struct {
	store   *Store
	entries int              // of the log before
	moments map[pending]bool // before
	undo    []func()         // the newest last
	done    bool
}

func (tx *userTx) rollBack() {
	for i := len(tx.undo) - 1; i >= 0; i-- {
		tx.undo[i]()
	}
	tx.store.log, tx.store.moments = tx.store.log[:tx.entries], tx.moments
}

func (tx *userTx) CreateUser(r jitsiauth.Record, c jitsiauth.Change) error {
	err := tx.store.create(r, c)
	if err == nil {
		tx.undo = append(tx.undo, func() {
			delete(tx.store.users, r.ID)
			delete(tx.store.names, r.JID)
		})
	}
	return err
}

func (tx *userTx) UserByJID(jid jitsiauth.JID) (jitsiauth.Record, error) { return tx.store.byJID(jid) }

func (tx *userTx) UpdateUser(id jitsiauth.ID, change func(jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error)) (jitsiauth.Record, error) {
	old, known := tx.store.users[id]
	kept, err := tx.store.change(id, change)
	if err == nil && known {
		tx.undo = append(tx.undo, func() { tx.store.put(old) })
	}
	return kept, err
}
