package boltstore

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/jitsiauth/server/jitsiauth"
)

// A pending date lies under a key that sorts by time: seconds since 1970 with
// the sign bit flipped (8 bytes), nanoseconds (4), ID (16), and 'f' for a
// beginning or 'u' for an end.
const momentKeySize = 8 + 4 + 16 + 1

func momentKey(id jitsiauth.ID, m jitsiauth.Moment) []byte {
	key := binary.BigEndian.AppendUint64(nil, uint64(m.At.Unix())^1<<63) //nolint:gosec // the bits, as they are
	key = binary.BigEndian.AppendUint32(key, uint32(m.At.Nanosecond()))  //nolint:gosec // below 1e9
	kind := map[bool]byte{true: 'f', false: 'u'}[m.Begins]
	return append(append(key, id[:]...), kind)
}

func parseMomentKey(key []byte) (jitsiauth.ID, jitsiauth.Moment, error) {
	if len(key) != momentKeySize || key[28] != 'f' && key[28] != 'u' {
		return jitsiauth.ID{}, jitsiauth.Moment{}, fmt.Errorf("%w: the pending date %x can't be read", ErrDamaged, key)
	}
	seconds := int64(binary.BigEndian.Uint64(key) ^ 1<<63) //nolint:gosec // as momentKey wrote them
	at := time.Unix(seconds, int64(binary.BigEndian.Uint32(key[8:]))).UTC()
	return jitsiauth.ID(key[12:28]), jitsiauth.Moment{At: at, Begins: key[28] == 'f'}, nil
}

// schedule keeps the index of pending dates right when an account that was old
// becomes r by a log entry of this time. Every write of an account needs it;
// a new account was empty, one that is deleted becomes empty.
func (t txn) schedule(old, r jitsiauth.Record, at time.Time) error {
	before, after := old.Moments(), r.Moments()
	for _, m := range before {
		if !has(after, m) {
			if err := t.moments().Delete(momentKey(old.ID, m)); err != nil {
				return err
			}
		}
	}
	for _, m := range after {
		if !has(before, m) && m.At.After(at) {
			if err := t.moments().Put(momentKey(r.ID, m), nil); err != nil {
				return err
			}
		}
	}
	return nil
}

func has(dates []jitsiauth.Moment, m jitsiauth.Moment) bool {
	for _, d := range dates {
		if d.Begins == m.Begins && d.At.Equal(m.At) {
			return true
		}
	}
	return false
}

// PassMoments implements jitsiauth.MomentStore.
func (s *Store) PassMoments(ctx context.Context, now time.Time, limit int, entry func(jitsiauth.Record, jitsiauth.Moment) jitsiauth.Change) (passed int, err error) {
	due := false
	err = s.view(ctx, func(t txn) error { // most calls end here, without waiting for writers
		key, _ := t.moments().Cursor().First()
		due = key != nil
		if due {
			_, m, err := parseMomentKey(key)
			due = !m.At.After(now)
			return err
		}
		return nil
	})
	if err != nil || !due {
		return 0, err
	}
	err = s.update(ctx, func(t txn) error {
		keys, err := t.dueMoments(now, limit)
		if err != nil {
			return err
		}
		for _, key := range keys {
			if err := t.passMoment(key, entry); err != nil {
				return err
			}
		}
		if passed = len(keys); passed == 0 {
			return errUnchanged
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return passed, nil
}

// RearmMoments implements jitsiauth.MomentStore.
func (s *Store) RearmMoments(ctx context.Context, after, until time.Time) error {
	return s.update(ctx, func(t txn) error {
		return t.users().ForEach(func(id, value []byte) error {
			r, err := decodeUser(id, value)
			if err != nil {
				return err
			}
			for _, m := range r.Moments() {
				if m.At.After(after) && !m.At.After(until) {
					if err := t.moments().Put(momentKey(r.ID, m), nil); err != nil {
						return err
					}
				}
			}
			return ctx.Err()
		})
	})
}

// dueMoments returns keys, so that a cursor need not outlive a deletion.
func (t txn) dueMoments(now time.Time, limit int) (keys [][]byte, err error) {
	cursor := t.moments().Cursor()
	for key, _ := cursor.First(); key != nil && len(keys) < limit; key, _ = cursor.Next() {
		_, m, err := parseMomentKey(key)
		if err != nil {
			return nil, err
		}
		if m.At.After(now) {
			break
		}
		keys = append(keys, append([]byte(nil), key...))
	}
	return keys, nil
}

func (t txn) passMoment(key []byte, entry func(jitsiauth.Record, jitsiauth.Moment) jitsiauth.Change) error {
	id, m, err := parseMomentKey(key)
	if err != nil {
		return err
	}
	r, err := t.user(id[:])
	if err != nil {
		return fmt.Errorf("%w: a date belongs to the account %s: %w", ErrDamaged, id, err)
	}
	if err := t.moments().Delete(key); err != nil {
		return err
	}
	return t.appendChange(entry(r, m))
}

// addMoments makes schema 2 of 1: the index of pending dates, with all dates
// that came after the last change of their account, and room for the log of
// logins. Dates that passed before this ran were never written to the log;
// they will be once.
func addMoments(root *bbolt.Bucket) error {
	for _, name := range [][]byte{momentsBucket, loginsBucket} {
		if _, err := root.CreateBucket(name); err != nil {
			return err
		}
	}
	t := txn{root}
	return t.users().ForEach(func(id, value []byte) error {
		r, err := decodeUser(id, value)
		if err != nil {
			return err
		}
		return t.schedule(jitsiauth.Record{}, r, r.UpdatedAt)
	})
}

// checkMoments can't tell a date that has passed from one that is missing.
func checkMoments(t txn, found *findings) error {
	return t.moments().ForEach(func(key, _ []byte) error {
		id, m, err := parseMomentKey(key)
		if err != nil {
			found.add("%w", err)
			return nil
		}
		value := t.users().Get(id[:])
		if value == nil {
			found.add("date %s: its account %s is missing", m.At, id)
			return nil
		}
		if r, err := decodeUser(id[:], value); err == nil && !has(r.Moments(), m) { // err is checkUsers' finding
			found.add("date %s: the account %s has no such date", m.At, id)
		}
		return nil
	})
}
