package lua_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// from is the way of a browser at an address, through a web server that Prosody
// trusts.
func (w *world) from(source string) xmpptest.Endpoint {
	e := w.prosody.Endpoint()
	e.Header = http.Header{"X-Forwarded-For": {source}}
	return e
}

// TestGuessing: who guesses is slowed down and told "try again later", right or
// wrong; the owner, elsewhere, is not; an administrator ends it.
func TestGuessing(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v, proxies: []string{"127.0.0.1"}})
		w.add("alice", "correct horse battery")
		expect := func(what, source, password, want string) {
			t.Helper()
			if got := outcome(t, xmpptest.WebSocket, w.from(source), "alice", password); got != want {
				t.Errorf("%s: %s, want %s", what, got, want)
			}
		}
		expect("the owner at home", "192.0.2.1", "correct horse battery", "ok")
		for i := range 10 {
			expect(fmt.Sprint("guess ", i), "192.0.2.66", "wrong", "not-authorized")
		}
		expect("the eleventh", "192.0.2.66", "wrong", "temporary-auth-failure")
		expect("the right one from there", "192.0.2.66", "correct horse battery", "temporary-auth-failure")
		expect("the owner at home", "192.0.2.1", "correct horse battery", "ok")
		if list := w.cli("", "throttle", "show", "alice"); !strings.Contains(list, "192.0.2.66") {
			t.Errorf("throttle show: %s", list)
		}
		w.cli("", "throttle", "clear", "alice")
		expect("after it was cleared", "192.0.2.66", "correct horse battery", "ok")
		if log := w.service.Log(); !strings.Contains(log, `result=throttled account=alice@meet.jitsi source=192.0.2.66 proxy=- transport=websocket by=account_source`) {
			t.Error("the service's log holds no line of the throttled login")
		}
		if !w.prosody.Alive() {
			t.Error("Prosody has ended")
		}
	})
}

// TestOwnerUnderAttack: twenty-five strangers guess at an account; its owner
// gets in from where they have been before, also after a restart of the service.
func TestOwnerUnderAttack(t *testing.T) {
	w := newWorld(t, options{version: "13.0", proxies: []string{"127.0.0.1"}})
	w.add("alice", "correct horse battery")
	if got := outcome(t, xmpptest.WebSocket, w.from("192.0.2.1"), "alice", "correct horse battery"); got != "ok" {
		t.Fatal(got)
	}
	if err := w.service.Stop(); err != nil { // writes from where alice is known
		t.Fatal(err)
	}
	if err := w.service.Start(); err != nil {
		t.Fatal(err)
	}
	last := ""
	for i := range 25 {
		last = outcome(t, xmpptest.WebSocket, w.from(fmt.Sprint("198.51.100.", i+1)), "alice", "wrong")
	}
	if last != "temporary-auth-failure" {
		t.Errorf("the last of the strangers: %s", last)
	}
	if got := outcome(t, xmpptest.WebSocket, w.from("203.0.113.1"), "alice", "correct horse battery"); got != "temporary-auth-failure" {
		t.Errorf("the owner on a journey: %s", got)
	}
	if got := outcome(t, xmpptest.WebSocket, w.from("192.0.2.1"), "alice", "correct horse battery"); got != "ok" {
		t.Errorf("the owner at home: %s", got)
	}
}

// TestOverload: more logins than can be hashed are told to try again, none that
// its password is wrong, and then all is well.
func TestOverload(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v, proxies: []string{"127.0.0.1"}, env: []string{"JITSIAUTH_HASHERS=1", "JITSIAUTH_BCRYPT_COST=13"}})
		const people = 30
		for i := range people {
			w.add(fmt.Sprint("user", i), "correct horse battery")
		}
		outcomes := make([]string, people)
		var all sync.WaitGroup
		for i := range people {
			all.Go(func() {
				outcomes[i] = outcome(t, xmpptest.WebSocket, w.from(fmt.Sprint("192.0.2.", i+1)), fmt.Sprint("user", i), "correct horse battery")
			})
		}
		all.Wait()
		tally := map[string]int{}
		for _, o := range outcomes {
			tally[o]++
		}
		if tally["ok"] == 0 || tally["temporary-auth-failure"] == 0 || tally["ok"]+tally["temporary-auth-failure"] != people {
			t.Errorf("%v", tally)
		}
		if got := outcome(t, xmpptest.WebSocket, w.from("192.0.2.1"), "user0", "correct horse battery"); got != "ok" {
			t.Errorf("afterwards: %s", got)
		}
		if log := w.service.Log(); !strings.Contains(log, "result=overloaded") {
			t.Error("the service's log holds no line of it")
		}
	})
}

// TestHiddenPeople: where the web server hides people's addresses, both logs say
// what to set, and nobody is kept out for what others do.
func TestHiddenPeople(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v, proxies: []string{"198.51.100.1"}})
		w.add("alice", "correct horse battery")
		for i := range 30 {
			if got := outcome(t, xmpptest.WebSocket, w.from("192.0.2.66"), fmt.Sprint("nobody", i), "wrong"); got != "not-authorized" {
				t.Fatalf("guess %d: %s", i, got)
			}
		}
		if got := outcome(t, xmpptest.WebSocket, w.from("192.0.2.1"), "alice", "correct horse battery"); got != "ok" {
			t.Errorf("the owner behind the same web server: %s", got)
		}
		if log := w.service.Log(); strings.Count(log, "PROSODY_TRUSTED_PROXIES") != 1 || !strings.Contains(log, `source=- proxy=127.0.0.1`) || strings.Contains(log, "source=127.0.0.1 proxy=-") {
			t.Errorf("the service's log: %s", log)
		}
		if log := w.prosody.Log(); strings.Count(log, "trusted_proxies") != 1 {
			t.Errorf("Prosody's log says %d times what to set", strings.Count(log, "trusted_proxies"))
		}
	})
}
