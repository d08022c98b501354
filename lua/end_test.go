package lua_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/lua/prosodytest"
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
	c, err := client.New(client.Options{Server: "unix:" + filepath.Join(w.service.Dir, "run", "jitsiauth.sock")})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

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

// soonSilent makes Prosody take a BOSH client for gone a second after its last
// request instead of a minute: then mod_smacks keeps the session.
const soonSilent = "bosh_max_inactivity = 1"

// silence is longer than that.
const silence = 1500 * time.Millisecond

// A client that lost its network is in the room for as long as it may come back.
func TestHibernatingIsOut(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v, global: soonSilent})
		w.add("watcher", "right")
		watcher := w.enter(xmpptest.TCP, "watcher", "right")
		for _, way := range xmpptest.Transports {
			for _, pause := range []time.Duration{0, silence} { // BOSH: not yet missed, and hibernating
				w.add("alice", "right")
				alice := w.enter(way, "alice", "right")
				alice.Cut()
				time.Sleep(pause)
				w.wantNoLeave(watcher)
				w.setDisabled("alice", true)
				w.wantPlainLeave(watcher, "alice")
				w.cli("", "user", "delete", "alice", "--yes")
			}
		}
		if strings.Contains(w.prosody.Log(), "While a session was ended") || strings.Contains(w.prosody.Log(), "could not be ended") {
			t.Error("Prosody's log tells of an error")
		}
	})
}

// resume logs in as alice in some way and goes on with her other session, if
// Prosody lets her do so in time.
func (w *world) resume(way xmpptest.Transport, before member, in time.Duration) (*xmpptest.Conn, error) {
	w.t.Helper()
	alice, err := xmpptest.Dial(limit(w.t), way, w.prosody.Endpoint())
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = alice.Close() })
	if err := alice.Auth(limit(w.t), "alice", "right"); err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), in)
	defer cancel()
	return alice, alice.Resume(ctx, before.resume)
}

// A session that was resumed, also over another transport, ends as that one does.
// What began over BOSH mod_bosh takes for gone when it misses the next request, and
// it ends then too. (Prosody lets it be resumed, but doesn't read what comes over TCP
// then: mod_c2s wants the field data.)
func TestResumedIsOut(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v, global: soonSilent})
		w.add("watcher", "right")
		watcher := w.enter(xmpptest.TCP, "watcher", "right")
		w.add("alice", "right")
		for _, from := range xmpptest.Transports {
			for _, to := range []xmpptest.Transport{xmpptest.TCP, xmpptest.WebSocket} {
				before := w.enter(from, "alice", "right")
				before.Cut()
				alice, err := w.resume(to, before, endLimit)
				if err != nil {
					t.Fatal(err)
				}
				w.setDisabled("alice", true)
				w.wantOut(alice, fmt.Sprintf("alice, resumed from %s to %s", from, to))
				w.wantPlainLeave(watcher, "alice")
				w.setDisabled("alice", false)
			}
		}
		before := w.enter(xmpptest.BOSH, "alice", "right")
		before.Cut()
		if _, err := w.resume(xmpptest.TCP, before, endLimit); err != nil {
			t.Fatal(err)
		}
		time.Sleep(silence)
		w.wantNoLeave(watcher)
		w.setDisabled("alice", true)
		w.wantPlainLeave(watcher, "alice")
	})
}

// No Prosody can resume a session over BOSH: mod_smacks fails half-way, for want of
// the field rawsend, and its watchdog is off by then, so that the session would stay
// for ever. Both that and the new one end all the same.
func TestHalfResumedIsOut(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v, global: soonSilent})
		w.add("watcher", "right")
		watcher := w.enter(xmpptest.TCP, "watcher", "right")
		w.add("alice", "right")
		for _, from := range []xmpptest.Transport{xmpptest.TCP, xmpptest.BOSH} {
			before := w.enter(from, "alice", "right")
			before.Cut()
			if from == xmpptest.BOSH {
				time.Sleep(silence)
			}
			alice, err := w.resume(xmpptest.BOSH, before, time.Second)
			if err == nil {
				t.Error("a session was resumed over BOSH: let TestResumedIsOut have it")
			}
			w.wantNoLeave(watcher)
			w.setDisabled("alice", true)
			w.wantOut(alice, "alice, over BOSH after "+string(from))
			w.wantPlainLeave(watcher, "alice")
			w.setDisabled("alice", false)
		}
		w.wantLine("mod_smacks.lua.*rawsend|sessionmanager.lua.*rawsend")
	})
}

// TestServiceAwayMeanwhile: what happened to accounts while the service was down
// is obeyed as soon as it is back, and Prosody says what it means.
func TestServiceAwayMeanwhile(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v, direct: true})
		w.add("alice", "right")
		w.add("bob", "right")
		alice, bob := w.join(xmpptest.WebSocket, "alice", "right"), w.join(xmpptest.BOSH, "bob", "right")
		if err := w.service.Stop(); err != nil {
			t.Fatal(err)
		}
		w.wantLine("Changes of accounts don't arrive: .*Until they do, people who are removed stay connected")
		w.cli("", "user", "disable", "alice", "--db", w.service.DB())
		time.Sleep(2 * time.Second)
		w.wantIn(alice, "alice, while the service is down")
		if err := w.service.Start(); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		w.wantOut(alice, "alice")
		t.Logf("out %v after the service's return", time.Since(began))
		w.wantLine("Changes of accounts arrive again, after ")
		w.wantIn(bob, "bob")
	})
}

// TestRestoredBackup: accounts that the restored file doesn't have, and
// passwords that it has differently, end sessions; a name that is used again is
// another person's.
func TestRestoredBackup(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v})
		for _, name := range []string{"stays", "changed", "reused"} {
			w.add(name, "right")
		}
		reusedBefore := w.join(xmpptest.TCP, "reused", "right")
		backup := filepath.Join(t.TempDir(), "backup.db")
		w.cli("", "backup", backup)

		w.cli("second", "user", "passwd", "changed", "--password-stdin", "--allow-weak")
		w.cli("", "user", "delete", "reused", "--yes")
		w.wantOut(reusedBefore, "reused, deleted")
		w.add("reused", "another person's")
		w.add("later", "right")
		stays, changed := w.join(xmpptest.WebSocket, "stays", "right"), w.join(xmpptest.BOSH, "changed", "second")
		reused, later := w.join(xmpptest.TCP, "reused", "another person's"), w.join(xmpptest.WebSocket, "later", "right")

		if err := w.service.Stop(); err != nil {
			t.Fatal(err)
		}
		w.cli("", "restore", backup, "--force", "--db", w.service.DB())
		if err := w.service.Start(); err != nil {
			t.Fatal(err)
		}
		w.wantOut(later, "later")
		w.wantOut(reused, "the other person")
		w.wantOut(changed, "changed")
		w.wantIn(stays, "stays")
	})
}

// TestManyOtherChanges: an import in front of it delays the end of a session
// little.
func TestManyOtherChanges(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v})
		w.add("alice", "right")
		alice := w.join(xmpptest.WebSocket, "alice", "right")
		w.add("bob", "right")
		bob := w.join(xmpptest.WebSocket, "bob", "right")
		const hash = "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
		var lines strings.Builder
		for i := range 5000 {
			fmt.Fprintf(&lines, "{\"jid\":\"many%d@%s\",\"password_hash\":\"%s\"}\n", i, w.prosody.Domain, hash)
		}
		w.cli(lines.String(), "import", "-", "--format", "ndjson")
		began := time.Now()
		w.setDisabled("alice", true)
		slowest := time.Duration(0)
		for alive := true; alive; {
			took, err := bob.Ping(limit(t), "")
			if err != nil {
				t.Fatal(err)
			}
			slowest = max(slowest, took)
			select {
			case <-alice.Done():
				alive = false
			default:
				alive = time.Since(began) < endLimit
			}
		}
		w.wantOut(alice, "alice")
		t.Logf("out after %v; slowest ping of another meanwhile %v", time.Since(began), slowest)
	})
}

// TestReload: a reloaded module follows on, once, and knows the sessions from
// before.
func TestReload(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v})
		for _, name := range []string{"before", "meanwhile", "after"} {
			w.add(name, "right")
		}
		before, after := w.join(xmpptest.WebSocket, "before", "right"), w.join(xmpptest.WebSocket, "after", "right")
		for range 3 {
			if out, err := w.prosody.Ctl(limit(t), "shell", "module", "reload", "auth_http", w.prosody.Domain); err != nil {
				t.Fatal(out, err)
			}
		}
		w.setDisabled("before", true)
		w.wantOut(before, "before")
		w.expect(xmpptest.WebSocket, "meanwhile", "right", "ok")
		w.setDisabled("after", true)
		w.wantOut(after, "after")
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
