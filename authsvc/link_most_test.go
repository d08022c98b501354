package authsvc_test

import (
	"errors"
	"testing"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
)

// fillLinks makes as many links as may be open at once.
func (b *bench) fillLinks() (last jitsiauth.Link) {
	b.t.Helper()
	for range jitsiauth.MaxLinks {
		var err error
		if last, _, err = b.svc.CreateInvite(b.t.Context(), jitsiauth.NewInvite{}); err != nil {
			b.t.Fatal(err)
		}
	}
	return last
}

func TestTooManyLinks(t *testing.T) {
	b := newBench(t)
	b.addUser("alice@meet.jitsi")
	ctx := t.Context()
	admin := b.client(jitsiauth.ScopeAdmin)
	last := b.fillLinks()
	before := b.snapshot()
	for name, create := range map[string]func() (api.CreatedLink, error){
		"invite": func() (api.CreatedLink, error) { return admin.CreateInvite(ctx, api.NewInvite{}) },
		"reset":  func() (api.CreatedLink, error) { return admin.CreateResetLink(ctx, api.NewResetLink{User: "alice"}) },
		"admin":  func() (api.CreatedLink, error) { return admin.CreateAdminLink(ctx, api.NewAdminLink{}) },
	} {
		made, err := create()
		answer, ok := errors.AsType[*client.Error](err)
		if !ok || answer.Status != 409 || answer.Code != api.CodeTooManyLinks || !errors.Is(err, jitsiauth.ErrTooManyLinks) || made.Secret != "" {
			t.Errorf("%s: %+v, %v", name, made, err)
		}
	}
	if b.snapshot() != before {
		t.Error("something changed")
	}
	if err := admin.RevokeInvite(ctx, last.ID.String()); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.CreateInvite(ctx, api.NewInvite{}); err != nil {
		t.Error(err)
	}
}
