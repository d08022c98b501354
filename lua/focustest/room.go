package focustest

import (
	"context"
	"fmt"
	"slices"

	"github.com/jitsiauth/server/lua/xmpptest"
)

const nsMUCUser = "http://jabber.org/protocol/muc#user"

// host enters a room as Jicofo does before it grants a request for it, and makes an
// owner of the real JID that asked if that is there already and logged in.
func (f *Focus) host(conn *xmpptest.Conn, room, jid string) {
	ctx, cancel := context.WithTimeout(context.Background(), answerTimeout)
	defer cancel()
	me := room + "/" + account
	f.mu.Lock()
	_, inside := f.members[me]
	occupants := f.occupantsOf(jid)
	f.mu.Unlock()
	if !inside {
		// What fails shows in tests of rooms; conference requests don't depend on it.
		_ = conn.JoinMUC(ctx, room, account)
		f.change(func() { f.members[me] = f.JID() })
	}
	for _, occupant := range occupants {
		f.makeOwner(conn, occupant, jid)
	}
}

// occupantsOf are jid's addresses in rooms. f.mu is held.
func (f *Focus) occupantsOf(jid string) []string {
	var all []string
	for occupant, real := range f.members {
		if real == jid {
			all = append(all, occupant)
		}
	}
	return all
}

// watchRooms makes owners of logged-in ones that enter (Jicofo's
// AuthenticationRoleManager), and never takes that back.
func (f *Focus) watchRooms(conn *xmpptest.Conn) {
	for {
		e, err := conn.Receive(context.Background(), isOccupant)
		if err != nil {
			return // the connection's end
		}
		occupant, jid := e.Attr("from"), realJID(e)
		if e.Attr("type") == "unavailable" {
			f.change(func() { delete(f.members, occupant) })
			continue
		}
		f.mu.Lock()
		_, known := f.members[occupant]
		f.mu.Unlock()
		if jid == "" || known || hasStatus(e, "110") {
			continue
		}
		f.change(func() { f.members[occupant] = jid })
		f.makeOwner(conn, occupant, jid)
	}
}

// makeOwner does so if jid is logged in.
func (f *Focus) makeOwner(conn *xmpptest.Conn, occupant, jid string) {
	if f.Core.Authority.Identity(jid) == "" {
		return
	}
	send(conn, fmt.Sprintf("<iq xmlns='jabber:client' type='set' id='owner' to='%s'>"+
		"<query xmlns='http://jabber.org/protocol/muc#admin'><item affiliation='owner' jid='%s'/></query></iq>",
		escape(bare(occupant)), escape(bare(jid))))
}

// isOccupant accepts somebody's presence in a room. The confirmation of one's own
// entering is left to JoinMUC.
func isOccupant(e *xmpptest.Element) bool {
	return e.Name.Local == "presence" && e.Child(nsMUCUser, "x") != nil && e.Attr("type") != "error" && !hasStatus(e, "110")
}

func hasStatus(e *xmpptest.Element, code string) bool {
	x := e.Child(nsMUCUser, "x")
	return x != nil && slices.ContainsFunc(x.Children, func(c *xmpptest.Element) bool {
		return c.Name.Local == "status" && c.Attr("code") == code
	})
}

func realJID(e *xmpptest.Element) string {
	if item := e.Child(nsMUCUser, "x").Child(nsMUCUser, "item"); item != nil {
		return item.Attr("jid")
	}
	return ""
}
