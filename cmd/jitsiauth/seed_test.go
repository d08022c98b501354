package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/boltstore"
	"github.com/jitsiauth/server/lua/servicetest"
)

const seedPatience = 5 * time.Minute

// seedService is a service with a file of that many accounts whose passwords it is
// to make. Its hashes are slow enough to be in the middle of them.
func seedService(t *testing.T, accounts int) *servicetest.Service {
	t.Helper()
	bin, err := servicetest.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	text := &strings.Builder{}
	text.WriteString("username,generate\n")
	for i := range accounts {
		fmt.Fprintf(text, "%s,true\n", name(i))
	}
	file := filepath.Join(dir, "accounts.csv")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	service := &servicetest.Service{Config: servicetest.Config{Bin: bin, Dir: dir, Env: []string{"JITSIAUTH_BCRYPT_COST=10", "JITSIAUTH_HASHERS=1", "JITSIAUTH_SEED_FILE=" + file}}}
	t.Cleanup(service.Kill)
	return service
}

// listedPasswords are those of seed.passwords, the last of each name.
func listedPasswords(t *testing.T, service *servicetest.Service) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(service.Dir, "seed.passwords"))
	if err != nil {
		t.Fatal(err)
	}
	passwords := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if jid, password, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t"); ok {
			passwords[jid] = password
		}
	}
	return passwords
}

func countUsers(t *testing.T, c *client.Client) (n int) {
	t.Helper()
	for _, err := range c.Users(t.Context(), api.UserQuery{Limit: 1000}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// TestSeedKilled ends the service by SIGKILL while it makes accounts, several times:
// in the end all are there, each with the last password that the list has for it, and
// none was made twice.
func TestSeedKilled(t *testing.T) {
	const accounts, rounds = 40, 4
	service := seedService(t, accounts)
	for range rounds {
		if err := service.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rand.Int64N(int64(700 * time.Millisecond))))
		service.Kill()
	}
	if err := service.Start(); err != nil {
		t.Fatal(err)
	}
	c := adminClient(t, service)
	for start := time.Now(); countUsers(t, c) < accounts; time.Sleep(50 * time.Millisecond) {
		if time.Since(start) > seedPatience {
			t.Fatal("the accounts are not made")
		}
	}
	prosody, passwords := prosodyClient(t, service), listedPasswords(t, service)
	for i := range accounts {
		if _, err := prosody.Verify(t.Context(), api.VerifyRequest{Username: name(i), Password: passwords[name(i)+"@meet.jitsi"], Transport: "websocket"}); err != nil {
			t.Errorf("%s: %v", name(i), err)
		}
	}
	if err := service.Stop(); err != nil {
		t.Error(err)
	}
	checkSeeded(t, service, accounts)
}

func prosodyClient(t *testing.T, service *servicetest.Service) *client.Client {
	t.Helper()
	secret, err := readSecret(filepath.Join(service.Dir, "prosody.token"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(client.Options{Server: "http://" + service.Addr, Token: secret})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// checkSeeded looks at the file itself: sound, and each account made once.
func checkSeeded(t *testing.T, service *servicetest.Service, accounts int) {
	t.Helper()
	store, err := boltstore.Open(service.DB(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	if err := store.Check(t.Context()); err != nil {
		t.Error(err)
	}
	svc, err := jitsiauth.New(store, jitsiauth.Options{})
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]int{}
	for change, err := range svc.Changes(t.Context(), jitsiauth.Position{}) {
		if err != nil {
			t.Fatal(err)
		}
		if change.Action == jitsiauth.UserCreated && change.Actor == jitsiauth.ActorSeed {
			made[change.JID.Local()]++
		}
	}
	if len(made) != accounts {
		t.Errorf("%d accounts in the log", len(made))
	}
	for name, n := range made {
		if n != 1 {
			t.Errorf("%s was made %d times", name, n)
		}
	}
}

// While accounts are made, those that are there can log in, and a stop is a clean
// one, after which the next start goes on.
func TestSeedBesideLogins(t *testing.T) {
	const accounts = 400
	service := seedService(t, accounts)
	if err := service.Start(); err != nil {
		t.Fatal(err)
	}
	prosody := prosodyClient(t, service)
	for start := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		first := listedPasswords(t, service)[name(0)+"@meet.jitsi"]
		_, err := prosody.Verify(t.Context(), api.VerifyRequest{Username: name(0), Password: first, Transport: "websocket"})
		if err == nil {
			break
		}
		if time.Since(start) > seedPatience || !errors.Is(err, jitsiauth.ErrBadCredentials) && !errors.Is(err, jitsiauth.ErrThrottled) {
			t.Fatal(err)
		}
	}
	if err := prosody.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	made := countUsers(t, adminClient(t, service))
	if err := service.Stop(); err != nil {
		t.Error(err)
	}
	if made == accounts {
		t.Errorf("all %d accounts were there before one could log in", made)
	}
	log, err := os.ReadFile(service.LogFile())
	if err != nil || !strings.Contains(string(log), "not made; the next start tries again") || strings.Contains(string(log), "level=ERROR") {
		t.Errorf("%v, log:\n%s", err, log)
	}
	t.Logf("%d of %d were there at the first login", made, accounts)
}
