package lua_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// TestLiveAccounts is the main job: while one person is in a meeting, others
// are added, changed, disabled and removed, each in force at the next login,
// and nothing restarts.
func TestLiveAccounts(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v})
		w.add("a", "password of a")
		meetings := map[xmpptest.Transport]*xmpptest.Conn{}
		for _, transport := range xmpptest.Transports {
			meetings[transport] = w.join(transport, "a", "password of a")
		}
		service, prosody := w.service.PID(), w.prosody.PID()

		for _, transport := range xmpptest.Transports {
			t.Run(string(transport), func(t *testing.T) {
				w := *w
				w.t = t
				w.manage(transport, "c-"+string(transport))
			})
		}

		for transport, conn := range meetings {
			if _, err := conn.Ping(limit(t), ""); err != nil {
				t.Errorf("a's stream over %s: %v", transport, err)
			}
			select {
			case <-conn.Done():
				t.Errorf("a's stream over %s ended: %v", transport, conn.Err())
			default:
			}
		}
		if w.service.PID() != service || w.prosody.PID() != prosody || !w.prosody.Alive() {
			t.Error("something was restarted")
		}
	})
}

// manage takes an account through its life.
func (w *world) manage(transport xmpptest.Transport, name string) {
	w.expect(transport, name, "first", "not-authorized")
	w.add(name, "first")
	w.expect(transport, name, "first", "ok")
	w.expect(transport, name, "wrong", "not-authorized")

	w.cli("second", "user", "passwd", name, "--password-stdin", "--allow-weak")
	w.expect(transport, name, "first", "not-authorized")
	w.expect(transport, name, "second", "ok")

	w.cli("", "user", "disable", name)
	w.expect(transport, name, "second", "account-disabled")
	w.expect(transport, name, "wrong", "not-authorized")
	w.cli("", "user", "enable", name)
	w.expect(transport, name, "second", "ok")

	w.cli("", "user", "set", name, "--valid-until", "2020-01-01")
	w.expect(transport, name, "second", "account-disabled")
	w.cli("", "user", "set", name, "--valid-until", "")
	w.expect(transport, name, "second", "ok")
	w.cli("", "user", "set", name, "--valid-from", time.Now().AddDate(1, 0, 0).Format(time.DateOnly))
	w.expect(transport, name, "second", "account-disabled")
	w.cli("", "user", "set", name, "--valid-from", "")

	w.cli("", "user", "delete", name, "--yes")
	w.expect(transport, name, "second", "not-authorized")
	w.add(name, "third")
	w.expect(transport, name, "third", "ok")
}

// A refused login leaves the stream usable: the browser asks again on it.
func TestSecondTryOnTheSameStream(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v})
		w.add("alice", "right")
		for _, transport := range xmpptest.Transports {
			conn, err := xmpptest.Dial(limit(t), transport, w.prosody.Endpoint())
			if err != nil {
				t.Fatal(err)
			}
			if err := conn.Auth(limit(t), "alice", "wrong"); err == nil {
				t.Errorf("%s: wrong password let in", transport)
			}
			w.relay.breakBy(says(503, `{}`))
			err = conn.Auth(limit(t), "alice", "right")
			if refused, ok := errors.AsType[*xmpptest.SASLError](err); !ok || refused.Condition != "temporary-auth-failure" {
				t.Errorf("%s: while the service fails: %v", transport, err)
			}
			w.relay.breakBy(nil)
			if err := conn.Auth(limit(t), "alice", "right"); err != nil {
				t.Errorf("%s: second try: %v", transport, err)
			}
			if _, err := conn.Bind(limit(t), ""); err != nil {
				t.Errorf("%s: %v", transport, err)
			}
			_ = conn.Close()
		}
	})
}

// Guests need no account and Jicofo's host keeps its own: the module is the
// main host's alone.
func TestOtherHostsKeepTheirOwn(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v})
		w.add("alice", "right")
		w.relay.breakBy(w.relay.hang) // nobody asks us about them
		guest, err := xmpptest.LoginAnonymous(limit(t), xmpptest.WebSocket, w.prosody.Endpoint().On(w.prosody.Guest))
		if err != nil {
			t.Fatal(err)
		}
		_ = guest.Close()
		if err := w.prosody.Register(limit(t), "focus", w.prosody.Auth, "focus secret"); err != nil {
			t.Fatal(err)
		}
		if got := outcome(t, xmpptest.TCP, w.prosody.Endpoint().On(w.prosody.Auth), "focus", "focus secret"); got != "ok" {
			t.Errorf("focus: %s", got)
		}
		if got := outcome(t, xmpptest.TCP, w.prosody.Endpoint().On(w.prosody.Auth), "alice", "right"); got != "not-authorized" {
			t.Errorf("alice on the host of focus: %s", got)
		}
	})
}

// What a message to an account does while the service hangs: nothing, at once.
// An HTTP call there would stall the sender's stream, and Jicofo is one.
func TestMessageToAnAbsentUserDoesNotWait(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v})
		w.add("a", "right")
		conn := w.join(xmpptest.TCP, "a", "right")
		w.relay.breakBy(w.relay.hang)
		before := len(w.relay.questions())
		for i := range 5 {
			if err := conn.Send(limit(t), fmt.Sprintf("<message xmlns='jabber:client' to='absent%d@%s'><body>x</body></message>", i, w.prosody.Domain)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := conn.Ping(limit(t), ""); err != nil {
			t.Error(err)
		}
		if asked := len(w.relay.questions()) - before; asked != 0 {
			t.Errorf("%d questions to the service for messages", asked)
		}
	})
}
