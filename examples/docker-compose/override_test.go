package compose_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jitsiauth/server/lua/xmpptest"
)

// settings are the .env of somebody who has docker-jitsi-meet, with accounts of
// Prosody's own.
const settings = `COMPOSE_PROJECT_NAME=jitsiauthtestdjm
CONFIG=%s
HTTP_PORT=%s
HTTPS_PORT=%s
ENABLE_AUTH=1
ENABLE_GUESTS=1
AUTH_TYPE=internal
JICOFO_AUTH_PASSWORD=focus-3b1f
JVB_AUTH_PASSWORD=jvb-77c2
JITSI_IMAGE_VERSION=%s
`

// added are the lines that the guide adds.
const added = `
JITSIAUTH_SOURCE=%s
JITSI_NETWORK=172.29.178
JITSIAUTH_VOLUME=jitsiauthtestdjm
JITSIAUTH_BCRYPT_COST=10
`

// Somebody who has docker-jitsi-meet, and an account in it, adds the service as
// examples/docker-jitsi-meet/README.md says, and goes back.
func TestOverride(t *testing.T) {
	needEngine(t)
	all := composes(t)
	w := dockerJitsiMeet(t, all[len(all)-1])
	override, off := filepath.Join(w.dir, "docker-compose.override.yml"), filepath.Join(w.dir, "jitsiauth.off")
	t.Cleanup(func() {
		_ = os.Rename(off, override) // so that Compose removes what it made, too
		w.remove(t)
	})

	w.down(t) // what a run that was killed left
	docker(t, "volume", "rm", "-f", "jitsiauthtestdjm")
	w.do(t, "up", "-d")
	w.waitForWeb(t)
	w.waitForService(t, "jicofo", "focus")
	w.do(t, "exec", "-T", "prosody", "prosodyctl", "--config", "/run/prosody/config/prosody.cfg.lua", "shell", "user", "create", "old@meet.jitsi", "old-password")
	w.expect(t, "before", map[string]string{"old": "ok", "alice": refused})

	source := clone(t)
	w.write(t, ".env", string(w.read(t, ".env"))+fmt.Sprintf(added, source))
	w.write(t, ".secrets/jitsiauth.token", strings.Repeat("5ec2e7", 8))
	w.install(t, source, "docker-compose.override.yml", "docker-compose.override.yml")
	w.install(t, source, "nginx-custom/accounts.conf", filepath.Join("config", "web", "nginx-custom", "accounts.conf"))
	w.do(t, "config", "-q")
	w.do(t, "build", "authsvc")
	w.do(t, "down")
	w.do(t, "up", "-d")
	w.waitForWeb(t)
	w.waitForService(t, "jicofo", "focus")
	w.waitForService(t, "jvb", "jvb")
	authsvc := w.container(t, "authsvc")
	eventually(t, "the service is healthy", func() bool { return health(t, authsvc) == "healthy" })
	w.cli(t, "alice-password", "user", "add", "alice", "--password-stdin", "--allow-weak")
	w.expect(t, "with the service", map[string]string{"old": refused, "alice": "ok"})
	w.takeOver(t)
	w.expect(t, "with the accounts that were there", map[string]string{"old": "ok", "alice": "ok"})
	if guest, err := xmpptest.LoginAnonymous(t.Context(), xmpptest.WebSocket, w.browser().On("guest.meet.jitsi")); err != nil {
		t.Errorf("a guest: %v", err)
	} else if err := guest.Close(); err != nil {
		t.Error(err)
	}
	if log := logs(t, authsvc); !contains(log, "source=172.29.178.1 proxy=- ") {
		t.Errorf("people's addresses don't reach the service:\n%s", log)
	}
	w.pages(t)
	w.backAndForth(t)

	w.do(t, "down")
	if err := os.Rename(override, off); err != nil {
		t.Fatal(err)
	}
	w.do(t, "up", "-d")
	w.waitForWeb(t)
	w.waitForService(t, "jicofo", "focus")
	w.expect(t, "after going back", map[string]string{"old": "ok", "alice": refused})
}

// takeOver brings Prosody's own accounts over, as README.md of the example says.
func (w *world) takeOver(t *testing.T) {
	t.Helper()
	const pipe = `tar -C config/storage/prosody/data -c . | "$@" exec -T authsvc jitsiauth import prosody -`
	out := w.run(t, "sh", slices.Concat([]string{"-ec", pipe, "sh"}, w.compose)...)
	if want := "old@meet.jitsi  added\n"; out != want {
		t.Errorf("the import prints %q, want %q", out, want)
	}
}

// dockerJitsiMeet is a directory with docker-jitsi-meet's file, as it is before.
func dockerJitsiMeet(t *testing.T, compose composeVersion) *world {
	t.Helper()
	w := &world{compose: compose.words, https: freeAddr(t, "tcp")}
	w.dir, w.env = t.TempDir(), compose.env
	config := filepath.Join(w.dir, "config")
	for _, dir := range []string{"web/nginx-custom", "storage/web", "storage/prosody", "prosody/config", "prosody/prosody-plugins-custom"} {
		path := filepath.Join(config, dir)
		// Its images run as this user.
		if err := errors.Join(os.MkdirAll(path, 0o755), os.Chown(path, 1000, 1000)); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile("standin/docker-jitsi-meet.yml")
	if err != nil {
		t.Fatal(err)
	}
	w.write(t, "docker-compose.yml", string(text))
	w.write(t, ".env", fmt.Sprintf(settings, config, freeAddr(t, "tcp"), w.https, imageVersion(t)))
	return w
}

// imageVersion is the one of the stand-ins.
func imageVersion(t *testing.T) string {
	t.Helper()
	return strings.TrimSpace(command{dir: "../.."}.run(t, "sed", "-n", "s/^JITSI_IMAGE_VERSION=//p", ".env.example"))
}

func (w *world) read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (w *world) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(w.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// install copies a file of the example.
func (w *world) install(t *testing.T, source, from, to string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(source, "examples/docker-jitsi-meet", from))
	if err != nil {
		t.Fatal(err)
	}
	w.write(t, to, string(text))
}

// waitForService waits until one of Jitsi's parts has logged in.
func (w *world) waitForService(t *testing.T, service, user string) {
	t.Helper()
	id := w.container(t, service)
	eventually(t, service+" has logged in", func() bool { return contains(logs(t, id), "logged in as "+user+"@auth.meet.jitsi/") })
}

// expect logs in with each name's password.
func (w *world) expect(t *testing.T, when string, results map[string]string) {
	t.Helper()
	for user, want := range results {
		if got := login(t, w.browser(), user, user+"-password"); got != want {
			t.Errorf("%s, %s: %s, want %s", when, user, got, want)
		}
	}
}

// pages: the service answers at /accounts/, and Jitsi everywhere else; the link
// in the address is in no log of Jitsi's.
func (w *world) pages(t *testing.T) {
	t.Helper()
	if status, body := w.mustGet(t, "/accounts/links/5ec2e7-link"); status != http.StatusNotFound || !contains(body, "</html>") {
		t.Errorf("/accounts/: %d %s", status, body)
	}
	if status, body := w.mustGet(t, "/accounts"); status != http.StatusOK || !contains(body, "stand-in") {
		t.Errorf("the room /accounts: %d %s", status, body)
	}
	web := w.container(t, "web")
	eventually(t, "web logs the room", func() bool { return contains(logs(t, web), "GET /accounts HTTP") })
	if log := logs(t, web); contains(log, "5ec2e7-link") {
		t.Errorf("web's log has the link:\n%s", log)
	}
}

// backAndForth makes a backup and restores it, in containers without a shell.
func (w *world) backAndForth(t *testing.T) {
	t.Helper()
	backup := w.command
	backup.stdin = w.do(t, "exec", "-T", "authsvc", "jitsiauth", "backup", "-")
	w.cli(t, "", "user", "delete", "alice", "--yes")
	w.do(t, "stop", "authsvc")
	backup.run(t, w.compose[0], w.args("run", "--rm", "-T", "authsvc", "restore", "-", "--force")...)
	w.do(t, "start", "authsvc")
	eventually(t, "alice is back", func() bool { return login(t, w.browser(), "alice", "alice-password") == "ok" })
}
