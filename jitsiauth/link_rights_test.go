package jitsiauth_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
)

// Rights, as a matrix: who may make, see and revoke which link.
func TestLinkRights(t *testing.T) {
	const user, manager, admin = jitsiauth.RoleUser, jitsiauth.RoleManager, jitsiauth.RoleAdmin
	const no, gone = "forbidden", "not found"
	outcome := func(err error) string {
		switch {
		case err == nil:
			return ""
		case errors.Is(err, jitsiauth.ErrForbidden):
			return no
		case errors.Is(err, jitsiauth.ErrNotFound):
			return gone
		}
		return err.Error()
	}
	// "": it may. Of the reset links, the one for a manager's account and the one
	// for an account that has become an administrator's.
	type row struct {
		name                             string
		ctx                              context.Context
		invite, elsewhere                string
		resetUser, resetAdmin, first     string
		listed                           int // of invite, invite elsewhere, three resets, admin
		end, endElsewhere, endAdminReset string
		endFirst                         string
	}
	uid := jitsiauth.WithActor(t.Context(), jitsiauth.Actor{Kind: jitsiauth.ActorUID, Name: "0", Role: admin})
	for _, test := range []row{
		{"nobody", as(t, ""), no, no, no, no, no, -1, no, no, no, no},
		{"a user", as(t, user), no, no, no, no, no, -1, no, no, no, no},
		{"a manager", as(t, manager), "", "", "", no, no, 5, "", "", no, gone},
		{"a manager of this domain", as(t, manager, "meet.jitsi"), "", no, "", no, no, 4, "", gone, no, gone},
		{"a manager of another", as(t, manager, "other.example"), no, "", gone, gone, no, 1, gone, "", gone, gone},
		{"an admin of this domain", as(t, admin, "meet.jitsi"), "", no, "", "", no, 4, "", gone, "", gone},
		{"an admin", as(t, admin), "", "", "", "", "", 6, "", "", "", ""},
		{"the socket", uid, "", "", "", "", "", 6, "", "", "", ""},
		{"the program", t.Context(), "", "", "", "", "", 6, "", "", "", ""},
	} {
		b := newBench(t)
		alice, boss := b.add(t, jitsiauth.NewUser{}, "alice"), b.add(t, jitsiauth.NewUser{}, "boss")
		invite, _ := b.invite(t, jitsiauth.NewInvite{})
		elsewhere, _ := b.invite(t, jitsiauth.NewInvite{Domain: "other.example"})
		b.reset(t, alice.ID)
		b.reset(t, alice.ID)
		bossReset, _ := b.reset(t, boss.ID)
		first, _, err := b.CreateAdminLink(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		second, _, err := b.CreateAdminLink(test.ctx, "")
		check := func(what, want string, err error) {
			t.Helper()
			if got := outcome(err); got != want {
				t.Errorf("%s, %s: %q, want %q", test.name, what, got, want)
			}
		}
		check("a link for the first administrator", test.first, err)
		if err == nil { // the list below is that of before
			if err := b.RevokeLink(t.Context(), second.ID); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := b.Update(t.Context(), boss.ID, jitsiauth.UserChange{Role: new(admin)}); err != nil {
			t.Fatal(err)
		}
		links, err := b.ListLinks(test.ctx)
		if test.listed < 0 {
			check("list", no, err)
		} else if err != nil || len(links) != test.listed {
			t.Errorf("%s sees %d links, %v; want %d", test.name, len(links), err, test.listed)
		}
		before := len(b.changes(t))
		wanted := 0
		for _, act := range []struct {
			what, want string
			do         func() error
		}{
			{"an invite", test.invite, func() error {
				_, _, err := b.CreateInvite(test.ctx, jitsiauth.NewInvite{Domain: "meet.jitsi"})
				return err
			}},
			{"an invite elsewhere", test.elsewhere, func() error {
				_, _, err := b.CreateInvite(test.ctx, jitsiauth.NewInvite{Domain: "other.example"})
				return err
			}},
			{"a reset", test.resetUser, func() error { _, _, err := b.CreateResetLink(test.ctx, alice.ID, 0); return err }},
			{"a reset of an admin", test.resetAdmin, func() error { _, _, err := b.CreateResetLink(test.ctx, boss.ID, 0); return err }},
			{"revoke", test.end, func() error { return b.RevokeLink(test.ctx, invite.ID) }},
			{"revoke elsewhere", test.endElsewhere, func() error { return b.RevokeLink(test.ctx, elsewhere.ID) }},
			{"revoke an admin's reset", test.endAdminReset, func() error { return b.RevokeLink(test.ctx, bossReset.ID) }},
			{"revoke the first admin's", test.endFirst, func() error { return b.RevokeLink(test.ctx, first.ID) }},
		} {
			check(act.what, act.want, act.do())
			if act.want == "" {
				wanted++
			}
		}
		if n := len(b.changes(t)) - before; n != wanted {
			t.Errorf("%s: %d log entries, want %d", test.name, n, wanted)
		}
	}
}

// Who names no domain gets the first one that they reach; who reaches none that
// is served, nothing.
func TestInviteDomain(t *testing.T) {
	b := newBench(t)
	if l, _, err := b.CreateInvite(as(t, jitsiauth.RoleManager, "other.example"), jitsiauth.NewInvite{}); err != nil || l.Domain != "other.example" {
		t.Errorf("%q, %v", l.Domain, err)
	}
	if _, _, err := b.CreateInvite(as(t, jitsiauth.RoleManager, "third.example"), jitsiauth.NewInvite{}); !errors.Is(err, jitsiauth.ErrForbidden) {
		t.Error(err)
	}
}

// The reset link of an account that is gone can still be revoked by those who
// manage its domain.
func TestRevokeResetOfNobody(t *testing.T) {
	b := newBench(t)
	u := b.add(t, jitsiauth.NewUser{}, "alice")
	l, _ := b.reset(t, u.ID)
	if err := b.Delete(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	if err := b.RevokeLink(as(t, jitsiauth.RoleManager, "other.example"), l.ID); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Error(err)
	}
	if err := b.RevokeLink(as(t, jitsiauth.RoleManager), l.ID); err != nil {
		t.Error(err)
	}
}
