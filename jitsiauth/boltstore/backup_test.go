package boltstore

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/jitsiauth/server/jitsiauth"
)

var made = jitsiauth.Change{Action: jitsiauth.BackupMade, Actor: jitsiauth.ActorUID, ActorName: "7"}

// save reads the backup into a file of its own.
func save(t *testing.T, b *jitsiauth.Backup) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "copy.db")
	content, err := io.ReadAll(b)
	if err = errors.Join(err, b.Close(), os.WriteFile(path, content, 0o600)); err != nil {
		t.Fatal(err)
	}
	if int64(len(content)) != b.Size || sha256.Sum256(content) != b.SHA256 {
		t.Errorf("%d bytes, said %d; or another digest", len(content), b.Size)
	}
	return path
}

// leftovers are the files in the directory of path besides it.
func leftovers(t *testing.T, path string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.Name() != filepath.Base(path) {
			names = append(names, entry.Name())
		}
	}
	return names
}

// TestBackupWhileWriting: each of several backups, taken while others write
// without a pause, is sound and holds every write that had returned before.
func TestBackupWhileWriting(t *testing.T) {
	path := newFile(t)
	s := openTest(t, path)
	var (
		acknowledged [3]atomic.Int64
		stop         atomic.Bool
		writing      sync.WaitGroup
	)
	for w := range acknowledged {
		writing.Go(func() {
			for n := 0; !stop.Load(); n++ {
				r := member(t, n*len(acknowledged)+w)
				if err := s.CreateUser(context.Background(), r, jitsiauth.Change{Action: jitsiauth.UserCreated, Subject: r.ID, JID: r.JID}); err != nil {
					t.Error(err)
					return
				}
				acknowledged[w].Add(1)
			}
		})
	}
	for range 8 {
		var before [len(acknowledged)]int64
		for w := range acknowledged {
			for before[w] = acknowledged[w].Load(); before[w] == 0 && !t.Failed(); before[w] = acknowledged[w].Load() {
			}
		}
		b, err := s.Backup(t.Context(), made)
		if err != nil {
			t.Fatal(err)
		}
		copied := openTest(t, save(t, b)) // which also checks it
		for w, n := range before {
			for i := range int(n) {
				if _, err := copied.User(t.Context(), member(t, i*len(acknowledged)+w).ID); err != nil {
					t.Fatalf("write %d of writer %d: %v", i, w, err)
				}
			}
		}
	}
	stop.Store(true)
	writing.Wait()
	if left := leftovers(t, path); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// TestBackupUnread: a copy that nobody reads, or closes, holds up nothing.
func TestBackupUnread(t *testing.T) {
	path := newFile(t, member(t, 1))
	s := openTest(t, path)
	b, err := s.Backup(t.Context(), made)
	if err != nil {
		t.Fatal(err)
	}
	if left := leftovers(t, path); len(left) > 0 { // a crash at this moment would leave it
		t.Errorf("has a name: %q", left)
	}
	for i := range 200 {
		if err := s.CreateUser(t.Context(), member(t, 2+i), jitsiauth.Change{Action: jitsiauth.UserCreated}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	copied := openTest(t, save(t, b))
	if _, err := copied.User(t.Context(), member(t, 2).ID); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Errorf("a later account: %v", err)
	}
}

// TestBackupIsLogged, and its entry survives a closed file.
func TestBackupIsLogged(t *testing.T) {
	path := newFile(t)
	s := openTest(t, path)
	b, err := s.Backup(t.Context(), made)
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	_ = b.Close()
	changes, err := openTest(t, path).ListChanges(t.Context(), jitsiauth.Position{}, 9)
	if err != nil || len(changes) != 1 || changes[0].Action != made.Action || changes[0].ActorName != "7" || !changes[0].Subject.IsZero() {
		t.Errorf("%+v, %v", changes, err)
	}
}

// TestBackupFails: nothing is logged, and no file left.
func TestBackupFails(t *testing.T) {
	path := newFile(t)
	s := openTest(t, path)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Backup(ended, made); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
	// The log can't be written: the copy is complete, but nobody gets it.
	ctx, cancel := context.WithCancel(t.Context())
	other, err := s.db.Begin(true)
	if err != nil {
		t.Fatal(err)
	}
	result := make(chan error)
	go func() { _, err := s.Backup(ctx, made); result <- err }()
	cancel()
	if err := errors.Join(other.Rollback(), <-result); !errors.Is(err, context.Canceled) {
		t.Errorf("not logged: %v", err)
	}
	if head, err := s.Head(t.Context()); head.N != 0 || err != nil {
		t.Errorf("head %v, %v", head, err)
	}
	if left := leftovers(t, path); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	inside := openInside(t, &bbolt.Options{NoSync: true}, "accounts")
	if _, err := inside.Backup(t.Context(), made); !errors.Is(err, jitsiauth.ErrNoBackup) {
		t.Errorf("in another's file: %v", err)
	}
}

func TestWriterEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var to strings.Builder
	w := writer{ctx, &to}
	_, first := w.Write([]byte("a"))
	cancel()
	if _, err := w.Write([]byte("b")); first != nil || !errors.Is(err, context.Canceled) || to.String() != "a" {
		t.Error(first, err, to.String())
	}
}
