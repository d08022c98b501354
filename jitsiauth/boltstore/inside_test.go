package boltstore

import (
	"errors"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/jitsiauth/server/jitsiauth"
)

// TestNewInOwnersFile: two stores and the owner's data live in one file and
// leave each other alone.
func TestNewInOwnersFile(t *testing.T) {
	db, err := bbolt.Open(filepath.Join(t.TempDir(), "owner.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	own := func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists([]byte("own"))
		return errors.Join(err, b.Put([]byte("key"), []byte("value")))
	}
	if err := db.Update(own); err != nil {
		t.Fatal(err)
	}
	one, errOne := New(db, "", nil)
	two, errTwo := New(db, "two", nil)
	if err := errors.Join(errOne, errTwo); err != nil {
		t.Fatal(err)
	}
	if !one.Created() || !two.Created() || one.epoch == two.epoch {
		t.Errorf("created %v, %v, epochs %s, %s", one.Created(), two.Created(), one.epoch, two.epoch)
	}
	r := member(t, 1)
	if err := one.CreateUser(t.Context(), r, jitsiauth.Change{Action: jitsiauth.UserCreated}); err != nil {
		t.Fatal(err)
	}
	if _, err := two.User(t.Context(), r.ID); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Errorf("the other store: %v", err)
	}
	if err := errors.Join(one.Check(t.Context()), two.Check(t.Context()), one.Close()); err != nil {
		t.Error(err)
	}
	again, err := New(db, DefaultBucket, nil) // Close left the file open
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.User(t.Context(), r.ID); err != nil || got != r || again.Created() {
		t.Errorf("got %+v, %v, created %v", got, err, again.Created())
	}
	if _, err := New(db, "own", nil); !errors.Is(err, ErrNotDatabase) {
		t.Errorf("New in the owner's bucket: %v", err)
	}
}

// TestBucketGone: an owner who deletes our bucket gets an error, no panic.
func TestBucketGone(t *testing.T) {
	db, err := bbolt.Open(filepath.Join(t.TempDir(), "owner.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	s, err := New(db, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte(DefaultBucket)) }); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Head(t.Context()); !errors.Is(err, ErrDamaged) {
		t.Errorf("Head: %v", err)
	}
	if err := s.Check(t.Context()); !errors.Is(err, ErrDamaged) {
		t.Errorf("Check: %v", err)
	}
}
