package xmpptest_test

import (
	"errors"
	"testing"

	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

func TestTwoInARoom(t *testing.T) {
	everyWay(t, func(t *testing.T, s *prosodytest.Server, w xmpptest.Transport) {
		ctx := testContext(t)
		room := "room-" + string(w) + "@" + s.MUC
		people := map[string]*xmpptest.Conn{}
		for _, name := range []string{"alice", "bob"} {
			c, err := xmpptest.Login(ctx, w, s.Endpoint(), name, password)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			if err := c.JoinMUC(ctx, room, name); err != nil {
				t.Fatal(err)
			}
			people[name] = c
		}
		for _, speaker := range []string{"alice", "bob"} {
			text := "I'm " + speaker + " & <fine> ☃"
			if err := people[speaker].SendGroupchat(ctx, room, text); err != nil {
				t.Fatal(err)
			}
			for listener, c := range people {
				nick, body, err := c.ReceiveGroupchat(ctx, room)
				if err != nil || nick != speaker || body != text {
					t.Errorf("%s heard %q from %q, %v", listener, body, nick, err)
				}
			}
		}
		// The answer to a ping through the room comes from the other client.
		if _, err := people["alice"].Ping(ctx, room+"/bob"); err != nil {
			t.Errorf("ping of an occupant: %v", err)
		}
		_ = people["bob"].Close()
		left := func(e *xmpptest.Element) bool {
			return e.Name.Local == "presence" && e.Attr("from") == room+"/bob" && e.Attr("type") == "unavailable"
		}
		if _, err := people["alice"].Receive(ctx, left); err != nil {
			t.Errorf("alice did not see bob leave: %v", err)
		}
	})
}

func TestRoomRefuses(t *testing.T) {
	everyWay(t, func(t *testing.T, s *prosodytest.Server, w xmpptest.Transport) {
		ctx := testContext(t)
		room := "taken-" + string(w) + "@" + s.MUC
		for i, user := range []string{"alice", "bob"} {
			c, err := xmpptest.Login(ctx, w, s.Endpoint(), user, password)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			err = c.JoinMUC(ctx, room, "same nick")
			var refused *xmpptest.StanzaError
			if i == 0 && err != nil {
				t.Fatal(err)
			}
			if i == 1 && (!errors.As(err, &refused) || refused.Condition != "conflict") {
				t.Errorf("a nick in use: %v, want conflict", err)
			}
		}
	})
}
