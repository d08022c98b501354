package boltstore

import (
	"errors"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/jitsiauth/server/jitsiauth"
)

// Where the log begins outlasts a restart, and Check knows of it.
func TestTrimOverReopen(t *testing.T) {
	path := newFile(t, member(t, 1), member(t, 2), member(t, 3)) // entries at the zero time
	s, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	head, err := s.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n, err := s.TrimChanges(t.Context(), time.Unix(0, 0), 2)
	if err := errors.Join(err, s.Check(t.Context()), s.Close()); err != nil || n != 2 {
		t.Fatal(n, err)
	}
	s = openTest(t, path)
	if _, err := s.ListChanges(t.Context(), jitsiauth.Position{Epoch: head.Epoch, N: 1}, 9); !errors.Is(err, jitsiauth.ErrPositionLost) {
		t.Error(err)
	}
	if left, err := s.ListChanges(t.Context(), jitsiauth.Position{Epoch: head.Epoch, N: 2}, 9); err != nil || len(left) != 1 {
		t.Error(left, err)
	}
	n, err = s.TrimChanges(t.Context(), time.Unix(0, 0), 2)
	if err := errors.Join(err, s.Check(t.Context())); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if got, err := s.Head(t.Context()); err != nil || got != head {
		t.Error(got, err)
	}
}

func TestTrimDamaged(t *testing.T) {
	path := newFile(t, member(t, 1))
	alter(t, path, func(root *bbolt.Bucket) error { return root.Bucket(metaBucket).Put(trimmedKey, []byte("x")) })
	s, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if _, err := s.ListChanges(t.Context(), jitsiauth.Position{}, 9); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
	if err := s.Check(t.Context()); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
}
