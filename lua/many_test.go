package lua_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// pingWhile pings until work is done, and returns the longest round trip.
func (w *world) pingWhile(who *xmpptest.Conn, work func()) (longest time.Duration) {
	w.t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		work()
	}()
	for {
		took, err := who.Ping(limit(w.t), "")
		if err != nil {
			w.t.Errorf("the bystander: %v", err)
		}
		longest = max(longest, took)
		select {
		case <-done:
			return longest
		default:
		}
	}
}

// ended waits for all of them, and returns a line for each that stays. Unlike wantOut
// it may be called by any goroutine.
func ended(all map[string]*xmpptest.Conn) (still []string) {
	late := time.After(endLimit)
	for name, conn := range all {
		select {
		case <-conn.Done():
		case <-late:
			return append(still, name+" is still connected")
		}
	}
	return nil
}

// TestManyAtOnce: one account with many sessions, and many accounts disabled by one
// import, some of them in a room, are all out, and somebody else is not held up.
func TestManyAtOnce(t *testing.T) {
	const sessions, accounts = 60, 24
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v})
		w.add("bystander", "right")
		bystander := w.enter(xmpptest.WebSocket, "bystander", "right")
		var fresh, disabled strings.Builder
		for i := range accounts {
			fmt.Fprintf(&fresh, "{\"username\":\"many%d\",\"password_hash\":%q}\n", i, secrets[0].hash)
			fmt.Fprintf(&disabled, "{\"username\":\"many%d\",\"disabled\":true}\n", i)
		}
		w.cli(fresh.String(), "import", "-", "--format", "ndjson")
		of := func(n int, user func(int) string) map[string]*xmpptest.Conn {
			conns := map[string]*xmpptest.Conn{}
			for i := range n {
				way := xmpptest.Transports[i%3]
				conn, err := xmpptest.Login(limit(t), way, w.prosody.Endpoint(), user(i), secrets[0].password)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = conn.Close() })
				conns[fmt.Sprintf("session %d of %s over %s", i, user(i), way)] = conn
				if i < 5 && user(i) != user(i+1) {
					if err := conn.JoinMUC(limit(t), "room@"+w.prosody.MUC, user(i)); err != nil {
						t.Fatal(err)
					}
				}
			}
			return conns
		}
		out := func(what string, conns map[string]*xmpptest.Conn, disable func()) {
			began := time.Now()
			var still []string
			longest := w.pingWhile(bystander.Conn, func() {
				disable()
				still = ended(conns)
			})
			t.Logf("%s: all out after %v; longest ping of another meanwhile %v", what, time.Since(began), longest)
			if len(still) > 0 {
				t.Error(what, still)
			}
		}

		one := of(sessions, func(int) string { return "many0" })
		out("one account", one, func() { w.setDisabled("many0", true) })
		w.wantNoLeave(bystander) // none of them was in the room
		w.wantLine(fmt.Sprintf(`Sessions of many0 ended \(disabled\): %d`, sessions))
		w.setDisabled("many0", false)

		all := of(accounts, func(i int) string { return fmt.Sprint("many", i) })
		out("one import", all, func() { w.cli(disabled.String(), "import", "-", "--format", "ndjson", "--mode", "upsert") })
		left := map[string]bool{}
		for range 5 {
			e, err := bystander.Receive(limit(t), isLeave)
			if err != nil {
				t.Fatal(err)
			}
			left[e.Attr("from")] = true
		}
		if len(left) != 5 {
			t.Errorf("the bystander saw %v leave", left)
		}
		w.wantNoLeave(bystander)
	})
}
