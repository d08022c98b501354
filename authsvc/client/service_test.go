package client_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/authsvctest"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
)

const password = "correct horse battery"

// An account's life, over the real service.
func TestUserLife(t *testing.T) {
	kit := authsvctest.New(t, nil)
	ctx, c := t.Context(), kit.Client
	alice, err := c.CreateUser(ctx, api.NewUser{Username: "alice", Generate: true})
	if err != nil || alice.GeneratedPassword == "" {
		t.Fatalf("%+v %v", alice, err)
	}
	if _, err := c.PutUser(ctx, "alice", api.PutUser{Password: password}); !errors.Is(err, jitsiauth.ErrExists) {
		t.Error(err)
	}
	changed, err := c.UpdateUser(ctx, alice.ID, api.UserPatch{Note: api.Some("n"), ValidUntil: api.Some("2099-01-01")}, client.IfRevision(1))
	if err != nil || changed.Note != "n" || changed.ValidUntil.IsZero() || changed.Revision != 2 {
		t.Errorf("%+v %v", changed, err)
	}
	if _, err := c.UpdateUser(ctx, alice.ID, api.UserPatch{Note: api.Some("m")}, client.IfRevision(1)); !errors.Is(err, jitsiauth.ErrRevision) {
		t.Error(err)
	}
	changed, err = c.UpdateUser(ctx, alice.ID, api.UserPatch{ValidUntil: api.Null[string]()})
	if err != nil || !changed.ValidUntil.IsZero() || changed.Note != "n" {
		t.Errorf("%+v %v", changed, err)
	}
	auth := kit.ClientWith(kit.Token(jitsiauth.ScopeAuth))
	if _, err := c.SetPassword(ctx, "alice", api.NewPassword{Password: password}); err != nil {
		t.Error(err)
	}
	if user, err := auth.Verify(ctx, api.VerifyRequest{Username: "alice", Password: password}); err != nil || user.ID != alice.ID {
		t.Error(user, err)
	}
	if _, err := auth.Verify(ctx, api.VerifyRequest{Username: "alice", Password: alice.GeneratedPassword}); !errors.Is(err, jitsiauth.ErrBadCredentials) {
		t.Error(err)
	}
	if err := c.DeleteUser(ctx, "alice", client.IfRevision(changed.Revision)); err != nil {
		t.Error(err)
	}
	if _, err := c.User(ctx, alice.ID); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Error(err)
	}
	made, err := c.PutUser(ctx, "alice@meet.jitsi", api.PutUser{Password: password})
	if err != nil || made.ID == alice.ID {
		t.Errorf("%+v %v", made, err)
	}
}

func TestUsersReadsPageByPage(t *testing.T) {
	kit := authsvctest.New(t, nil)
	for i := range 7 {
		kit.AddUser(fmt.Sprintf("user%d", i), password)
	}
	for limit := range 9 {
		count := 0
		for user, err := range kit.Client.Users(t.Context(), api.UserQuery{Limit: limit}) {
			if err != nil || user.Username != fmt.Sprintf("user%d", count) {
				t.Fatal(user.Username, err)
			}
			count++
		}
		if count != 7 {
			t.Errorf("%d users in pages of %d", count, limit)
		}
	}
	for range kit.Client.Users(t.Context(), api.UserQuery{Limit: 1}) {
		break
	}
}
