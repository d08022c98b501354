package jitsiauth_test

import (
	"errors"
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
)

// Rights, as a matrix: who may change whose account.
func TestRights(t *testing.T) {
	const user, manager, admin = jitsiauth.RoleUser, jitsiauth.RoleManager, jitsiauth.RoleAdmin
	for _, test := range []struct {
		actor, target jitsiauth.Role
		may           bool
	}{
		{user, user, false},
		{user, manager, false},
		{user, admin, false},
		{manager, user, true},
		{manager, manager, true},
		{manager, admin, false},
		{admin, user, true},
		{admin, manager, true},
		{admin, admin, true},
		{"", user, false},
	} {
		b := newBench(t)
		target := b.add(t, jitsiauth.NewUser{Role: test.target}, "target")
		ctx := as(t, test.actor)
		acts := map[string]func() error{
			"update":  func() error { _, err := b.Update(ctx, target.ID, jitsiauth.UserChange{Note: new("n")}); return err },
			"disable": func() error { _, err := b.Disable(ctx, target.ID); return err },
			"set password": func() error {
				_, err := b.SetPassword(ctx, target.ID, jitsiauth.NewPassword{Password: "new"})
				return err
			},
			"end sessions": func() error { _, err := b.EndSessions(ctx, target.ID); return err },
			"delete":       func() error { return b.Delete(ctx, target.ID) },
		}
		for _, name := range []string{"update", "disable", "set password", "end sessions", "delete"} {
			before := len(b.changes(t))
			err := acts[name]()
			if test.may != (err == nil) || !test.may && !errors.Is(err, jitsiauth.ErrForbidden) {
				t.Errorf("%q, %s of a %s: %v", test.actor, name, test.target, err)
			}
			if !test.may && len(b.changes(t)) != before {
				t.Errorf("%q, %s of a %s: refused, but logged", test.actor, name, test.target)
			}
		}
	}
}

func TestSettingARoleNeedsAnAdmin(t *testing.T) {
	b := newBench(t)
	jid, err := b.ParseJID("bob")
	if err != nil {
		t.Fatal(err)
	}
	target := b.add(t, jitsiauth.NewUser{}, "alice")
	manager := as(t, jitsiauth.RoleManager)
	if _, err := b.Update(manager, target.ID, jitsiauth.UserChange{Role: new(jitsiauth.RoleManager)}); !errors.Is(err, jitsiauth.ErrForbidden) {
		t.Errorf("a manager raised someone: %v", err)
	}
	if _, err := b.Create(manager, jitsiauth.NewUser{JID: jid, Password: password, Role: jitsiauth.RoleManager}); !errors.Is(err, jitsiauth.ErrForbidden) {
		t.Errorf("a manager made a manager: %v", err)
	}
	if _, err := b.Update(manager, target.ID, jitsiauth.UserChange{Role: new(jitsiauth.RoleUser)}); err != nil {
		t.Errorf("setting the role it has: %v", err)
	}
	if u, err := b.Update(as(t, jitsiauth.RoleAdmin), target.ID, jitsiauth.UserChange{Role: new(jitsiauth.RoleAdmin)}); err != nil || u.Role != jitsiauth.RoleAdmin {
		t.Errorf("an admin: %+v, %v", u, err)
	}
}

func TestDomainBoundActor(t *testing.T) {
	b := newBench(t)
	here := b.add(t, jitsiauth.NewUser{}, "alice")
	bound := as(t, jitsiauth.RoleAdmin, "other.example")
	if _, err := b.Get(bound, here.ID); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Errorf("get: %v", err)
	}
	if _, err := b.GetByJID(bound, here.JID); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Errorf("get by JID: %v", err)
	}
	if _, err := b.Disable(bound, here.ID); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Errorf("disable: %v", err)
	}
	if _, err := b.SetPassword(bound, here.ID, jitsiauth.NewPassword{Password: "new"}); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Errorf("set password: %v", err)
	}
	if err := b.Delete(bound, here.ID); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Errorf("delete: %v", err)
	}
	bob, err := b.ParseJID("bob")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Create(bound, jitsiauth.NewUser{JID: bob, Password: password}); !errors.Is(err, jitsiauth.ErrForbidden) {
		t.Errorf("create: %v", err)
	}
	if _, _, err := b.CreateToken(bound, jitsiauth.NewToken{Name: "x", Scopes: []jitsiauth.Scope{jitsiauth.ScopeAuth}}); !errors.Is(err, jitsiauth.ErrForbidden) {
		t.Errorf("token: %v", err)
	}
}

func TestActorStandsInTheLog(t *testing.T) {
	b := newBench(t)
	u := b.add(t, jitsiauth.NewUser{}, "alice")
	ctx := jitsiauth.WithActor(t.Context(), jitsiauth.Actor{Kind: jitsiauth.ActorUID, Name: "1000", Role: jitsiauth.RoleAdmin})
	if _, err := b.Disable(ctx, u.ID); err != nil {
		t.Fatal(err)
	}
	log := b.changes(t)
	if log[0].Actor != jitsiauth.ActorProgram || log[1].Actor != jitsiauth.ActorUID || log[1].ActorName != "1000" {
		t.Errorf("log %+v", log)
	}
}
