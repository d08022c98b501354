package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// loginRecord is an entry of the log of logins as it lies in the file, under
// its number.
type loginRecord struct {
	At        time.Time             `json:"at"`
	Result    jitsiauth.LoginResult `json:"result"`
	ID        jitsiauth.ID          `json:"id,omitzero"`
	JID       jitsiauth.JID         `json:"jid,omitzero"`
	Source    netip.Addr            `json:"source,omitzero"`
	Proxy     bool                  `json:"proxy,omitempty"`
	Transport string                `json:"transport,omitempty"`
	Actor     jitsiauth.ActorKind   `json:"actor,omitempty"`
	ActorName string                `json:"actor_name,omitempty"`
	Count     int                   `json:"count"`
	Rest      bool                  `json:"rest,omitempty"`
}

// AddLogins implements jitsiauth.LoginStore.
func (s *Store) AddLogins(ctx context.Context, batch jitsiauth.LoginBatch) error {
	return s.update(ctx, func(t txn) error {
		for _, login := range batch.Logins {
			if err := t.appendLogin(login); err != nil {
				return err
			}
		}
		if err := inOrder(batch.LastLogins, t.setLastLogin); err != nil {
			return err
		}
		if err := inOrder(batch.TokenUses, t.setTokenUse); err != nil {
			return err
		}
		return inOrder(batch.Sources, t.addSources)
	})
}

// inOrder goes by the IDs, so that neighbours share the pages to be written.
func inOrder[V any](values map[jitsiauth.ID]V, write func(jitsiauth.ID, V) error) error {
	byID := func(a, b jitsiauth.ID) int { return bytes.Compare(a[:], b[:]) }
	for _, id := range slices.SortedFunc(maps.Keys(values), byID) {
		if err := write(id, values[id]); err != nil {
			return err
		}
	}
	return nil
}

func (t txn) appendLogin(l jitsiauth.Login) error {
	value, err := json.Marshal(loginRecord{
		At: utc(l.At), Result: l.Result, ID: l.ID, JID: l.JID, Source: l.Source, Proxy: l.Proxy, Transport: l.Transport,
		Actor: l.Actor, ActorName: l.ActorName, Count: l.Count, Rest: l.Rest,
	})
	if err != nil {
		return err
	}
	logins := t.logins()
	logins.FillPercent = appendedFill
	n, err := logins.NextSequence()
	if err != nil {
		return err
	}
	return logins.Put(positionKey(n), value)
}

func (t txn) setLastLogin(id jitsiauth.ID, at time.Time) error {
	r, err := t.user(id[:])
	if errors.Is(err, jitsiauth.ErrNotFound) || err == nil && !at.After(r.LastLoginAt) {
		return nil
	}
	if err == nil {
		r.LastLoginAt = at
		_, err = t.putUser(r)
	}
	return err
}

func (t txn) setTokenUse(id jitsiauth.ID, at time.Time) error {
	token, err := t.token(id[:])
	if errors.Is(err, jitsiauth.ErrNotFound) || err == nil && !at.After(token.LastUsedAt) {
		return nil
	}
	if err == nil {
		token.LastUsedAt = at
		err = t.putToken(token)
	}
	return err
}

// ListLogins implements jitsiauth.LoginStore.
func (s *Store) ListLogins(ctx context.Context, before uint64, limit int) (entries []jitsiauth.Login, err error) {
	err = s.view(ctx, func(t txn) error {
		return newestFirst(t.logins(), before, limit, func(key, value []byte) error {
			l, err := decodeLogin(key, value)
			entries = append(entries, l)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return entries, nil
}

func decodeLogin(key, value []byte) (jitsiauth.Login, error) {
	var r loginRecord
	if err := json.Unmarshal(value, &r); err != nil {
		return jitsiauth.Login{}, fmt.Errorf("%w: login %x: %w", ErrDamaged, key, err)
	}
	if len(key) != 8 {
		return jitsiauth.Login{}, fmt.Errorf("%w: login %x: its number is %d bytes long", ErrDamaged, key, len(key))
	}
	return jitsiauth.Login{
		N: binary.BigEndian.Uint64(key), At: r.At, Result: r.Result, ID: r.ID, JID: r.JID,
		Source: r.Source, Proxy: r.Proxy, Transport: r.Transport,
		Actor: r.Actor, ActorName: r.ActorName, Count: r.Count, Rest: r.Rest,
	}, nil
}

// checkLogins: the log of logins may begin anywhere, but has no gaps.
func checkLogins(t txn, found *findings) error {
	var last uint64
	err := t.logins().ForEach(func(key, value []byte) error {
		l, err := decodeLogin(key, value)
		if err != nil {
			found.add("%w", err)
			return nil
		}
		if last != 0 && l.N != last+1 {
			found.add("log of logins: entry %d follows %d", l.N, last)
		}
		last = l.N
		return nil
	})
	if head := t.logins().Sequence(); last != 0 && head != last {
		found.add("log of logins: its head is %d, its newest entry %d", head, last)
	}
	return err
}
