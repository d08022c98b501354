package jitsiauth_test

import (
	"errors"
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

func TestStatusIsForAdministrators(t *testing.T) {
	svc, err := jitsiauth.New(memstore.New(), jitsiauth.Options{Hashers: 3})
	if err != nil {
		t.Fatal(err)
	}
	if st, err := svc.Status(t.Context()); err != nil || st.Size != 0 || st.Stats.Hashers != 3 || st.Head.Epoch == "" {
		t.Errorf("%+v, %v", st, err)
	}
	for _, actor := range []jitsiauth.Actor{
		{Kind: jitsiauth.ActorPerson, Role: jitsiauth.RoleManager},
		{Kind: jitsiauth.ActorPerson, Role: jitsiauth.RoleUser},
		{Kind: jitsiauth.ActorToken, Role: jitsiauth.RoleAdmin, Domains: []string{"meet.jitsi"}},
	} {
		if st, err := svc.Status(jitsiauth.WithActor(t.Context(), actor)); !errors.Is(err, jitsiauth.ErrForbidden) || st.Stats.Hashers != 0 {
			t.Errorf("%+v: %+v, %v", actor, st, err)
		}
	}
}
