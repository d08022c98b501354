package prosody_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/servicetest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

const domain = "meet.example.org"

// Jitsi's own modules, which are not here.
var notHere = []string{"client_proxy", "limits_exception"}

// install puts the example where a Debian has it, into the configuration of a Prosody
// that runs in dir, with the places that differ here.
func install(t *testing.T, dir string, service *servicetest.Service) {
	t.Helper()
	text := read(t, "conf.avail/"+domain+".cfg.lua")
	for from, to := range map[string]string{
		"/usr/local/lib/prosody/modules":     filepath.Join(dir, "modules"),
		"http://127.0.0.1:8090/auth":         "http://" + service.Addr + "/auth",
		"/etc/prosody/jitsiauth.token":       filepath.Join(dir, "jitsiauth.token"),
		`authentication = "jitsi-anonymous"`: `authentication = "anonymous"`, // Prosody's own, for Jitsi's
	} {
		if strings.Count(text, from) != 1 {
			t.Fatalf("%s stands %d times in the example", from, strings.Count(text, from))
		}
		text = strings.Replace(text, from, to, 1)
	}
	for _, name := range []string{"conf.avail", "conf.d", "modules"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range map[string]string{
		"conf.avail/" + domain + ".cfg.lua":   text,
		"modules/mod_auth_http.lua":           read(t, "../../lua/mod_auth_http.lua"),
		"modules/mod_jitsi_auth_sessions.lua": read(t, "../../lua/mod_jitsi_auth_sessions.lua"),
		"jitsiauth.token":                     read(t, service.TokenFile()),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Join(dir, "modules", "auth_http"), os.DirFS("../../lua/auth_http")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../conf.avail/"+domain+".cfg.lua", filepath.Join(dir, "conf.d", domain+".cfg.lua")); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The example does what it is for, on Debian's two Prosodys: accounts and guests get
// in where they should and nowhere else.
func TestExampleConfiguration(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		if _, err := prosodytest.Find(v); err != nil && os.Getenv("JITSIAUTH_REQUIRE_PROSODY") != "1" {
			t.Skipf("skipped: %v", err)
		}
		service := &servicetest.Service{Config: servicetest.Config{
			Bin: program, Dir: t.TempDir(), Env: []string{"JITSIAUTH_DOMAIN=" + domain, "JITSIAUTH_BCRYPT_COST=10"},
		}}
		if err := service.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := service.Stop(); err != nil {
				t.Error(err)
			}
		})
		if _, problems, err := service.CLI(limit(t), password, "user", "add", "alice", "--password-stdin", "--allow-weak"); err != nil {
			t.Fatalf("user add: %v\n%s", err, problems)
		}
		dir := shortDir(t)
		install(t, dir, service)
		// The kit's own hosts have other names: what is tried here is the example's.
		s := prosodytest.StartTest(t, prosodytest.Config{
			Version: v, Dir: dir, Domain: "kit.example.net", GlobalOptions: `Include "conf.d/*.cfg.lua"`,
		})
		if err := s.Register(limit(t), "focus", "auth."+domain, "focus secret"); err != nil {
			t.Fatal(err)
		}
		for _, transport := range []xmpptest.Transport{xmpptest.BOSH, xmpptest.WebSocket} { // a browser's
			for _, test := range []struct{ host, user, password, want string }{
				{domain, "alice", password, "ok"},
				{domain, "alice", "wrong", "not-authorized"},
				{domain, "bob", password, "not-authorized"},
				{domain, "", "", "invalid-mechanism"},
				{"guest." + domain, "", "", "ok"},
				{"guest." + domain, "alice", password, "invalid-mechanism"},
				{"auth." + domain, "focus", "focus secret", "ok"},
				{"auth." + domain, "alice", password, "not-authorized"},
			} {
				if got := login(t, transport, s.Endpoint().On(test.host), test.user, test.password); got != test.want {
					t.Errorf("%q at %s over %s: %s, want %s", test.user, test.host, transport, got, test.want)
				}
			}
		}
		checkModules(t, s)
		if out, err := s.Ctl(limit(t), "check", "config"); !strings.Contains(out, "All checks passed") {
			t.Errorf("prosodyctl check config: %v\n%s", err, out)
		}
	})
}

// login returns "ok", or the SASL condition of the refusal. Without a name it is a guest's.
func login(t *testing.T, transport xmpptest.Transport, e xmpptest.Endpoint, user, secret string) string {
	t.Helper()
	var conn *xmpptest.Conn
	var err error
	if user == "" {
		conn, err = xmpptest.LoginAnonymous(limit(t), transport, e)
	} else {
		conn, err = xmpptest.Login(limit(t), transport, e, user, secret)
	}
	if refused, ok := errors.AsType[*xmpptest.SASLError](err); ok {
		return refused.Condition
	}
	if err != nil {
		t.Fatalf("login of %q at %s: %v", user, e.Domain, err)
	}
	if jid := conn.JID(); !strings.Contains(jid, "@"+e.Domain+"/") {
		t.Errorf("got in as %s", jid)
	}
	_ = conn.Close()
	return "ok"
}

// checkModules holds Prosody's log to name no module as missing but Jitsi's.
func checkModules(t *testing.T, s *prosodytest.Server) {
	t.Helper()
	var missing []string
	for _, match := range regexp.MustCompile(`(?i)unable to load module '([^']+)'`).FindAllStringSubmatch(s.Log(), -1) {
		missing = append(missing, match[1])
	}
	slices.Sort(missing)
	if missing = slices.Compact(missing); !slices.Equal(missing, notHere) {
		t.Errorf("modules that Prosody can't load: %q, want %q", missing, notHere)
	}
}

// The lines that README.md tells to write are those of the example.
func TestReadmeShowsTheExample(t *testing.T) {
	example := strings.ReplaceAll(read(t, "conf.avail/"+domain+".cfg.lua"), "\t", "")
	shown := 0
	for _, block := range regexp.MustCompile("(?s)```lua\n(.*?)```").FindAllStringSubmatch(read(t, "README.md"), -1) {
		for line := range strings.Lines(block[1]) {
			if shown++; !strings.Contains(example, "\n"+line) {
				t.Errorf("not in the example: %s", line)
			}
		}
	}
	if shown < 7 {
		t.Errorf("README.md shows %d lines", shown)
	}
}
