package boltstore

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
)

// TestKilled kills a writing process again and again, at moments of chance,
// until it has been told of 1,000 changes: each of them is there afterwards,
// the one under way is there or not, and the file is whole.
func TestKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "crash.db")
	kills, done := 0, 0
	for done < 1000 {
		child, lines := startChild(t, "write", path)
		stop, tried := done+1+rand.IntN(150), done //nolint:gosec // chance is the point
		for lines.Scan() {
			var n int
			if _, err := fmt.Sscanf(lines.Text(), "done %d", &n); err == nil {
				done = n + 1
			} else if _, err := fmt.Sscanf(lines.Text(), "try %d", &n); err == nil {
				tried = n + 1
			}
			if tried == stop && stop > 0 {
				kill(t, child) // what it still says is read to the end
				stop = 0
			}
		}
		if err := child.Wait(); stop != 0 {
			t.Fatalf("the child ended by itself: %v", err)
		}
		kills++
		done = verifyKilled(t, path, done, tried)
	}
	t.Logf("%d changes, killed %d times", done, kills)
}

// verifyKilled returns how many changes the file holds.
func verifyKilled(t *testing.T, path string, done, tried int) int {
	t.Helper()
	s, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := s.Check(t.Context()); err != nil {
		keep(t, path)
		t.Fatal(err)
	}
	head, err := s.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	kept := int(head.N) //nolint:gosec // small
	if kept < done || kept > tried {
		keep(t, path)
		t.Fatalf("%d changes are there, %d were acknowledged, %d tried", kept, done, tried)
	}
	verifySteps(t, s, kept)
	return kept
}

// verifySteps holds accounts and log to what the first kept steps make.
func verifySteps(t *testing.T, s *Store, kept int) {
	t.Helper()
	log, err := s.ListChanges(t.Context(), jitsiauth.Position{}, kept+1)
	if err != nil || len(log) != kept {
		t.Fatalf("log of %d, %v, want %d", len(log), err, kept)
	}
	revisions := map[jitsiauth.ID]uint64{}
	for n, c := range log {
		r, kind := step(n)
		if c.Action != kind {
			t.Errorf("entry %d: %s, want %s", n+1, c.Action, kind)
		}
		revisions[r.ID]++
		if kind == jitsiauth.UserDeleted {
			revisions[r.ID] = 0
		}
	}
	for id, want := range revisions {
		r, err := s.User(t.Context(), id)
		if r.Revision != want || (want == 0) != errors.Is(err, jitsiauth.ErrNotFound) {
			t.Errorf("account %s has revision %d (%v), want %d", id, r.Revision, err, want)
		}
	}
}
