package lua_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// TestDoorNewPassword: what was logged in by the new password isn't ended by it.
func TestDoorNewPassword(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		for i, way := range xmpptest.Transports {
			name := fmt.Sprint("alice", i)
			h.add(name, "right")
			old := h.goesOn(h.logsIn(way, name, "right"), way, "old")
			h.cli("second", "user", "passwd", name, "--password-stdin", "--allow-weak")
			fresh := h.opens(way, name, "second")
			h.wantOut(old.Conn, "the old password")
			h.wantLoggedOut(old.id, "the old password")
			h.wantHost(fresh)
			h.wantIn(fresh.Conn, "the new password")
			_ = fresh.Close()
		}
	})
}

// TestDoorEndSessionsOption: http_auth_end_sessions says what ends guests, too.
func TestDoorEndSessionsOption(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		for _, value := range []string{`{ "removed" }`, `{}`} {
			h := newHouse(t, options{version: v, host: "http_auth_end_sessions = " + value})
			h.add("alice", "right")
			h.add("bob", "right")
			alice, bob := h.opens(xmpptest.TCP, "alice", "right"), h.opens(xmpptest.WebSocket, "bob", "right")
			h.cli("second", "user", "passwd", "bob", "--password-stdin", "--allow-weak")
			h.setDisabled("alice", true)
			if value == "{}" {
				h.wantHost(alice)
				continue
			}
			h.wantOut(alice.Conn, "alice")
			h.wantLoggedOut(alice.id, "alice")
			h.wantHost(bob)
			h.wantIn(bob.Conn, "bob")
		}
	})
}

// TestDoorManyLogins: Jicofo makes a login each time one logs in. The module keeps the
// newest of an account, has Jicofo forget the others, and forgets no guest.
func TestDoorManyLogins(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		h.add("alice", "right")
		first := h.opens(xmpptest.TCP, "alice", "right")
		conn, err := xmpptest.Login(limit(t), xmpptest.TCP, h.prosody.Endpoint(), "alice", "right")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		var last string
		for range 60 {
			granted, err := h.browser().RequestAt(limit(t), conn, h.focus.Proxy)
			if err != nil {
				t.Fatal(err)
			}
			last = granted.SessionID
		}
		h.wantLoggedOut(first.id, "the oldest")
		bounded := func() bool { return len(h.focus.Identities()) <= 50 }
		if err := h.focus.Await(limit(t), "the end of old logins", bounded); err != nil || slices.Contains(h.focus.Logouts(), last) {
			t.Errorf("Jicofo has %d logins: %v", len(h.focus.Identities()), err)
		}
		h.wantIn(first.Conn, "the oldest one's guest")
		h.setDisabled("alice", true)
		h.wantOut(first.Conn, "alice")
		h.wantLoggedOut(last, "alice")
		err = h.focus.Await(limit(t), "the end of all", func() bool { return len(h.focus.Identities()) == 0 })
		if err != nil {
			t.Error(err)
		}
	})
}

// TestDoorManyRequests: a client that asks again before it is answered is who it is.
func TestDoorManyRequests(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		h.add("alice", "right")
		alice := h.opens(xmpptest.TCP, "alice", "right")
		conn, err := xmpptest.Login(limit(t), xmpptest.WebSocket, h.prosody.Endpoint(), "alice", "right")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		h.focus.Hold()
		answers := make(chan error)
		for i := range 8 {
			go func() {
				if i%2 == 0 {
					_, err := h.browser().RequestAt(limit(t), conn, h.focus.Proxy)
					answers <- err
					return
				}
				_, err := h.with(alice).RequestAt(limit(t), alice.Conn, h.focus.Proxy)
				answers <- err
			}()
		}
		if err := h.focus.Await(limit(t), "all", func() bool { return h.focus.Held() == 8 }); err != nil {
			t.Fatal(err)
		}
		h.focus.Release()
		for range 8 {
			if err := <-answers; err != nil {
				t.Error(err)
			}
		}
		logins := h.focus.Core.Authority.Logins()
		h.setDisabled("alice", true)
		h.wantOut(alice.Conn, "alice")
		for _, login := range logins {
			h.wantLoggedOut(login.ID, "alice")
		}
	})
}

// TestDoorOtherAuthentication: where accounts aren't this service's, the module is not
// to be in the way.
func TestDoorOtherAuthentication(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		h := newHouse(t, options{version: v, config: func(c *prosodytest.Config) { c.HostOptions = "" }})
		if err := h.prosody.Register(limit(t), "alice", h.prosody.Domain, "right"); err != nil {
			t.Fatal(err)
		}
		alice := h.opens(xmpptest.TCP, "alice", "right")
		h.wantHost(alice)
	})
}
