package focustest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/lua/focustest"
	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// These are about the stand-ins themselves: a Prosody with accounts of its own, and no
// module that knows of logins.

func limit(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// onEach runs f with a server that has the accounts alice and bob, and a Jicofo.
func onEach(t *testing.T, f func(t *testing.T, s *prosodytest.Server, jicofo *focustest.Focus)) {
	t.Helper()
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		c := prosodytest.Config{Version: v}
		focustest.Configure(&c)
		s := prosodytest.StartTest(t, c)
		for _, name := range []string{"alice", "bob"} {
			if err := s.Register(limit(t), name, s.Domain, "right"); err != nil {
				t.Fatal(err)
			}
		}
		if err := focustest.Prepare(limit(t), s); err != nil {
			t.Fatal(err)
		}
		jicofo := focustest.New(s)
		if err := jicofo.Start(limit(t)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(jicofo.Stop)
		f(t, s, jicofo)
		for _, bad := range []string{"\terror\t", "traceback"} {
			if strings.Contains(s.Log(), bad) {
				t.Errorf("%q in Prosody's log", bad)
			}
		}
	})
}

// open makes alice's login and a guest of it.
func open(t *testing.T, b *focustest.Browser, way xmpptest.Transport) *xmpptest.Conn {
	t.Helper()
	if got, err := b.OpenAsHost(limit(t), way, "alice", "right"); err != nil || got.SessionID == "" {
		t.Fatal(got, err)
	}
	return enter(t, b, way)
}

// enter is a guest's connection.
func enter(t *testing.T, b *focustest.Browser, way xmpptest.Transport) *xmpptest.Conn {
	t.Helper()
	conn, err := b.Guest(limit(t), way)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// wantRefused fails the test unless err is that refusal.
func wantRefused(t *testing.T, err error, condition string, invalid bool) {
	t.Helper()
	var refused *focustest.Refusal
	if !errors.As(err, &refused) || refused.Condition != condition || refused.SessionInvalid != invalid {
		t.Errorf("got %v, want %s", err, condition)
	}
}

func TestHostGoesOnAsGuest(t *testing.T) {
	onEach(t, func(t *testing.T, s *prosodytest.Server, jicofo *focustest.Focus) {
		for _, way := range xmpptest.Transports {
			b, other := focustest.NewBrowser(s, string(way)+"@"+s.MUC), focustest.NewBrowser(s, string(way)+"@"+s.MUC)
			guest := enter(t, other, way)
			_, err := other.Request(limit(t), guest)
			wantRefused(t, err, "not-authorized", false)
			_, err = b.OpenAsHost(limit(t), way, "alice", "wrong")
			if _, ok := errors.AsType[*xmpptest.SASLError](err); !ok {
				t.Errorf("a wrong password: %v", err)
			}
			host := open(t, b, way)
			id := b.SessionID
			if got, err := b.Request(limit(t), host); err != nil || got != (focustest.Granted{Identity: "alice@" + s.Domain, SessionID: id}) {
				t.Errorf("%+v, %v", got, err)
			}
			if got, err := other.Request(limit(t), guest); err != nil || got != (focustest.Granted{}) {
				t.Errorf("another guest: %+v, %v", got, err)
			}
			for conn, nick := range map[*xmpptest.Conn]string{host: "host", guest: "guest"} {
				if err := conn.JoinMUC(limit(t), b.Room, nick); err != nil {
					t.Fatal(err)
				}
			}
			wantOwner(t, host, b.Room, "host")

			if err := b.Logout(limit(t), host); err != nil || b.SessionID != "" {
				t.Error(err, b.SessionID)
			}
			b.SessionID = id
			wantRefused(t, b.Logout(limit(t), host), "not-acceptable", true)
			if got, err := b.Request(limit(t), host); err != nil || got != (focustest.Granted{}) || b.SessionID != "" {
				t.Errorf("after logout: %+v, %v", got, err)
			}
			if logouts := jicofo.Logouts(); !slices.Equal(logouts[len(logouts)-2:], []string{id, id}) {
				t.Errorf("logouts %v", logouts)
			}
		}
	})
}

// wantOwner waits until conn sees the occupant made an owner, and fails the test if it
// sees another made one.
func wantOwner(t *testing.T, conn *xmpptest.Conn, room, nick string) {
	t.Helper()
	owner := func(e *xmpptest.Element) bool {
		x := e.Child("http://jabber.org/protocol/muc#user", "x")
		return x != nil && x.Child("http://jabber.org/protocol/muc#user", "item").Attr("affiliation") == "owner" &&
			e.Attr("from") != room+"/focus"
	}
	e, err := conn.Receive(limit(t), owner)
	if err != nil || e.Attr("from") != room+"/"+nick {
		t.Errorf("owner is %+v, %v", e, err)
	}
	if _, err := conn.Ping(limit(t), ""); err != nil { // comes after all that the room sent
		t.Error(err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for {
		e, err := conn.Receive(over, owner)
		if err != nil {
			return
		}
		if e.Attr("from") != room+"/"+nick {
			t.Errorf("another owner: %+v", e)
		}
	}
}

// Clients reach Jicofo by several addresses, and a session-id works at all of them.
func TestAddresses(t *testing.T) {
	onEach(t, func(t *testing.T, s *prosodytest.Server, jicofo *focustest.Focus) {
		b := focustest.NewBrowser(s, "room@"+s.MUC)
		guest := open(t, b, xmpptest.TCP)
		if err := guest.JoinMUC(limit(t), b.Room, "guest"); err != nil {
			t.Fatal(err)
		}
		for address, from := range map[string]string{
			jicofo.Proxy: guest.JID(), "x@" + jicofo.Proxy: guest.JID(), jicofo.Proxy + "/x": guest.JID(), "x@" + jicofo.Proxy + "/x": guest.JID(),
			jicofo.JID(): guest.JID(), b.Room + "/focus": b.Room + "/guest",
		} {
			got, err := b.RequestAt(limit(t), guest, address)
			if err != nil || got.Identity != "alice@"+s.Domain {
				t.Errorf("%s: %+v, %v", address, got, err)
			}
			if queries := jicofo.Queries(); queries[len(queries)-1].From != from {
				t.Errorf("%s: %+v, want from %s", address, queries[len(queries)-1], from)
			}
		}
		if _, err := guest.IQ(limit(t), "get", jicofo.Proxy, "<query xmlns='jabber:iq:version'/>"); err == nil {
			t.Error("a request that Jicofo doesn't know was granted")
		}
	})
}

// What Jicofo remembers survives Prosody and a lost connection, not its own restart.
func TestMemoryAndHold(t *testing.T) {
	onEach(t, func(t *testing.T, s *prosodytest.Server, jicofo *focustest.Focus) {
		b := focustest.NewBrowser(s, "room@"+s.MUC)
		guest := open(t, b, xmpptest.TCP)
		id := b.SessionID
		jicofo.Stop()
		_, err := b.Request(limit(t), guest)
		wantRefused(t, err, "service-unavailable", false)
		if err := jicofo.Start(limit(t)); err != nil {
			t.Fatal(err)
		}
		if got, err := b.Request(limit(t), guest); err != nil || got.SessionID != id {
			t.Errorf("after a lost connection: %+v, %v", got, err)
		}

		jicofo.Hold()
		answered := make(chan error, 1)
		go func() {
			_, err := b.Request(limit(t), guest)
			answered <- err
		}()
		if err := jicofo.Await(limit(t), "the request", func() bool { return jicofo.Held() == 1 }); err != nil {
			t.Fatal(err)
		}
		if _, err := guest.Ping(limit(t), ""); err != nil {
			t.Error(err)
		}
		select {
		case err := <-answered:
			t.Errorf("answered in spite of Hold: %v", err)
		default:
		}
		jicofo.Release()
		if err := <-answered; err != nil {
			t.Error(err)
		}

		jicofo.Core.Forget()
		_, err = b.RequestAt(limit(t), guest, jicofo.Proxy)
		wantRefused(t, err, "not-acceptable", true)
	})
}

// TestLoginOutlivesAccount is why there is a module about this: the account is gone, and
// who knows its session-id is still its owner's moderator.
func TestLoginOutlivesAccount(t *testing.T) {
	onEach(t, func(t *testing.T, s *prosodytest.Server, jicofo *focustest.Focus) {
		b := focustest.NewBrowser(s, "room@"+s.MUC)
		guest := open(t, b, xmpptest.WebSocket)
		if _, err := s.Ctl(limit(t), "shell", "user", "delete", "alice@"+s.Domain); err != nil {
			t.Fatal(err)
		}
		if _, err := b.OpenAsHost(limit(t), xmpptest.WebSocket, "alice", "right"); err == nil {
			t.Fatal("alice can log in")
		}
		for _, conn := range []*xmpptest.Conn{guest, enter(t, b, xmpptest.BOSH)} {
			if got, err := b.Request(limit(t), conn); err != nil || got.Identity != "alice@"+s.Domain {
				t.Errorf("%+v, %v", got, err)
			}
		}
		if !slices.Equal(jicofo.Identities(), []string{"alice@" + s.Domain}) {
			t.Errorf("logins: %v", jicofo.Identities())
		}
	})
}
