package browsertest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/servicetest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// world is what a story happens in: the program on a file of its own, behind nginx.
type world struct {
	t       testing.TB
	service *servicetest.Service
	base    string              // of the pages, as the browser knows them
	prosody *prosodytest.Server // after withProsody
}

// password is everybody's who is made by add.
const password = "correct horse battery"

func newWorld(t testing.TB, env ...string) *world {
	t.Helper()
	need(t, nil)
	port := freePort(t)
	w := &world{t: t, base: "https://meet.example.org:" + port}
	w.service = startService(t, append([]string{"JITSIAUTH_TRUSTED_PROXIES=" + proxyAddress, "JITSIAUTH_PUBLIC_URL=" + w.base}, env...)...)
	startNginx(t, port, w.service.Addr)
	return w
}

// startService runs the program with no proxy before it.
func startService(t testing.TB, env ...string) *servicetest.Service {
	t.Helper()
	s := &servicetest.Service{Config: servicetest.Config{
		Bin: program, Dir: t.TempDir(),
		// The lowest cost that the program accepts: these tests are about pages.
		Env: append([]string{"JITSIAUTH_BCRYPT_COST=10", "JITSIAUTH_TIMEZONE=Asia/Tokyo"}, env...),
	}}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Errorf("service: %v", err)
		}
		if t.Failed() {
			t.Logf("the service's log:\n%s", s.Log())
		}
	})
	return s
}

// withProsody adds a real Prosody whose logins ask the service.
func (w *world) withProsody() *world {
	w.t.Helper()
	_, err := prosodytest.Find("13.0")
	need(w.t, err)
	w.prosody = prosodytest.StartTest(w.t, prosodytest.Config{
		Version: "13.0", ModulePath: filepath.Join("..", "..", "lua"),
		HostOptions: fmt.Sprintf("authentication = \"http\"\nhttp_auth_url = %s\nhttp_auth_token_file = %s\n",
			prosodytest.LuaString("http://"+w.service.Addr+"/auth"), prosodytest.LuaString(w.service.TokenFile())),
	})
	return w
}

// limit bounds what should take a moment.
func limit(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeLimit)
	t.Cleanup(cancel)
	return ctx
}

// cli runs a command on the service's machine, and returns what it printed.
func (w *world) cli(stdin string, args ...string) string {
	w.t.Helper()
	stdout, stderr, err := w.service.CLI(limit(w.t), stdin, args...)
	if err != nil {
		w.t.Fatalf("jitsiauth %s: %v\n%s", strings.Join(args, " "), err, stderr)
	}
	return strings.TrimSpace(stdout)
}

// add makes an account by CLI, with password.
func (w *world) add(name, role string, more ...string) {
	w.t.Helper()
	w.cli(password, append([]string{"user", "add", name, "--role", role, "--password-stdin"}, more...)...)
}

// browser is somebody's, at the pages.
func (w *world) browser(language string) *tab {
	w.t.Helper()
	p := newPerson(w.t, language)
	p.base = w.base
	return p
}

// xmpp logs in to meetings over WebSocket, and returns "ok" or why not.
func (w *world) xmpp(name, password string) string {
	w.t.Helper()
	conn, err := xmpptest.Login(limit(w.t), xmpptest.WebSocket, w.prosody.Endpoint(), name, password)
	if refused, ok := errors.AsType[*xmpptest.SASLError](err); ok {
		return refused.Condition
	}
	if err != nil {
		w.t.Fatalf("login of %q: %v", name, err)
	}
	_ = conn.Close()
	return "ok"
}

// wantXMPP fails where a login to meetings comes out otherwise.
func (w *world) wantXMPP(name, password, want string) {
	w.t.Helper()
	if got := w.xmpp(name, password); got != want {
		w.t.Errorf("login of %q: %s, want %s", name, got, want)
	}
}

// meet has somebody in a meeting.
func (w *world) meet(name, password string) *xmpptest.Conn {
	w.t.Helper()
	conn, err := xmpptest.Login(limit(w.t), xmpptest.WebSocket, w.prosody.Endpoint(), name, password)
	if err == nil {
		w.t.Cleanup(func() { _ = conn.Close() })
		err = conn.JoinMUC(limit(w.t), "room@"+w.prosody.MUC, name)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return conn
}

// wantOut waits until a meeting has ended for somebody.
func wantOut(t testing.TB, conn *xmpptest.Conn) {
	t.Helper()
	select {
	case <-conn.Done():
	case <-time.After(timeLimit):
		t.Error("still in the meeting")
	}
}
