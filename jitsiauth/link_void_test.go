package jitsiauth_test

import (
	"errors"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// What makes a link one that can't be spent, and what does not.
func TestLinkStates(t *testing.T) {
	ctx := t.Context()
	u := func(b *bench) jitsiauth.ID {
		jid, _ := b.ParseJID("alice")
		u, err := b.GetByJID(ctx, jid)
		if err != nil {
			t.Fatal(err)
		}
		return u.ID
	}
	update := func(change jitsiauth.UserChange) func(*bench) error {
		return func(b *bench) error { _, err := b.Update(ctx, u(b), change); return err }
	}
	wait := func(d time.Duration) func(*bench) error {
		return func(b *bench) error { b.clock.Add(d); return nil }
	}
	nothing := wait(0)
	for _, test := range []struct {
		name                 string
		do                   func(*bench) error
		invite, reset, admin jitsiauth.LinkState
	}{
		{"nothing", nothing, "active", "active", "active"},
		{"an hour less a second", wait(time.Hour - time.Second), "active", "active", "active"},
		{"an hour", wait(time.Hour), "active", "active", "expired"},
		{"a day less a second", wait(24*time.Hour - time.Second), "active", "active", "expired"},
		{"a day", wait(24 * time.Hour), "active", "expired", "expired"},
		{"the accounts' end", wait(48 * time.Hour), "expired", "expired", "expired"},
		{"a new password", func(b *bench) error { _, err := b.SetPassword(ctx, u(b), typed("new")); return err }, "active", "void", "active"},
		{"disabled", update(jitsiauth.UserChange{Disabled: new(true)}), "active", "void", "active"},
		{"deleted", func(b *bench) error { return b.Delete(ctx, u(b)) }, "active", "void", "active"},
		{"deleted and made again", func(b *bench) error {
			err := b.Delete(ctx, u(b))
			b.add(t, jitsiauth.NewUser{}, "alice")
			return err
		}, "active", "void", "active"},
		{"more rights", update(jitsiauth.UserChange{Role: new(jitsiauth.RoleManager)}), "active", "void", "active"},
		{"an administrator", update(jitsiauth.UserChange{Role: new(jitsiauth.RoleAdmin)}), "active", "void", "void"},
		{"another name for people", update(jitsiauth.UserChange{DisplayName: new("A")}), "active", "active", "active"},
		{"the account expired", update(jitsiauth.UserChange{ValidUntil: new(time.Unix(1, 0))}), "active", "active", "active"},
		{"sessions ended", func(b *bench) error { _, err := b.EndSessions(ctx, u(b)); return err }, "active", "active", "active"},
		{"a login", func(b *bench) error { return b.verify(t, "alice", password) }, "active", "active", "active"},
		{"the domain is gone", func(b *bench) error {
			svc, err := jitsiauth.New(b.store, jitsiauth.Options{Domains: []string{"other.example"}, BcryptCost: 4, Now: b.clock.Now})
			b.Service = svc
			return err
		}, "void", "active", "void"},
	} {
		b := newBench(t)
		b.add(t, jitsiauth.NewUser{}, "alice")
		invite, s1 := b.invite(t, jitsiauth.NewInvite{ValidUntil: b.clock.Now().Add(48 * time.Hour)})
		reset, s2 := b.reset(t, u(b))
		admin, s3, err := b.CreateAdminLink(ctx, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := test.do(b); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		for _, l := range []struct {
			id     jitsiauth.ID
			secret string
			want   jitsiauth.LinkState
			spend  func(secret string) error
		}{
			{invite.ID, s1, test.invite, func(s string) error { _, err := b.SpendInvite(ctx, s, "bob", typed("long enough 1")); return err }},
			{reset.ID, s2, test.reset, func(s string) error { _, err := b.SpendReset(ctx, s, typed("long enough 2")); return err }},
			{admin.ID, s3, test.admin, func(s string) error { _, err := b.SpendAdmin(ctx, s, "root", typed("long enough 3")); return err }},
		} {
			if got := b.state(t, l.id); got != l.want {
				t.Errorf("%s: %s, want %s", test.name, got, l.want)
			}
			_, looked := b.LookUpLink(ctx, l.secret)
			spent := l.spend(l.secret)
			if l.want == jitsiauth.LinkActive && errors.Join(looked, spent) != nil {
				t.Errorf("%s: %v, %v", test.name, looked, spent)
			}
			if l.want != jitsiauth.LinkActive && (looked != jitsiauth.ErrNotFound || spent != jitsiauth.ErrNotFound) { //nolint:errorlint // alike
				t.Errorf("%s, a link that is %s: %v, %v", test.name, l.want, looked, spent)
			}
		}
	}
}

// Whether the account is disabled is looked at when the link is spent: that it
// was so in between leaves the link as it is.
func TestResetAfterDisabling(t *testing.T) {
	b := newBench(t)
	u := b.add(t, jitsiauth.NewUser{}, "alice")
	l, secret := b.reset(t, u.ID)
	if _, err := b.Disable(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := b.SpendReset(t.Context(), secret, typed("new")); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Errorf("of a disabled account: %v", err)
	}
	if _, err := b.Enable(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	if state := b.state(t, l.ID); state != jitsiauth.LinkActive {
		t.Errorf("enabled again, the link is %s", state)
	}
}

func TestRevokeLink(t *testing.T) {
	b := newBench(t)
	l, secret := b.invite(t, jitsiauth.NewInvite{Uses: 5})
	if err := b.RevokeLink(t.Context(), l.ID, jitsiauth.LinkReset); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Errorf("as another kind: %v", err)
	}
	if err := b.RevokeLink(t.Context(), l.ID, jitsiauth.LinkReset, jitsiauth.LinkInvite); err != nil {
		t.Fatal(err)
	}
	if err := b.RevokeLink(t.Context(), l.ID); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Errorf("again: %v", err)
	}
	if _, err := b.LookUpLink(t.Context(), secret); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Errorf("revoked: %v", err)
	}
	if b.state(t, l.ID) != "" || len(b.changes(t)) != 2 {
		t.Errorf("log %+v", b.changes(t))
	}
}

func TestListLinks(t *testing.T) {
	b := newBench(t)
	u := b.add(t, jitsiauth.NewUser{}, "alice")
	b.invite(t, jitsiauth.NewInvite{})
	b.reset(t, u.ID)
	b.invite(t, jitsiauth.NewInvite{Domain: "other.example"})
	for _, test := range []struct {
		kinds []jitsiauth.LinkKind
		want  int
	}{
		{nil, 3},
		{[]jitsiauth.LinkKind{jitsiauth.LinkInvite}, 2},
		{[]jitsiauth.LinkKind{jitsiauth.LinkReset, jitsiauth.LinkInvite}, 3},
		{[]jitsiauth.LinkKind{jitsiauth.LinkAdmin}, 0},
	} {
		if links, err := b.ListLinks(t.Context(), test.kinds...); err != nil || len(links) != test.want || links == nil {
			t.Errorf("%q: %d links, %v", test.kinds, len(links), err)
		}
	}
}
