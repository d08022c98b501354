package jitsiauth_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// counting is a store that counts what a login reads.
type counting struct {
	jitsiauth.Store
	users, tokens atomic.Int32
	headless      atomic.Bool
}

func (s *counting) UserByJID(ctx context.Context, jid jitsiauth.JID) (jitsiauth.Record, error) {
	s.users.Add(1)
	return s.Store.UserByJID(ctx, jid)
}

func (s *counting) TokenByHash(ctx context.Context, hash [32]byte) (jitsiauth.Token, error) {
	s.tokens.Add(1)
	return s.Store.TokenByHash(ctx, hash)
}

func (s *counting) Head(ctx context.Context) (jitsiauth.Position, error) {
	if s.headless.Load() {
		return jitsiauth.Position{}, errBroken
	}
	return s.Store.Head(ctx)
}

func newCounting(t *testing.T) (*counting, *bench) {
	store := &counting{Store: memstore.New()}
	return store, benchOn(t, store, bcrypt.MinCost)
}

func TestTokensAreRemembered(t *testing.T) {
	store, b := newCounting(t)
	_, secret, err := b.CreateToken(t.Context(), jitsiauth.NewToken{Name: "prosody", Scopes: []jitsiauth.Scope{jitsiauth.ScopeAuth}})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := b.Authenticate(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
	}
	if n := store.tokens.Load(); n != 1 {
		t.Errorf("read %d times, want once", n)
	}
	// Another service on the same store revokes it.
	other := benchOn(t, store.Store, bcrypt.MinCost)
	if err := other.RevokeToken(t.Context(), "prosody"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Authenticate(t.Context(), secret); !errors.Is(err, jitsiauth.ErrBadToken) {
		t.Errorf("a token that was revoked elsewhere: %v", err)
	}
	for range 3 {
		if _, err := b.Authenticate(t.Context(), "wrong"); !errors.Is(err, jitsiauth.ErrBadToken) {
			t.Error(err)
		}
	}
	store.headless.Store(true)
	if _, err := b.Authenticate(t.Context(), secret); !errors.Is(err, errBroken) {
		t.Errorf("a store that fails: %v", err)
	}
}

func TestAccountsAreRemembered(t *testing.T) {
	store, b := newCounting(t)
	u := b.add(t, jitsiauth.NewUser{}, "alice")
	login := func(want error, reads int32) {
		t.Helper()
		store.users.Store(0)
		if err := b.outcome(t, at("192.0.2.1", "alice", password)); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
		if n := store.users.Load(); n != reads {
			t.Errorf("the account was read %d times, want %d", n, reads)
		}
	}
	login(nil, 1)
	login(nil, 0)
	if err := b.Close(t.Context()); err != nil { // writes from where alice is known
		t.Fatal(err)
	}
	login(nil, 1)
	login(nil, 0)
	other := benchOn(t, store.Store, bcrypt.MinCost)
	if _, err := other.Disable(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	login(jitsiauth.ErrDisabled, 1)
	login(jitsiauth.ErrDisabled, 0)
	if _, err := other.Enable(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	login(nil, 1)
	if err := other.Delete(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	login(jitsiauth.ErrBadCredentials, 1)
	login(jitsiauth.ErrBadCredentials, 1) // what is not there is not remembered
	store.headless.Store(true)
	if err := b.outcome(t, at("192.0.2.1", "alice", password)); !errors.Is(err, errBroken) {
		t.Errorf("a store that fails: %v", err)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	store, b := newCounting(t)
	for i := range 1100 {
		b.add(t, jitsiauth.NewUser{}, fmt.Sprint("user", i))
	}
	for range 2 {
		store.users.Store(0)
		for i := range 1100 {
			if err := b.outcome(t, at(fmt.Sprintf("10.0.%d.%d", i>>8, i&255), fmt.Sprint("user", i), password)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := store.users.Load(); n != 100 {
		t.Errorf("%d accounts of 1100 were read again, want the 100 that memory has no room for", n)
	}
}
