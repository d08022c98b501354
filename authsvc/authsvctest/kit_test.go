package authsvctest_test

import (
	"errors"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/authsvctest"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/boltstore"
)

const password = "correct horse battery"

func TestNilOptions(t *testing.T) {
	kit := authsvctest.New(t, nil)
	alice := kit.AddUser("alice", password)
	if got, err := kit.Client.User(t.Context(), "alice@meet.jitsi"); err != nil || got.ID != alice.ID.String() {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := kit.Client.Tokens(t.Context()); err != nil {
		t.Error("the kit's client is no administrator:", err)
	}
	auth := kit.ClientWith(kit.Token(jitsiauth.ScopeAuth))
	question := api.VerifyRequest{Username: "alice", Password: password}
	if _, err := auth.Verify(t.Context(), question); err != nil {
		t.Error(err)
	}
	if _, err := kit.Service.Disable(t.Context(), alice.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := auth.Verify(t.Context(), question); !errors.Is(err, jitsiauth.ErrDisabled) {
		t.Error(err)
	}
	var e *client.Error
	if _, err := kit.ClientWith("").Tokens(t.Context()); !errors.As(err, &e) || e.Status != http.StatusUnauthorized {
		t.Error(err)
	}
	if head, err := kit.Store.Head(t.Context()); err != nil || head.N == 0 {
		t.Error(head, err)
	}
}

// A test may use any password, but its program meets the policy.
func TestWeakPasswords(t *testing.T) {
	kit := authsvctest.New(t, nil)
	kit.AddUser("alice", "alice")
	auth := kit.ClientWith(kit.Token(jitsiauth.ScopeAuth))
	if _, err := auth.Verify(t.Context(), api.VerifyRequest{Username: "alice", Password: "alice"}); err != nil {
		t.Error(err)
	}
	var refused *jitsiauth.PolicyError
	if _, err := kit.Client.SetPassword(t.Context(), "alice", api.NewPassword{Password: "alice"}); !errors.As(err, &refused) {
		t.Error(err)
	}
}

// Two kits on one store are one service that was started again.
func TestGivenStoreAndOptions(t *testing.T) {
	store, err := boltstore.Open(filepath.Join(t.TempDir(), "x.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	start := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	var passed atomic.Int64
	now := func() time.Time { return start.Add(time.Duration(passed.Load())) }
	opts := &authsvctest.Options{
		Store:   store,
		Service: jitsiauth.Options{Domains: []string{"a.example", "b.example"}, Now: now},
		Server:  authsvc.Options{Version: "1.2.3"},
	}
	first := authsvctest.New(t, opts)
	bob := first.AddUser("bob@b.example", password)
	if !bob.CreatedAt.Equal(start) {
		t.Error(bob.CreatedAt)
	}
	if _, err := first.Service.Update(t.Context(), bob.ID, jitsiauth.UserChange{ValidUntil: new(start.Add(time.Hour))}); err != nil {
		t.Fatal(err)
	}
	second := authsvctest.New(t, opts)
	second.AddUser("carol", password)
	if got, err := second.Client.User(t.Context(), "bob@b.example"); err != nil || got.State != "active" {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := first.Client.User(t.Context(), "carol"); err != nil || got.JID != "carol@a.example" {
		t.Errorf("%+v %v", got, err)
	}
	passed.Store(int64(time.Hour))
	if got, err := second.Client.User(t.Context(), bob.ID.String()); err != nil || got.State != "expired" {
		t.Errorf("%+v %v: the server has another clock", got, err)
	}
}
