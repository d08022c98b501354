// Package compose_test runs docker-compose.yml with a real Docker engine, on the
// stand-ins for Jitsi's images that standin/build.sh makes.
package compose_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// patience bounds what may have to build an image or wait for a container: the
// machine is shared.
const patience = 10 * time.Minute

// needEngine skips the test unless "make test-docker" runs it: it has seen to the
// engine and the stand-ins.
func needEngine(t *testing.T) {
	t.Helper()
	if os.Getenv("JITSIAUTH_REQUIRE_DOCKER") != "1" {
		t.Skip(`skipped: needs a Docker engine; run "make test-docker"`)
	}
}

// command is a program with what it needs, bounded by patience.
type command struct {
	dir   string
	env   []string
	stdin string
}

// try returns what the program prints on stdout, and as error what it prints on
// stderr.
func (c command) try(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	return c.start(t.Context(), name, args...)
}

// tryAfterwards is try for what a test leaves behind: its context has ended.
func (c command) tryAfterwards(name string, args ...string) (string, error) {
	return c.start(context.Background(), name, args...)
}

func (c command) start(ctx context.Context, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var out, problems bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = c.dir, strings.NewReader(c.stdin), &out, &problems
	cmd.Env, cmd.WaitDelay = append(os.Environ(), c.env...), time.Second
	if err := cmd.Run(); err != nil {
		return out.String(), errors.Join(err, errors.New(problems.String()))
	}
	return out.String(), nil
}

// run is try for what must work.
func (c command) run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := c.try(t, name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

// docker runs the engine's own command.
func docker(t *testing.T, args ...string) string {
	t.Helper()
	return command{}.run(t, "docker", args...)
}

// logs returns both streams of a container's log.
func logs(t *testing.T, container string) string {
	t.Helper()
	return command{}.run(t, "sh", "-c", `exec docker logs "$0" 2>&1`, container)
}

// clone copies what git tracks, as it is now, to a directory of its own: a fresh
// clone, without the settings and secrets of this one.
func clone(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "server")
	command{}.run(t, "sh", "-ec", `cd ../..; mkdir "$0"; git ls-files -z | tar --null -T - -c | tar -x -C "$0"`, dir)
	return dir
}

// eventually waits until ok, which must come to be so.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	within(t, 2*time.Minute, what, ok)
}

func within(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !ok(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after %s still not so: %s", limit, what)
		}
	}
}
