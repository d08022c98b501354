package boltstore

import (
	"context"
	"errors"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// Batch implements jitsiauth.BatchStore. It calls work once. Names and IDs that come
// in ascending order are written fastest, in transactions of some thousand accounts:
// bbolt keeps the new keys of each page in a sorted list.
func (s *Store) Batch(ctx context.Context, work func(jitsiauth.UserTx) error) error {
	return s.update(ctx, func(t txn) error {
		tx := &userTx{txn: t}
		if err := work(tx); err != nil {
			return err
		}
		if !tx.wrote {
			return errUnchanged
		}
		return nil
	})
}

// userTx implements jitsiauth.UserTx.
type userTx struct {
	txn    txn
	wrote  bool
	absent jitsiauth.JID // UserByJID has just found nobody of this name
}

func (tx *userTx) CreateUser(r jitsiauth.Record, c jitsiauth.Change) error {
	create := tx.txn.createUser
	if !r.JID.IsZero() && r.JID == tx.absent {
		create = tx.createAbsent // an import looks before it creates; once is enough
	}
	tx.absent = jitsiauth.JID{}
	err := create(r, c)
	tx.wrote = tx.wrote || err == nil
	return err
}

func (tx *userTx) createAbsent(r jitsiauth.Record, c jitsiauth.Change) error {
	return tx.txn.createAbsent(nameKey(r.JID), r, c)
}

func (tx *userTx) UserByJID(jid jitsiauth.JID) (jitsiauth.Record, error) {
	r, err := tx.txn.userByJID(jid)
	if errors.Is(err, jitsiauth.ErrNotFound) {
		tx.absent = jid // no other method gives anybody a name
	}
	return r, err
}

func (tx *userTx) UpdateUser(id jitsiauth.ID, change func(jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error)) (jitsiauth.Record, error) {
	kept, err := tx.txn.updateUser(id, change)
	if errors.Is(err, errUnchanged) {
		return kept, nil
	}
	tx.wrote = tx.wrote || err == nil
	return kept, err
}

func (tx *userTx) User(id jitsiauth.ID) (jitsiauth.Record, error) { return tx.txn.user(id[:]) }

func (tx *userTx) HasAdmin() (bool, error) { return tx.txn.hasAdmin() }

func (tx *userTx) Link(id jitsiauth.ID) (jitsiauth.Link, error) { return tx.txn.link(id[:]) }

func (tx *userTx) OpenLinks(now time.Time) (int, error) { return tx.txn.openLinks(now) }

func (tx *userTx) CreateLink(l jitsiauth.Link, c jitsiauth.Change) error {
	err := tx.txn.createLink(l, c)
	tx.wrote = tx.wrote || err == nil
	return err
}

func (tx *userTx) SpendLink(id jitsiauth.ID, c jitsiauth.Change) (jitsiauth.Link, error) {
	l, err := tx.txn.spendLink(id, c)
	tx.wrote = tx.wrote || err == nil
	return l, err
}

func (tx *userTx) DeleteLink(id jitsiauth.ID, c jitsiauth.Change) error {
	err := tx.txn.deleteLink(id, c)
	tx.wrote = tx.wrote || err == nil
	return err
}
