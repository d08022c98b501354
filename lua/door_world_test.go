package lua_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jitsiauth/server/lua/focustest"
	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// house is a world with guests and a Jicofo, where the module mod_jitsi_auth_sessions
// is at the door between them.
type house struct {
	*world
	focus *focustest.Focus
}

// host is somebody who opened the room by password and is in it as a guest.
type host struct {
	member
	browser *focustest.Browser
	id      string // the session-id, whatever the browser makes of it
}

// newHouse is newWorld with all of that. In the end it looks through the log for
// errors and for session-ids, which are secrets.
func newHouse(t *testing.T, o options) *house {
	t.Helper()
	dir, err := os.MkdirTemp("", "prosody-") // t.TempDir is too long a path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	more := o.config
	o.config = func(c *prosodytest.Config) {
		focustest.Configure(c)
		c.Modules, c.Dir = append(c.Modules, "jitsi_auth_sessions"), dir
		if more != nil {
			more(c)
		}
	}
	h := &house{world: newWorld(t, o)}
	if err := focustest.Prepare(limit(t), h.prosody); err != nil {
		t.Fatal(err)
	}
	h.focus = focustest.New(h.prosody)
	if err := h.focus.Start(limit(t)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.focus.Stop)
	t.Cleanup(func() { h.inspectLogs(t) })
	return h
}

// inspectLogs fails the test over errors, and over session-ids in what our modules and
// the service said. Prosody's own modules write whole stanzas at level debug.
func (h *house) inspectLogs(t *testing.T) {
	ids := h.ids()
	for line := range strings.Lines(h.prosody.Log()) {
		if strings.Contains(line, "\terror\t") || strings.Contains(line, "traceback") {
			t.Errorf("Prosody's log: %s", line)
		}
		ours := strings.Contains(line, ":auth_http\t") || strings.Contains(line, "jitsi_auth_sessions")
		if (ours || !strings.Contains(line, "\tdebug\t")) && containsAny(line, ids) {
			t.Errorf("a session-id in Prosody's log: %s", line)
		}
	}
	if containsAny(h.service.Log(), ids) {
		t.Error("a session-id in the service's log")
	}
}

// ids are all session-ids that Jicofo made or heard.
func (h *house) ids() []string {
	ids := h.focus.Logouts()
	for _, q := range h.focus.Queries() {
		ids = append(ids, q.SessionID)
	}
	for _, login := range h.focus.Core.Authority.Logins() {
		ids = append(ids, login.ID)
	}
	return slices.DeleteFunc(ids, func(id string) bool { return strings.TrimSpace(id) == "" })
}

func containsAny(s string, all []string) bool {
	return slices.ContainsFunc(all, func(part string) bool { return strings.Contains(s, part) })
}

// browser is a new one on its way to the room.
func (h *house) browser() *focustest.Browser {
	return focustest.NewBrowser(h.prosody, "room@"+h.prosody.MUC)
}

// opens has an account open the room and go on as a guest, by the same transport.
func (h *house) opens(way xmpptest.Transport, name, password string) host {
	h.t.Helper()
	return h.goesOn(h.logsIn(way, name, password), way, name)
}

// logsIn is the first half of opens: a browser that got a session-id.
func (h *house) logsIn(way xmpptest.Transport, name, password string) *focustest.Browser {
	h.t.Helper()
	b := h.browser()
	granted, err := b.OpenAsHost(limit(h.t), way, name, password)
	if err != nil || granted.Identity != name+"@"+h.prosody.Domain {
		h.t.Fatalf("%s opened the room as %q: %v", name, granted.Identity, err)
	}
	return b
}

// goesOn is the other half: a new guest with what the browser keeps.
func (h *house) goesOn(b *focustest.Browser, way xmpptest.Transport, nick string) host {
	h.t.Helper()
	conn, granted := h.guest(b, way)
	if granted.SessionID == "" || granted.SessionID != b.SessionID {
		h.t.Fatalf("%s went on as %+v", nick, granted)
	}
	return host{h.enterAs(conn, nick), b, granted.SessionID}
}

// guest is a new guest's connection, and what Jicofo granted it.
func (h *house) guest(b *focustest.Browser, way xmpptest.Transport) (*xmpptest.Conn, focustest.Granted) {
	h.t.Helper()
	conn := h.anonymous(way)
	granted, err := b.Request(limit(h.t), conn)
	if err != nil {
		h.t.Fatal(err)
	}
	return conn, granted
}

// plainGuest is somebody without an account in the room.
func (h *house) plainGuest(way xmpptest.Transport, nick string) member {
	h.t.Helper()
	conn, granted := h.guest(h.browser(), way)
	if granted != (focustest.Granted{}) {
		h.t.Fatalf("%s, a guest, is %+v", nick, granted)
	}
	return h.enterAs(conn, nick)
}

// anonymous is a guest's connection that asked nothing yet.
func (h *house) anonymous(way xmpptest.Transport) *xmpptest.Conn {
	h.t.Helper()
	conn, err := h.browser().Guest(limit(h.t), way)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// with is another browser with the same storage: what a thief has, or who comes back.
func (h *house) with(who host) *focustest.Browser {
	b := h.browser()
	b.MachineUID, b.SessionID = who.browser.MachineUID, who.id
	return b
}

// wantLoggedOut fails the test unless Jicofo is told to forget the session-id, soon.
func (h *house) wantLoggedOut(id, what string) {
	h.t.Helper()
	if err := h.focus.AwaitLogout(limit(h.t), id); err != nil {
		h.t.Fatalf("%s: %v", what, err)
	}
	for _, login := range h.focus.Core.Authority.Logins() {
		if login.ID == id {
			h.t.Errorf("Jicofo still knows the login of %s", what)
		}
	}
}

// wantUnknown fails the test unless a session-id is refused as Jicofo refuses one that
// it doesn't know, without its having been asked.
func (h *house) wantUnknown(b *focustest.Browser, conn *xmpptest.Conn, address, what string) {
	h.t.Helper()
	before := h.heard(b.SessionID)
	granted, err := b.RequestAt(limit(h.t), conn, address)
	var refused *focustest.Refusal
	if !errors.As(err, &refused) || refused.Condition != "not-acceptable" || !refused.SessionInvalid {
		h.t.Errorf("%s: the session-id at %s gave %+v, %v; want session-invalid", what, address, granted, err)
	}
	if h.heard(b.SessionID) != before {
		h.t.Errorf("%s: the session-id at %s reached Jicofo", what, address)
	}
}

// heard is how often Jicofo was asked with a session-id.
func (h *house) heard(id string) (times int) {
	for _, q := range h.focus.Queries() {
		if q.SessionID == id {
			times++
		}
	}
	return times
}

// wantHost fails the test unless the session-id still makes a moderator of its guest.
func (h *house) wantHost(who host) {
	h.t.Helper()
	granted, err := who.browser.RequestAt(limit(h.t), who.Conn, h.focus.Proxy)
	if err != nil || granted != (focustest.Granted{Identity: who.name + "@" + h.prosody.Domain, SessionID: who.id}) {
		h.t.Errorf("%s is %+v, %v", who.name, granted, err)
	}
}
