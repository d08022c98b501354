package boltstore

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/jitsiauth/server/jitsiauth"
)

// alter changes a file by hand, past the store.
func alter(t *testing.T, path string, change func(root *bbolt.Bucket) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error { return change(tx.Bucket([]byte(DefaultBucket))) })
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// newFile makes a database and returns its name.
func newFile(t *testing.T, accounts ...jitsiauth.Record) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	s, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range accounts {
		err = errors.Join(err, s.CreateUser(t.Context(), r, jitsiauth.Change{Action: jitsiauth.UserCreated}))
	}
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestNewerSchema(t *testing.T) {
	path := newFile(t)
	alter(t, path, func(root *bbolt.Bucket) error { return root.Bucket(metaBucket).Put(schemaKey, []byte("7")) })
	_, err := Open(path, nil)
	if !errors.Is(err, ErrNewerSchema) || !strings.Contains(err.Error(), "schema is 7, this program knows up to 4") {
		t.Errorf("Open: %v", err)
	}
	db, err := bbolt.Open(path, 0o600, nil) // Open must have let go of it
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := New(db, "", nil); !errors.Is(err, ErrNewerSchema) {
		t.Errorf("New: %v", err)
	}
}

func TestNoSchema(t *testing.T) {
	for _, c := range []struct {
		what  string
		alter func(root *bbolt.Bucket) error
		want  error
	}{
		{"no meta", func(root *bbolt.Bucket) error { return root.DeleteBucket(metaBucket) }, ErrNotDatabase},
		{"no schema", func(root *bbolt.Bucket) error { return root.Bucket(metaBucket).Delete(schemaKey) }, ErrNotDatabase},
		{"no epoch", func(root *bbolt.Bucket) error { return root.Bucket(metaBucket).Delete(epochKey) }, ErrDamaged},
		{"no names", func(root *bbolt.Bucket) error { return root.DeleteBucket(namesBucket) }, ErrDamaged},
	} {
		path := newFile(t)
		alter(t, path, c.alter)
		if _, err := Open(path, nil); !errors.Is(err, c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want %v", c.what, err, c.want)
		}
	}
}

func TestMigrate(t *testing.T) {
	var ran string
	step := func(name string, err error) func(*bbolt.Bucket) error {
		return func(*bbolt.Bucket) error { ran += name; return err }
	}
	broken := errors.New("broken")
	s := openTest(t, newFile(t))
	first := func(tx txn) error { return putSchema(tx.root.Bucket(metaBucket), 1) }
	if err := s.update(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		steps []func(*bbolt.Bucket) error
		ran   string
		err   error
	}{
		{nil, "", nil},
		{[]func(*bbolt.Bucket) error{step("a", nil), step("b", broken)}, "ab", broken}, // takes a back
		{[]func(*bbolt.Bucket) error{step("a", nil), step("b", nil)}, "ab", nil},
		{[]func(*bbolt.Bucket) error{step("a", nil), step("b", nil), step("c", nil)}, "c", nil},
		{[]func(*bbolt.Bucket) error{step("a", nil)}, "", ErrNewerSchema},
	} {
		ran = ""
		err := s.update(t.Context(), func(tx txn) error { return migrate(tx.root, c.steps) })
		if !errors.Is(err, c.err) || ran != c.ran {
			t.Errorf("%d steps: ran %q, error %v, want %q, %v", len(c.steps), ran, err, c.ran, c.err)
		}
	}
}

// TestOpenMigrates goes through Open with a table of one step.
func TestOpenMigrates(t *testing.T) {
	path := newFile(t)
	before := migrations
	migrations = append(before[:len(before):len(before)], func(root *bbolt.Bucket) error {
		_, err := root.CreateBucket([]byte("added"))
		return err
	})
	t.Cleanup(func() { migrations = before })
	for range 2 { // the second time there is nothing to do
		s, err := Open(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.Check(t.Context()), s.Close()); err != nil {
			t.Error(err)
		}
	}
}

// TestNoSessionRevision: a record from before there was one has the first, and
// keeps what it is given.
func TestNoSessionRevision(t *testing.T) {
	r := member(t, 1)
	path := newFile(t, r)
	alter(t, path, func(root *bbolt.Bucket) error {
		bucket := root.Bucket(usersBucket)
		key, value := bucket.Cursor().First()
		old := bytes.Replace(value, []byte(`"session_revision":0,`), nil, 1)
		if len(old) == len(value) {
			return errors.New("no session_revision in " + string(value))
		}
		return bucket.Put(key, old)
	})
	s := openTest(t, path)
	r.SessionRevision = 1
	if got, err := s.User(t.Context(), r.ID); err != nil || got != r {
		t.Errorf("got %+v, %v, want %+v", got, err, r)
	}
	svc, err := jitsiauth.New(s, jitsiauth.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if u, err := svc.EndSessions(t.Context(), r.ID); err != nil || u.SessionRevision != 2 {
		t.Errorf("%d, %v", u.SessionRevision, err)
	}
	if got, err := s.UserByJID(t.Context(), r.JID); err != nil || got.SessionRevision != 2 {
		t.Errorf("%d, %v", got.SessionRevision, err)
	}
}

// TestUnknownFields: what a later version added doesn't disturb.
func TestUnknownFields(t *testing.T) {
	r := member(t, 1)
	path := newFile(t, r)
	alter(t, path, func(root *bbolt.Bucket) error {
		for _, name := range [][]byte{usersBucket, changesBucket} {
			bucket := root.Bucket(name)
			key, value := bucket.Cursor().First()
			if err := bucket.Put(key, append([]byte(`{"later":{"more":[1]},`), value[1:]...)); err != nil {
				return err
			}
		}
		return nil
	})
	s := openTest(t, path)
	if got, err := s.User(t.Context(), r.ID); err != nil || got != r {
		t.Errorf("got %+v, %v, want %+v", got, err, r)
	}
	if entries, err := s.ListChanges(t.Context(), jitsiauth.Position{}, 9); err != nil || len(entries) != 1 {
		t.Errorf("log: %+v, %v", entries, err)
	}
}
