package storetest

import (
	"slices"
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
)

func testToken(t *testing.T, s jitsiauth.Store) {
	none, err := s.ListTokens(t.Context())
	ok(t, err)
	if len(none) != 0 {
		t.Errorf("%d tokens in an empty store", len(none))
	}
	early := newToken("z, older, made later")
	tokens := []jitsiauth.Token{early, createToken(t, s, "first"), createToken(t, s, "second")}
	early.Domains, early.ExpiresAt = nil, jitsiauth.Token{}.ExpiresAt
	tokens[0] = early
	ok(t, s.CreateToken(t.Context(), early, tokenChange(jitsiauth.TokenCreated, early)))

	list, err := s.ListTokens(t.Context())
	ok(t, err)
	same(t, "ListTokens, by ID", list, tokens)
	for _, want := range tokens {
		got, err := s.TokenByHash(t.Context(), want.Hash)
		ok(t, err)
		same(t, "TokenByHash", got, want)
	}
	_, err = s.TokenByHash(t.Context(), [32]byte{1})
	fails(t, "TokenByHash of another hash", err, jitsiauth.ErrNotFound)

	ok(t, s.DeleteToken(t.Context(), tokens[1].ID, tokenChange(jitsiauth.TokenRevoked, tokens[1])))
	_, err = s.TokenByHash(t.Context(), tokens[1].Hash)
	fails(t, "TokenByHash after DeleteToken", err, jitsiauth.ErrNotFound)
	before := imageOf(t, s)
	err = s.DeleteToken(t.Context(), tokens[1].ID, tokenChange(jitsiauth.TokenRevoked, tokens[1]))
	fails(t, "DeleteToken again", err, jitsiauth.ErrNotFound)
	same(t, "the store after a refused DeleteToken", imageOf(t, s), before)
	list, err = s.ListTokens(t.Context())
	ok(t, err)
	same(t, "ListTokens after DeleteToken", list, slices.Delete(tokens, 1, 2))
	createToken(t, s, "first") // the name is free again
}

// testTokenMemory: nobody can change a stored token, or log entry, through a
// slice.
func testTokenMemory(t *testing.T, s jitsiauth.Store) {
	token := newToken("one")
	c := tokenChange(jitsiauth.TokenCreated, token)
	c.Fields = []string{"as given"}
	ok(t, s.CreateToken(t.Context(), token, c))
	before := imageOf(t, s)
	spoil := func(t jitsiauth.Token) { t.Scopes[0], t.Domains[0] = "spoilt", "spoilt" }
	spoil(token)
	c.Fields[0] = "spoilt"
	got, err := s.TokenByHash(t.Context(), token.Hash)
	ok(t, err)
	spoil(got)
	list, err := s.ListTokens(t.Context())
	ok(t, err)
	spoil(list[0])
	log(t, s)[0].Fields[0] = "spoilt"
	after := imageOf(t, s)
	if after.Tokens[0].Domains[0] != "a.example" || after.Tokens[0].Scopes[0] != jitsiauth.ScopeUsersRead || after.Log[0].Fields[0] != "as given" {
		t.Errorf("changed from outside: %+v, was %+v", after, before)
	}
}
