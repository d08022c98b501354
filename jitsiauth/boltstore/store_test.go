package boltstore

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) jitsiauth.Store { return openTest(t, filepath.Join(t.TempDir(), "test.db")) })
}

// TestEndedInQueue: a write whose caller gave up while others wrote does
// nothing.
func TestEndedInQueue(t *testing.T) {
	s := openTest(t, newFile(t))
	other, err := s.db.Begin(true)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() { result <- s.CreateUser(ctx, member(t, 1), jitsiauth.Change{}) }()
	cancel()
	if err := errors.Join(other.Commit(), <-result); !errors.Is(err, context.Canceled) {
		t.Errorf("CreateUser: %v", err)
	}
	if head, err := s.Head(t.Context()); head.N != 0 || err != nil {
		t.Errorf("head %v, %v", head, err)
	}
}

func TestReopen(t *testing.T) {
	storetest.RunReopen(t, func(t *testing.T, dir string) jitsiauth.Store {
		return openTest(t, filepath.Join(dir, "test.db"))
	})
}

// TestInside is TestStore in a file that another program owns.
func TestInside(t *testing.T) {
	storetest.Run(t, func(t *testing.T) jitsiauth.Store { return openInside(t, &bbolt.Options{NoSync: true}, "accounts") })
}

func TestLarge(t *testing.T) {
	storetest.RunLarge(t, func(t *testing.T, accounts []jitsiauth.Record) jitsiauth.Store {
		s := openTest(t, filepath.Join(t.TempDir(), "test.db"))
		bulk(t, s, accounts)
		return s
	})
}

// bulk puts the accounts into the store, a thousand in a transaction: bbolt
// sorts new keys into a list, which takes the square of their number.
func bulk(t testing.TB, s *Store, accounts []jitsiauth.Record) {
	t.Helper()
	for chunk := range slices.Chunk(accounts, 1000) {
		err := s.update(context.Background(), func(tx txn) error {
			for _, r := range chunk {
				if err := tx.names().Put(nameKey(r.JID), r.ID[:]); err != nil {
					return err
				}
				if _, err := tx.putUser(r); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// openTest opens the file, checks it when the test ends, and keeps a copy of
// it if the test failed.
func openTest(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { finish(t, s, path) })
	return s
}

// openInside opens a store in a bucket of a bbolt file with another owner.
func openInside(t testing.TB, options *bbolt.Options, bucket string) *Store {
	t.Helper()
	path := filepath.Join(t.TempDir(), "owner.db")
	db, err := bbolt.Open(path, 0o600, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	s, err := New(db, bucket, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { finish(t, s, path) })
	return s
}

func finish(t testing.TB, s *Store, path string) {
	err := s.Check(context.Background())
	if errors.Is(err, berrors.ErrDatabaseNotOpen) { // the test closed it
		err = nil
	}
	if err = errors.Join(err, s.Close()); err != nil {
		t.Error(err)
	}
	if t.Failed() {
		keep(t, path)
	}
}

func keep(t testing.TB, path string) {
	from, err := os.Open(path)
	if err != nil {
		t.Log(err)
		return
	}
	defer func() { _ = from.Close() }()
	to, err := os.CreateTemp("", "boltstore-failed-*.db")
	if err != nil {
		t.Log(err)
		return
	}
	_, err = io.Copy(to, from)
	t.Logf("the file is kept as %s (%v)", to.Name(), errors.Join(err, to.Close()))
}
