package jitsiauth_test

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// copyable is a store whose backups are all the same.
type copyable struct {
	jitsiauth.Store
	entries []jitsiauth.Change
	err     error
}

func (s *copyable) Backup(_ context.Context, c jitsiauth.Change) (*jitsiauth.Backup, error) {
	s.entries = append(s.entries, c)
	return &jitsiauth.Backup{ReadCloser: io.NopCloser(strings.NewReader("copy")), Size: 4}, s.err
}

// Only an administrator of the whole service gets the hashes of all.
func TestBackupRights(t *testing.T) {
	store := &copyable{Store: memstore.New()}
	b := benchOn(t, store, bcrypt.MinCost)
	source := netip.MustParseAddr("192.0.2.7")
	for _, test := range []struct {
		actor jitsiauth.Actor
		may   bool
	}{
		{jitsiauth.Actor{Kind: jitsiauth.ActorToken, Name: "a", Role: jitsiauth.RoleAdmin, Source: source}, true},
		{jitsiauth.Actor{Role: jitsiauth.RoleAdmin, Domains: []string{"meet.jitsi"}}, false},
		{jitsiauth.Actor{Role: jitsiauth.RoleManager}, false},
		{jitsiauth.Actor{Role: jitsiauth.RoleUser}, false},
		{jitsiauth.Actor{}, false},
	} {
		store.entries = nil
		got, err := b.Backup(jitsiauth.WithActor(t.Context(), test.actor))
		if !test.may {
			if !errors.Is(err, jitsiauth.ErrForbidden) || got != nil || len(store.entries) != 0 {
				t.Errorf("%+v: %v, %v", test.actor, got, err)
			}
			continue
		}
		if err != nil || got.Size != 4 || len(store.entries) != 1 {
			t.Fatalf("%+v: %v, %v", test.actor, got, err)
		}
		if c := store.entries[0]; c.Action != jitsiauth.BackupMade || c.Actor != jitsiauth.ActorToken || c.ActorName != "a" ||
			c.Source != source || !c.At.Equal(b.clock.Now()) || !c.Subject.IsZero() {
			t.Errorf("%+v", c)
		}
	}
}

func TestNoBackup(t *testing.T) {
	if _, err := newBench(t).Backup(t.Context()); !errors.Is(err, jitsiauth.ErrNoBackup) {
		t.Errorf("memstore: %v", err)
	}
	full := errors.New("disk full")
	if _, err := benchOn(t, &copyable{Store: memstore.New(), err: full}, bcrypt.MinCost).Backup(t.Context()); !errors.Is(err, full) {
		t.Error(err)
	}
}
