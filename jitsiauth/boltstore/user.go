package boltstore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// userRecord is an account as it lies in the file, under its ID.
type userRecord struct {
	JID                jitsiauth.JID          `json:"jid"`
	DisplayName        string                 `json:"display_name,omitempty"`
	Email              string                 `json:"email,omitempty"`
	Note               string                 `json:"note,omitempty"`
	Role               jitsiauth.Role         `json:"role"`
	Disabled           bool                   `json:"disabled,omitempty"`
	ValidFrom          time.Time              `json:"valid_from,omitzero"`
	ValidUntil         time.Time              `json:"valid_until,omitzero"`
	Revision           uint64                 `json:"revision"`
	CredentialRevision uint64                 `json:"credential_revision"`
	SessionRevision    uint64                 `json:"session_revision"`
	CreatedAt          time.Time              `json:"created_at,omitzero"`
	UpdatedAt          time.Time              `json:"updated_at,omitzero"`
	PasswordChangedAt  time.Time              `json:"password_changed_at,omitzero"`
	LastLoginAt        time.Time              `json:"last_login_at,omitzero"`
	PasswordHash       string                 `json:"password_hash,omitempty"`
	PasswordKind       jitsiauth.PasswordKind `json:"password_kind,omitempty"`
	HashOrigin         string                 `json:"hash_origin,omitempty"`
}

// CreateUser implements jitsiauth.UserStore.
func (s *Store) CreateUser(ctx context.Context, r jitsiauth.Record, c jitsiauth.Change) error {
	return s.update(ctx, func(t txn) error { return t.createUser(r, c) })
}

// User implements jitsiauth.UserStore.
func (s *Store) User(ctx context.Context, id jitsiauth.ID) (r jitsiauth.Record, err error) {
	err = s.view(ctx, func(t txn) error {
		r, err = t.user(id[:])
		return err
	})
	return r, err
}

// UserByJID implements jitsiauth.UserStore.
func (s *Store) UserByJID(ctx context.Context, jid jitsiauth.JID) (r jitsiauth.Record, err error) {
	err = s.view(ctx, func(t txn) error {
		r, err = t.userByJID(jid)
		return err
	})
	return r, err
}

// UpdateUser implements jitsiauth.UserStore. It calls change once; change must
// not call the store. A change of ID or JID is an error.
func (s *Store) UpdateUser(ctx context.Context, id jitsiauth.ID, change func(jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error)) (kept jitsiauth.Record, err error) {
	err = s.update(ctx, func(t txn) error {
		kept, err = t.updateUser(id, change)
		return err
	})
	if err != nil {
		return jitsiauth.Record{}, err
	}
	return kept, nil
}

// DeleteUser implements jitsiauth.UserStore. change must not call the store.
func (s *Store) DeleteUser(ctx context.Context, id jitsiauth.ID, change func(jitsiauth.Record) (jitsiauth.Change, error)) error {
	return s.update(ctx, func(t txn) error {
		old, err := t.user(id[:])
		if err != nil {
			return err
		}
		c, err := change(old)
		if err != nil {
			return err
		}
		if err := t.names().Delete(nameKey(old.JID)); err != nil {
			return err
		}
		if err := t.users().Delete(id[:]); err != nil {
			return err
		}
		if err := t.sources().Delete(id[:]); err != nil {
			return err
		}
		if err := t.schedule(old, jitsiauth.Record{}, c.At); err != nil {
			return err
		}
		return t.appendChange(c)
	})
}

// HasAdmin implements jitsiauth.UserStore. Where there is none, it takes about
// half a second for a million accounts.
func (s *Store) HasAdmin(ctx context.Context) (has bool, err error) {
	err = s.view(ctx, func(t txn) error {
		has, err = t.hasAdmin()
		return err
	})
	return has, err
}

// adminMark stands in the JSON of an administrator. In that of others it can't:
// in a text, quotation marks are escaped.
var adminMark = []byte(`"role":"` + string(jitsiauth.RoleAdmin) + `"`)

// hasAdmin is HasAdmin within a transaction. Most accounts it needn't decode.
func (t txn) hasAdmin() (bool, error) {
	users := t.users().Cursor()
	for id, value := users.First(); id != nil; id, value = users.Next() {
		if !bytes.Contains(value, adminMark) {
			continue
		}
		r, err := decodeUser(id, value)
		if err != nil || r.Role == jitsiauth.RoleAdmin {
			return err == nil, err
		}
	}
	return false, nil
}

// createUser is CreateUser within a transaction. It looks before it writes, so
// that ErrExists leaves nothing behind.
func (t txn) createUser(r jitsiauth.Record, c jitsiauth.Change) error {
	name := nameKey(r.JID)
	if t.names().Get(name) != nil || t.users().Get(r.ID[:]) != nil {
		return jitsiauth.ErrExists
	}
	if _, err := t.putUser(r); err != nil {
		return err
	}
	return t.announce(name, r, c)
}

// announce writes what a new account has besides its record.
func (t txn) announce(name []byte, r jitsiauth.Record, c jitsiauth.Change) error {
	if err := t.names().Put(name, r.ID[:]); err != nil {
		return err
	}
	if err := t.schedule(jitsiauth.Record{}, r, c.At); err != nil {
		return err
	}
	return t.appendChange(c)
}

// updateUser is UpdateUser within a transaction. Where there is nothing to
// write it returns the account with errUnchanged.
func (t txn) updateUser(id jitsiauth.ID, change func(jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error)) (kept jitsiauth.Record, err error) {
	old, err := t.user(id[:])
	if err != nil {
		return jitsiauth.Record{}, err
	}
	r, c, err := change(old)
	if err != nil {
		return jitsiauth.Record{}, err
	}
	if r.ID != old.ID || r.JID != old.JID {
		return jitsiauth.Record{}, errors.New("boltstore: a change must leave ID and JID of the account alone")
	}
	if r == old && c == nil {
		return old, errUnchanged
	}
	if kept, err = t.putUser(r); err != nil {
		return kept, err
	}
	if c == nil {
		return kept, t.schedule(old, r, time.Time{})
	}
	if err := t.schedule(old, r, c.At); err != nil {
		return kept, err
	}
	return kept, t.appendChange(*c)
}

// nameKey orders names by domain, then by local part; neither can hold a NUL.
func nameKey(jid jitsiauth.JID) []byte {
	key := make([]byte, 0, len(jid.Domain())+1+len(jid.Local()))
	return append(append(append(key, jid.Domain()...), 0), jid.Local()...)
}

func domainPrefix(domain string) []byte {
	return append([]byte(domain), 0)
}

// user returns ErrNotFound where there is none.
func (t txn) user(id []byte) (jitsiauth.Record, error) {
	value := t.users().Get(id)
	if value == nil {
		return jitsiauth.Record{}, jitsiauth.ErrNotFound
	}
	return decodeUser(id, value)
}

// userByJID returns ErrNotFound where there is none.
func (t txn) userByJID(jid jitsiauth.JID) (jitsiauth.Record, error) {
	id := t.names().Get(nameKey(jid))
	if id == nil {
		return jitsiauth.Record{}, jitsiauth.ErrNotFound
	}
	return t.indexed(id)
}

// indexed returns the account whose ID the index of names holds.
func (t txn) indexed(id []byte) (jitsiauth.Record, error) {
	r, err := t.user(id)
	if errors.Is(err, jitsiauth.ErrNotFound) {
		return r, errUnindexed(id)
	}
	return r, err
}

// errUnindexed: the name index holds an ID that users doesn't.
func errUnindexed(id []byte) error {
	return fmt.Errorf("%w: a name belongs to the account %x, which is missing", ErrDamaged, id)
}

// recordSize is what most accounts need less than, in bytes of JSON.
const recordSize = 512

// usersFill fills the pages of new accounts, which come at the end of their bucket,
// as IDs are ordered by time. It leaves room for what the first login adds.
const usersFill = 0.8

// putUser returns the account as user will.
func (t txn) putUser(r jitsiauth.Record) (jitsiauth.Record, error) {
	value, kept, err := encodeUser(r)
	if err != nil {
		return jitsiauth.Record{}, err
	}
	return kept, t.users().Put(r.ID[:], value)
}

// encodeUser also returns the account as decodeUser will.
func encodeUser(r jitsiauth.Record) (value []byte, kept jitsiauth.Record, err error) {
	u := userRecord{
		JID: r.JID, DisplayName: r.DisplayName, Email: r.Email, Note: r.Note, Role: r.Role, Disabled: r.Disabled,
		ValidFrom: utc(r.ValidFrom), ValidUntil: utc(r.ValidUntil),
		Revision: r.Revision, CredentialRevision: r.CredentialRevision, SessionRevision: r.SessionRevision,
		CreatedAt: utc(r.CreatedAt), UpdatedAt: utc(r.UpdatedAt), PasswordChangedAt: utc(r.PasswordChangedAt),
		LastLoginAt: utc(r.LastLoginAt), PasswordHash: r.PasswordHash, PasswordKind: r.PasswordKind, HashOrigin: r.HashOrigin,
	}
	value, err = u.appendJSON(make([]byte, 0, recordSize))
	return value, u.record(r.ID), err
}

func decodeUser(id, value []byte) (jitsiauth.Record, error) {
	u := userRecord{SessionRevision: 1} // a record from before there was one doesn't have it
	if err := json.Unmarshal(value, &u); err != nil {
		return jitsiauth.Record{}, fmt.Errorf("%w: account %x: %w", ErrDamaged, id, err)
	}
	if len(id) != len(jitsiauth.ID{}) {
		return jitsiauth.Record{}, fmt.Errorf("%w: account %x: its ID is %d bytes long", ErrDamaged, id, len(id))
	}
	return u.record(jitsiauth.ID(id)), nil
}

func (u *userRecord) record(id jitsiauth.ID) jitsiauth.Record {
	return jitsiauth.Record{PasswordHash: u.PasswordHash, HashOrigin: u.HashOrigin, User: jitsiauth.User{
		ID: id, JID: u.JID, DisplayName: u.DisplayName, Email: u.Email, Note: u.Note, Role: u.Role, Disabled: u.Disabled,
		ValidFrom: u.ValidFrom, ValidUntil: u.ValidUntil, Revision: u.Revision, CredentialRevision: u.CredentialRevision,
		SessionRevision: u.SessionRevision, CreatedAt: u.CreatedAt, UpdatedAt: u.UpdatedAt, PasswordChangedAt: u.PasswordChangedAt,
		LastLoginAt: u.LastLoginAt, PasswordKind: u.PasswordKind,
	}}
}

// utc makes equal what JSON makes equal: it has no monotonic clock.
func utc(t time.Time) time.Time { return t.Round(0).UTC() }
