package compose_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/lua/xmpptest"
)

// network is not the default, so that a Jitsi may run on this machine.
const network = "172.29.177"

// published lets the test come to Prosody as an operator would who publishes its
// ports, which docker-compose.yml does not.
const published = `
services:
  prosody:
    ports:
      - %s:5280
      - %s:5222
`

// world is everything in docker-compose.yml, up.
type world struct {
	command
	compose []string // docker compose, or docker-compose
	https   string   // where web is published
	prosody string   // where Prosody's HTTP port is
	c2s     string
}

// newWorld does what a new user does: a fresh clone and up.sh. v2 says which Compose.
func newWorld(t *testing.T, compose composeVersion) *world {
	t.Helper()
	needEngine(t)
	w := &world{compose: compose.words, https: freeAddr(t, "tcp"), prosody: freeAddr(t, "tcp"), c2s: freeAddr(t, "tcp")}
	w.dir = clone(t)
	_, jvb, err := net.SplitHostPort(freeAddr(t, "udp"))
	if err != nil {
		t.Fatal(err)
	}
	w.env = append(compose.env,
		"COMPOSE_PROJECT_NAME=jitsiauthtest"+compose.name, "COMPOSE_FILE=docker-compose.yml:published.yml", "JITSI_NETWORK="+network,
		"HTTP_PORT="+freeAddr(t, "tcp"), "HTTPS_PORT="+w.https, "JVB_PORT="+jvb,
		"JITSIAUTH_BCRYPT_COST=10", // these tests are about the way, not the hash
		"JITSIAUTH_VERSION=v0.0.0-test",
	)
	err = os.WriteFile(filepath.Join(w.dir, "published.yml"), fmt.Appendf(nil, published, w.prosody, w.c2s), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	w.run(t, "examples/docker-compose/up.sh", "--files")
	w.down(t) // what a run that was killed left
	t.Cleanup(func() { w.remove(t) })
	out := w.run(t, "examples/docker-compose/up.sh")
	if !strings.Contains(out, "exec authsvc jitsiauth user add") {
		t.Errorf("up.sh does not say what is next:\n%s", out)
	}
	return w
}

// remove leaves nothing behind, and shows the logs of a test that failed.
func (w *world) remove(t *testing.T) {
	if t.Failed() {
		out, err := w.tryAfterwards(w.compose[0], w.args("logs", "--tail", "100")...)
		t.Logf("%s\n%v", out, err)
	}
	w.down(t)
}

// down removes containers, volumes and images of this project.
func (w *world) down(t *testing.T) {
	if out, err := w.tryAfterwards(w.compose[0], w.args("down", "--volumes", "--rmi", "local", "--timeout", "20")...); err != nil {
		t.Errorf("compose down: %v\n%s", err, out)
	}
}

// args puts what belongs to the command before its arguments.
func (w *world) args(args ...string) []string { return slices.Concat(w.compose[1:], args) }

// do runs a command of Compose.
func (w *world) do(t *testing.T, args ...string) string {
	t.Helper()
	return w.run(t, w.compose[0], w.args(args...)...)
}

// cli runs the program where "docker compose exec" does.
func (w *world) cli(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	c := w.command
	c.stdin = stdin
	return c.run(t, w.compose[0], w.args(append([]string{"exec", "-T", "authsvc", "jitsiauth"}, args...)...)...)
}

// add makes an account. These tests are not about the password policy.
func (w *world) add(t *testing.T, name, password string) {
	t.Helper()
	w.cli(t, password, "user", "add", name, "--password-stdin", "--allow-weak")
}

// container is the ID of a service's container.
func (w *world) container(t *testing.T, service string) string {
	t.Helper()
	id := strings.TrimSpace(w.do(t, "ps", "-q", service))
	if id == "" {
		t.Fatalf("no container of %s", service)
	}
	return id
}

// health is what the engine says of a container.
func health(t *testing.T, container string) string {
	t.Helper()
	return strings.TrimSpace(docker(t, "inspect", "-f", "{{.State.Health.Status}}", container))
}

// waitHealthy waits for the two services that have a health check, and for web.
func (w *world) waitHealthy(t *testing.T) {
	t.Helper()
	w.waitForWeb(t)
	for _, service := range []string{"authsvc", "prosody"} {
		id := w.container(t, service)
		eventually(t, service+" is healthy", func() bool { return health(t, id) == "healthy" })
	}
}

// browser is how a browser comes in: through web's TLS, whose certificate is
// self-signed until there is one from Let's Encrypt.
func (w *world) browser() xmpptest.Endpoint {
	return xmpptest.Endpoint{HTTP: w.https, Domain: "meet.jitsi", HTTPS: true, Unverified: true}
}

// login returns "ok", or the condition of the refusal.
func login(t *testing.T, e xmpptest.Endpoint, user, password string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	conn, err := xmpptest.Login(ctx, xmpptest.WebSocket, e, user, password)
	if refused, ok := errors.AsType[*xmpptest.SASLError](err); ok {
		return refused.Condition
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	return "ok"
}

// freeAddr is a loopback address that nobody used a moment ago.
func freeAddr(t *testing.T, kind string) string {
	t.Helper()
	if kind == "udp" {
		conn, err := net.ListenPacket("udp", "127.0.0.1:0") //nolint:noctx // local, at once
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.LocalAddr().String()
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // local, at once
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
