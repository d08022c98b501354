package jitsiauth_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// fill makes links until one more fits in.
func (b *bench) fill(t testing.TB) (first jitsiauth.Link, secret string) {
	t.Helper()
	first, secret = b.invite(t, jitsiauth.NewInvite{})
	for range jitsiauth.MaxLinks - 2 {
		b.invite(t, jitsiauth.NewInvite{Uses: 2, ExpiresAt: b.clock.Now().Add(time.Hour)})
	}
	return first, secret
}

// Links of all kinds are bounded together, and one that is revoked, used up or
// expired makes room for another.
func TestMaxLinks(t *testing.T) {
	b := newBench(t)
	u := b.add(t, jitsiauth.NewUser{}, "alice")
	first, secret := b.fill(t)
	full := func(when string) {
		t.Helper()
		before := len(b.changes(t))
		_, secret, err := b.CreateInvite(t.Context(), jitsiauth.NewInvite{})
		_, secret2, err2 := b.CreateResetLink(t.Context(), u.ID, 0)
		_, secret3, err3 := b.CreateAdminLink(t.Context(), "")
		for _, err := range []error{err, err2, err3} {
			if !errors.Is(err, jitsiauth.ErrTooManyLinks) {
				t.Errorf("%s: %v", when, err)
			}
		}
		if secret+secret2+secret3 != "" || len(b.changes(t)) != before {
			t.Errorf("%s: refused, but there is a secret, or an entry in the log", when)
		}
	}
	reset, _ := b.reset(t, u.ID)
	full("at the bound")
	if err := b.RevokeLink(t.Context(), reset.ID); err != nil {
		t.Fatal(err)
	}
	b.invite(t, jitsiauth.NewInvite{})
	full("revoked, and another")
	if _, err := b.SpendInvite(t.Context(), secret, "bob", typed(password)); err != nil || b.state(t, first.ID) != jitsiauth.LinkUsedUp {
		t.Fatal(err, b.state(t, first.ID))
	}
	b.invite(t, jitsiauth.NewInvite{})
	full("used up, and another")
	b.clock.Add(time.Hour)
	b.reset(t, u.ID)
	if _, _, err := b.CreateInvite(t.Context(), jitsiauth.NewInvite{Uses: 1001}); !errors.Is(err, jitsiauth.ErrInvalid) {
		t.Error(err)
	}
}

// Whoever is wrong in another way, or may not, learns that and not the bound.
func TestMaxLinksIsSaidLast(t *testing.T) {
	b := newBench(t)
	off := b.add(t, jitsiauth.NewUser{Disabled: true}, "bob")
	boss := b.add(t, jitsiauth.NewUser{Role: jitsiauth.RoleAdmin}, "boss")
	b.fill(t)
	b.invite(t, jitsiauth.NewInvite{})
	if _, _, err := b.CreateResetLink(t.Context(), off.ID, 0); !errors.Is(err, jitsiauth.ErrInvalid) {
		t.Errorf("disabled: %v", err)
	}
	if _, _, err := b.CreateResetLink(as(t, jitsiauth.RoleManager), boss.ID, 0); !errors.Is(err, jitsiauth.ErrForbidden) {
		t.Errorf("of an administrator: %v", err)
	}
	if _, _, err := b.CreateInvite(as(t, jitsiauth.RoleUser), jitsiauth.NewInvite{}); !errors.Is(err, jitsiauth.ErrForbidden) {
		t.Errorf("by a user: %v", err)
	}
	if _, _, err := b.CreateAdminLink(t.Context(), ""); !errors.Is(err, jitsiauth.ErrExists) {
		t.Errorf("there is an administrator: %v", err)
	}
}

// However many make the last one at once, there is one.
func TestMaxLinksAtOnce(t *testing.T) {
	b := newBench(t)
	b.fill(t)
	var made atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			_, _, err := b.CreateInvite(t.Context(), jitsiauth.NewInvite{})
			if err == nil {
				made.Add(1)
			} else if !errors.Is(err, jitsiauth.ErrTooManyLinks) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if links, err := b.ListLinks(t.Context()); err != nil || len(links) != jitsiauth.MaxLinks || made.Load() != 1 {
		t.Errorf("%d were made, %d are there, %v", made.Load(), len(links), err)
	}
}
