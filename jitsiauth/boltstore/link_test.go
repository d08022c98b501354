package boltstore

import (
	"errors"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/jitsiauth/server/jitsiauth"
)

// asSchema3 makes of a file what the program left that knew of no links.
func asSchema3(root *bbolt.Bucket) error {
	return errors.Join(root.DeleteBucket(linksBucket), root.DeleteBucket(linkHashesBucket), root.Bucket(metaBucket).Put(schemaKey, []byte("3")))
}

func testLink() jitsiauth.Link {
	return jitsiauth.Link{
		ID: jitsiauth.ID{5}, Kind: jitsiauth.LinkInvite, Domain: "a.example", Hash: [32]byte{6}, Uses: 1, Left: 1,
		ExpiresAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

func addLink(t *testing.T, s *Store, l jitsiauth.Link) {
	t.Helper()
	err := s.Batch(t.Context(), func(tx jitsiauth.UserTx) error {
		return tx.CreateLink(l, jitsiauth.Change{Action: jitsiauth.LinkCreated, Subject: l.ID})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A file of schema 3 is checked as it is, and gets room for links when it is
// opened.
func TestMigrateLinks(t *testing.T) {
	ann, l := member(t, 1), testLink()
	path := newFile(t, ann)
	alter(t, path, asSchema3)
	if found, err := CheckFile(t.Context(), path, nil); err != nil || found.Schema != 3 || found.Links != 0 {
		t.Errorf("%+v, %v", found, err)
	}
	s := openTest(t, path)
	addLink(t, s, l)
	if got, err := s.LinkByHash(t.Context(), l.Hash); err != nil || got != l {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := s.User(t.Context(), ann.ID); err != nil || got != ann {
		t.Errorf("%+v, %v", got, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if found, err := CheckFile(t.Context(), path, nil); err != nil || found.Schema != 4 || found.Links != 1 {
		t.Errorf("%+v, %v", found, err)
	}
}

// What is asked again and again, and finds nothing, costs no fsync.
func TestLinksWriteNothing(t *testing.T) {
	l := testLink()
	s := openTest(t, newFile(t))
	addLink(t, s, l)
	before := written(t, s)
	if n, err := s.TrimLinks(t.Context(), l.ExpiresAt, 9); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := s.LinkByHash(t.Context(), [32]byte{}); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Error(err)
	}
	nothing := func(tx jitsiauth.UserTx) error {
		_, err := tx.SpendLink(jitsiauth.ID{1}, jitsiauth.Change{})
		if !errors.Is(err, jitsiauth.ErrNotFound) {
			t.Error(err)
		}
		return nil
	}
	if err := s.Batch(t.Context(), nothing); err != nil {
		t.Error(err)
	}
	if after := written(t, s); after != before {
		t.Errorf("transaction %d follows %d", after, before)
	}
}

// A link that can't be read is damage, and never one that is not there.
func TestDamagedLink(t *testing.T) {
	l := testLink()
	s := openTestUnchecked(t)
	addLink(t, s, l)
	for _, c := range []struct {
		what  string
		alter func(t txn) error
	}{
		{"missing", func(t txn) error { return t.links().Delete(l.ID[:]) }},
		{"unreadable", func(t txn) error { return t.links().Put(l.ID[:], []byte("{")) }},
	} {
		what := c.what
		if err := s.update(t.Context(), c.alter); err != nil {
			t.Fatal(err)
		}
		if _, err := s.LinkByHash(t.Context(), l.Hash); !errors.Is(err, ErrDamaged) || errors.Is(err, jitsiauth.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
		if err := s.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "link") {
			t.Errorf("%s: Check: %v", what, err)
		}
	}
	if _, err := s.ListLinks(t.Context()); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
	if _, err := s.TrimLinks(t.Context(), l.ExpiresAt.Add(1), 9); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
}
