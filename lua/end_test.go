package lua_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// TestDisabledIsOut: six are in a room, one is disabled: out at once, and the
// others see an ordinary leave and nothing else.
func TestDisabledIsOut(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v})
		ways := slices.Concat(xmpptest.Transports, xmpptest.Transports)
		members := make([]member, len(ways))
		for i, way := range ways {
			name := fmt.Sprintf("m%d", i)
			w.add(name, "right")
			members[i] = w.enter(way, name, "right")
		}
		took, told := map[xmpptest.Transport][]time.Duration{}, map[xmpptest.Transport]bool{}
		for round := range 5 {
			for i := range 3 {
				victim, way := members[i], ways[i]
				if way == xmpptest.BOSH { // until the server holds a request again; see Conn.Err
					time.Sleep(100 * time.Millisecond)
				}
				began := time.Now()
				w.setDisabled(victim.name, true)
				told[way] = w.wantOut(victim.Conn, victim.name) || told[way]
				took[way] = append(took[way], time.Since(began))
				for _, other := range slices.Delete(slices.Clone(members), i, i+1) {
					w.wantPlainLeave(other, victim.name)
				}
				if round == 0 {
					w.expect(way, victim.name, "right", "account-disabled")
				}
				w.setDisabled(victim.name, false)
				members[i] = w.enter(way, victim.name, "right")
			}
		}
		for way, times := range took {
			slices.Sort(times)
			if !told[way] {
				t.Errorf("nobody heard the reason over %s", way)
			}
			t.Logf("out over %s: median %v, longest %v of %d", way, times[len(times)/2], times[len(times)-1], len(times))
		}
		w.wantLine(`Sessions of m0 ended \(disabled\): 1`)
		if strings.Contains(w.prosody.Log(), "While a session was ended") || strings.Contains(w.prosody.Log(), "could not be ended") {
			t.Error("Prosody's log tells of an error")
		}
	})
}

// TestEndings: whatever ends the right to be there ends the session, and the
// sessions of nobody else, however alike the names.
func TestEndings(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v})
		others := []string{"a", "abc", "ab.", "a%62", "ä"}
		var stay []*xmpptest.Conn
		for i, name := range others {
			w.add(name, "right")
			stay = append(stay, w.join(xmpptest.Transports[i%3], name, "right"))
		}
		for _, way := range xmpptest.Transports {
			w.add("ab", "right")
			w.cli("", "user", "set", "ab", "--valid-until", time.Now().Add(2*time.Second).Format(time.RFC3339))
			expires := w.enter(way, "ab", "right")
			w.wantOut(expires.Conn, "ab, expired over "+string(way))
			w.cli("", "user", "set", "ab", "--valid-until", "")

			old := w.enter(way, "AB", "right")
			w.cli("second", "user", "passwd", "ab", "--password-stdin", "--allow-weak")
			fresh := w.join(way, "ab", "second")
			w.wantOut(old.Conn, "ab with the old password over "+string(way))
			w.cli("", "user", "set", "ab", "--note", "news of it that end nothing")
			w.add("zz", "right") // news come in order: what is behind them has been seen
			last := w.join(xmpptest.TCP, "zz", "right")
			w.cli("", "user", "delete", "zz", "--yes")
			w.wantOut(last, "zz")
			w.wantIn(fresh, "ab with the new password over "+string(way))

			unbound, err := xmpptest.Dial(limit(t), way, w.prosody.Endpoint())
			if err != nil {
				t.Fatal(err)
			}
			if err := unbound.Auth(limit(t), "ab", "second"); err != nil {
				t.Fatal(err)
			}
			w.cli("", "user", "delete", "ab", "--yes")
			w.wantOut(fresh, "ab, deleted over "+string(way))
			w.wantOut(unbound, "ab, not yet bound over "+string(way))
		}
		for i, conn := range stay {
			w.wantIn(conn, others[i])
		}
		for _, line := range []string{`ab ended \(expired\): 1`, `ab ended \(password changed\): 1`, `ab ended \(deleted\): 2`} {
			w.wantLine("Sessions of " + line)
		}
	})
}

// Nobody slips in between the verdict and the news: a login that was under way
// when the account was disabled either fails or ends.
func TestDisabledWhileLoggingIn(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v})
		w.add("alice", "right")
		in := 0
		for i := range 24 {
			way := xmpptest.Transports[i%3]
			logins := make(chan *xmpptest.Conn, 1)
			go func() {
				conn, _ := xmpptest.Login(limit(t), way, w.prosody.Endpoint(), "alice", "right") // refused: nil
				logins <- conn
			}()
			time.Sleep(time.Duration(i) * 4 * time.Millisecond)
			w.setDisabled("alice", true)
			if conn := <-logins; conn != nil {
				in++
				w.wantOut(conn, "alice")
			}
			w.setDisabled("alice", false)
		}
		t.Logf("%d of 24 logins were faster than the change, and ended", in)
	})
}

// http_auth_end_sessions chooses, and a wrong word in it stops no login.
func TestEndSessionsOption(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		for value, passwordEnds := range map[string]bool{`{ "removed" }`: false, `{ "removd" }`: true} {
			w := newWorld(t, options{version: v, host: "http_auth_end_sessions = " + value})
			w.add("alice", "right")
			alice := w.join(xmpptest.TCP, "alice", "right")
			w.cli("second", "user", "passwd", "alice", "--password-stdin", "--allow-weak")
			if passwordEnds {
				w.wantOut(alice, "alice")
				w.wantLine("http_auth_end_sessions may hold")
				continue
			}
			w.setDisabled("alice", true)
			w.wantOut(alice, "alice")
			w.wantLine(`Sessions of alice ended \(disabled\)`)
		}
	})
}
