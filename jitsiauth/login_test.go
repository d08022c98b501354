package jitsiauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// logins writes what was collected and returns the log, oldest first.
func logins(t testing.TB, b *bench) (all []jitsiauth.Login) {
	t.Helper()
	if err := b.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	entries, err := b.store.ListLogins(t.Context(), 0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for i := range entries {
		all = append(all, entries[len(entries)-1-i])
	}
	return all
}

func TestLoginsAreLogged(t *testing.T) {
	b := newBench(t)
	now := b.clock.Now()
	alice := b.add(t, jitsiauth.NewUser{}, "alice")
	b.add(t, jitsiauth.NewUser{Disabled: true}, "off")
	b.add(t, jitsiauth.NewUser{ValidUntil: now}, "old")
	b.add(t, jitsiauth.NewUser{ValidFrom: now.Add(time.Hour)}, "new")
	source := netip.MustParseAddr("192.0.2.7")
	ctx := jitsiauth.WithActor(t.Context(), jitsiauth.Actor{Kind: jitsiauth.ActorToken, Name: "prosody", Role: jitsiauth.RoleUser})
	ended, end := context.WithCancel(ctx)
	end()
	for _, a := range []struct {
		ctx context.Context
		jitsiauth.Attempt
	}{
		{ctx, jitsiauth.Attempt{Username: "ALICE", Password: password, Source: source, Transport: "c2s"}},
		{ctx, jitsiauth.Attempt{Username: "alice", Password: "wrong", Source: source, Proxy: true, Transport: "carrier pigeon"}},
		{ctx, jitsiauth.Attempt{Username: "my-secret-password", Password: "alice"}},
		{ctx, jitsiauth.Attempt{Username: "my secret password", Password: "alice"}},
		{ctx, jitsiauth.Attempt{Username: "off", Password: password}},
		{ctx, jitsiauth.Attempt{Username: "old", Password: password}},
		{ctx, jitsiauth.Attempt{Username: "new", Password: password}},
		{ctx, jitsiauth.Attempt{Username: "new", Password: password}},
		{ctx, jitsiauth.Attempt{Username: "alice", Domain: "elsewhere.example", Password: password}},
		{ended, jitsiauth.Attempt{Username: "alice", Password: password}},
	} {
		_, _ = b.Verify(a.ctx, a.Attempt)
	}
	want := []string{
		"1 ok alice@meet.jitsi 192.0.2.7 false c2s x1",
		"2 bad_credentials alice@meet.jitsi 192.0.2.7 true other x1",
		"3 bad_credentials  invalid IP false  x2",
		"4 disabled off@meet.jitsi invalid IP false  x1",
		"5 expired old@meet.jitsi invalid IP false  x1",
		"6 not_yet_valid new@meet.jitsi invalid IP false  x2",
		"7 unknown_domain  invalid IP false  x1",
		"8 failed  invalid IP false  x1",
	}
	var got []string
	for _, l := range logins(t, b) {
		if l.Actor != jitsiauth.ActorToken || l.ActorName != "prosody" || !l.At.Equal(now) || l.Rest || l.JID.IsZero() != l.ID.IsZero() {
			t.Errorf("%+v", l)
		}
		got = append(got, fmt.Sprint(l.N, " ", l.Result, " ", l.JID, " ", l.Source, " ", l.Proxy, " ", l.Transport, " x", l.Count))
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	u, err := b.Get(t.Context(), alice.ID)
	if err != nil || !u.LastLoginAt.Equal(now) || u.Revision != 1 || u.CredentialRevision != 1 || !u.UpdatedAt.Equal(alice.UpdatedAt) {
		t.Errorf("%+v %v", u, err)
	}
	if off, err := b.List(t.Context(), jitsiauth.ListQuery{State: jitsiauth.StateDisabled}); err != nil || !off.Users[0].LastLoginAt.IsZero() {
		t.Errorf("%+v %v", off, err)
	}
}

// A flood is counted, not listed, and hides no good login.
func TestFloodOfLoginsIsBounded(t *testing.T) {
	b := newBench(t)
	b.add(t, jitsiauth.NewUser{}, "alice")
	attempt := func(i int) {
		source := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		_, _ = b.Verify(t.Context(), jitsiauth.Attempt{Username: "a b", Source: source}) // refused without hashing
	}
	total, entries := 0, 0
	for second := range 3 {
		for i := range 3000 {
			attempt(second*3000 + i)
		}
		if second == 1 {
			if _, err := b.Verify(t.Context(), jitsiauth.Attempt{Username: "alice", Password: password}); err != nil {
				t.Fatal(err)
			}
		}
		all := logins(t, b)
		if most := []int{1001, 4, 4}[second]; len(all)-entries > most {
			t.Errorf("second %d: %d entries", second, len(all)-entries)
		}
		entries = len(all)
	}
	good := 0
	for _, l := range logins(t, b) {
		if total += l.Count; l.Result == jitsiauth.LoginOK {
			good++
		}
		if l.Rest && (l.Source.IsValid() || l.ActorName != "") {
			t.Errorf("%+v", l)
		}
	}
	if total != 9001 || good != 1 {
		t.Errorf("%d attempts, %d good ones", total, good)
	}
}

// forgetful refuses batches while it is told to.
type forgetful struct {
	jitsiauth.Store
	err error
}

func (s *forgetful) AddLogins(ctx context.Context, b jitsiauth.LoginBatch) error {
	if s.err != nil {
		return s.err
	}
	return s.Store.AddLogins(ctx, b)
}

func TestLoginsOutlastAFailure(t *testing.T) {
	store := &forgetful{Store: memstore.New()}
	b := benchOn(t, store, bcrypt.MinCost)
	u := b.add(t, jitsiauth.NewUser{}, "alice")
	store.err = errors.New("disk full")
	for range 3 {
		if _, err := b.Verify(t.Context(), jitsiauth.Attempt{Username: "alice", Password: password}); err != nil {
			t.Fatal(err)
		}
		if err := b.Close(t.Context()); !errors.Is(err, store.err) {
			t.Error(err)
		}
		b.clock.Add(time.Second)
	}
	for i := range 1500 {
		_, _ = b.Verify(t.Context(), jitsiauth.Attempt{Source: netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})})
		if i == 700 {
			_ = b.Close(t.Context())
		}
	}
	store.err = nil
	all := logins(t, b)
	total := 0
	for _, l := range all {
		total += l.Count
	}
	if all[0].Result != jitsiauth.LoginOK || all[0].Count != 3 || total != 1503 || len(all) > 1010 {
		t.Errorf("%d of %d: %+v", len(all), total, all[0])
	}
	if got, err := b.Get(t.Context(), u.ID); err != nil || !got.LastLoginAt.Equal(b.clock.Now().Add(-time.Second)) {
		t.Errorf("%+v %v", got, err)
	}
}

// Run writes by itself, and what came after its last round when it ends.
func TestRunWritesLogins(t *testing.T) {
	b := newBench(t)
	b.add(t, jitsiauth.NewUser{}, "alice")
	_, secret, err := b.CreateToken(t.Context(), jitsiauth.NewToken{Name: "one", Scopes: []jitsiauth.Scope{jitsiauth.ScopeAuth}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := b.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	for round := 1; ; round++ {
		if _, err := b.Verify(t.Context(), jitsiauth.Attempt{Username: "alice", Password: password}); err != nil {
			t.Fatal(err)
		}
		entries, err := b.store.ListLogins(t.Context(), 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if _, err := b.Authenticate(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	_, _ = b.Verify(t.Context(), jitsiauth.Attempt{Username: "nobody"})
	stop()
	running.Wait()
	entries, err := b.store.ListLogins(t.Context(), 0, 10)
	if err != nil || entries[0].Result != jitsiauth.LoginBadCredentials {
		t.Errorf("%+v %v", entries, err)
	}
	if tokens, err := b.Tokens(t.Context()); err != nil || !tokens[0].LastUsedAt.Equal(b.clock.Now()) {
		t.Errorf("%+v %v", tokens, err)
	}
}

func TestLoginsInParallel(t *testing.T) {
	b := newBench(t)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for n := range 500 {
				_, _ = b.Verify(t.Context(), jitsiauth.Attempt{Source: netip.AddrFrom4([4]byte{10, 0, byte(i), byte(n / 9)})})
				if n%100 == 0 {
					if err := b.Close(t.Context()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	group.Wait()
	total := 0
	for _, l := range logins(t, b) {
		total += l.Count
	}
	if total != 4000 {
		t.Errorf("%d attempts in the log", total)
	}
}
