package lua_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// jitsiAnonymous does what Jitsi's mod_auth_jitsi-anonymous and mod_jitsi_session do with
// ?previd=TOKEN, which is a header here: the new session gets the name of the one that has
// the resumption token, while that one lives.
const jitsiAnonymous = `
local new_sasl, id = require "util.sasl".new, require "util.id".medium;
local function remember(event) event.session.previd = event.request.headers.x_previd; end
module:hook_global("bosh-session", remember);
module:hook_global("websocket-session", remember);
module:provides("auth", { get_sasl_handler = function (session)
	return new_sasl(module.host, { anonymous = function (self)
		if session.previd then
			for _, other in pairs(prosody.full_sessions) do
				if other.resumption_token == session.previd then self.username = other.username; break; end
			end
		end
		return true;
	end });
end });
require "util.sasl".registerMechanism("ANONYMOUS", { "anonymous" }, function (self)
	self.profile.anonymous(self);
	self.username = self.username or id():lower();
	return "success";
end);
`

// siblings is a house whose guests log in as docker-jitsi-meet's do (GUEST_AUTH_TYPE).
func siblings(t *testing.T, v prosodytest.Version) *house {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mod_auth_jitsi-anonymous.lua"), []byte(jitsiAnonymous), 0o600); err != nil {
		t.Fatal(err)
	}
	return newHouse(t, options{version: v, config: func(c *prosodytest.Config) {
		c.MorePaths = append(c.MorePaths, dir)
		c.ExtraHosts += "\nVirtualHost \"guest.meet.jitsi\"\n\tauthentication = \"jitsi-anonymous\"\n"
	}})
}

// sibling logs in with another session's resumption token, and binds a resource.
func (h *house) sibling(token, resource string) *xmpptest.Conn {
	h.t.Helper()
	e := h.prosody.Endpoint().On(h.prosody.Guest)
	e.Header = http.Header{"X-Previd": {token}}
	conn, err := xmpptest.Dial(limit(h.t), xmpptest.WebSocket, e)
	if err == nil {
		err = conn.AuthAnonymous(limit(h.t))
	}
	if err == nil {
		_, err = conn.Bind(limit(h.t), resource)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// TestDoorSiblingIsOut: a host's guest session has a second one of the same bare
// JID, which a room takes for the same owner. It must not stay when the account is removed.
func TestDoorSiblingIsOut(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		h := siblings(t, v)
		h.add("alice", "right")
		h.add("bob", "right")
		bob := h.opens(xmpptest.WebSocket, "bob", "right")
		alice := h.opens(xmpptest.WebSocket, "alice", "right")
		time.Sleep(500 * time.Millisecond) // Jicofo makes her an owner
		second := h.sibling(alice.resume, "second")
		t.Logf("alice is %s and %s", alice.JID(), second.JID())
		h.setDisabled("alice", true)
		h.wantOut(alice.Conn, "alice")
		h.wantLoggedOut(alice.id, "alice")
		if err := second.JoinMUC(limit(t), "room@"+h.prosody.MUC, "second"); err != nil {
			t.Logf("is out: %v", err)
			return
		}
		_, err := second.IQ(limit(t), "set", "room@"+h.prosody.MUC, "<query xmlns='http://jabber.org/protocol/muc#admin'><item nick='bob' role='none'/></query>")
		t.Errorf("alice, disabled, is in the room; her kick of bob, the host: %v", err)
		_ = bob
	})
}

// TestDoorSameAddressIsOut: the host's guest session is replaced by a new one of the
// same full JID, by which Jicofo knows the login.
func TestDoorSameAddressIsOut(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		h := siblings(t, v)
		h.add("alice", "right")
		h.add("bob", "right")
		h.opens(xmpptest.WebSocket, "bob", "right")
		alice := h.opens(xmpptest.WebSocket, "alice", "right")
		jid := alice.JID()
		_, resource, _ := strings.Cut(jid, "/")
		again := h.sibling(alice.resume, resource)
		if again.JID() != jid {
			t.Fatalf("%s, not %s", again.JID(), jid)
		}
		m := h.enterAs(again, "again")
		h.setDisabled("alice", true)
		h.wantLoggedOut(alice.id, "alice")
		h.wantOut(m.Conn, "alice's session of the same address")
	})
}

// TestDoorUnboundSiblingIsOut: the second session has the name already, but binds only
// after the account was removed.
func TestDoorUnboundSiblingIsOut(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		h := siblings(t, v)
		h.add("alice", "right")
		h.add("bob", "right")
		h.opens(xmpptest.WebSocket, "bob", "right")
		alice := h.opens(xmpptest.WebSocket, "alice", "right")
		time.Sleep(500 * time.Millisecond) // Jicofo makes her an owner
		e := h.prosody.Endpoint().On(h.prosody.Guest)
		e.Header = http.Header{"X-Previd": {alice.resume}}
		second, err := xmpptest.Dial(limit(t), xmpptest.WebSocket, e)
		if err == nil {
			err = second.AuthAnonymous(limit(t))
		}
		if err != nil {
			t.Fatal(err)
		}
		defer second.Close()
		h.setDisabled("alice", true)
		h.wantOut(alice.Conn, "alice")
		h.wantLoggedOut(alice.id, "alice")
		if _, err := second.Bind(limit(t), ""); err != nil {
			return
		}
		if err := second.JoinMUC(limit(t), "room@"+h.prosody.MUC, "second"); err != nil {
			return
		}
		if _, err := second.IQ(limit(t), "set", "room@"+h.prosody.MUC, "<query xmlns='http://jabber.org/protocol/muc#admin'><item nick='bob' role='none'/></query>"); err == nil {
			t.Error("alice, disabled, threw the host bob out of the room")
		}
	})
}
