package storetest

import (
	"net/netip"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// newLogin returns an entry with all fields set.
func newLogin(r jitsiauth.Record, result jitsiauth.LoginResult) jitsiauth.Login {
	return jitsiauth.Login{
		At: now, Result: result, ID: r.ID, JID: r.JID, Source: netip.MustParseAddr("2001:db8::1"), Proxy: true,
		Transport: "bosh", Actor: jitsiauth.ActorToken, ActorName: "prosody", Count: 3, Rest: true,
	}
}

func testLogins(t *testing.T, s jitsiauth.Store) {
	list := func(before uint64, limit int) []jitsiauth.Login {
		t.Helper()
		entries, err := s.ListLogins(t.Context(), before, limit)
		ok(t, err)
		return entries
	}
	same(t, "an empty log", list(0, 9), []jitsiauth.Login{})
	same(t, "an empty log from 5 on", list(5, 9), []jitsiauth.Login{})
	r := create(t, s, "ann@a.example")
	head, err := s.Head(t.Context())
	ok(t, err)
	var want []jitsiauth.Login // newest first
	for batch := range 3 {
		var logins []jitsiauth.Login
		for range batch + 1 {
			logins = append(logins, newLogin(r, jitsiauth.LoginOK), jitsiauth.Login{At: now, Result: jitsiauth.LoginBadCredentials, Count: 1})
		}
		ok(t, s.AddLogins(t.Context(), jitsiauth.LoginBatch{Logins: logins}))
		for _, l := range logins {
			l.N = uint64(len(want) + 1)
			want = append([]jitsiauth.Login{l}, want...)
		}
	}
	for before := range len(want) + 3 {
		for _, limit := range []int{-1, 0, 1, 5, 100} {
			from := len(want) + 1 - before
			if before == 0 {
				from = 0
			}
			rest := want[max(0, from):]
			same(t, "a part of the log of logins", list(uint64(before), limit), rest[:max(0, min(limit, len(rest)))]) //nolint:gosec // small
		}
	}
	after, err := s.Head(t.Context())
	ok(t, err)
	same(t, "the head of the log of changes", after, head)
}

func testLastSeen(t *testing.T, s jitsiauth.Store) {
	ann, bob, gone := create(t, s, "ann@a.example"), create(t, s, "bob@a.example"), create(t, s, "gone@a.example")
	one, two := createToken(t, s, "one"), createToken(t, s, "two")
	remove(t, s, gone)
	before := log(t, s)
	late, early := now.Add(48*time.Hour), now.Add(-48*time.Hour)
	nobody := newID()
	ok(t, s.AddLogins(t.Context(), jitsiauth.LoginBatch{
		LastLogins: map[jitsiauth.ID]time.Time{ann.ID: late, bob.ID: early, gone.ID: late, nobody: late},
		TokenUses:  map[jitsiauth.ID]time.Time{one.ID: late, two.ID: early, nobody: late},
	}))
	ann.LastLoginAt, one.LastUsedAt = late, late
	for _, want := range []jitsiauth.Record{ann, bob} {
		got, err := s.User(t.Context(), want.ID)
		ok(t, err)
		same(t, "an account that was seen", got, want)
	}
	tokens, err := s.ListTokens(t.Context())
	ok(t, err)
	same(t, "tokens that were used", tokens, []jitsiauth.Token{one, two})
	for _, want := range []jitsiauth.Token{one, two} {
		got, err := s.TokenByHash(t.Context(), want.Hash)
		ok(t, err)
		same(t, "a token by its hash", got, want)
	}
	_, err = s.User(t.Context(), gone.ID)
	fails(t, "User after DeleteUser", err, jitsiauth.ErrNotFound)
	same(t, "the log", log(t, s), before)
	// Dates that were pending are pending still.
	same(t, "dates", pass(t, s, late, 10), []string{"ann until", "bob until"})
}
