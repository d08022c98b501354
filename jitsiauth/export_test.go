package jitsiauth_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
)

func TestExport(t *testing.T) {
	b := newBench(t)
	for _, name := range []string{"zoe", "ann", "eve@other.example"} {
		b.add(t, jitsiauth.NewUser{}, name)
	}
	all := []string{"ann@meet.jitsi", "zoe@meet.jitsi", "eve@other.example"}
	for _, test := range []struct {
		role    jitsiauth.Role
		domains []string
		hashes  bool
		want    []string // nil: ErrForbidden
	}{
		{jitsiauth.RoleUser, nil, false, all}, // a token with users:read; what it may do is asked at the door
		{jitsiauth.RoleAdmin, nil, false, all},
		{jitsiauth.RoleAdmin, nil, true, all},
		{jitsiauth.RoleManager, []string{"other.example"}, false, all[2:]},
		{jitsiauth.RoleManager, []string{"other.example", "meet.jitsi"}, false, all},
		{jitsiauth.RoleManager, []string{"third.example"}, false, []string{}},
		{jitsiauth.RoleManager, nil, true, nil},
		{jitsiauth.RoleAdmin, []string{"meet.jitsi"}, true, nil},
	} {
		ctx := jitsiauth.WithActor(t.Context(), jitsiauth.Actor{Role: test.role, Domains: test.domains})
		got := []string{}
		for r, err := range b.Export(ctx, jitsiauth.ExportOptions{Hashes: test.hashes}) {
			if err != nil {
				if test.want != nil || !errors.Is(err, jitsiauth.ErrForbidden) {
					t.Errorf("%+v: %v", test, err)
				}
				got = nil
				break
			}
			if (r.PasswordHash != "") != test.hashes {
				t.Errorf("%+v: hash %q", test, r.PasswordHash)
			}
			got = append(got, r.JID.String())
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%+v: %v", test, got)
		}
		log, err := b.ChangeLog(t.Context(), jitsiauth.LogQuery{Action: jitsiauth.HashesExported})
		if told := test.hashes && test.want != nil; err != nil || told && len(log.Entries) != 1 || !told && len(log.Entries) > 1 {
			t.Errorf("%+v: the log has %+v, %v", test, log.Entries, err)
		}
	}
}
