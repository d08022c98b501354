package lua_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/lua/servicetest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// endLimit is generous: what is measured is logged.
const endLimit = 10 * time.Second

// member is somebody in the room, whose client enabled stream management and
// acknowledges nothing, so that the server always holds stanzas for it.
type member struct {
	*xmpptest.Conn
	name   string
	resume string // what resumes it
}

func (w *world) enter(transport xmpptest.Transport, name, password string) member {
	w.t.Helper()
	conn, err := xmpptest.Login(limit(w.t), transport, w.prosody.Endpoint(), name, password)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.enterAs(conn, name)
}

// enterAs is enter for who is logged in already, as whomever.
func (w *world) enterAs(conn *xmpptest.Conn, name string) member {
	w.t.Helper()
	w.t.Cleanup(func() { _ = conn.Close() })
	resume, err := conn.EnableResume(limit(w.t))
	if err != nil {
		w.t.Fatal(err)
	}
	if err := conn.JoinMUC(limit(w.t), "room@"+w.prosody.MUC, name); err != nil {
		w.t.Fatal(err)
	}
	return member{conn, name, resume}
}

// wantOut fails the test unless the session ends soon. told is whether the client
// heard the reason: over BOSH it is lost where the server holds no request just
// then; see Conn.Err.
func (w *world) wantOut(who *xmpptest.Conn, what string) (told bool) {
	w.t.Helper()
	select {
	case <-who.Done():
	case <-time.After(endLimit):
		w.t.Fatalf("%s is still connected", what)
	}
	var ended *xmpptest.StreamError
	if errors.As(who.Err(), &ended) && ended.Condition == "item-not-found" {
		return false
	}
	if !errors.As(who.Err(), &ended) || ended.Condition != "not-authorized" || ended.Text == "" || ended.Undeclared {
		w.t.Errorf("%s: %#v, want not-authorized and a text", what, who.Err())
	}
	return true
}

// wantIn fails the test unless the session still answers.
func (w *world) wantIn(who *xmpptest.Conn, what string) {
	w.t.Helper()
	if _, err := who.Ping(limit(w.t), ""); err != nil {
		w.t.Errorf("%s: %v", what, err)
	}
}

// wantPlainLeave fails the test unless the watcher saw the other leave the room
// as if by their own will, once, and nobody else.
func (w *world) wantPlainLeave(watcher member, name string) {
	w.t.Helper()
	e, err := watcher.Receive(limit(w.t), isLeave)
	if err != nil {
		w.t.Fatalf("%s did not see %s leave: %v", watcher.name, name, err)
	}
	if e.Attr("from") != "room@"+w.prosody.MUC+"/"+name || e.Child("jabber:client", "status") != nil {
		w.t.Errorf("%s saw %+v", watcher.name, e)
	}
	if x := e.Child("http://jabber.org/protocol/muc#user", "x"); x != nil {
		for _, c := range x.Children {
			if c.Name.Local == "status" {
				w.t.Errorf("%s saw the status %s", watcher.name, c.Attr("code"))
			}
		}
	}
	w.wantNoLeave(watcher)
}

// isLeave accepts the presence of somebody who is not in the room any more.
func isLeave(e *xmpptest.Element) bool {
	return e.Name.Local == "presence" && e.Attr("type") == "unavailable" && strings.HasPrefix(e.Attr("from"), "room@")
}

// wantNoLeave fails the test if the watcher saw anybody leave until now.
func (w *world) wantNoLeave(watcher member) {
	w.t.Helper()
	w.wantIn(watcher.Conn, watcher.name) // comes after all that the room sent
	over, cancel := context.WithCancel(w.t.Context())
	cancel()
	if e, err := watcher.Receive(over, isLeave); err == nil {
		w.t.Errorf("%s also saw %s leave", watcher.name, e.Attr("from"))
	}
}

func (w *world) client() *client.Client {
	w.t.Helper()
	return socketClient(w.t, w.service)
}

// socketClient is an administrator on the same machine.
func socketClient(t *testing.T, s *servicetest.Service) *client.Client {
	t.Helper()
	c, err := client.New(client.Options{Server: "unix:" + filepath.Join(s.Dir, "run", "jitsiauth.sock")})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (w *world) setDisabled(name string, disabled bool) {
	w.t.Helper()
	_, err := w.client().UpdateUser(w.t.Context(), name, api.UserPatch{Disabled: api.Some(disabled)})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) wantLine(pattern string) {
	w.t.Helper()
	if _, err := w.prosody.WaitLog(limit(w.t), pattern); err != nil {
		w.t.Error(err)
	}
}
