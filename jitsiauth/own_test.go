package jitsiauth_test

import (
	"errors"
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
)

// Whatever their role, people set the password of their own account, end its
// sessions and read its logins, and that gives them nothing else.
func TestOwnAccount(t *testing.T) {
	b := newBench(t)
	own := b.add(t, jitsiauth.NewUser{}, "alice")
	other := b.add(t, jitsiauth.NewUser{}, "bob")
	ctx := jitsiauth.WithActor(t.Context(), jitsiauth.Actor{
		Kind: jitsiauth.ActorPerson, Name: own.JID.String(), Role: jitsiauth.RoleUser, Account: own.ID,
	})
	for _, test := range []struct {
		id  jitsiauth.ID
		may error
	}{{own.ID, nil}, {other.ID, jitsiauth.ErrForbidden}} {
		_, setting := b.SetPassword(ctx, test.id, jitsiauth.NewPassword{Password: "another password"})
		_, ending := b.EndSessions(ctx, test.id)
		_, reading := b.LoginLog(ctx, jitsiauth.LogQuery{ID: test.id})
		for _, err := range []error{setting, ending, reading} {
			if !errors.Is(err, test.may) {
				t.Errorf("%v %v %v, want %v", setting, ending, reading, test.may)
			}
		}
	}
	_, updating := b.Update(ctx, own.ID, jitsiauth.UserChange{Role: new(jitsiauth.RoleAdmin)})
	_, weak := b.SetPassword(ctx, own.ID, jitsiauth.NewPassword{Password: "x", AllowWeak: true})
	_, all := b.LoginLog(ctx, jitsiauth.LogQuery{})
	_, byName := b.LoginLog(ctx, jitsiauth.LogQuery{JID: own.JID})
	_, changes := b.ChangeLog(ctx, jitsiauth.LogQuery{ID: own.ID})
	for i, err := range []error{updating, weak, all, byName, changes, b.Delete(ctx, own.ID)} {
		if !errors.Is(err, jitsiauth.ErrForbidden) {
			t.Errorf("%d: %v", i, err)
		}
	}
	log := b.changes(t)
	if last := log[len(log)-1]; last.Actor != jitsiauth.ActorPerson || last.ActorName != "alice@"+own.JID.Domain() {
		t.Errorf("%+v", last)
	}
}

// An actor without an account owns none, also not one without an ID.
func TestNobodyOwnsNothing(t *testing.T) {
	b := newBench(t)
	ctx := as(t, jitsiauth.RoleUser)
	if _, err := b.LoginLog(ctx, jitsiauth.LogQuery{}); !errors.Is(err, jitsiauth.ErrForbidden) {
		t.Error(err)
	}
	_, err := b.SetPassword(jitsiauth.WithActor(ctx, jitsiauth.Actor{Role: jitsiauth.RoleUser, Account: jitsiauth.ID{1}}),
		b.add(t, jitsiauth.NewUser{}, "alice").ID, jitsiauth.NewPassword{Password: "another password"}, jitsiauth.IfRevision(1))
	if !errors.Is(err, jitsiauth.ErrForbidden) {
		t.Error(err)
	}
}
