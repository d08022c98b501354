package boltstore

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/netip"
	"time"

	"go.etcd.io/bbolt"

	"github.com/jitsiauth/server/jitsiauth"
)

// changeRecord is an entry of the log as it lies in the file, under its
// position.
type changeRecord struct {
	At        time.Time           `json:"at"`
	Action    jitsiauth.Action    `json:"action"`
	Subject   jitsiauth.ID        `json:"subject"`
	JID       jitsiauth.JID       `json:"jid,omitzero"`
	Name      string              `json:"name,omitempty"`
	Fields    []string            `json:"fields,omitempty"`
	Actor     jitsiauth.ActorKind `json:"actor,omitempty"`
	ActorName string              `json:"actor_name,omitempty"`
	Source    netip.Addr          `json:"source,omitzero"`
}

// entrySize is what most entries need less than, in bytes of JSON.
const entrySize = 256

// appendedFill fills the pages of a bucket that only grows at its end; bbolt's
// default leaves half of each empty for what comes between.
const appendedFill = 0.9

// appendChange gives the entry its position, which is the next one: there is
// one writer at a time, and a transaction that fails takes it back.
func (t txn) appendChange(c jitsiauth.Change) error {
	r := changeRecord{
		At: utc(c.At), Action: c.Action, Subject: c.Subject, JID: c.JID, Name: c.Name, Fields: c.Fields,
		Actor: c.Actor, ActorName: c.ActorName, Source: c.Source,
	}
	value, err := r.appendJSON(make([]byte, 0, entrySize))
	if err != nil {
		return err
	}
	changes := t.changes()
	changes.FillPercent = appendedFill
	n, err := changes.NextSequence()
	if err != nil {
		return err
	}
	return changes.Put(positionKey(n), value)
}

// AddChange implements jitsiauth.ChangeStore.
func (s *Store) AddChange(ctx context.Context, c jitsiauth.Change) error {
	return s.update(ctx, func(t txn) error { return t.appendChange(c) })
}

// ListChanges implements jitsiauth.ChangeStore.
func (s *Store) ListChanges(ctx context.Context, after jitsiauth.Position, limit int) (entries []jitsiauth.Change, err error) {
	err = s.view(ctx, func(t txn) error {
		trimmed, err := t.trimmed()
		if err != nil {
			return err
		}
		if !after.IsZero() && (after.Epoch != s.epoch || after.N > t.changes().Sequence() || after.N < trimmed) {
			return jitsiauth.ErrPositionLost
		}
		log := t.changes().Cursor()
		for key, value := log.Seek(positionKey(after.N + 1)); key != nil && len(entries) < limit; key, value = log.Next() {
			c, err := s.decodeChange(key, value)
			if err != nil {
				return err
			}
			entries = append(entries, c)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return entries, nil
}

// Head implements jitsiauth.ChangeStore.
func (s *Store) Head(ctx context.Context) (head jitsiauth.Position, err error) {
	err = s.view(ctx, func(t txn) error {
		head = jitsiauth.Position{Epoch: s.epoch, N: t.changes().Sequence()}
		return nil
	})
	return head, err
}

// ChangesBefore implements jitsiauth.ChangeStore.
func (s *Store) ChangesBefore(ctx context.Context, before uint64, limit int) (entries []jitsiauth.Change, err error) {
	err = s.view(ctx, func(t txn) error {
		return newestFirst(t.changes(), before, limit, func(key, value []byte) error {
			c, err := s.decodeChange(key, value)
			entries = append(entries, c)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return entries, nil
}

// newestFirst visits up to limit entries of a log with numbers below before,
// 0 meaning all.
func newestFirst(log *bbolt.Bucket, before uint64, limit int, visit func(key, value []byte) error) error {
	cursor := log.Cursor()
	key, value := cursor.Last()
	if before != 0 {
		if beyond, _ := cursor.Seek(positionKey(before)); beyond != nil {
			key, value = cursor.Prev()
		} else {
			key, value = cursor.Last()
		}
	}
	for n := 0; key != nil && n < limit; n++ {
		if err := visit(key, value); err != nil {
			return err
		}
		key, value = cursor.Prev()
	}
	return nil
}

func positionKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func (s *Store) decodeChange(key, value []byte) (jitsiauth.Change, error) {
	var r changeRecord
	if err := json.Unmarshal(value, &r); err != nil {
		return jitsiauth.Change{}, fmt.Errorf("%w: log entry %x: %w", ErrDamaged, key, err)
	}
	if len(key) != 8 {
		return jitsiauth.Change{}, fmt.Errorf("%w: log entry %x: its position is %d bytes long", ErrDamaged, key, len(key))
	}
	return jitsiauth.Change{
		Position: jitsiauth.Position{Epoch: s.epoch, N: binary.BigEndian.Uint64(key)},
		At:       r.At, Action: r.Action, Subject: r.Subject, JID: r.JID, Name: r.Name, Fields: r.Fields,
		Actor: r.Actor, ActorName: r.ActorName, Source: r.Source,
	}, nil
}
