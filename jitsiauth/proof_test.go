package jitsiauth

import (
	"crypto/rand"
	"testing"
	"time"
)

func newTestProofs(t *testing.T) *proofs {
	t.Helper()
	p, err := newProofs(rand.Reader, false)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestProofsTellApart(t *testing.T) {
	p, other := newTestProofs(t), newTestProofs(t)
	alice, bob := JID{"alice", "meet.jitsi"}, JID{"alic", "emeet.jitsi"}
	seen := map[proof]string{}
	for name, of := range map[string]proof{
		"alice":                        p.of(&Record{User: User{ID: ID{1}, CredentialRevision: 1}}, alice, "secret"),
		"another password":             p.of(&Record{User: User{ID: ID{1}, CredentialRevision: 1}}, alice, "secret "),
		"after a new password":         p.of(&Record{User: User{ID: ID{1}, CredentialRevision: 2}}, alice, "secret"),
		"another hash":                 p.of(&Record{User: User{ID: ID{1}, CredentialRevision: 1}, PasswordHash: "$2b$"}, alice, "secret"),
		"another account":              p.of(&Record{User: User{ID: ID{2}, CredentialRevision: 1}}, alice, "secret"),
		"another name":                 p.of(&Record{User: User{ID: ID{1}, CredentialRevision: 1}}, bob, "secret"),
		"no account":                   p.of(&Record{}, alice, "secret"),
		"no account of another name":   p.of(&Record{}, bob, "secret"),
		"name and password shifted":    p.of(&Record{}, JID{"alice", "meet.jits"}, "isecret"),
		"the same in another process":  other.of(&Record{User: User{ID: ID{1}, CredentialRevision: 1}}, alice, "secret"),
		"the zero record's in another": other.of(&Record{}, alice, "secret"),
	} {
		if same, ok := seen[of]; ok {
			t.Errorf("%q and %q look alike", name, same)
		}
		seen[of] = name
	}
}

func TestProofsEnd(t *testing.T) {
	p := newTestProofs(t)
	p.add(proof{1}, start)
	for _, test := range []struct {
		after time.Duration
		known bool
	}{
		{0, true},
		{proofsFor - 1, true},
		{proofsFor, false},
		{-time.Second, false}, // the clock was set back: who knows how old it is
		{365 * 24 * time.Hour, false},
	} {
		if got := p.known(proof{1}, start.Add(test.after)); got != test.known {
			t.Errorf("after %v: %v", test.after, got)
		}
	}
	if p.known(proof{2}, start) {
		t.Error("knows what was never added")
	}
	// Use does not prolong it, another hash does.
	p.add(proof{1}, start.Add(10*time.Minute))
	if !p.known(proof{1}, start.Add(24*time.Minute)) || p.known(proof{1}, start.Add(25*time.Minute)) {
		t.Error("the time of the newest hash counts")
	}
}

func TestProofsAreBounded(t *testing.T) {
	p := newTestProofs(t)
	number := func(i int) proof { return proof{byte(i), byte(i >> 8), byte(i >> 16)} }
	for i := range 3 * maxProofs {
		p.add(number(i), start.Add(time.Duration(i)*time.Millisecond))
	}
	if len(p.made) != maxProofs || len(p.order) != maxProofs {
		t.Errorf("%d and %d kept, want %d", len(p.made), len(p.order), maxProofs)
	}
	if p.known(number(2*maxProofs-1), start.Add(time.Minute)) || !p.known(number(2*maxProofs), start.Add(time.Minute)) {
		t.Error("the oldest are not those that went")
	}
	for i := range 100 * maxProofs { // the same again and again
		p.add(number(i%50), start.Add(time.Minute))
	}
	if len(p.order) > maxProofs {
		t.Errorf("%d in order", len(p.order))
	}
	p.sweep(start.Add(time.Hour))
	if len(p.made) != 0 || len(p.order) != 0 {
		t.Errorf("%d and %d left an hour later", len(p.made), len(p.order))
	}
}

func TestProofsOff(t *testing.T) {
	p, err := newProofs(rand.Reader, true)
	if err != nil {
		t.Fatal(err)
	}
	p.add(proof{1}, start)
	if p.known(proof{1}, start) || len(p.made) != 0 {
		t.Error("switched off, and remembers")
	}
}
