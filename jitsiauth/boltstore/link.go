package boltstore

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/jitsiauth/server/jitsiauth"
)

// linkRecord is a link as it lies in the file, under its ID.
type linkRecord struct {
	Kind               jitsiauth.LinkKind  `json:"kind"`
	Domain             string              `json:"domain"`
	Account            jitsiauth.ID        `json:"account,omitzero"`
	JID                jitsiauth.JID       `json:"jid,omitzero"`
	Role               jitsiauth.Role      `json:"role,omitempty"`
	CredentialRevision uint64              `json:"credential_revision,omitempty"`
	Uses               int                 `json:"uses"`
	Left               int                 `json:"left"`
	ValidFrom          time.Time           `json:"valid_from,omitzero"`
	ValidUntil         time.Time           `json:"valid_until,omitzero"`
	Note               string              `json:"note,omitempty"`
	CreatedAt          time.Time           `json:"created_at,omitzero"`
	ExpiresAt          time.Time           `json:"expires_at"`
	Actor              jitsiauth.ActorKind `json:"actor,omitempty"`
	ActorName          string              `json:"actor_name,omitempty"`
	SHA256             string              `json:"sha256"` // hexadecimal
}

// addLinkBuckets makes schema 4 of 3: room for links, of which there are none
// yet.
func addLinkBuckets(root *bbolt.Bucket) error {
	_, err := root.CreateBucket(linksBucket)
	if err == nil {
		_, err = root.CreateBucket(linkHashesBucket)
	}
	return err
}

// LinkByHash implements jitsiauth.LinkStore.
func (s *Store) LinkByHash(ctx context.Context, hash [32]byte) (l jitsiauth.Link, err error) {
	err = s.view(ctx, func(t txn) error {
		id := t.linkHashes().Get(hash[:])
		if id == nil {
			return jitsiauth.ErrNotFound
		}
		l, err = t.link(id)
		if errors.Is(err, jitsiauth.ErrNotFound) {
			return fmt.Errorf("%w: a hash belongs to the link %x, which is missing", ErrDamaged, id)
		}
		return err
	})
	return l, err
}

// ListLinks implements jitsiauth.LinkStore.
func (s *Store) ListLinks(ctx context.Context) (links []jitsiauth.Link, err error) {
	err = s.view(ctx, func(t txn) error {
		return t.links().ForEach(func(id, value []byte) error {
			l, err := decodeLink(id, value)
			links = append(links, l)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return links, nil
}

// TrimLinks implements jitsiauth.LinkStore. Mostly there is nothing to do; that
// is found out without waiting for writers.
func (s *Store) TrimLinks(ctx context.Context, before time.Time, limit int) (trimmed int, err error) {
	var old []jitsiauth.Link
	find := func(t txn) error {
		old, err = t.expiredLinks(before, limit)
		return err
	}
	if err := s.view(ctx, find); err != nil || len(old) == 0 {
		return 0, err
	}
	err = s.update(ctx, func(t txn) error {
		if err := find(t); err != nil {
			return err
		}
		for _, l := range old {
			if err := t.removeLink(l); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return len(old), nil
}

func (t txn) expiredLinks(before time.Time, limit int) (old []jitsiauth.Link, err error) {
	links := t.links().Cursor()
	for id, value := links.First(); id != nil && len(old) < limit; id, value = links.Next() {
		l, err := decodeLink(id, value)
		if err != nil {
			return nil, err
		}
		if l.ExpiresAt.Before(before) {
			old = append(old, l)
		}
	}
	return old, nil
}

// openLinks is OpenLinks of a batch.
func (t txn) openLinks(now time.Time) (open int, err error) {
	err = t.links().ForEach(func(id, value []byte) error {
		l, err := decodeLink(id, value)
		if err == nil && l.Left > 0 && l.ExpiresAt.After(now) {
			open++
		}
		return err
	})
	return open, err
}

// createLink is CreateLink of a batch.
func (t txn) createLink(l jitsiauth.Link, c jitsiauth.Change) error {
	if t.links().Get(l.ID[:]) != nil || t.linkHashes().Get(l.Hash[:]) != nil {
		return jitsiauth.ErrExists
	}
	if err := t.linkHashes().Put(l.Hash[:], l.ID[:]); err != nil {
		return err
	}
	if err := t.putLink(l); err != nil {
		return err
	}
	return t.appendChange(c)
}

// spendLink is SpendLink of a batch.
func (t txn) spendLink(id jitsiauth.ID, c jitsiauth.Change) (jitsiauth.Link, error) {
	l, err := t.link(id[:])
	if err == nil && l.Left < 1 {
		err = jitsiauth.ErrNotFound
	}
	if err != nil {
		return jitsiauth.Link{}, err
	}
	l.Left--
	if err := t.putLink(l); err != nil {
		return jitsiauth.Link{}, err
	}
	return l, t.appendChange(c)
}

// deleteLink is DeleteLink of a batch.
func (t txn) deleteLink(id jitsiauth.ID, c jitsiauth.Change) error {
	l, err := t.link(id[:])
	if err != nil {
		return err
	}
	if err := t.removeLink(l); err != nil {
		return err
	}
	return t.appendChange(c)
}

func (t txn) removeLink(l jitsiauth.Link) error {
	if err := t.linkHashes().Delete(l.Hash[:]); err != nil {
		return err
	}
	return t.links().Delete(l.ID[:])
}

// link returns ErrNotFound where there is none.
func (t txn) link(id []byte) (jitsiauth.Link, error) {
	value := t.links().Get(id)
	if value == nil {
		return jitsiauth.Link{}, jitsiauth.ErrNotFound
	}
	return decodeLink(id, value)
}

func (t txn) putLink(l jitsiauth.Link) error {
	value, err := json.Marshal(linkRecord{
		Kind: l.Kind, Domain: l.Domain, Account: l.Account, JID: l.JID, Role: l.Role, CredentialRevision: l.CredentialRevision,
		Uses: l.Uses, Left: l.Left, ValidFrom: utc(l.ValidFrom), ValidUntil: utc(l.ValidUntil), Note: l.Note,
		CreatedAt: utc(l.CreatedAt), ExpiresAt: utc(l.ExpiresAt), Actor: l.Actor, ActorName: l.ActorName,
		SHA256: hex.EncodeToString(l.Hash[:]),
	})
	if err != nil {
		return err
	}
	return t.links().Put(l.ID[:], value)
}

func decodeLink(id, value []byte) (jitsiauth.Link, error) {
	var r linkRecord
	if err := json.Unmarshal(value, &r); err != nil {
		return jitsiauth.Link{}, fmt.Errorf("%w: link %x: %w", ErrDamaged, id, err)
	}
	hash, err := hex.DecodeString(r.SHA256)
	if err != nil || len(hash) != 32 || len(id) != len(jitsiauth.ID{}) {
		return jitsiauth.Link{}, fmt.Errorf("%w: link %x: its ID or its hash has the wrong length", ErrDamaged, id)
	}
	return jitsiauth.Link{
		ID: jitsiauth.ID(id), Kind: r.Kind, Domain: r.Domain, Account: r.Account, JID: r.JID, Role: r.Role,
		CredentialRevision: r.CredentialRevision, Uses: r.Uses, Left: r.Left, ValidFrom: r.ValidFrom, ValidUntil: r.ValidUntil,
		Note: r.Note, CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt, Actor: r.Actor, ActorName: r.ActorName, Hash: [32]byte(hash),
	}, nil
}

func checkLinks(t txn, found *findings) error {
	hashes, links := t.linkHashes(), t.links()
	err := links.ForEach(func(id, value []byte) error {
		l, err := decodeLink(id, value)
		switch {
		case err != nil:
			found.add("%w", err)
		case !bytes.Equal(hashes.Get(l.Hash[:]), id):
			found.add("link %s: its hash is not in the index", l.ID)
		case l.Left < 0 || l.Left > l.Uses:
			found.add("link %s: %d of %d uses are left", l.ID, l.Left, l.Uses)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return hashes.ForEach(func(hash, id []byte) error {
		if links.Get(id) == nil {
			found.add("hash %x…: its link %x is missing", hash[:min(4, len(hash))], id)
		}
		return nil
	})
}
