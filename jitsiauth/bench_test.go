package jitsiauth_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

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

// BenchmarkRefusal compares how long each way to be refused takes with a wrong
// password of an account at the default cost, in turn, in one run. The figures
// are ratios, which are to be 1: whoever measures learns nothing. Of each way the
// quickest of all rounds counts, as others use the machine too; -benchtime 20x are
// enough of them.
func BenchmarkRefusal(b *testing.B) {
	at := benchOn(b, memstore.New(), jitsiauth.DefaultBcryptCost)
	ways := refusals(b, at)
	quickest := make([]time.Duration, len(ways))
	for b.Loop() {
		at.clock.Add(time.Hour) // empties the throttle
		for i, way := range ways {
			attempt := jitsiauth.Attempt{Username: way.username, Password: way.password, Source: netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})}
			start := time.Now()
			_, err := at.Verify(b.Context(), attempt)
			if took := time.Since(start); quickest[i] == 0 || took < quickest[i] {
				quickest[i] = took
			}
			if !errors.Is(err, jitsiauth.ErrBadCredentials) {
				b.Fatal(way.name, err)
			}
		}
	}
	for i, way := range ways[1:] {
		b.ReportMetric(float64(quickest[i+1])/float64(quickest[0]), way.name+"/bcrypt-12")
	}
}

// refusal is a login that is refused.
type refusal struct{ name, username, password string }

// refusals are the accounts of all kinds of hashes, and none, each with a short
// and a long wrong password. The first is what the others are compared with.
func refusals(b *testing.B, at *bench) (all []refusal) {
	b.Helper()
	bcryptAt := func(cost int) string {
		hash, err := bcrypt.GenerateFromPassword([]byte(password), cost)
		if err != nil {
			b.Fatal(err)
		}
		return string(hash)
	}
	// With the iterations that Prosody makes, these fit nothing.
	sha1 := strings.Replace(pencil, "$4096:", "$10000:", 1)
	sha256 := "SCRAM-SHA-256$10000:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
	for _, of := range []struct{ name, hash string }{
		{"bcrypt-12", bcryptAt(jitsiauth.DefaultBcryptCost)},
		{"bcrypt-10", bcryptAt(jitsiauth.MinBcryptCost)},
		{"scram-sha-1", sha1},
		{"scram-sha-1-of-4096", pencil},
		{"scram-sha-256", sha256},
		{"no-password", ""},
		{"unknown-name", ""},
	} {
		username := of.name
		switch {
		case of.hash != "":
			at.only(b, jitsiauth.ImportOptions{}, line(b, username, withHash(of.hash)))
		case of.name == "no-password":
			at.only(b, jitsiauth.ImportOptions{}, line(b, username, noPassword))
		}
		all = append(all, refusal{of.name, username, "wrong password"})
		all = append(all, refusal{of.name + "-73-bytes", username, strings.Repeat("w", 73)})
	}
	return all
}
