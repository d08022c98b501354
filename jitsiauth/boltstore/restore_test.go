package boltstore

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

var restored = jitsiauth.Change{At: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC), Actor: jitsiauth.ActorUID, ActorName: "7"}

// TestRestore: a new log begins, with all entries and one more; the file that
// was there is kept.
func TestRestore(t *testing.T) {
	ann, bob := member(t, 1), member(t, 2)
	from, to := newFile(t, ann), newFile(t, bob)
	if err := os.Chmod(to, 0o640); err != nil { //nolint:gosec // what an owner may want
		t.Fatal(err)
	}
	old := openTest(t, from)
	before, err := old.Head(t.Context())
	if err := errors.Join(err, old.Close()); err != nil {
		t.Fatal(err)
	}
	kept, err := Restore(t.Context(), from, to, RestoreOptions{Replace: true, Entry: restored})
	if err != nil || kept != to+".before-restore-20261123T100000Z" {
		t.Fatal(kept, err)
	}
	s := openTest(t, to)
	if _, err := s.User(t.Context(), ann.ID); err != nil {
		t.Error(err)
	}
	if _, err := s.ListChanges(t.Context(), before, 9); !errors.Is(err, jitsiauth.ErrPositionLost) {
		t.Errorf("an old position: %v", err)
	}
	changes, err := s.ListChanges(t.Context(), jitsiauth.Position{}, 9)
	if last := len(changes) - 1; err != nil || last < 0 || changes[last].Action != jitsiauth.BackupRestored || changes[last].ActorName != "7" || changes[last].Position.N != before.N+1 {
		t.Errorf("%+v, %v", changes, err)
	}
	if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v", info, err)
	}
	if _, err := openTest(t, kept).User(t.Context(), bob.ID); err != nil {
		t.Error(err)
	}
	if left := leftovers(t, to); len(left) != 1 || left[0] != filepath.Base(kept) {
		t.Errorf("there are %q", left)
	}
	if found, err := CheckFile(t.Context(), from, nil); err != nil || found.Accounts != 1 || found.Changes != int(before.N) { //nolint:gosec // small
		t.Errorf("the backup: %+v, %v", found, err)
	}
}

// TestRestoreNew makes a file where there is none, from a backup that can't be
// written to.
func TestRestoreNew(t *testing.T) {
	from, to := newFile(t, member(t, 1)), filepath.Join(t.TempDir(), "new.db")
	if err := os.Chmod(from, 0o400); err != nil {
		t.Fatal(err)
	}
	kept, err := Restore(t.Context(), from, to, RestoreOptions{Entry: restored})
	if err != nil || kept != "" || len(leftovers(t, to)) != 0 {
		t.Fatal(kept, err, leftovers(t, to))
	}
	if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if _, err := openTest(t, to).User(t.Context(), member(t, 1).ID); err != nil {
		t.Error(err)
	}
}

// TestRestoreThroughLink replaces the file, not the link to it.
func TestRestoreThroughLink(t *testing.T) {
	from, to := newFile(t, member(t, 1)), newFile(t)
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(to, link); err != nil {
		t.Skip(err)
	}
	if _, err := Restore(t.Context(), from, link, RestoreOptions{Replace: true, Entry: restored}); err != nil {
		t.Fatal(err)
	}
	if _, err := openTest(t, to).User(t.Context(), member(t, 1).ID); err != nil {
		t.Error(err)
	}
}

// TestRestoreRefuses: in each case both files are as they were, and nothing is
// beside them.
func TestRestoreRefuses(t *testing.T) {
	good := newFile(t, member(t, 1))
	text := filepath.Join(t.TempDir(), "text.db")
	damaged := filepath.Join(t.TempDir(), "damaged.db")
	content, err := os.ReadFile(good)
	if err = errors.Join(err, os.WriteFile(text, []byte(strings.Repeat("text", 1<<12)), 0o600), os.WriteFile(damaged, content[:3*os.Getpagesize()], 0o600)); err != nil {
		t.Fatal(err)
	}
	broken, held := newFile(t, member(t, 1)), newFile(t)
	s, err := Open(broken, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.update(t.Context(), func(t txn) error { return t.names().Put([]byte("x"), []byte("nobody")) }), s.Close()); err != nil {
		t.Fatal(err)
	}
	openTest(t, held)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name     string
		from, to string
		replace  bool
		want     error
	}{
		{"no Replace", good, newFile(t), false, fs.ErrExist},
		{"target in use", good, held, true, ErrInUse},
		{"source in use", held, newFile(t), true, ErrInUse},
		{"no source", good + "x", newFile(t), true, fs.ErrNotExist},
		{"source is a directory", t.TempDir(), newFile(t), true, ErrNotDatabase},
		{"target is a directory", good, t.TempDir(), true, ErrNotDatabase},
		{"source is no database", text, newFile(t), true, ErrNotDatabase},
		{"source is cut off", damaged, newFile(t), true, ErrDamaged},
		{"source contradicts itself", broken, newFile(t), true, ErrDamaged},
		{"no directory", good, filepath.Join(t.TempDir(), "no", "x.db"), false, fs.ErrNotExist},
	} {
		before, _ := os.ReadFile(c.to)
		kept, err := Restore(t.Context(), c.from, c.to, RestoreOptions{Options: Options{LockTimeout: -1}, Replace: c.replace, Entry: restored})
		if !errors.Is(err, c.want) || kept != "" {
			t.Errorf("%s: %q, %v", c.name, kept, err)
		}
		after, _ := os.ReadFile(c.to)
		if string(before) != string(after) {
			t.Errorf("%s: the file was changed", c.name)
		}
		if filepath.Ext(c.to) == ".db" && c.name != "no directory" && len(leftovers(t, c.to)) > 0 {
			t.Errorf("%s: left behind %q", c.name, leftovers(t, c.to))
		}
	}
	if _, err := Restore(t.Context(), good, good, RestoreOptions{Replace: true}); err == nil || !strings.Contains(err.Error(), "itself") {
		t.Error(err)
	}
	to := newFile(t)
	if _, err := Restore(ended, good, to, RestoreOptions{Replace: true}); !errors.Is(err, context.Canceled) || len(leftovers(t, to)) > 0 {
		t.Error(err, leftovers(t, to))
	}
}

// TestRestoreOverDamaged: a file that can't be opened is what restoring is for.
func TestRestoreOverDamaged(t *testing.T) {
	from, to := newFile(t, member(t, 1)), filepath.Join(t.TempDir(), "to.db")
	if err := os.WriteFile(to, []byte("cut off"), 0o600); err != nil {
		t.Fatal(err)
	}
	kept, err := Restore(t.Context(), from, to, RestoreOptions{Replace: true, Entry: restored})
	if err != nil {
		t.Fatal(err)
	}
	openTest(t, to)
	if content, err := os.ReadFile(kept); string(content) != "cut off" {
		t.Error(content, err)
	}
}

// TestOpenDuringRestore: who waited for the lock of the file that was replaced
// must not go on with that one.
func TestOpenDuringRestore(t *testing.T) {
	path, other := newFile(t), newFile(t, member(t, 1))
	holder, err := openFile(path, (*Options)(nil).resolve())
	if err != nil {
		t.Fatal(err)
	}
	result := make(chan error)
	go func() {
		s, err := Open(path, &Options{LockTimeout: time.Minute})
		if err == nil {
			err = errors.Join(errors.New("it was opened"), s.Close())
		}
		result <- err
	}()
	time.Sleep(200 * time.Millisecond) // for Open to wait; without it the test proves less, and passes
	if err := errors.Join(os.Rename(path, path+".old"), os.Rename(other, path), holder.Close()); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err == nil || !strings.Contains(err.Error(), "replaced") && !strings.Contains(err.Error(), "it was opened") {
		t.Error(err)
	}
	openTest(t, path)
}
