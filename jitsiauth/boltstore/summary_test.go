package boltstore

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/jitsiauth/server/jitsiauth"
)

// TestCheckFile counts, and changes no byte.
func TestCheckFile(t *testing.T) {
	path := newFile(t, member(t, 1), member(t, 2))
	s := openTest(t, path)
	token := jitsiauth.Token{ID: jitsiauth.ID{1}, Name: "one", Hash: [32]byte{2}}
	link := func(tx jitsiauth.UserTx) error {
		return tx.CreateLink(jitsiauth.Link{ID: jitsiauth.ID{1}, Uses: 1}, jitsiauth.Change{Action: jitsiauth.LinkCreated})
	}
	if err := errors.Join(s.CreateToken(t.Context(), token, jitsiauth.Change{Action: jitsiauth.TokenCreated}), s.Batch(t.Context(), link), s.Close()); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found, err := CheckFile(t.Context(), path, nil)
	if want := (Summary{Schema: 1 + len(migrations), Accounts: 2, Tokens: 1, Links: 1, Changes: 4}); err != nil || found != want {
		t.Errorf("%+v, %v", found, err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file is another (%v)", err)
	}
}

// TestCheckFileOlder checks the records as they will be after the migration,
// and leaves that to Open.
func TestCheckFileOlder(t *testing.T) {
	path := newFile(t, member(t, 1))
	before := migrations
	defer func() { migrations = before }()
	ran := 0
	migrations = append(append([]func(*bbolt.Bucket) error(nil), before...), func(root *bbolt.Bucket) error {
		ran++
		_, err := root.CreateBucket([]byte("new"))
		return err
	})
	for range 2 {
		if found, err := CheckFile(t.Context(), path, nil); err != nil || found.Schema != 1+len(before) || found.Accounts != 1 {
			t.Errorf("%+v, %v", found, err)
		}
	}
	if ran != 2 {
		t.Errorf("the migration ran %d times", ran)
	}
	openTest(t, path)
	if ran != 3 {
		t.Errorf("the migration ran %d times", ran)
	}
}

func TestCheckFileRefuses(t *testing.T) {
	held := newFile(t)
	openTest(t, held)
	text := filepath.Join(t.TempDir(), "text.db")
	if err := os.WriteFile(text, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := newFile(t, member(t, 1))
	s, err := Open(broken, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(s.update(t.Context(), func(t txn) error { return t.names().Put([]byte("x"), []byte("nobody")) }), s.Close())
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{
		held: ErrInUse, text: ErrNotDatabase, broken: ErrDamaged, t.TempDir(): ErrNotDatabase, "none.db": fs.ErrNotExist,
	} {
		if found, err := CheckFile(t.Context(), path, &Options{LockTimeout: -1}); !errors.Is(err, want) || found != (Summary{}) {
			t.Errorf("%s: %+v, %v", path, found, err)
		}
	}
	if _, err := os.Stat("none.db"); err == nil {
		t.Error("it made the file")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := CheckFile(ended, newFile(t), nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
