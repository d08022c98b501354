package prosodytest_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// eachVersion is EachVersion with the versions in parallel.
func eachVersion(t *testing.T, f func(t *testing.T, v prosodytest.Version)) {
	t.Helper()
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		t.Parallel()
		f(t, v)
	})
}

func TestServerLifeCycle(t *testing.T) {
	eachVersion(t, func(t *testing.T, v prosodytest.Version) {
		var out syncBuffer
		s := prosodytest.StartTest(t, prosodytest.Config{Version: v, Stdout: &out})
		line, err := s.WaitLog(testContext(t), `Prosody version \d`)
		if err != nil || !strings.Contains(line, "version "+string(v)) {
			t.Errorf("the log says %q (%v), want version %s", line, err, v)
		}
		for _, bad := range []string{"\terror\t", "\twarn\t", "eprecated", "traceback"} {
			if strings.Contains(s.Log(), bad) {
				t.Errorf("%q in the log of a good start:\n%s", bad, s.Log())
			}
		}
		if !s.Alive() || s.PID() <= 1 {
			t.Errorf("alive %v, pid %d", s.Alive(), s.PID())
		}
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
		if err := s.Stop(); err != nil {
			t.Errorf("second Stop: %v", err)
		}
		select {
		case <-s.Done():
		default:
			t.Error("Done is open after Stop")
		}
		if s.Alive() {
			t.Error("alive after Stop")
		}
		if _, err := os.Stat(s.Dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("temporary directory after Stop: %v", err)
		}
		if out.String() != s.Log() {
			t.Error("Stdout and Log differ")
		}
		if _, err := s.WaitLog(testContext(t), "never said"); err == nil {
			t.Error("WaitLog found what was never said")
		}
	})
}

func TestContextEndsServer(t *testing.T) {
	eachVersion(t, func(t *testing.T, v prosodytest.Version) {
		prosodytest.StartTest(t, prosodytest.Config{Version: v}) // skips where there is none
		ctx, cancel := context.WithCancel(context.Background())
		s, err := prosodytest.Start(ctx, prosodytest.Config{Version: v})
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		select {
		case <-s.Done():
		case <-testContext(t).Done():
			t.Fatal("Prosody outlived its context")
		}
		if _, err := prosodytest.Start(ctx, prosodytest.Config{Version: v}); !errors.Is(err, context.Canceled) {
			t.Errorf("Start with an ended context: %v", err)
		}
	})
}

func TestDirAndPortsAreKept(t *testing.T) {
	eachVersion(t, func(t *testing.T, v prosodytest.Version) {
		dir, err := os.MkdirTemp("", "prosody")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		c := prosodytest.Config{Version: v, Dir: dir, Domain: "konferenz.example"}
		s := prosodytest.StartTest(t, c)
		if err := s.Register(testContext(t), "alice", s.Domain, "a password"); err != nil {
			t.Fatal(err)
		}
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
		c.C2SPort, c.HTTPPort = port(t, s.C2S), port(t, s.HTTP)
		again := prosodytest.StartTest(t, c)
		if again.C2S != s.C2S || again.HTTP != s.HTTP {
			t.Errorf("addresses %s %s, want %s %s", again.C2S, again.HTTP, s.C2S, s.HTTP)
		}
		if client, err := xmpptest.Login(testContext(t), xmpptest.TCP, again.Endpoint(), "alice", "a password"); err != nil {
			t.Error(err)
		} else {
			_ = client.Close()
		}
		c.Dir = ""
		if _, err := prosodytest.Start(testContext(t), c); err == nil || !strings.Contains(err.Error(), "port is taken") {
			t.Errorf("a port in use: %v", err)
		}
	})
}

func TestOptionsReachTheirHost(t *testing.T) {
	const module = `module:log("info", "greeting of %s: %s", module.host, module:get_option_string("greeting"));`
	eachVersion(t, func(t *testing.T, v prosodytest.Version) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "mod_greet.lua"), []byte(module), 0o600); err != nil {
			t.Fatal(err)
		}
		text := "\"quoted\" \\ back\n-- ]] é\x01\xff"
		s := prosodytest.StartTest(t, prosodytest.Config{
			Version: v, ModulePath: dir, TrustedProxies: []string{"192.0.2.0/24"}, LogLevel: "debug",
			HostOptions:   `modules_enabled = { "greet" } greeting = ` + prosodytest.LuaString("host"),
			GlobalOptions: `echo = ` + prosodytest.LuaString(text),
		})
		if _, err := s.WaitLog(testContext(t), `greeting of meet\.jitsi: host`); err != nil {
			t.Error(err)
		}
		if n := strings.Count(s.Log(), "greeting of"); n != 1 {
			t.Errorf("the host's module was loaded %d times", n)
		}
		config, err := os.ReadFile(filepath.Join(s.Dir, "prosody.cfg.lua"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(config), `trusted_proxies = { "192.0.2.0/24"; }`) {
			t.Error("the trusted proxies are not in the configuration")
		}
		// The running server's opinion of what LuaString wrote, byte by byte.
		out, err := s.Ctl(testContext(t), "shell", `> (require"util.hex".encode or require"util.hex".to)(require"core.configmanager".get("*","echo"))`)
		if err != nil || !strings.Contains(out, hex(text)) {
			t.Errorf("Lua read %s (%v), want %s", out, err, hex(text))
		}
	})
}

func TestMoreModulesAndHosts(t *testing.T) {
	const module = `module:log("info", "%s is on %s", module.name, module.host);`
	eachVersion(t, func(t *testing.T, v prosodytest.Version) {
		first, second := t.TempDir(), t.TempDir()
		for _, file := range []string{filepath.Join(first, "mod_one.lua"), filepath.Join(second, "mod_two.lua")} {
			if err := os.WriteFile(file, []byte(module), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s := prosodytest.StartTest(t, prosodytest.Config{
			Version: v, ModulePath: first, MorePaths: []string{second}, Modules: []string{"one"},
			ExtraHosts: `Component "more.meet.jitsi" "two"`,
		})
		for _, line := range []string{`one is on meet\.jitsi`, `one is on auth\.meet\.jitsi`, `two is on more\.meet\.jitsi`} {
			if _, err := s.WaitLog(testContext(t), line); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestBrokenConfigIsReported(t *testing.T) {
	eachVersion(t, func(t *testing.T, v prosodytest.Version) {
		prosodytest.StartTest(t, prosodytest.Config{Version: v})
		_, err := prosodytest.Start(testContext(t), prosodytest.Config{Version: v, HostOptions: "this is no Lua"})
		if err == nil || !strings.Contains(err.Error(), "prosody.cfg.lua") {
			t.Errorf("got %v, want Prosody's own complaint", err)
		}
		if _, err := prosodytest.Start(testContext(t), prosodytest.Config{Version: v, LogLevel: "warn"}); err == nil {
			t.Error("LogLevel warn was accepted")
		}
	})
}

func TestCtlReportsFailure(t *testing.T) {
	eachVersion(t, func(t *testing.T, v prosodytest.Version) {
		s := prosodytest.StartTest(t, prosodytest.Config{Version: v})
		if out, err := s.Ctl(testContext(t), "register", "alice", "elsewhere.example", "x"); err == nil {
			t.Errorf("an account on a host not served was made: %s", out)
		}
		if _, err := s.Ctl(testContext(t), "shell", "user", "create", "carol@"+s.Auth, "a password"); err != nil {
			t.Error(err)
		}
		out, err := s.Ctl(testContext(t), "shell", "user", "list", s.Auth)
		if err != nil || !strings.Contains(out, "carol@"+s.Auth) {
			t.Errorf("accounts: %q, %v", out, err)
		}
	})
}

func TestFindSaysWhatToDo(t *testing.T) {
	t.Setenv("JITSIAUTH_PROSODY_DIR", t.TempDir())
	_, err := prosodytest.Find("13.0")
	if !errors.Is(err, prosodytest.ErrNotInstalled) || !strings.Contains(err.Error(), "install.sh") {
		t.Errorf("got %v", err)
	}
}

func port(t *testing.T, addr string) int {
	t.Helper()
	_, p, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(p)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func hex(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteString(strconv.FormatInt(int64(s[i])+0x100, 16)[1:])
	}
	return b.String()
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
