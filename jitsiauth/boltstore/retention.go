package boltstore

import (
	"context"
	"encoding/binary"
	"fmt"
	"strconv"
	"time"

	"go.etcd.io/bbolt"
)

// trimmedKey in meta holds the position of the newest entry of the log of
// changes that was removed, in decimal; it is missing while none was.
var trimmedKey = []byte("changes_trimmed")

// trimmed is 0 while no entry of the log of changes was removed.
func (t txn) trimmed() (uint64, error) {
	value := t.root.Bucket(metaBucket).Get(trimmedKey)
	if value == nil {
		return 0, nil
	}
	n, err := strconv.ParseUint(string(value), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: where the log of changes begins is %q", ErrDamaged, value)
	}
	return n, nil
}

// TrimChanges implements jitsiauth.ChangeStore.
func (s *Store) TrimChanges(ctx context.Context, before time.Time, limit int) (int, error) {
	old := func(txn) isOld {
		return func(key, value []byte) (bool, error) {
			c, err := s.decodeChange(key, value)
			return c.At.Before(before), err
		}
	}
	return s.trim(ctx, txn.changes, old, limit, func(t txn, last []byte) error {
		n := binary.BigEndian.Uint64(last)
		return t.root.Bucket(metaBucket).Put(trimmedKey, strconv.AppendUint(nil, n, 10))
	})
}

// TrimLogins implements jitsiauth.LoginStore. The log of logins has no gaps, so
// numbers tell how many entries are kept.
func (s *Store) TrimLogins(ctx context.Context, before time.Time, most, limit int) (int, error) {
	old := func(t txn) isOld {
		newest := t.logins().Sequence()
		return func(key, value []byte) (bool, error) {
			l, err := decodeLogin(key, value)
			over := most > 0 && l.N+uint64(most) <= newest
			return over || l.At.Before(before), err
		}
	}
	return s.trim(ctx, txn.logins, old, limit, func(txn, []byte) error { return nil })
}

// isOld says of an entry of a log whether it may go.
type isOld func(key, value []byte) (bool, error)

// trim removes up to limit entries from the beginning of a log, up to the first
// that is not old, as one transaction sees it, and tells note the last one
// removed. Mostly there is nothing to do; that is found out without waiting for
// writers.
func (s *Store) trim(ctx context.Context, log func(txn) *bbolt.Bucket, old func(txn) isOld, limit int, note func(t txn, last []byte) error) (trimmed int, err error) {
	due := false
	err = s.view(ctx, func(t txn) (err error) {
		if key, value := log(t).Cursor().First(); key != nil {
			due, err = old(t)(key, value)
		}
		return err
	})
	if err != nil || !due || limit < 1 {
		return 0, err
	}
	err = s.update(ctx, func(t txn) error {
		keys, err := oldest(log(t), old(t), limit)
		if err != nil {
			return err
		}
		for _, key := range keys {
			if err := log(t).Delete(key); err != nil {
				return err
			}
		}
		if trimmed = len(keys); trimmed == 0 {
			return errUnchanged
		}
		return note(t, keys[trimmed-1])
	})
	if err != nil {
		return 0, err
	}
	return trimmed, nil
}

// oldest returns keys, so that a cursor need not outlive a deletion.
func oldest(log *bbolt.Bucket, old isOld, limit int) (keys [][]byte, err error) {
	cursor := log.Cursor()
	for key, value := cursor.First(); key != nil && len(keys) < limit; key, value = cursor.Next() {
		is, err := old(key, value)
		if err != nil {
			return nil, err
		}
		if !is {
			break
		}
		keys = append(keys, append([]byte(nil), key...))
	}
	return keys, nil
}
