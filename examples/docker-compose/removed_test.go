package compose_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/lua/focustest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

const room = "standup@muc.meet.jitsi"

// removedIsOut: who opened a room is in it as a guest, as with Jitsi's page. Removed,
// they are out, and what Jicofo remembered of them opens nothing; others stay.
func (w *world) removedIsOut(t *testing.T) {
	w.add(t, "host", password)
	w.add(t, "colleague", password)
	host, colleague := w.opens(t, "host"), w.opens(t, "colleague")
	eventually(t, "user show tells where the host is", func() bool {
		return contains(w.cli(t, "", "user", "show", "host"), room)
	})

	began := time.Now()
	w.cli(t, "", "user", "disable", "host")
	select {
	case <-host.Done():
		t.Logf("out %v after the command began", time.Since(began))
	case <-time.After(time.Minute):
		t.Fatal("who was removed is still in the room")
	}
	if ended, ok := errors.AsType[*xmpptest.StreamError](host.Err()); !ok || ended.Condition != refused {
		t.Errorf("the host's session ended with %v", host.Err())
	}
	w.answers(t, colleague.Conn, "used to remove somebody")

	again := w.guest(t)
	sid := host.SessionID
	granted, err := host.Request(t.Context(), again)
	if err != nil || granted.Identity != "" || host.SessionID != "" {
		t.Errorf("the old login: identity %q (%v)", granted.Identity, err)
	}
	if got := login(t, w.browser(), "host", password); got != "account-disabled" {
		t.Errorf("a new login: %s", got)
	}
	for _, service := range []string{"prosody", "authsvc"} {
		if strings.Contains(logs(t, w.container(t, service)), sid) {
			t.Errorf("the log of %s shows a session-id", service)
		}
	}
}

// host is somebody's browser, and the connection by which it is in a room.
type host struct {
	*focustest.Browser
	*xmpptest.Conn
}

func (w *world) guest(t *testing.T) *xmpptest.Conn {
	t.Helper()
	conn, err := xmpptest.LoginAnonymous(t.Context(), xmpptest.WebSocket, w.browser().On("guest.meet.jitsi"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// opens does what Jitsi's page does for who opens a room.
func (w *world) opens(t *testing.T, name string) host {
	t.Helper()
	b := focustest.NewBrowserAt(w.browser(), w.browser().On("guest.meet.jitsi"), room)
	eventually(t, "Jicofo lets "+name+" open a room", func() bool {
		_, err := b.OpenAsHost(t.Context(), xmpptest.WebSocket, name, password)
		if refused, ok := errors.AsType[*focustest.Refusal](err); ok && refused.Condition == "service-unavailable" {
			return false
		}
		if err != nil {
			t.Fatal(err)
		}
		return true
	})
	conn := w.guest(t)
	granted, err := b.Request(t.Context(), conn)
	if err != nil || granted.Identity != name+"@meet.jitsi" {
		t.Fatalf("%s goes on as %q (%v)", name, granted.Identity, err)
	}
	if err := conn.JoinMUC(t.Context(), room, name); err != nil {
		t.Fatal(err)
	}
	return host{b, conn}
}
