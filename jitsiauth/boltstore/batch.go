package boltstore

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// Batch implements jitsiauth.BatchStore. It calls work once. Names that come in order
// are written fastest, in transactions of some thousand accounts: bbolt keeps the new
// keys of each page in a sorted list.
func (s *Store) Batch(ctx context.Context, work func(jitsiauth.UserTx) error) error {
	return s.update(ctx, func(t txn) error {
		tx := &userTx{txn: t}
		if err := work(tx); err != nil {
			return err
		}
		if !tx.wrote {
			return errUnchanged
		}
		return tx.putFresh()
	})
}

// userTx implements jitsiauth.UserTx.
type userTx struct {
	txn    txn
	wrote  bool
	absent jitsiauth.JID // UserByJID has just found nobody of this name
	// fresh are new accounts, as they will lie in the file. They are put there at
	// the end, in order of their IDs, for they come in that of their names.
	fresh map[jitsiauth.ID][]byte
}

func (tx *userTx) CreateUser(r jitsiauth.Record, c jitsiauth.Change) error {
	known := !r.JID.IsZero() && r.JID == tx.absent // an import looks before it creates; once is enough
	tx.absent = jitsiauth.JID{}
	name := nameKey(r.JID)
	if !known && tx.txn.names().Get(name) != nil || tx.fresh[r.ID] != nil || tx.txn.users().Get(r.ID[:]) != nil {
		return jitsiauth.ErrExists
	}
	value, _, err := encodeUser(r)
	if err != nil {
		return err
	}
	if tx.fresh == nil {
		tx.fresh = map[jitsiauth.ID][]byte{}
	}
	tx.fresh[r.ID], tx.wrote = value, true
	return tx.txn.announce(name, r, c)
}

// putFresh comes before whatever looks at accounts in other ways than by ID and name.
func (tx *userTx) putFresh() error {
	users := tx.txn.users()
	users.FillPercent = usersFill
	for _, id := range slices.SortedFunc(maps.Keys(tx.fresh), func(a, b jitsiauth.ID) int { return bytes.Compare(a[:], b[:]) }) {
		if err := users.Put(id[:], tx.fresh[id]); err != nil {
			return err
		}
	}
	tx.fresh = nil
	return nil
}

func (tx *userTx) UserByJID(jid jitsiauth.JID) (jitsiauth.Record, error) {
	id := tx.txn.names().Get(nameKey(jid))
	if id == nil {
		tx.absent = jid // no other method gives anybody a name
		return jitsiauth.Record{}, jitsiauth.ErrNotFound
	}
	if len(id) == len(jitsiauth.ID{}) {
		if value := tx.fresh[jitsiauth.ID(id)]; value != nil {
			return decodeUser(id, value)
		}
	}
	return tx.txn.indexed(id)
}

func (tx *userTx) UpdateUser(id jitsiauth.ID, change func(jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error)) (jitsiauth.Record, error) {
	if tx.fresh[id] != nil {
		if err := tx.putFresh(); err != nil {
			return jitsiauth.Record{}, err
		}
	}
	kept, err := tx.txn.updateUser(id, change)
	if errors.Is(err, errUnchanged) {
		return kept, nil
	}
	tx.wrote = tx.wrote || err == nil
	return kept, err
}

func (tx *userTx) User(id jitsiauth.ID) (jitsiauth.Record, error) {
	if value := tx.fresh[id]; value != nil {
		return decodeUser(id[:], value)
	}
	return tx.txn.user(id[:])
}

func (tx *userTx) HasAdmin() (bool, error) {
	if err := tx.putFresh(); err != nil {
		return false, err
	}
	return tx.txn.hasAdmin()
}

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
