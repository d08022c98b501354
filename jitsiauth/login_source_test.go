package jitsiauth

import (
	"context"
	"net/netip"
	"testing"
)

// sourceStore counts the sources that it is given.
type sourceStore struct {
	Store
	sources int
}

func (s *sourceStore) AddLogins(_ context.Context, b LoginBatch) error {
	s.sources += len(b.Sources)
	return nil
}

// Run may write between a login and its source; the source is not lost.
func TestSourceBetweenTwoBatchesIsKept(t *testing.T) {
	store := &sourceStore{}
	s := &Service{store: store, logins: newLoginLog()}
	s.logins.add(Login{At: start, Result: LoginOK, ID: ID{1}})
	for range 3 {
		if err := s.writeLogins(t.Context()); err != nil {
			t.Fatal(err)
		}
		if store.sources == 0 {
			s.logins.saw(ID{1}, KnownSource{netip.MustParseAddr("192.0.2.1"), start})
		}
	}
	if store.sources == 0 {
		t.Error("the source was never written")
	}
}
