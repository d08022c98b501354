package lua_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// TestReviewOddSourceHidesNobody: some load balancers put a port behind the address in
// X-Forwarded-For, and Prosody takes it over. The login works; who is in must show all the same.
func TestReviewOddSourceHidesNobody(t *testing.T) {
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
		text := ""
		for range 20 {
			time.Sleep(500 * time.Millisecond)
			if text = w.cli("", "user", "show", "bob"); strings.Contains(text, "c2s") {
				return
			}
		}
		t.Errorf("bob, who is in over TCP:\n%s", text)
		for line := range strings.Lines(w.prosody.Log()) {
			if strings.Contains(line, "isn't told") {
				t.Log(line)
			}
		}
	})
}
