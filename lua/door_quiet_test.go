package lua_test

import (
	"strings"
	"testing"

	"github.com/jitsiauth/server/lua/focustest"
	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// TestDoorKeepsSecrets: not even at level debug does the module write session-ids; see
// inspectLogs, which every test of the door ends with.
func TestDoorKeepsSecrets(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		h := newHouse(t, options{version: v, config: func(c *prosodytest.Config) { c.LogLevel = "debug" }})
		h.add("alice", "right")
		for _, way := range xmpptest.Transports {
			alice := h.opens(way, "alice", "right")
			if _, err := h.madeUp().RequestAt(limit(t), alice.Conn, h.focus.Proxy); err == nil {
				t.Error("a made-up session-id was accepted")
			}
			h.setDisabled("alice", true)
			h.wantOut(alice.Conn, "alice")
			h.wantLoggedOut(alice.id, "alice")
			h.comesBackAsGuest(alice, way)
			h.setDisabled("alice", false)
		}
		if len(h.ids()) == 0 || !strings.Contains(h.prosody.Log(), "\tdebug\t") {
			t.Error("there was nothing to look for")
		}
	})
}

// TestDoorWithoutGuests: who logs in to the meeting itself is out by mod_auth_http, as
// before, and Jicofo forgets the login, too.
func TestDoorWithoutGuests(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		h.add("bob", "right")
		bob, _ := h.asAccount(xmpptest.TCP, "bob")
		for _, way := range xmpptest.Transports {
			h.add("alice", "right")
			alice, browser := h.asAccount(way, "alice")
			id := browser.SessionID
			if granted, err := browser.Request(limit(t), alice.Conn); err != nil || granted.SessionID != id {
				t.Errorf("alice again: %+v, %v", granted, err)
			}
			h.setDisabled("alice", true)
			h.wantOut(alice.Conn, "alice")
			h.wantPlainLeave(bob, "alice")
			h.wantLoggedOut(id, "alice")
			h.cli("", "user", "delete", "alice", "--yes")
		}
		h.wantIn(bob.Conn, "bob")
	})
}

// asAccount is somebody in the room with the account itself.
func (h *house) asAccount(way xmpptest.Transport, name string) (member, *focustest.Browser) {
	h.t.Helper()
	conn, err := xmpptest.Login(limit(h.t), way, h.prosody.Endpoint(), name, "right")
	if err != nil {
		h.t.Fatal(err)
	}
	browser := h.browser()
	if granted, err := browser.Request(limit(h.t), conn); err != nil || granted.Identity != name+"@"+h.prosody.Domain {
		h.t.Fatalf("%s: %+v, %v", name, granted, err)
	}
	return h.enterAs(conn, name), browser
}

// TestDoorGuestsOnly: guests have nothing to do with accounts: nothing about one ends
// theirs, and the service may be away.
func TestDoorGuestsOnly(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		h.add("alice", "right")
		alice := h.opens(xmpptest.TCP, "alice", "right")
		var guests []member
		for _, way := range xmpptest.Transports {
			guests = append(guests, h.plainGuest(way, "guest-"+string(way)))
		}
		h.relay.breakBy(h.relay.hang)
		guests = append(guests, h.plainGuest(xmpptest.TCP, "late"))
		h.wantHost(alice)
		h.relay.breakBy(nil)
		h.setDisabled("alice", true)
		h.wantOut(alice.Conn, "alice")
		for _, guest := range guests {
			h.wantPlainLeave(guest, "alice")
		}
	})
}
