package lua_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// TestMigration: a Prosody that kept accounts by itself is given our module. Who
// had an account there logs in with the old name and password, and with no other,
// before and after the first login has made bcrypt of what Prosody kept.
func TestMigration(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		for turn, way := range ownWays {
			t.Run(way.name, func(t *testing.T) {
				t.Parallel()
				dir := prosodyDir(t)
				people := wayOfOld(t, way, prosodytest.Config{Version: v, Dir: dir, HostOptions: way.options})
				w := newWorld(t, options{version: v, config: func(c *prosodytest.Config) { c.Dir = dir }})
				w.importProsody(dir, fmt.Sprintf("%d added, 0 changed, 0 left alone, 0 refused", len(people)+1))
				before := w.stored()
				if len(before) != len(people)+1 {
					t.Errorf("%d accounts were imported, want %d and the one with the empty password", len(before), len(people))
				}
				w.expect(xmpptest.WebSocket, "empty", " ", "not-authorized")
				for i, p := range people {
					way.checkImported(t, p, before[p.local])
					w.checkSettler(p, xmpptest.Transports[i%3], i+turn)
				}
				after := w.stored()
				for _, p := range people {
					checkUpgraded(t, p, before[p.local], after[p.local])
				}
				w.importProsody(dir, fmt.Sprintf("0 added, 0 changed, %d left alone, 0 refused", len(people)+1), "--overwrite")
				if again := w.stored(); !maps.Equal(again, after) {
					t.Errorf("the same once more made other accounts: %+v", again)
				}
				w.checkSettlersAgain(people, turn)
				if got := w.login(xmpptest.WebSocket, "focus", "of Jicofo"); got != "not-authorized" {
					t.Errorf("the service's own account: %s", got)
				}
				if got := outcome(t, xmpptest.WebSocket, w.prosody.Endpoint().On(w.prosody.Auth), "focus", "of Jicofo"); got != "ok" {
					t.Errorf("the service's own account, where it has always been: %s", got)
				}
			})
		}
	})
}

// wayOfOld runs a Prosody that keeps accounts by itself, until all of them have
// logged in.
func wayOfOld(t *testing.T, way ownWay, c prosodytest.Config) []settler {
	t.Helper()
	own := prosodytest.StartTest(t, c)
	people := settle(t, own)
	for _, p := range people {
		if got := outcome(t, xmpptest.WebSocket, own.Endpoint(), p.username, p.password); got != "ok" {
			t.Errorf("%s, with Prosody alone: %s", p.name, got)
		}
	}
	if err := own.Register(limit(t), "focus", own.Auth, "of Jicofo"); err != nil {
		t.Fatal(err)
	}
	people = append(people, way.disable(t, own)...)
	if err := own.Stop(); err != nil {
		t.Fatal(err)
	}
	return people
}

func (way ownWay) checkImported(t *testing.T, p settler, u api.ExportedUser) {
	t.Helper()
	form, kind := way.imported, way.kind
	if p.long() {
		form, kind = way.long, "scram"
	}
	if !strings.HasPrefix(u.PasswordHash, form) || u.PasswordKind != kind || u.Disabled != p.disabled {
		t.Errorf("%s was imported as %+v, want %s and %s", p.name, u, kind, form)
	}
}

// checkSettler logs in, after passwords that are almost right were refused: one,
// or in a third of the turns all of them, as each takes a while.
func (w *world) checkSettler(p settler, way xmpptest.Transport, turn int) {
	w.t.Helper()
	near := p.near(w.t)
	if turn%3 != 0 && !p.long() {
		near = near[:1]
	}
	for _, wrong := range near {
		w.expect(xmpptest.WebSocket, p.username, wrong, "not-authorized")
	}
	w.expect(way, p.username, p.password, p.outcome())
	w.forget()
}

// outcome is that of the right password.
func (s settler) outcome() string {
	if s.disabled {
		return "account-disabled"
	}
	return "ok"
}

// forget takes back what the throttle holds against this machine.
func (w *world) forget() {
	w.t.Helper()
	if err := w.client().ClearSource(limit(w.t), "127.0.0.1"); err != nil {
		w.t.Fatal(err)
	}
}

// checkUpgraded fails the test unless the first login has made bcrypt of what
// bcrypt can read, and changed nothing else.
func checkUpgraded(t *testing.T, p settler, before, after api.ExportedUser) {
	t.Helper()
	if p.long() {
		if after != before {
			t.Errorf("%s: %+v became %+v", p.name, before, after)
		}
		return
	}
	if !strings.HasPrefix(after.PasswordHash, "$2a$10$") || after.PasswordKind != "imported" {
		t.Errorf("%s is kept as %+v", p.name, after)
	}
	if after.PasswordHash, after.PasswordKind = before.PasswordHash, before.PasswordKind; after != before {
		t.Errorf("%s: %+v became %+v", p.name, before, after)
	}
}

// checkSettlersAgain logs in with what is kept now, who has a long password and a
// third of the others. The restart makes the service forget which passwords it has
// seen proven.
func (w *world) checkSettlersAgain(people []settler, turn int) {
	w.t.Helper()
	if err := w.service.Stop(); err != nil {
		w.t.Fatal(err)
	}
	if err := w.service.Start(); err != nil {
		w.t.Fatal(err)
	}
	for i, p := range people {
		if (i+turn)%3 == 0 || p.long() {
			w.expect(xmpptest.WebSocket, p.username, p.password, p.outcome())
		}
		if p.name == "72 bytes" || p.long() {
			w.expect(xmpptest.WebSocket, p.username, p.near(w.t)[0], "not-authorized")
		}
	}
	w.forget()
}
