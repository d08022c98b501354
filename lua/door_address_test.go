package lua_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jitsiauth/server/lua/focustest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// addresses are those by which one reaches Jicofo as oneself.
func (h *house) addresses() []string {
	proxy := h.focus.Proxy
	return []string{proxy, "x@" + proxy, proxy + "/x", "x@" + proxy + "/x", strings.ToUpper(proxy), h.focus.JID()}
}

// throughRoom is Jicofo as an occupant. There, who asks is an occupant, too: no login
// can be tied to a client, and Jitsi's asks for none.
func (h *house) throughRoom() string { return "room@" + h.prosody.MUC + "/focus" }

// TestDoorAddresses: an ended session-id is refused wherever it is tried, by whom it may
// be; one that is good works at the same addresses, and so do guests without any.
func TestDoorAddresses(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		h.add("alice", "right")
		h.add("bob", "right")
		alice := h.opens(xmpptest.TCP, "alice", "right")
		h.setDisabled("alice", true)
		h.wantOut(alice.Conn, "alice")
		h.wantLoggedOut(alice.id, "alice")
		for _, way := range xmpptest.Transports {
			bob := h.opens(way, "bob", "right")
			thief := h.plainGuest(way, "thief")
			for _, address := range h.addresses() {
				h.wantUnknown(h.with(alice), thief.Conn, address, "alice's")
				h.wantUnknown(h.madeUp(), thief.Conn, address, "a made-up one")
				granted, err := bob.browser.RequestAt(limit(t), bob.Conn, address)
				if err != nil || granted.SessionID != bob.id || granted.Identity != "bob@"+h.prosody.Domain {
					t.Errorf("bob at %s: %+v, %v", address, granted, err)
				}
				if granted, err := h.browser().RequestAt(limit(t), thief.Conn, address); err != nil || granted != (focustest.Granted{}) {
					t.Errorf("a guest at %s: %+v, %v", address, granted, err)
				}
			}
			for _, b := range []*focustest.Browser{h.with(alice), h.with(bob), h.madeUp()} {
				h.wantUnknown(b, thief.Conn, h.throughRoom(), "any")
			}
			h.wantIn(thief.Conn, "who tried")
			_, _ = bob.Close(), thief.Close()
		}
	})
}

// madeUp is a browser with a session-id that nobody made.
func (h *house) madeUp() *focustest.Browser {
	b := h.browser()
	b.SessionID = "00000000-0000-4000-8000-000000000000"
	return b
}

// TestDoorOddForms: a request is the same request in other words.
func TestDoorOddForms(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		h.add("alice", "right")
		alice := h.opens(xmpptest.TCP, "alice", "right")
		h.setDisabled("alice", true)
		h.wantOut(alice.Conn, "alice")
		thief := h.plainGuest(xmpptest.TCP, "thief")
		attrs := fmt.Sprintf("room='new@%s' machine-uid='%s'", h.prosody.MUC, alice.browser.MachineUID)
		for what, request := range map[string]string{
			"a prefix": fmt.Sprintf("<f:conference xmlns:f='http://jitsi.org/protocol/focus' %s session-id='%s'/>", attrs, alice.id),
			"entities": fmt.Sprintf("<conference xmlns='http://jitsi.org/protocol/focus' %s session-id='&#x%x;%s'/>", attrs, alice.id[0], alice.id[1:]),
			"children": fmt.Sprintf("<conference xmlns='http://jitsi.org/protocol/focus' session-id='%s' %s><conference xmlns='http://jitsi.org/protocol/focus'/></conference>", alice.id, attrs),
			"blanks":   fmt.Sprintf("<conference xmlns='http://jitsi.org/protocol/focus' %s session-id=' %s '/>", attrs, alice.id),
		} {
			before := len(h.focus.Queries())
			if _, err := thief.IQ(limit(t), "set", h.focus.Proxy, request); err == nil {
				t.Errorf("the session-id with %s was accepted", what)
			}
			if len(h.focus.Queries()) != before {
				t.Errorf("the session-id with %s reached Jicofo", what)
			}
		}
		blank := h.browser()
		blank.SessionID = " " // none, for Jicofo
		if granted, err := blank.RequestAt(limit(t), thief.Conn, h.focus.Proxy); err != nil || granted != (focustest.Granted{}) {
			t.Errorf("a blank session-id: %+v, %v", granted, err)
		}
	})
}

// TestDoorForeignSession: with an account of one's own, another's session-id is no
// use, whether it is good, has ended or never was; the account gets one of its own.
func TestDoorForeignSession(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		h.add("alice", "right")
		h.add("bob", "right")
		alice := h.opens(xmpptest.TCP, "alice", "right")
		check := func(way xmpptest.Transport, b *focustest.Browser, what string) {
			t.Helper()
			used, before := b.SessionID, h.heard(b.SessionID)
			granted, err := b.OpenAsHost(limit(t), way, "bob", "right")
			if err != nil || granted.Identity != "bob@"+h.prosody.Domain || granted.SessionID == "" || granted.SessionID == used {
				t.Errorf("bob with %s session-id over %s: %+v, %v", what, way, granted, err)
			}
			if h.heard(used) != before {
				t.Errorf("%s session-id of bob's reached Jicofo", what)
			}
		}
		for _, way := range xmpptest.Transports {
			check(way, h.with(alice), "alice's good")
			check(way, h.madeUp(), "a made-up")
			own := h.opens(way, "bob", "right")
			if granted, err := own.browser.OpenAsHost(limit(t), way, "bob", "right"); err != nil || granted.SessionID != own.id {
				t.Errorf("bob with his own: %+v, %v", granted, err)
			}
			_ = own.Close()
		}
		h.foreignAtAddresses(alice)
		h.wantHost(alice)
		h.setDisabled("alice", true)
		h.wantOut(alice.Conn, "alice")
		for _, way := range xmpptest.Transports {
			check(way, h.with(alice), "alice's ended")
		}
	})
}

// foreignAtAddresses has bob try alice's session-id wherever Jicofo can be asked.
func (h *house) foreignAtAddresses(alice host) {
	h.t.Helper()
	conn, err := xmpptest.Login(limit(h.t), xmpptest.WebSocket, h.prosody.Endpoint(), "bob", "right")
	if err != nil {
		h.t.Fatal(err)
	}
	bob := h.enterAs(conn, "bob")
	before := h.heard(alice.id)
	for _, address := range h.addresses() {
		granted, err := h.with(alice).RequestAt(limit(h.t), bob.Conn, address)
		if err != nil || granted.Identity != "bob@"+h.prosody.Domain || granted.SessionID == alice.id {
			h.t.Errorf("bob with alice's session-id at %s: %+v, %v", address, granted, err)
		}
	}
	if h.heard(alice.id) != before {
		h.t.Error("alice's session-id of bob's reached Jicofo")
	}
	h.wantUnknown(h.with(alice), bob.Conn, h.throughRoom(), "bob with alice's")
}

// TestDoorWrongMachine: a good session-id without what belongs to it makes nobody a
// host, and does its owner no harm.
func TestDoorWrongMachine(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		h.add("alice", "right")
		alice := h.opens(xmpptest.TCP, "alice", "right")
		for _, machine := range []string{"", "another"} {
			b := h.with(alice)
			b.MachineUID = machine
			thief := h.anonymous(xmpptest.WebSocket)
			if granted, err := b.RequestAt(limit(t), thief, h.focus.Proxy); err == nil {
				t.Errorf("with the machine-uid %q: %+v", machine, granted)
			}
			h.wantIn(thief, "who tried")
		}
		h.wantHost(alice)
		h.wantIn(alice.Conn, "alice")
	})
}
