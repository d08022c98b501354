package storetest

import (
	"net/netip"
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
)

func testLog(t *testing.T, s jitsiauth.Store) {
	var want []jitsiauth.Change
	expect := func(c jitsiauth.Change) jitsiauth.Change {
		want = append(want, c)
		return c
	}
	r, token := newUser(t, "ann@a.example"), newToken("one")
	ok(t, s.CreateUser(t.Context(), r, expect(userChange(jitsiauth.UserCreated, r))))
	_, err := s.UpdateUser(t.Context(), r.ID, func(old jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
		c := userChange(jitsiauth.UserUpdated, old, "display_name", "valid_until")
		c.Source = netip.MustParseAddr("192.0.2.7")
		if len(want) == 1 {
			expect(c)
		}
		old.Note = "changed"
		return old, &c, nil
	})
	ok(t, err)
	ok(t, s.CreateToken(t.Context(), token, expect(tokenChange(jitsiauth.TokenCreated, token))))
	ok(t, s.DeleteToken(t.Context(), token.ID, expect(tokenChange(jitsiauth.TokenRevoked, token))))
	gone := expect(userChange(jitsiauth.UserDeleted, r))
	ok(t, s.DeleteUser(t.Context(), r.ID, func(jitsiauth.Record) (jitsiauth.Change, error) { return gone, nil }))

	head, err := s.Head(t.Context())
	ok(t, err)
	for i := range want {
		want[i].Position = jitsiauth.Position{Epoch: head.Epoch, N: uint64(i + 1)}
	}
	same(t, "the log", log(t, s), want)
	same(t, "the head", head, want[len(want)-1].Position)
	if c := log(t, s)[2]; c.Source.IsValid() || !c.JID.IsZero() {
		t.Errorf("no address, no name came back as %v, %v", c.Source, c.JID)
	}
}

// testAddChange: an entry alone takes its place among the others, and shares no
// memory with its caller.
func testAddChange(t *testing.T, s jitsiauth.Store) {
	ann := create(t, s, "ann@a.example")
	before := imageOf(t, s)
	of := jitsiauth.Change{At: now, Action: jitsiauth.BackupMade, Actor: jitsiauth.ActorUID, ActorName: "0"} // of nobody
	full := userChange("other.action", ann, "one", "two")
	full.Name = "192.0.2.7"
	given := full
	given.Fields = []string{"one", "two"}
	ok(t, s.AddChange(t.Context(), of))
	ok(t, s.AddChange(t.Context(), given))
	given.Fields[0] = "spoilt"
	bob := create(t, s, "bob@a.example")

	want := append(before.Log, of, full, userChange(jitsiauth.UserCreated, bob))
	for i := range want {
		want[i].Position = jitsiauth.Position{Epoch: before.Head.Epoch, N: uint64(i + 1)}
	}
	same(t, "the log", log(t, s), want)
	same(t, "the head", logHead(t, s), want[len(want)-1].Position)
	after := imageOf(t, s)
	same(t, "the accounts", after.Users, append(before.Users, bob))
}

func testLogPositions(t *testing.T, s jitsiauth.Store) {
	list := func(after jitsiauth.Position, limit int) []jitsiauth.Change {
		t.Helper()
		entries, err := s.ListChanges(t.Context(), after, limit)
		ok(t, err)
		return entries
	}
	start, err := s.Head(t.Context())
	ok(t, err)
	if start.N != 0 || start.Epoch == "" {
		t.Errorf("head of an empty log: %+v", start)
	}
	if len(list(start, 10)) != 0 || len(list(jitsiauth.Position{}, 10)) != 0 {
		t.Error("an empty log has entries")
	}
	for _, name := range []string{"a@a.example", "b@a.example", "c@a.example", "d@a.example"} {
		create(t, s, name)
	}
	all := log(t, s)
	for i, c := range all {
		for limit := range 6 {
			same(t, "a part of the log", list(c.Position, limit), all[i+1:min(i+1+limit, len(all))])
		}
	}
	same(t, "from entry 0 on", list(start, 10), all)
	same(t, "the first two", list(jitsiauth.Position{}, 2), all[:2])
	text, err := jitsiauth.ParsePosition(all[1].Position.String())
	ok(t, err)
	same(t, "from a position that was text", list(text, 10), all[2:])

	for _, lost := range []jitsiauth.Position{
		{Epoch: start.Epoch, N: 5}, {Epoch: start.Epoch, N: 1<<64 - 1}, {Epoch: start.Epoch + "0", N: 1}, {Epoch: "other", N: 0}, {Epoch: "", N: 1},
	} {
		_, err := s.ListChanges(t.Context(), lost, 10)
		fails(t, "position "+lost.String(), err, jitsiauth.ErrPositionLost)
	}
}
