package authsvctest_test

import (
	"errors"
	"testing"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/authsvctest"
	"github.com/jitsiauth/server/jitsiauth"
)

// A test of a program that closes the accounts of people who have left.
func ExampleNew() {
	_ = func(t *testing.T) { // func TestLeavers(t *testing.T)
		kit := authsvctest.New(t, nil)
		kit.AddUser("alice", "correct horse battery")

		// Your program's work, by the service's address and a token:
		users := kit.ClientWith(kit.Token(jitsiauth.ScopeUsersWrite))
		if _, err := users.UpdateUser(t.Context(), "alice", api.UserPatch{Disabled: api.Some(true)}); err != nil {
			t.Fatal(err)
		}

		// What Prosody hears at the next login:
		prosody := kit.ClientWith(kit.Token(jitsiauth.ScopeAuth))
		_, err := prosody.Verify(t.Context(), api.VerifyRequest{Username: "alice", Password: "correct horse battery"})
		if !errors.Is(err, jitsiauth.ErrDisabled) {
			t.Errorf("alice can still log in: %v", err)
		}
	}
}
