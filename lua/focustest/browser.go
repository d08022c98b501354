package focustest

import (
	"context"
	"errors"
	"fmt"

	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// Browser is what one browser keeps of Jitsi Meet, and what lib-jitsi-meet (its
// moderator.js and JitsiConference.authenticateAndUpgradeRole) does with that. It is
// used by one goroutine at a time.
type Browser struct {
	Room       string // bare JID; Open and Request are about it
	MachineUID string
	SessionID  string // "" for none

	main, guest xmpptest.Endpoint
	focus       string
}

// Granted is a conference request's good end.
type Granted struct {
	Identity  string // "" for a guest
	SessionID string // likewise
}

// NewBrowser is one that was never logged in, on its way to a room (a bare JID).
func NewBrowser(s *prosodytest.Server, room string) *Browser {
	return NewBrowserAt(s.Endpoint(), s.Endpoint().On(s.Guest), room)
}

// NewBrowserAt is one anywhere: main is where people log in, guest where guests do.
func NewBrowserAt(main, guest xmpptest.Endpoint, room string) *Browser {
	return &Browser{Room: room, MachineUID: uuid(), main: main, guest: guest, focus: ProxyOf(main.Domain)}
}

// OpenAsHost logs in on a connection of its own, asks Jicofo for a session-id, keeps
// that and closes the connection. A stored session-id goes along, as there. A wrong
// password is a *xmpptest.SASLError, Jicofo's refusal a *Refusal.
func (b *Browser) OpenAsHost(ctx context.Context, transport xmpptest.Transport, user, password string) (Granted, error) {
	conn, err := xmpptest.Login(ctx, transport, b.main, user, password)
	if err != nil {
		return Granted{}, err
	}
	granted, err := b.ask(ctx, conn, b.focus)
	return granted, errors.Join(err, conn.Close())
}

// Guest logs in as a guest, which the browser stays for the meeting.
func (b *Browser) Guest(ctx context.Context, transport xmpptest.Transport) (*xmpptest.Conn, error) {
	return xmpptest.LoginAnonymous(ctx, transport, b.guest)
}

// Request asks Jicofo for the room, with the stored session-id. One that is refused is
// forgotten, and the request made once more without it; there, that happens a second
// later. Other refusals are a *Refusal.
func (b *Browser) Request(ctx context.Context, conn *xmpptest.Conn) (Granted, error) {
	granted, err := b.ask(ctx, conn, b.focus)
	if refused, ok := errors.AsType[*Refusal](err); ok && (refused.SessionInvalid || refused.Condition == "not-acceptable") {
		b.SessionID = ""
		return b.ask(ctx, conn, b.focus)
	}
	return granted, err
}

// RequestAt is Request at any address, and without the second try.
func (b *Browser) RequestAt(ctx context.Context, conn *xmpptest.Conn, address string) (Granted, error) {
	return b.ask(ctx, conn, address)
}

// Logout has Jicofo forget the login, and forgets it. Without one it does nothing. A
// refusal is a *Refusal, after which it is kept, as there.
func (b *Browser) Logout(ctx context.Context, conn *xmpptest.Conn) error {
	if b.SessionID == "" {
		return nil
	}
	reply, err := conn.IQ(ctx, "set", b.focus, fmt.Sprintf("<logout xmlns='%s' session-id='%s'/>", nsFocus, escape(b.SessionID)))
	if err != nil {
		return refused(reply, err)
	}
	b.SessionID = ""
	return nil
}

// ask makes a request and keeps a session-id that comes with the answer.
func (b *Browser) ask(ctx context.Context, conn *xmpptest.Conn, address string) (Granted, error) {
	id := ""
	if b.SessionID != "" {
		id = fmt.Sprintf(" session-id='%s'", escape(b.SessionID))
	}
	reply, err := conn.IQ(ctx, "set", address, fmt.Sprintf(
		"<conference xmlns='%s' room='%s' machine-uid='%s'%s><property name='rtcstatsEnabled' value='false'/></conference>",
		nsFocus, escape(b.Room), escape(b.MachineUID), id))
	if reply != nil && address == b.focus && reply.Attr("from") != b.focus {
		return Granted{}, fmt.Errorf("%s was asked, %s answered", address, reply.Attr("from"))
	}
	if err != nil {
		return Granted{}, refused(reply, err)
	}
	conference := reply.Child(nsFocus, "conference")
	if conference == nil || conference.Attr("ready") != "true" {
		return Granted{}, fmt.Errorf("an answer without a conference that is ready: %+v", reply)
	}
	granted := Granted{conference.Attr("identity"), conference.Attr("session-id")}
	if granted.SessionID != "" {
		b.SessionID = granted.SessionID
	}
	return granted, nil
}

// refused makes a *Refusal of an answer of type error, and leaves other errors as they
// are.
func refused(reply *xmpptest.Element, err error) error {
	stanza, ok := errors.AsType[*xmpptest.StanzaError](err)
	if !ok {
		return err
	}
	refusal := &Refusal{Condition: stanza.Condition, Text: stanza.Text}
	if inner := reply.Child("jabber:client", "error"); inner != nil {
		refusal.SessionInvalid = inner.Child(nsFocus, "session-invalid") != nil
	}
	return refusal
}
