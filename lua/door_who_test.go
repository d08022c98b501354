package lua_test

import (
	"slices"
	"testing"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// TestDoorWhoIsIn: administrators see a host who is in the room as a guest, and no
// guest of nobody's.
func TestDoorWhoIsIn(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		h.add("alice", "right")
		h.add("bob", "right")
		room := "room@" + h.prosody.MUC
		var hosts []host
		for _, way := range xmpptest.Transports {
			hosts = append(hosts, h.goesOn(h.logsIn(way, "alice", "right"), way, "alice-"+string(way)))
		}
		h.plainGuest(xmpptest.TCP, "plain")
		inRoom := func(s api.UserSessions) bool {
			return number(3)(s) && !slices.ContainsFunc(s.Sessions, func(s api.Session) bool { return !slices.Equal(s.Rooms, []string{room}) })
		}
		var ways []string
		for _, s := range h.sessions("alice", inRoom).Sessions {
			ways = append(ways, s.Transport)
			if !s.Guest {
				t.Errorf("no guest: %+v", s)
			}
		}
		if slices.Sort(ways); !slices.Equal(ways, []string{"bosh", "c2s", "websocket"}) {
			t.Errorf("over %v", ways)
		}
		h.sessions("bob", number(0))
		_ = hosts[0].Close()
		h.sessions("alice", number(2))
		h.kick("alice")
		for _, who := range hosts[1:] {
			h.wantOut(who.Conn, who.name)
		}
		h.sessions("alice", number(0))
	})
}
