package lua_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

const hears = `
for _, name in ipairs({ "user-deleted", "user-disabled" }) do
	module:hook_global(name, function (event)
		if event.host == module.host then module:log("info", "hears %s of %s", name, event.username); end
	end);
end
`

// TestOtherModulesHear: other modules are told by Prosody's own events, after the
// sessions have ended; and nobody of the same name pays for it.
func TestOtherModulesHear(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "mod_hears.lua"), []byte(hears), 0o600); err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, options{version: v, config: func(c *prosodytest.Config) {
			c.MorePaths, c.Modules = append(c.MorePaths, dir), append(c.Modules, "hears")
		}})
		w.add("alice", "right")
		w.add("bob", "right")
		alice := w.join(xmpptest.WebSocket, "alice", "right")
		w.setDisabled("alice", true)
		w.wantOut(alice, "alice")
		w.wantLine("hears user-disabled of alice")
		w.setDisabled("alice", false)
		alice = w.join(xmpptest.BOSH, "alice", "right")

		// Gone, and somebody else gets the name.
		w.cli("", "user", "delete", "alice", "--yes")
		w.wantOut(alice, "alice")
		w.wantLine("hears user-deleted of alice")
		w.add("alice", "another")
		again, bob := w.join(xmpptest.WebSocket, "alice", "another"), w.join(xmpptest.TCP, "bob", "right")
		w.cli("", "user", "delete", "bob", "--yes")
		w.wantOut(bob, "bob")
		w.wantLine("hears user-deleted of bob")
		w.wantIn(again, "the other alice")
		if n := strings.Count(w.prosody.Log(), "hears user-"); n != 3 {
			t.Errorf("%d events", n)
		}
	})
}
