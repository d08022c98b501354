package dockerjitsimeet_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/servicetest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// A real Prosody with jitsiauth.cfg.lua and the variables that the override sets
// asks a real service, for people of the main host and for nobody else.
func TestLoginThroughTheConfiguration(t *testing.T) {
	const domain, password = "meet.example.org", "correct horse"
	for _, v := range prosodytest.Versions {
		if _, err := prosodytest.Find(v); err != nil && os.Getenv("JITSIAUTH_REQUIRE_PROSODY") != "1" {
			t.Skipf("skipped: %v", err)
		}
	}
	bin, err := servicetest.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := &servicetest.Service{Config: servicetest.Config{
		Bin: bin, Dir: t.TempDir(), Env: []string{"JITSIAUTH_BCRYPT_COST=10", "JITSIAUTH_DOMAIN=" + domain},
	}}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop() })
	if _, problems, err := s.CLI(limit(t), password, "user", "add", "alice", "--password-stdin", "--allow-weak"); err != nil {
		t.Fatalf("%v\n%s", err, problems)
	}

	// Only the place of the token is another one here.
	config := replaceOnce(t, read(t, "jitsiauth.cfg.lua"), `"/run/secrets/jitsiauth.token"`, prosodytest.LuaString(s.TokenFile()))
	path := filepath.Join(t.TempDir(), "jitsiauth.cfg.lua")
	if err := os.WriteFile(path, config, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XMPP_DOMAIN", domain)
	t.Setenv("JITSIAUTH_URL", "http://"+s.Addr+"/auth")

	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		p := prosodytest.StartTest(t, prosodytest.Config{
			Version: v, ModulePath: "../../lua", Domain: domain,
			// Included, as in docker-jitsi-meet, and after another host, as it may come there.
			HostOptions: `VirtualHost "other.example.org" Include ` + prosodytest.LuaString(path),
		})
		for _, host := range []string{p.Auth, "other.example.org"} {
			if err := p.Register(limit(t), "focus", host, password); err != nil {
				t.Fatal(err)
			}
		}
		for _, login := range []struct{ user, host, password, want string }{
			{"alice", domain, password, "ok"},
			{"alice", domain, "wrong", "not-authorized"},
			{"alice", p.Auth, password, "not-authorized"},
			{"focus", p.Auth, password, "ok"},
			{"focus", "other.example.org", password, "ok"},
		} {
			e := p.Endpoint()
			e.Domain = login.host
			if got := outcome(t, e, login.user, login.password); got != login.want {
				t.Errorf("%s@%s with %q: %s, want %s", login.user, login.host, login.password, got, login.want)
			}
		}
		if log := p.Log(); strings.Contains(log, "Duplicate option") || strings.Contains(log, "\terror\t") {
			t.Errorf("Prosody complains:\n%s", log)
		}
	})
}

// outcome is "ok", or the SASL condition of the refusal.
func outcome(t *testing.T, e xmpptest.Endpoint, user, password string) string {
	t.Helper()
	conn, err := xmpptest.Login(limit(t), xmpptest.WebSocket, e, user, password)
	if refused, ok := errors.AsType[*xmpptest.SASLError](err); ok {
		return refused.Condition
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	return "ok"
}

// limit bounds what should take a moment.
func limit(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}
