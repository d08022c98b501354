package boltstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/jitsiauth/server/jitsiauth"
)

// TestCheckFinds breaks one thing each.
func TestCheckFinds(t *testing.T) {
	ann, bob := member(t, 1), member(t, 2)
	token := jitsiauth.Token{ID: jitsiauth.ID{1}, Name: "one", Hash: [32]byte{2}}
	link := jitsiauth.Link{ID: jitsiauth.ID{5}, Hash: [32]byte{6}, Uses: 1, Left: 1}
	var known []jitsiauth.KnownSource
	for i := range jitsiauth.MaxKnownSources + 1 {
		known = append(known, from(fmt.Sprint("192.0.2.", i), seenAt.Add(-time.Duration(i))))
	}
	for _, c := range []struct {
		alter func(t txn) error
		want  string
	}{
		{func(t txn) error { return t.names().Delete(nameKey(ann.JID)) }, "is not in the index"},
		{func(t txn) error { return t.users().Delete(ann.ID[:]) }, "is missing"},
		{func(t txn) error { return t.names().Put(nameKey(ann.JID), bob.ID[:]) }, "is called " + bob.JID.String()},
		{func(t txn) error { return t.users().Put(ann.ID[:], []byte("{")) }, "account " + fmt.Sprintf("%x", ann.ID[:])},
		{func(t txn) error { return t.users().Put([]byte("short"), t.users().Get(ann.ID[:])) }, "its ID is 5 bytes long"},
		{func(t txn) error { return t.tokens().Delete(token.ID[:]) }, "its token"},
		{func(t txn) error { return t.tokenHashes().Delete(token.Hash[:]) }, "its hash is not in the index"},
		{func(t txn) error { return t.tokens().Put(token.ID[:], []byte("{}")) }, "wrong length"},
		{func(t txn) error {
			return t.putToken(jitsiauth.Token{ID: jitsiauth.ID{3}, Name: token.Name, Hash: [32]byte{4}})
		}, "is called \"one\", too"},
		{func(t txn) error { return t.links().Delete(link.ID[:]) }, "its link"},
		{func(t txn) error { return t.linkHashes().Delete(link.Hash[:]) }, "its hash is not in the index"},
		{func(t txn) error { return t.links().Put(link.ID[:], []byte("{}")) }, "wrong length"},
		{func(t txn) error {
			return t.putLink(jitsiauth.Link{ID: link.ID, Hash: link.Hash, Uses: 1, Left: 2})
		}, "2 of 1 uses are left"},
		{func(t txn) error { return t.logins().Put(positionKey(7), []byte("{")) }, "login 0000000000000007"},
		{func(t txn) error { return t.logins().Put([]byte("short"), []byte("{}")) }, "its number is 5 bytes long"},
		{func(t txn) error {
			return errors.Join(t.logins().Put(positionKey(1), []byte("{}")), t.logins().Put(positionKey(3), []byte("{}")), t.logins().SetSequence(3))
		}, "entry 3 follows 1"},
		{func(t txn) error { return t.logins().Put(positionKey(4), []byte("{}")) }, "its head is 0, its newest entry 4"},
		{func(t txn) error { return t.sources().Put(ann.ID[:], []byte("short")) }, "known sources of account " + ann.ID.String() + ": number 1 can't be read"},
		{func(t txn) error { return t.sources().Put([]byte("short"), nil) }, "known sources of 73686f7274: the ID is 5 bytes long"},
		{func(t txn) error { return t.putSources(jitsiauth.ID{9}, known[:1]) }, "their account " + jitsiauth.ID{9}.String() + " is missing"},
		{func(t txn) error { return t.sources().Put(ann.ID[:], nil) }, "account " + ann.ID.String() + ": it has 0 known sources"},
		{func(t txn) error { return t.putSources(ann.ID, known) }, "account " + ann.ID.String() + ": it has 17 known sources"},
		{func(t txn) error { return t.putSources(ann.ID, []jitsiauth.KnownSource{known[0], known[0]}) }, "are out of order"},
		{func(t txn) error { return t.putSources(ann.ID, []jitsiauth.KnownSource{known[1], known[0]}) }, "are out of order"},
		{func(t txn) error { return t.moments().Put([]byte("short"), nil) }, "can't be read"},
		{func(t txn) error { return t.moments().Put(momentKey(jitsiauth.ID{9}, jitsiauth.Moment{}), nil) }, "is missing"},
		{func(t txn) error { return t.moments().Put(momentKey(ann.ID, jitsiauth.Moment{}), nil) }, "has no such date"},
		{func(t txn) error { return t.changes().Delete(positionKey(2)) }, "entry 3 follows 1"},
		{func(t txn) error { return t.changes().Delete(positionKey(4)) }, "its head is 4, its newest entry 3"},
		{func(t txn) error { return t.changes().SetSequence(9) }, "its head is 9, its newest entry 4"},
		{func(t txn) error { return t.changes().Put(positionKey(2), []byte("no JSON")) }, "log entry"},
		{func(t txn) error { return t.changes().Put([]byte("short"), []byte("{}")) }, "its position is 5 bytes long"},
	} {
		path := newFile(t, ann, bob)
		s, err := Open(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		err = errors.Join(s.CreateToken(t.Context(), token, jitsiauth.Change{Action: jitsiauth.TokenCreated}),
			s.Batch(t.Context(), func(tx jitsiauth.UserTx) error { return tx.CreateLink(link, jitsiauth.Change{}) }),
			s.Check(t.Context()), s.update(t.Context(), c.alter))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Check(t.Context()); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("Check: %v, want %q", err, c.want)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestCheckBoundsFindings(t *testing.T) {
	s := openTestUnchecked(t)
	err := s.update(t.Context(), func(tx txn) error {
		for i := range 100 {
			if err := tx.names().Put(nameKey(member(t, i).JID), []byte("nobody")); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Check(t.Context())
	if err == nil || !strings.Contains(err.Error(), "100 findings") || strings.Count(err.Error(), "\n") != maxFindings {
		t.Errorf("Check: %v", err)
	}
}

func openTestUnchecked(t *testing.T) *Store {
	t.Helper()
	s, err := Open(newFile(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestCheckEnded(t *testing.T) {
	s := openTest(t, newFile(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Check(ctx); !errors.Is(err, context.Canceled) || errors.Is(err, ErrDamaged) {
		t.Errorf("Check: %v", err)
	}
	if err := s.db.Update(func(*bbolt.Tx) error { return nil }); err != nil {
		t.Error(err) // a transaction left open would have made it wait for ever
	}
}
