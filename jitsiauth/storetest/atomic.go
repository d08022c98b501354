package storetest

import (
	"errors"
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
)

func testCreateUserExists(t *testing.T, s jitsiauth.Store) {
	ann := create(t, s, "ann@a.example")
	create(t, s, "bob@a.example")
	before := imageOf(t, s)
	sameName := newUser(t, "ann@a.example")
	err := s.CreateUser(t.Context(), sameName, userChange(jitsiauth.UserCreated, sameName))
	fails(t, "CreateUser with a taken JID", err, jitsiauth.ErrExists)
	_, err = s.User(t.Context(), sameName.ID)
	fails(t, "User of a refused account", err, jitsiauth.ErrNotFound)

	sameID := newUser(t, "eve@a.example")
	sameID.ID = ann.ID
	err = s.CreateUser(t.Context(), sameID, userChange(jitsiauth.UserCreated, sameID))
	fails(t, "CreateUser with a taken ID", err, jitsiauth.ErrExists)
	_, err = s.UserByJID(t.Context(), sameID.JID)
	fails(t, "UserByJID of a refused account", err, jitsiauth.ErrNotFound)
	same(t, "the store", imageOf(t, s), before)
	create(t, s, "eve@a.example") // its name wasn't taken by the refusal
}

func testCreateTokenExists(t *testing.T, s jitsiauth.Store) {
	first := createToken(t, s, "first")
	before := imageOf(t, s)
	for what, alter := range map[string]func(*jitsiauth.Token){
		"ID":   func(t *jitsiauth.Token) { t.ID = first.ID },
		"name": func(t *jitsiauth.Token) { t.Name = first.Name },
		"hash": func(t *jitsiauth.Token) { t.Hash = first.Hash },
	} {
		token := newToken("second")
		alter(&token)
		err := s.CreateToken(t.Context(), token, tokenChange(jitsiauth.TokenCreated, token))
		fails(t, "CreateToken with a taken "+what, err, jitsiauth.ErrExists)
		if token.Hash != first.Hash {
			_, err = s.TokenByHash(t.Context(), token.Hash)
			fails(t, "TokenByHash of a refused token", err, jitsiauth.ErrNotFound)
		}
	}
	same(t, "the store", imageOf(t, s), before)
	createToken(t, s, "second")
}

var errOfChange = errors.New("change said no")

// testUpdateError: whatever else change returns with its error.
func testUpdateError(t *testing.T, s jitsiauth.Store) {
	r := create(t, s, "ann@a.example")
	before := imageOf(t, s)
	_, err := s.UpdateUser(t.Context(), r.ID, func(old jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
		old.Note, old.Revision = "changed", 99
		c := userChange(jitsiauth.UserUpdated, old, "note")
		return old, &c, errOfChange
	})
	if err != errOfChange { //nolint:errorlint // as it is, says the contract
		t.Errorf("error %v, want %v as it is", err, errOfChange)
	}
	same(t, "the store", imageOf(t, s), before)
}

func testUpdateIdentity(t *testing.T, s jitsiauth.Store) {
	r := create(t, s, "ann@a.example")
	before := imageOf(t, s)
	for what, alter := range map[string]func(*jitsiauth.Record){
		"ID":  func(r *jitsiauth.Record) { r.ID = newID() },
		"JID": func(r *jitsiauth.Record) { r.JID = parse(t, "eve@a.example") },
	} {
		_, err := s.UpdateUser(t.Context(), r.ID, func(old jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
			alter(&old)
			c := userChange(jitsiauth.UserUpdated, old)
			return old, &c, nil
		})
		if err == nil {
			t.Errorf("a change of the %s was taken", what)
		}
	}
	same(t, "the store", imageOf(t, s), before)
}

func testDeleteError(t *testing.T, s jitsiauth.Store) {
	r := create(t, s, "ann@a.example")
	before := imageOf(t, s)
	err := s.DeleteUser(t.Context(), r.ID, func(old jitsiauth.Record) (jitsiauth.Change, error) {
		return userChange(jitsiauth.UserDeleted, old), errOfChange
	})
	if err != errOfChange { //nolint:errorlint // as it is, says the contract
		t.Errorf("error %v, want %v as it is", err, errOfChange)
	}
	same(t, "the store", imageOf(t, s), before)
}

// testLogTogether: each write that succeeds adds its entry, one that fails none.
func testLogTogether(t *testing.T, s jitsiauth.Store) {
	entries := 0
	grown := func(what string, by int, err, want error) {
		t.Helper()
		fails(t, what, err, want)
		entries += by
		head, err := s.Head(t.Context())
		ok(t, err)
		if n := len(log(t, s)); n != entries || head.N != uint64(entries) { //nolint:gosec // small
			t.Errorf("%s: log of %d, head %d, want %d", what, n, head.N, entries)
		}
	}
	ctx, r, token := t.Context(), newUser(t, "ann@a.example"), newToken("one")
	update := func(with error) error {
		_, err := s.UpdateUser(ctx, r.ID, func(old jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
			c := userChange(jitsiauth.UserUpdated, old)
			return old, &c, with // the entry alone is a change
		})
		return err
	}
	created, made := userChange(jitsiauth.UserCreated, r), tokenChange(jitsiauth.TokenCreated, token)
	grown("CreateUser", 1, s.CreateUser(ctx, r, created), nil)
	grown("CreateUser again", 0, s.CreateUser(ctx, r, created), jitsiauth.ErrExists)
	grown("UpdateUser", 1, update(nil), nil)
	grown("UpdateUser refused", 0, update(errOfChange), errOfChange)
	grown("CreateToken", 1, s.CreateToken(ctx, token, made), nil)
	grown("CreateToken again", 0, s.CreateToken(ctx, token, made), jitsiauth.ErrExists)
	grown("DeleteToken", 1, s.DeleteToken(ctx, token.ID, tokenChange(jitsiauth.TokenRevoked, token)), nil)
	grown("DeleteToken again", 0, s.DeleteToken(ctx, token.ID, tokenChange(jitsiauth.TokenRevoked, token)), jitsiauth.ErrNotFound)
	grown("DeleteUser", 1, s.DeleteUser(ctx, r.ID, deleted), nil)
	grown("DeleteUser again", 0, s.DeleteUser(ctx, r.ID, deleted), jitsiauth.ErrNotFound)
	grown("AddChange", 1, s.AddChange(ctx, created), nil)
}
