package storetest

import (
	"fmt"
	"io"
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
)

func testReopen(t *testing.T, open func() (jitsiauth.Store, io.Closer)) {
	s, closer := open()
	before := imageOf(t, s)
	for round := range 3 {
		ann := create(t, s, fmt.Sprintf("ann%d@a.example", round))
		bob := create(t, s, fmt.Sprintf("bob%d@a.example", round))
		first := createToken(t, s, fmt.Sprint("first", round))
		createToken(t, s, fmt.Sprint("second", round))
		_, err := s.UpdateUser(t.Context(), ann.ID, func(old jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
			old.Note = "changed"
			c := userChange(jitsiauth.UserUpdated, old, "note")
			return old, &c, nil
		})
		ok(t, err)
		ok(t, see(t.Context(), s, ann, at(round, round), at(9, 9)))
		ok(t, see(t.Context(), s, bob, at(2, 2)))
		remove(t, s, bob)
		ok(t, s.DeleteToken(t.Context(), first.ID, tokenChange(jitsiauth.TokenRevoked, first)))
		link := createLink(t, s)
		_, err = spendLink(t.Context(), s, link.ID)
		ok(t, err)
		want := imageOf(t, s)
		if want.Head.Epoch != before.Head.Epoch || want.Head.N != before.Head.N+9 {
			t.Errorf("the head went from %v to %v with 9 entries", before.Head, want.Head)
		}

		ok(t, closer.Close())
		s, closer = open()
		same(t, "the store, opened again", imageOf(t, s), want)
		got, err := s.ListChanges(t.Context(), before.Head, 100)
		ok(t, err)
		same(t, "the log from a position of before", got, want.Log[before.Head.N:])
		_, err = s.LinkByHash(t.Context(), link.Hash)
		ok(t, err)
		taken := newUser(t, ann.JID.String())
		fails(t, "CreateUser with a taken JID", s.CreateUser(t.Context(), taken, userChange(jitsiauth.UserCreated, taken)), jitsiauth.ErrExists)
		_, err = s.UserByJID(t.Context(), bob.JID)
		fails(t, "UserByJID after DeleteUser", err, jitsiauth.ErrNotFound)
		before = want
	}
	ok(t, closer.Close())
}
