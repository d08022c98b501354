package storetest

import (
	"context"
	"maps"
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
)

func testUser(t *testing.T, s jitsiauth.Store) {
	full := create(t, s, "ann@a.example")
	bare := jitsiauth.Record{User: jitsiauth.User{ID: newID(), JID: parse(t, "山田@日本.example"), Role: jitsiauth.RoleUser, Revision: 1}}
	ok(t, s.CreateUser(t.Context(), bare, userChange(jitsiauth.UserCreated, bare)))
	for _, want := range []jitsiauth.Record{full, bare} {
		got, err := s.User(t.Context(), want.ID)
		ok(t, err)
		same(t, "User", got, want)
		got, err = s.UserByJID(t.Context(), want.JID)
		ok(t, err)
		same(t, "UserByJID", got, want)
	}
	got, err := s.User(t.Context(), bare.ID)
	ok(t, err)
	if !got.ValidFrom.IsZero() || !got.ValidUntil.IsZero() {
		t.Errorf("zero times came back as %v, %v", got.ValidFrom, got.ValidUntil)
	}
}

func testUserNotFound(t *testing.T, s jitsiauth.Store) {
	create(t, s, "ann@a.example")
	before := imageOf(t, s)
	_, err := s.User(t.Context(), newID())
	fails(t, "User", err, jitsiauth.ErrNotFound)
	for _, name := range []string{"bob@a.example", "ann@b.example", "an@a.example", "ann@a.example.org"} {
		_, err = s.UserByJID(t.Context(), parse(t, name))
		fails(t, "UserByJID "+name, err, jitsiauth.ErrNotFound)
	}
	_, err = s.UpdateUser(t.Context(), newID(), func(old jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
		t.Error("UpdateUser called change for nobody")
		return old, nil, nil
	})
	fails(t, "UpdateUser", err, jitsiauth.ErrNotFound)
	err = s.DeleteUser(t.Context(), newID(), func(old jitsiauth.Record) (jitsiauth.Change, error) {
		t.Error("DeleteUser called change for nobody")
		return userChange(jitsiauth.UserDeleted, old), nil
	})
	fails(t, "DeleteUser", err, jitsiauth.ErrNotFound)
	same(t, "the store", imageOf(t, s), before)
}

func testUpdateUser(t *testing.T, s jitsiauth.Store) {
	r := create(t, s, "ann@a.example")
	create(t, s, "bob@a.example")
	want := jitsiauth.Record{PasswordHash: "other", User: jitsiauth.User{ID: r.ID, JID: r.JID, Role: jitsiauth.RoleUser, Revision: 2}}
	c := userChange(jitsiauth.UserUpdated, want, "note", "role")
	got, err := s.UpdateUser(t.Context(), r.ID, func(old jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
		same(t, "what change sees", old, r)
		return want, &c, nil
	})
	ok(t, err)
	same(t, "what UpdateUser returns", got, want)
	got, err = s.UserByJID(t.Context(), r.JID)
	ok(t, err)
	same(t, "what UserByJID returns", got, want)
	entries := log(t, s)
	c.Position = entries[len(entries)-1].Position
	same(t, "the newest log entry", entries[len(entries)-1], c)

	// Without a log entry: a hash that was renewed, then nothing at all.
	want.PasswordHash = "third"
	for range 2 {
		got, err = s.UpdateUser(t.Context(), r.ID, func(jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
			return want, nil, nil
		})
		ok(t, err)
		same(t, "what UpdateUser returns without a log entry", got, want)
		got, err = s.User(t.Context(), r.ID)
		ok(t, err)
		same(t, "what User returns without a log entry", got, want)
	}
	same(t, "the log", log(t, s), entries)
}

// testSessionRevision: it is kept by itself, with its entry, and 0 is a number.
func testSessionRevision(t *testing.T, s jitsiauth.Store) {
	want := create(t, s, "ann@a.example")
	for _, revision := range []uint64{want.SessionRevision + 1, 0, 1} {
		want.SessionRevision = revision
		c := userChange(jitsiauth.UserSessionsEnded, want)
		got, err := s.UpdateUser(t.Context(), want.ID, func(old jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
			old.SessionRevision = revision
			return old, &c, nil
		})
		ok(t, err)
		same(t, "what UpdateUser returns", got, want)
		got, err = s.User(t.Context(), want.ID)
		ok(t, err)
		same(t, "what User returns", got, want)
		entries := log(t, s)
		c.Position = entries[len(entries)-1].Position
		same(t, "the newest log entry", entries[len(entries)-1], c)
	}
}

func testDeleteUser(t *testing.T, s jitsiauth.Store) {
	first := create(t, s, "ann@a.example")
	bob := create(t, s, "bob@a.example")
	ok(t, s.DeleteUser(t.Context(), first.ID, func(old jitsiauth.Record) (jitsiauth.Change, error) {
		same(t, "what change sees", old, first)
		return userChange(jitsiauth.UserDeleted, old), nil
	}))
	gone := func() {
		t.Helper()
		_, err := s.User(t.Context(), first.ID)
		fails(t, "User after DeleteUser", err, jitsiauth.ErrNotFound)
		fails(t, "DeleteUser again", s.DeleteUser(t.Context(), first.ID, deleted), jitsiauth.ErrNotFound)
	}
	gone()
	_, err := s.UserByJID(t.Context(), first.JID)
	fails(t, "UserByJID after DeleteUser", err, jitsiauth.ErrNotFound)

	second := create(t, s, "ann@a.example") // the name is another person now
	gone()
	got, err := s.UserByJID(t.Context(), first.JID)
	ok(t, err)
	same(t, "UserByJID of the new account", got, second)
	got, err = s.User(t.Context(), bob.ID)
	ok(t, err)
	same(t, "the other account", got, bob)
}

// testEnded: a context that has ended stops each method before it does
// anything.
func testEnded(t *testing.T, s jitsiauth.Store) {
	r, token := create(t, s, "ann@a.example"), createToken(t, s, "one")
	ok(t, s.AddLogins(t.Context(), jitsiauth.LoginBatch{Logins: []jitsiauth.Login{newLogin(r, jitsiauth.LoginOK)}}))
	ok(t, see(t.Context(), s, r, at(2, 2)))
	link := createLink(t, s)
	before := imageOf(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	another, other := newUser(t, "bob@a.example"), newToken("two")
	calls := map[string]func() error{
		"CreateUser": func() error { return s.CreateUser(ctx, another, userChange(jitsiauth.UserCreated, another)) },
		"User":       func() error { _, err := s.User(ctx, r.ID); return err },
		"UserByJID":  func() error { _, err := s.UserByJID(ctx, r.JID); return err },
		"UpdateUser": func() error {
			_, err := s.UpdateUser(ctx, r.ID, func(old jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
				old.Note = "changed"
				return old, nil, nil
			})
			return err
		},
		"DeleteUser":  func() error { return s.DeleteUser(ctx, r.ID, deleted) },
		"ListUsers":   func() error { _, _, _, err := s.ListUsers(ctx, jitsiauth.ListQuery{}); return err },
		"CreateToken": func() error { return s.CreateToken(ctx, other, tokenChange(jitsiauth.TokenCreated, other)) },
		"TokenByHash": func() error { _, err := s.TokenByHash(ctx, token.Hash); return err },
		"ListTokens":  func() error { _, err := s.ListTokens(ctx); return err },
		"DeleteToken": func() error { return s.DeleteToken(ctx, token.ID, tokenChange(jitsiauth.TokenRevoked, token)) },
		"ListChanges": func() error { _, err := s.ListChanges(ctx, jitsiauth.Position{}, 1); return err },
		"Head":        func() error { _, err := s.Head(ctx); return err },
	}
	maps.Copy(calls, endedLogs(ctx, s, r))
	maps.Copy(calls, endedLinks(ctx, s, link))
	for name, call := range calls {
		fails(t, name, call(), context.Canceled)
	}
	same(t, "the store", imageOf(t, s), before)
}
