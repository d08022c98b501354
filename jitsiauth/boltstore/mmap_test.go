package boltstore

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// TestWritesWhileReading: with a reader open all the while, as a slow backup
// is, writes go on although the file grows a hundredfold.
func TestWritesWhileReading(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), "test.db"))
	reader, err := s.db.Begin(false)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	finished := make(chan error, 1)
	go func() {
		for i := range 300 {
			r := member(t, i)
			r.Note = strings.Repeat("n", 4096)
			if err := s.CreateUser(ctx, r, jitsiauth.Change{Action: jitsiauth.UserCreated}); err != nil {
				finished <- err
				return
			}
		}
		finished <- nil
	}()
	select {
	case err = <-finished:
	case <-ctx.Done():
		err = ctx.Err()
		t.Error("writes wait for the reader")
	}
	if closed := reader.Rollback(); err != nil || closed != nil {
		t.Error(err, closed)
	}
}

// BenchmarkCreateUserWhileReading is BenchmarkCreateUser with a reader open.
func BenchmarkCreateUserWhileReading(b *testing.B) {
	s := openTest(b, filepath.Join(b.TempDir(), "test.db"))
	reader, err := s.db.Begin(false)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = reader.Rollback() }()
	for i := 0; b.Loop(); i++ {
		if err := s.CreateUser(b.Context(), member(b, i), jitsiauth.Change{Action: jitsiauth.UserCreated}); err != nil {
			b.Fatal(err)
		}
	}
}
