package lua_test

import (
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/jitsiauth/server/lua/focustest"
	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// TestDoorProsodyRestarts: the module knows nothing any more, Jicofo all. Who comes
// with an old login is asked for the password, and that works as ever.
func TestDoorProsodyRestarts(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		h.add("alice", "right")
		alice := h.opens(xmpptest.TCP, "alice", "right")
		h.restartProsody()
		if !slices.Equal(h.focus.Identities(), []string{"alice@" + h.prosody.Domain}) {
			t.Fatal("Jicofo forgot")
		}
		for _, way := range xmpptest.Transports {
			guest := h.anonymous(way)
			for _, address := range []string{h.focus.Proxy, "x@" + h.focus.Proxy, h.focus.JID()} {
				h.wantUnknown(h.with(alice), guest, address, "alice's old one")
			}
			b := h.with(alice)
			if granted, err := b.OpenAsHost(limit(t), way, "alice", "right"); err != nil || granted.SessionID == alice.id {
				t.Fatalf("alice after the restart: %+v, %v", granted, err)
			}
			again := h.goesOn(b, way, "alice")
			h.setDisabled("alice", true)
			h.wantOut(again.Conn, "alice")
			h.wantLoggedOut(again.id, "alice")
			h.setDisabled("alice", false)
		}
	})
}

// restartProsody does so on the same ports, and Jicofo comes back to it.
func (h *house) restartProsody() {
	h.t.Helper()
	if err := h.prosody.Stop(); err != nil {
		h.t.Fatal(err)
	}
	h.focus.Stop()
	h.config.C2SPort, h.config.HTTPPort = portOf(h.t, h.prosody.C2S), portOf(h.t, h.prosody.HTTP)
	h.prosody = prosodytest.StartTest(h.t, h.config)
	h.focus.Reach(h.prosody)
	if err := h.focus.Start(limit(h.t)); err != nil {
		h.t.Fatal(err)
	}
}

func portOf(t *testing.T, address string) int {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestDoorFocusForgets: Jicofo restarts and knows no login any more. It says so itself,
// once, also of a logout; whoever came in by the login is a host in the room until its
// account ends.
func TestDoorFocusForgets(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		for _, way := range xmpptest.Transports {
			h.add("alice", "right")
			alice := h.opens(way, "alice", "right")
			h.focus.Core.Authority.Forget()
			back := h.anonymous(way)
			if granted, err := h.with(alice).Request(limit(t), back); err != nil || granted != (focustest.Granted{}) {
				t.Errorf("alice came back as %+v, %v", granted, err)
			}
			h.wantUnknown(h.with(alice), back, h.focus.Proxy, "alice's")
			again := h.with(alice)
			if _, err := again.OpenAsHost(limit(t), way, "alice", "right"); err != nil {
				t.Error(err)
			}
			h.focus.Core.Authority.Forget()
			h.setDisabled("alice", true)
			h.wantOut(alice.Conn, "alice")
			h.wantLoggedOut(again.SessionID, "alice")
			h.cli("", "user", "delete", "alice", "--yes")
		}
	})
}

// TestDoorServiceAway: what happened to accounts meanwhile is made up for.
func TestDoorServiceAway(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		h.add("alice", "right")
		h.add("bob", "right")
		alice, bob := h.opens(xmpptest.WebSocket, "alice", "right"), h.opens(xmpptest.BOSH, "bob", "right")
		if err := h.service.Stop(); err != nil {
			t.Fatal(err)
		}
		h.cli("", "user", "disable", "alice", "--db", h.service.DB())
		h.wantHost(alice)
		h.wantHost(bob)
		if err := h.service.Start(); err != nil {
			t.Fatal(err)
		}
		h.wantOut(alice.Conn, "alice")
		h.wantLoggedOut(alice.id, "alice")
		h.comesBackAsGuest(alice, xmpptest.WebSocket)
		h.wantHost(bob)
	})
}

// TestDoorRestoredBackup: the restored file knows one of the two hosts no more.
func TestDoorRestoredBackup(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		h.add("stays", "right")
		backup := filepath.Join(t.TempDir(), "backup.db")
		h.cli("", "backup", backup)
		h.add("later", "right")
		stays, later := h.opens(xmpptest.WebSocket, "stays", "right"), h.opens(xmpptest.WebSocket, "later", "right")
		if err := h.service.Stop(); err != nil {
			t.Fatal(err)
		}
		h.cli("", "restore", backup, "--force", "--db", h.service.DB())
		if err := h.service.Start(); err != nil {
			t.Fatal(err)
		}
		h.wantOut(later.Conn, "later")
		h.wantLoggedOut(later.id, "later")
		h.wantPlainLeave(stays.member, "later")
		h.wantIn(stays.Conn, "stays")
	})
}
