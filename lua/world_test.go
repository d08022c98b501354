package lua_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/servicetest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// program is the built jitsiauth.
var program string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "jitsiauth-test-")
	if err != nil {
		log.Print(err)
		return 1
	}
	defer os.RemoveAll(dir)
	if program, err = servicetest.Build(context.Background(), dir); err != nil {
		log.Print(err)
		return 1
	}
	return m.Run()
}

// world is a running service and a real Prosody that asks it, through a relay
// that can break the way between them.
type world struct {
	t       *testing.T
	service *servicetest.Service
	relay   *relay
	prosody *prosodytest.Server
	config  prosodytest.Config // that prosody was started with
}

// options change what newWorld makes.
type options struct {
	version prosodytest.Version
	host    string // more Lua lines for the VirtualHost
	global  string // more Lua lines for all of Prosody
	proxies []string
	env     []string                  // more of the service's
	direct  bool                      // no relay, whose port stays open when the service is down
	config  func(*prosodytest.Config) // changes anything else of Prosody's
}

func newWorld(t *testing.T, o options) *world {
	t.Helper()
	if _, err := prosodytest.Find(o.version); err != nil && os.Getenv("JITSIAUTH_REQUIRE_PROSODY") != "1" {
		t.Skipf("skipped: %v", err)
	}
	w := &world{t: t, service: newService(t, o.env...)}
	addr := w.service.Addr
	if !o.direct {
		w.relay = newRelay(t, addr)
		addr = w.relay.addr
	}
	w.config = prosodytest.Config{
		Version: o.version, ModulePath: ".", TrustedProxies: o.proxies, GlobalOptions: o.global,
		HostOptions: fmt.Sprintf("authentication = \"http\"\nhttp_auth_url = %s\nhttp_auth_token_file = %s\n%s",
			prosodytest.LuaString("http://"+addr+"/auth"), prosodytest.LuaString(w.service.TokenFile()), o.host),
	}
	if o.config != nil {
		o.config(&w.config)
	}
	w.prosody = prosodytest.StartTest(t, w.config)
	return w
}

// newService runs the program in a directory of its own.
func newService(t *testing.T, env ...string) *servicetest.Service {
	t.Helper()
	s := &servicetest.Service{Config: servicetest.Config{
		Bin: program, Dir: t.TempDir(),
		// The lowest cost that the program accepts: these tests are about the way, not the hash.
		Env: append([]string{"JITSIAUTH_BCRYPT_COST=10"}, env...),
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

// limit bounds what should take a moment.
func limit(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// cli runs a command that must work.
func (w *world) cli(stdin string, args ...string) string {
	w.t.Helper()
	stdout, stderr, err := w.service.CLI(limit(w.t), stdin, args...)
	if err != nil {
		w.t.Fatalf("jitsiauth %s: %v\n%s", strings.Join(args, " "), err, stderr)
	}
	return stdout
}

// add makes an account by CLI. These tests are not about the password policy.
func (w *world) add(name, password string) {
	w.t.Helper()
	w.cli(password, "user", "add", name, "--password-stdin", "--allow-weak")
}

// login returns "ok", or the SASL condition of the refusal.
func (w *world) login(transport xmpptest.Transport, user, password string) string {
	w.t.Helper()
	return outcome(w.t, transport, w.prosody.Endpoint(), user, password)
}

func outcome(t *testing.T, transport xmpptest.Transport, e xmpptest.Endpoint, user, password string) string {
	t.Helper()
	conn, err := xmpptest.Login(limit(t), transport, e, user, password)
	if refused, ok := errors.AsType[*xmpptest.SASLError](err); ok {
		return refused.Condition
	}
	if err != nil {
		t.Fatalf("login of %q over %s: %v", user, transport, err)
	}
	local, err := jitsiauth.PrepareLocal(user)
	if err != nil || !strings.HasPrefix(conn.JID(), local+"@"+e.Domain+"/") {
		t.Errorf("%q got in as %s (%v)", user, conn.JID(), err)
	}
	if err := conn.Close(); err != nil {
		t.Errorf("end of the session of %q over %s: %v", user, transport, err)
	}
	return "ok"
}

// expect fails the test where a login comes out otherwise.
func (w *world) expect(transport xmpptest.Transport, user, password, want string) {
	w.t.Helper()
	if got := w.login(transport, user, password); got != want {
		w.t.Errorf("login of %q over %s: %s, want %s", user, transport, got, want)
	}
}

// join opens a session and enters a room with it.
func (w *world) join(transport xmpptest.Transport, user, password string) *xmpptest.Conn {
	w.t.Helper()
	conn, err := xmpptest.Login(limit(w.t), transport, w.prosody.Endpoint(), user, password)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = conn.Close() })
	if err := conn.JoinMUC(limit(w.t), "room@"+w.prosody.MUC, user); err != nil {
		w.t.Fatal(err)
	}
	return conn
}
