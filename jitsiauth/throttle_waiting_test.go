package jitsiauth_test

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// wrong tries n wrong passwords at an account.
func (b *bench) wrong(t testing.TB, n int, name string, source netip.Addr) {
	t.Helper()
	jid, err := b.ParseJID(name)
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		if _, err := b.Verify(t.Context(), jitsiauth.Attempt{Username: jid.Local(), Domain: jid.Domain(), Password: "wrong", Source: source}); err == nil {
			t.Fatal("a wrong password is right")
		}
	}
}

// briefWaiting says who waits, where from, and how long.
func briefWaiting(all []jitsiauth.WaitingAccount) string {
	var text string
	for _, w := range all {
		text += fmt.Sprintf("%s %s", w.User.JID.Local(), w.StrangersWait)
		for _, s := range w.Sources {
			text += fmt.Sprintf(" %s/%d/%s/%s", s.Source, s.Attempts, s.RetryAfter, s.By)
		}
		text += "; "
	}
	return text
}

func TestWaiting(t *testing.T) {
	b := newBench(t)
	office, home := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::7")
	alice := b.add(t, jitsiauth.NewUser{}, "alice")
	b.clock.Add(time.Millisecond) // of equal waits, the older account comes first
	b.add(t, jitsiauth.NewUser{Role: jitsiauth.RoleAdmin}, "boss")
	b.add(t, jitsiauth.NewUser{}, "bob@other.example")
	if _, err := b.Verify(t.Context(), jitsiauth.Attempt{Username: "alice", Password: password, Source: office}); err != nil {
		t.Fatal(err)
	}
	b.wrong(t, 9, "alice", office)
	b.wrong(t, 20, "nobody", office)
	want := func(role jitsiauth.Role, limit int, want string, wantMore bool, domains ...string) {
		t.Helper()
		all, more, err := b.Waiting(as(t, role, domains...), limit)
		if got := briefWaiting(all); err != nil || got != want || more != wantMore {
			t.Errorf("%s: %q %v %v, want %q", role, got, more, err, want)
		}
	}
	want(jitsiauth.RoleManager, 10, "", false)
	b.wrong(t, 1, "alice", office) // where she is known, so that it is nobody else's affair
	want(jitsiauth.RoleManager, 10, "alice 0s 192.0.2.1/10/1m0s/account_source; ", false)
	b.wrong(t, 11, "boss", home)
	b.clock.Add(30 * time.Second)
	b.wrong(t, 10, "alice", home)
	b.wrong(t, 12, "bob@other.example", office)
	const (
		ofAlice = "alice 0s 2001:db8::/10/1m0s/account_source 192.0.2.1/10/30s/account_source; "
		ofBob   = "bob 0s 192.0.2.1/10/1m0s/account_source; "
		ofBoss  = "boss 0s 2001:db8::/10/30s/account_source; "
	)
	want(jitsiauth.RoleAdmin, 3, ofAlice+ofBob+ofBoss, false)
	want(jitsiauth.RoleAdmin, 2, ofAlice+ofBob, true)
	want(jitsiauth.RoleManager, 2, ofAlice+ofBob, false)
	want(jitsiauth.RoleManager, 2, ofBob, false, "other.example")
	want(jitsiauth.RoleManager, 0, "", true)
	if _, _, err := b.Waiting(as(t, jitsiauth.RoleUser), 10); !errors.Is(err, jitsiauth.ErrForbidden) {
		t.Errorf("a user sees it: %v", err)
	}
	if err := b.ClearThrottle(t.Context(), alice.ID); err != nil {
		t.Error(err)
	}
	want(jitsiauth.RoleAdmin, 3, ofBob+ofBoss, false)
	b.clock.Add(11 * time.Minute)
	want(jitsiauth.RoleAdmin, 3, "", false)
}

// An account that is gone waits for nothing, nor does who gets its name.
func TestWaitingOfWhoIsGone(t *testing.T) {
	b := newBench(t)
	u := b.add(t, jitsiauth.NewUser{}, "alice")
	b.wrong(t, 11, "alice", netip.MustParseAddr("192.0.2.1"))
	if err := b.Delete(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	b.add(t, jitsiauth.NewUser{}, "alice")
	if all, more, err := b.Waiting(t.Context(), 10); err != nil || more || len(all) != 0 {
		t.Errorf("%+v %v %v", all, more, err)
	}
}

// From many places at once, strangers wait; from a source that waits everywhere,
// every account that it tried says so.
func TestWaitingStrangers(t *testing.T) {
	b := newBench(t)
	for i := range 3 {
		b.add(t, jitsiauth.NewUser{}, fmt.Sprint("u", i))
		b.clock.Add(time.Millisecond)
	}
	for i := range 60 {
		b.wrong(t, 1, fmt.Sprint("u", i), netip.MustParseAddr("192.0.2.1"))
	}
	for i := range 20 {
		b.wrong(t, 1, "u0", netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}))
	}
	all, _, err := b.Waiting(t.Context(), 10)
	const want = "u0 5s 192.0.2.1/1/6s/source; u1 0s 192.0.2.1/1/6s/source; u2 0s 192.0.2.1/1/6s/source; "
	if got := briefWaiting(all); err != nil || got != want {
		t.Errorf("%q %v, want %q", got, err, want)
	}
}
