package authsvc_test

import (
	"errors"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// An account that could not be used for a while is logged out, also where nobody
// opened a page meanwhile; other changes log nobody out.
func TestSessionEndsThoughNobodyLooked(t *testing.T) {
	for _, test := range []struct {
		name  string
		do    func(b *bench, id jitsiauth.ID) error
		holds bool
	}{
		{"disabled and enabled", func(b *bench, id jitsiauth.ID) error {
			_, err := b.svc.Disable(b.t.Context(), id)
			_, again := b.svc.Enable(b.t.Context(), id)
			return errors.Join(err, again)
		}, false},
		{"disabled and enabled with a change before and one after", func(b *bench, id jitsiauth.ID) error {
			_, before := b.svc.Update(b.t.Context(), id, jitsiauth.UserChange{Note: new("1")})
			_, off := b.svc.Disable(b.t.Context(), id)
			_, on := b.svc.Update(b.t.Context(), id, jitsiauth.UserChange{Disabled: new(false), DisplayName: new("A")})
			_, after := b.svc.Update(b.t.Context(), id, jitsiauth.UserChange{Note: new("2")})
			return errors.Join(before, off, on, after)
		}, false},
		{"a note", func(b *bench, id jitsiauth.ID) error {
			_, err := b.svc.Update(b.t.Context(), id, jitsiauth.UserChange{Note: new("x")})
			return err
		}, true},
		{"somebody else was disabled", func(b *bench, id jitsiauth.ID) error {
			_, err := b.svc.Disable(b.t.Context(), b.person("eve", "").ID)
			_, changed := b.svc.Update(b.t.Context(), id, jitsiauth.UserChange{Note: new("x")})
			return errors.Join(err, changed)
		}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			u, other := b.person("alice", ""), b.person("bob", "")
			w, bobs := b.browser(), b.browser()
			w.logIn("alice")
			bobs.logIn("bob")
			if err := test.do(b, u.ID); err != nil {
				t.Fatal(err)
			}
			if w.in() != test.holds || !bobs.in() {
				t.Errorf("in: %t; the session of %s: %t", !test.holds, other.JID, bobs.in())
			}
			w.logIn("alice") // what was before the login is over
			if _, err := b.svc.Update(t.Context(), u.ID, jitsiauth.UserChange{Note: new("later")}); err != nil || !w.in() || !w.in() {
				t.Errorf("ended by what was before it (%v)", err)
			}
		})
	}
}

// Where an account expired and got a later end before anybody looked, too.
func TestSessionEndsWithAnExpiredAccount(t *testing.T) {
	b := newBench(t)
	u := b.addUser("alice@meet.jitsi", func(n *jitsiauth.NewUser) { n.ValidUntil = b.Now().Add(10 * time.Minute) })
	w := b.browser()
	w.logIn("alice")
	if _, err := b.store.PassMoments(t.Context(), b.Now().Add(10*time.Minute), 10, func(r jitsiauth.Record, _ jitsiauth.Moment) jitsiauth.Change {
		return jitsiauth.Change{Action: jitsiauth.UserExpired, Subject: r.ID, JID: r.JID, Actor: jitsiauth.ActorSystem}
	}); err != nil {
		t.Fatal(err)
	}
	b.wind(11 * time.Minute)
	if _, err := b.svc.Update(t.Context(), u.ID, jitsiauth.UserChange{ValidUntil: new(b.Now().Add(time.Hour))}); err != nil {
		t.Fatal(err)
	}
	if w.in() {
		t.Error("in, though it had expired")
	}
}

// A log that can't tell any more ends the session of an account that was changed,
// and one that fails ends none.
func TestSessionWhereTheLogCantTell(t *testing.T) {
	b := newBench(t)
	u := b.person("alice", "")
	change := func() {
		if _, err := b.svc.Update(t.Context(), u.ID, jitsiauth.UserChange{Note: new(time.Now().String())}); err != nil {
			t.Fatal(err)
		}
	}
	w := b.browser()
	w.logIn("alice")
	change()
	b.store.set(func(method string) error {
		if method == "ListChanges" {
			return errors.New("disk on fire")
		}
		return nil
	})
	w.get("/accounts/").want(t, 500)
	b.store.set(nil)
	if !w.in() {
		t.Error("a failure has ended it")
	}
	change()
	if n, err := b.store.TrimChanges(t.Context(), b.Now().Add(time.Hour), 100); err != nil || n == 0 {
		t.Fatal(n, err)
	}
	if w.in() {
		t.Error("in, though the log does not go back that far")
	}
	w.logIn("alice")
	change()
	for range 10_000 {
		if err := b.store.AddChange(t.Context(), jitsiauth.Change{At: b.Now(), Action: jitsiauth.BackupMade, Actor: jitsiauth.ActorSystem}); err != nil {
			t.Fatal(err)
		}
	}
	if w.in() {
		t.Error("in, though there is more in the log than is looked through")
	}
}
