package lua_test

import (
	"testing"
	"time"

	"github.com/jitsiauth/server/lua/focustest"
	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// onDoor runs f with a house of each version of Prosody.
func onDoor(t *testing.T, f func(t *testing.T, h *house)) {
	t.Helper()
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) { f(t, newHouse(t, options{version: v})) })
}

// endings are what takes the right to be in a meeting away, or ends it where it is used.
func (h *house) endings() map[string]func(name string) {
	return map[string]func(string){
		"disabled": func(name string) { h.setDisabled(name, true) },
		"kicked":   h.kick,
		"deleted":  func(name string) { h.cli("", "user", "delete", name, "--yes") },
		"expired": func(name string) {
			h.cli("", "user", "set", name, "--valid-until", time.Now().Add(2*time.Second).Format(time.RFC3339))
		},
		"other-password": func(name string) { h.cli("second", "user", "passwd", name, "--password-stdin", "--allow-weak") },
	}
}

func (h *house) kick(name string) {
	h.t.Helper()
	if err := h.client().EndSessions(limit(h.t), name); err != nil {
		h.t.Fatal(err)
	}
}

// TestDoorEndings: a host is in the meeting as a guest, loses the account in any way,
// and is out as if by their own will; the stored login is worth nothing from then on,
// and what it can be used for is to come back as a plain guest. Others notice nothing.
func TestDoorEndings(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		h.add("bob", "right")
		bob := h.opens(xmpptest.WebSocket, "bob", "right")
		plain := h.plainGuest(xmpptest.BOSH, "plain")
		for _, way := range xmpptest.Transports {
			for what, end := range h.endings() {
				name := what + "-" + string(way)
				h.add(name, "right")
				alice := h.opens(way, name, "right")
				end(name)
				h.wantOut(alice.Conn, name)
				h.wantPlainLeave(bob.member, name)
				h.wantPlainLeave(plain, name)
				h.wantLoggedOut(alice.id, name)
				h.comesBackAsGuest(alice, way)
			}
		}
		h.wantHost(bob)
		if got := h.focus.Identities(); len(got) != 1 {
			t.Errorf("Jicofo has logins of %v, want bob's", got)
		}
	})
}

// comesBackAsGuest fails the test unless the stored login is refused once, and what the
// browser does next makes a guest as any other of who had it.
func (h *house) comesBackAsGuest(who host, way xmpptest.Transport) {
	h.t.Helper()
	b := h.with(who)
	back := h.anonymous(way)
	h.wantUnknown(b, back, h.focus.Proxy, who.name)
	if granted, err := b.Request(limit(h.t), back); err != nil || granted != (focustest.Granted{}) || b.SessionID != "" {
		h.t.Errorf("%s came back as %+v, %v", who.name, granted, err)
	}
	if err := back.Close(); err != nil {
		h.t.Error(err)
	}
}

// TestDoorTwoBrowsers: all logins of the account end, with all guests that used them;
// one whose guest has left already, too.
func TestDoorTwoBrowsers(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		for _, name := range []string{"alice", "alice2", "bob"} {
			h.add(name, "right")
		}
		bob, other := h.opens(xmpptest.TCP, "bob", "right"), h.opens(xmpptest.WebSocket, "alice2", "right")
		first := h.opens(xmpptest.TCP, "alice", "right")
		tab := h.goesOn(first.browser, xmpptest.BOSH, "tab")
		second := h.goesOn(h.logsIn(xmpptest.WebSocket, "alice", "right"), xmpptest.WebSocket, "second")
		gone := h.goesOn(h.logsIn(xmpptest.BOSH, "alice", "right"), xmpptest.BOSH, "gone")
		_ = gone.Close()

		h.setDisabled("alice", true)
		for _, who := range []host{first, tab, second} {
			h.wantOut(who.Conn, who.name)
		}
		for _, who := range []host{first, second, gone} {
			h.wantLoggedOut(who.id, who.name)
			h.comesBackAsGuest(who, xmpptest.TCP)
		}
		h.wantHost(bob)
		h.wantHost(other)
	})
}

// TestDoorComesBack: who may be there again logs in again, also with the old session-id
// still stored, and isn't thrown out by what ended before.
func TestDoorComesBack(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		h.add("alice", "right")
		for _, way := range xmpptest.Transports {
			before := h.opens(way, "alice", "right")
			h.setDisabled("alice", true)
			h.wantOut(before.Conn, "alice")
			if _, err := h.with(before).OpenAsHost(limit(t), way, "alice", "right"); err == nil {
				t.Error("alice, disabled, opened the room")
			}
			h.setDisabled("alice", false)
			b := h.with(before)
			if granted, err := b.OpenAsHost(limit(t), way, "alice", "right"); err != nil || granted.SessionID == before.id {
				t.Fatalf("with the old session-id: %+v, %v", granted, err)
			}
			again := h.goesOn(b, way, "alice")
			h.wantUnknown(h.with(before), h.anonymous(way), h.focus.Proxy, "alice's old one")
			h.wantHost(again)
			h.wantIn(again.Conn, "alice")
			_ = again.Close()
		}
	})
}

// A guest that lost the network is in the room for as long as it may come back.
func TestDoorHibernatingIsOut(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		h.add("bob", "right")
		watcher := h.opens(xmpptest.TCP, "bob", "right").member
		for _, way := range []xmpptest.Transport{xmpptest.TCP, xmpptest.WebSocket} {
			h.add("alice", "right")
			alice := h.opens(way, "alice", "right")
			alice.Cut()
			h.setDisabled("alice", true)
			h.wantPlainLeave(watcher, "alice")
			h.wantLoggedOut(alice.id, "alice")
			h.cli("", "user", "delete", "alice", "--yes")
		}
	})
}

// TestDoorWhileOpening: nobody slips through between the verdict and the news.
func TestDoorWhileOpening(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		h.add("bob", "right")
		bob := h.opens(xmpptest.TCP, "bob", "right") // the room stays open
		h.add("alice", "right")
		in := 0
		for i := range 24 {
			way := xmpptest.Transports[i%3]
			opened := make(chan *xmpptest.Conn, 1)
			go func() { opened <- h.tryToOpen(way) }()
			time.Sleep(time.Duration(i) * 5 * time.Millisecond)
			h.setDisabled("alice", true)
			if conn := <-opened; conn != nil {
				in++
				h.wantOut(conn, "alice")
			}
			err := h.focus.Await(limit(t), "the end of alice's logins", func() bool { return len(h.focus.Identities()) == 1 })
			if err != nil {
				t.Fatal(err, h.focus.Identities())
			}
			h.setDisabled("alice", false)
		}
		t.Logf("%d of 24 were faster than the change, and ended", in)
		h.wantHost(bob)
	})
}

// tryToOpen is alice's way in; nil unless she is a host in the end.
func (h *house) tryToOpen(way xmpptest.Transport) *xmpptest.Conn {
	b := h.browser()
	if _, err := b.OpenAsHost(limit(h.t), way, "alice", "right"); err != nil {
		return nil
	}
	conn, err := b.Guest(limit(h.t), way)
	if err != nil {
		return nil
	}
	if granted, err := b.Request(limit(h.t), conn); err == nil && granted.Identity == "" {
		_ = conn.Close()
		return nil
	}
	return conn
}
