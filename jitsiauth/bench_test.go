package jitsiauth_test

import (
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// BenchmarkVerify is a login at the default cost beside bcrypt alone, all in
// one run: the ratio is what the rest of Verify adds, and the three kinds of
// login are to take the same time.
func BenchmarkVerify(b *testing.B) {
	at := benchOn(b, memstore.New(), jitsiauth.DefaultBcryptCost)
	at.add(b, jitsiauth.NewUser{}, "alice")
	hash, err := bcrypt.GenerateFromPassword([]byte(password), jitsiauth.DefaultBcryptCost)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("bcrypt-alone", func(b *testing.B) {
		for b.Loop() {
			if err := bcrypt.CompareHashAndPassword(hash, []byte(password)); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, login := range []struct{ name, username, password string }{
		{"right", "alice", password},
		{"wrong", "alice", "wrong password"},
		{"unknown", "nobody", password},
	} {
		b.Run(login.name, func(b *testing.B) {
			for b.Loop() {
				_, _ = at.Verify(b.Context(), jitsiauth.Attempt{Username: login.username, Password: login.password})
			}
		})
	}
}
