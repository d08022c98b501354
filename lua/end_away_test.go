package lua_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

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
