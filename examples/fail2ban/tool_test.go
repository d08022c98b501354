// Package fail2ban_test runs the filter and the jail in this directory with the
// real fail2ban, on what the real service logs.
package fail2ban_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const filter = "./filter.d/jitsiauth.conf"

// tree is fail2ban as install.sh unpacks it.
type tree string

// find skips the test with the reason where fail2ban is not there, or fails it
// if JITSIAUTH_REQUIRE_FAIL2BAN=1 is set.
func find(t *testing.T) tree {
	t.Helper()
	root, err := os.Getenv("JITSIAUTH_FAIL2BAN_DIR"), error(nil)
	if root == "" {
		root, err = os.UserCacheDir()
		root = filepath.Join(root, "jitsiauth", "fail2ban")
	}
	if err == nil {
		root, err = filepath.Abs(filepath.Join(root, "tree"))
	}
	if err == nil {
		_, err = os.Stat(filepath.Join(root, "usr/bin/fail2ban-regex"))
	}
	const missing = "fail2ban is not there: run examples/fail2ban/install.sh"
	if err != nil && os.Getenv("JITSIAUTH_REQUIRE_FAIL2BAN") != "1" {
		t.Skipf("skipped: %s (%v)", missing, err)
	}
	if err != nil {
		t.Fatalf("%s (%v)", missing, err)
	}
	return tree(root)
}

// command is one of fail2ban's programs, with the Python that Debian made it for.
func (d tree) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "/usr/bin/python3", append([]string{filepath.Join(string(d), "usr/bin", name)}, args...)...)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TZ=UTC",
		"PYTHONPATH=" + filepath.Join(string(d), "usr/lib/python3/dist-packages"), "PYTHONDONTWRITEBYTECODE=1",
	}
	return cmd
}

// run returns what a command prints. One that fails, or takes a minute, fails
// the test.
func run(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &problems, time.Second
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s%s", strings.Join(cmd.Args, " "), err, &out, &problems)
	}
	return out.String()
}

// ban is a line that the filter took, and what it took of it.
type ban struct {
	addr, line string
	at         int64 // seconds since 1970
}

// regex runs the filter on a log: a file, or "systemd-journal[…]".
func (d tree) regex(t *testing.T, log string, options ...string) []ban {
	t.Helper()
	args := append([]string{"-c", filepath.Join(string(d), "etc/fail2ban"), "-o", "<ip> <time> <msg>"}, options...)
	var bans []ban
	for line := range strings.Lines(run(t, d.command(limit(t), "fail2ban-regex", append(args, log, filter)...))) {
		var b ban
		var fraction float64
		if _, err := fmt.Sscanf(line, "%s %g", &b.addr, &fraction); err != nil {
			t.Fatalf("fail2ban-regex printed %q: %v", line, err)
		}
		b.at = int64(fraction)
		b.line = strings.TrimSuffix(strings.SplitN(line, " ", 3)[2], "\n")
		bans = append(bans, b)
	}
	return bans
}

// write makes a file of lines.
func write(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// limit bounds what should take a moment.
func limit(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}
