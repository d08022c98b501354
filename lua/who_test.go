package lua_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// sessions waits until what the service knows of an account's sessions is as
// wanted, and returns it.
func (w *world) sessions(name string, wanted func(api.UserSessions) bool) api.UserSessions {
	w.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		got, err := w.client().UserSessions(w.t.Context(), name)
		if err != nil {
			w.t.Fatal(err)
		}
		if wanted(got) {
			return got
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("the service says of %s: %+v", name, got)
		}
	}
}

// number of sessions that a Prosody reports.
func number(n int) func(api.UserSessions) bool {
	return func(s api.UserSessions) bool { return s.Reported && len(s.Sessions) == n }
}

// TestWhoIsIn: who is in is seen, also after the service was restarted, and not
// any more when they have left or Prosody is gone.
func TestWhoIsIn(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v, direct: true})
		w.add("alice", "right")
		w.add("bob", "right")
		room := "room@" + w.prosody.MUC
		var conns []*xmpptest.Conn
		for _, way := range xmpptest.Transports {
			conns = append(conns, w.join(way, "alice", "right"))
		}
		inRoom := func(s api.UserSessions) bool {
			return number(3)(s) && !slices.ContainsFunc(s.Sessions, func(s api.Session) bool { return !slices.Equal(s.Rooms, []string{room}) })
		}
		var ways []string
		for _, s := range w.sessions("alice", inRoom).Sessions {
			ways = append(ways, s.Transport)
			if s.Source != "127.0.0.1" || s.Guest || s.Proxy != (s.Transport != "c2s") || time.Since(s.Since).Abs() > time.Hour {
				t.Errorf("%+v", s)
			}
		}
		if slices.Sort(ways); !slices.Equal(ways, []string{"bosh", "c2s", "websocket"}) {
			t.Errorf("over %v", ways)
		}
		w.sessions("bob", number(0))
		if out := w.cli("", "user", "show", "alice"); !strings.Contains(out, room) {
			t.Errorf("user show:\n%s", out)
		}

		if err := w.service.Stop(); err != nil {
			t.Fatal(err)
		}
		if err := w.service.Start(); err != nil {
			t.Fatal(err)
		}
		w.sessions("alice", inRoom)
		if err := conns[0].Close(); err != nil {
			t.Fatal(err)
		}
		w.sessions("alice", number(2))

		if err := w.prosody.Stop(); err != nil {
			t.Fatal(err)
		}
		w.sessions("alice", func(s api.UserSessions) bool { return !s.Reported && len(s.Sessions) == 0 })
	})
}

// TestKick: all sessions of the account end, and nobody else's; who comes back is
// let in, and stays.
func TestKick(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v, direct: true})
		w.add("alice", "right")
		w.add("bob", "right")
		bob := w.join(xmpptest.WebSocket, "bob", "right")
		for _, way := range xmpptest.Transports {
			alice := w.join(way, "alice", "right")
			w.cli("", "user", "kick", "alice")
			w.wantOut(alice, "alice over "+string(way))
		}
		back := w.join(xmpptest.WebSocket, "alice", "right")
		w.wantLine(`Sessions of alice ended \(ended by an administrator\): 1`)
		w.cli("", "user", "set", "alice", "--note", "news that end nothing")

		// And what happened while the service was down.
		if err := w.service.Stop(); err != nil {
			t.Fatal(err)
		}
		w.cli("", "user", "kick", "bob", "--db", w.service.DB())
		if err := w.service.Start(); err != nil {
			t.Fatal(err)
		}
		w.wantOut(bob, "bob")
		w.wantIn(back, "alice, who came back")
	})
}

// TestOddSourceHidesNobody: some load balancers put a port behind the address in
// X-Forwarded-For, and Prosody takes it over. The login works; who is in must show all the same.
func TestOddSourceHidesNobody(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v})
		w.add("alice", "right")
		w.add("bob", "right")
		e := w.prosody.Endpoint()
		e.Header = http.Header{"X-Forwarded-For": {"198.51.100.7:51234"}}
		alice, err := xmpptest.Login(limit(t), xmpptest.WebSocket, e, "alice", "right")
		if err != nil {
			t.Skipf("Prosody itself refuses it: %v", err)
		}
		defer alice.Close()
		bob, err := xmpptest.Login(limit(t), xmpptest.TCP, w.prosody.Endpoint(), "bob", "right")
		if err != nil {
			t.Fatal(err)
		}
		defer bob.Close()
		w.sessions("bob", number(1))
		if s := w.sessions("alice", number(1)); s.Sessions[0].Source != "" {
			t.Errorf("%+v", s)
		}
	})
}
