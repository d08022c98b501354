package prosody_test

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
)

// user is nobody's number on a test machine; it stands for the unit's user and group.
const user, userID = "54330", 54330

// sandbox runs programs as the unit would have them run, as far as that goes without
// systemd: its user without capabilities, a file system that is read-only but for the
// two directories, and its rules for system calls, by seccomp. Not tried: the rest of
// the Protect… and Private… lines, IPAddressAllow, CPUWeight.
type sandbox struct {
	dir, state, run string
	calls, families string
	env             []string
}

func newSandbox(t *testing.T) *sandbox {
	t.Helper()
	calls := allowedCalls(t) // first: it says what is missing
	if os.Getuid() != 0 {
		t.Skip("needs root, to become another user in a file system of its own")
	}
	u, dir := readUnit(t), shortDir(t)
	s := &sandbox{
		dir: dir, state: filepath.Join(dir, "state"), run: filepath.Join(dir, "run"),
		calls: strings.Join(calls, ","), families: strings.Join(strings.Fields(u.one(t, "RestrictAddressFamilies")), ","),
	}
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // the unit's user must reach what is below
		t.Fatal(err)
	}
	for key, path := range map[string]string{"StateDirectoryMode": s.state, "RuntimeDirectoryMode": s.run} {
		mode := map[string]os.FileMode{"0700": 0o700, "0710": 0o710}[u.one(t, key)]
		if err := errors.Join(os.Mkdir(path, 0o700), os.Chown(path, userID, userID), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
	}
	places := strings.NewReplacer("/var/lib/jitsiauth/", s.state+"/", "/run/jitsiauth/", s.run+"/")
	for _, setting := range u["Environment"] {
		s.env = append(s.env, places.Replace(setting))
	}
	s.env = append(s.env, "PATH="+os.Getenv("PATH"), "JITSIAUTH_LISTEN=127.0.0.1:0", "JITSIAUTH_BCRYPT_COST=10")
	if err := s.command(t, "/bin/true").Run(); err != nil {
		if os.Getenv("JITSIAUTH_REQUIRE_SANDBOX") == "1" {
			t.Fatal(err)
		}
		t.Skipf("skipped: no file system of one's own on this machine, or no /usr/bin/python3: %v", err)
	}
	return s
}

// allowedCalls are the names of the system calls that the unit's lines let through, by
// systemd's own lists.
func allowedCalls(t *testing.T) []string {
	t.Helper()
	allowed := map[string]bool{}
	var set func(name string, value bool)
	set = func(name string, value bool) {
		if !strings.HasPrefix(name, "@") {
			allowed[name] = value
			return
		}
		out, err := systemd(t, "syscall-filter", name)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		for line := range strings.Lines(out) {
			if line = strings.TrimSpace(line); line != "" && line != name && !strings.HasPrefix(line, "#") {
				set(line, value)
			}
		}
	}
	set("@default", true) // systemd adds it to every list
	for _, line := range readUnit(t)["SystemCallFilter"] {
		names, refused := strings.CutPrefix(line, "~")
		for _, name := range strings.Fields(names) {
			set(name, !refused)
		}
	}
	maps.DeleteFunc(allowed, func(_ string, value bool) bool { return !value })
	return slices.Sorted(maps.Keys(allowed))
}

// mounts makes all but two directories read-only and runs the rest of its arguments.
const mounts = `state=$1 run=$2; shift 2
mount --bind "$state" "$state" && mount --bind "$run" "$run" && mount -o remount,ro,bind / && exec "$@"`

func (s *sandbox) command(t *testing.T, program ...string) *exec.Cmd {
	t.Helper()
	script, err := filepath.Abs("testdata/sandbox.py")
	if err != nil {
		t.Fatal(err)
	}
	text := read(t, script) // the checkout may be where only root can read
	args := append([]string{
		"--mount", "--propagation", "private", "sh", "-c", mounts, "sh", s.state, s.run,
		"setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all",
		"/usr/bin/python3", "-c", text, s.families, s.calls,
	}, program...)
	cmd := exec.CommandContext(limit(t), "unshare", args...) //nolint:gosec // a test's own words
	cmd.Env, cmd.Dir = s.env, "/"
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// Without this, the next test would mean nothing.
func TestSandboxRefuses(t *testing.T) {
	s := newSandbox(t)
	for what, code := range map[string]string{
		"a file elsewhere":             `open("` + s.dir + `/x", "w")`,
		"memory to write and run":      `import mmap; mmap.mmap(-1, 4096, prot=7)`,
		"an address family":            `import socket; socket.socket(socket.AF_NETLINK)`,
		"a system call":                `import os; os.chroot("/")`,
		"a system call of @resources":  `import os; os.nice(1)`,
		"another user's identity":      `import os; os.setuid(0)`,
		"a capability, for a low port": `import socket; socket.socket().bind(("127.0.0.1", 81))`,
	} {
		out, err := s.command(t, "/usr/bin/python3", "-c", code).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "Error") {
			t.Errorf("%s: allowed (%v)\n%s", what, err, out)
		}
	}
	out, err := s.command(t, "/usr/bin/python3", "-c", `open("`+s.state+`/x", "w")`).CombinedOutput()
	if err != nil {
		t.Errorf("a file in its own directory: %v\n%s", err, out)
	}
}

// The program does all its work under the unit's rules, on a first start and on a
// second: root manages accounts through the socket, Prosody asks over TCP, a backup is
// sent, the socket has its group, and SIGTERM ends it well.
func TestServiceInSandbox(t *testing.T) {
	s := newSandbox(t)
	s.env = append(s.env, "JITSIAUTH_SOCKET_GROUP="+user)
	for start := range 2 {
		cmd := s.command(t, program, "serve")
		var log bytes.Buffer
		cmd.Stderr = &log
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		first := make([]byte, 4096)
		n, _ := out.Read(first)
		_, rest, found := strings.Cut(string(first[:n]), "http://")
		if !found {
			_ = cmd.Wait()
			t.Fatalf("start %d: %q\n%s", start+1, first[:n], &log)
		}
		addr, _, _ := strings.Cut(rest, " ")
		if start == 0 {
			s.cli(t, password, "user", "add", "alice", "--password-stdin", "--allow-weak")
		}
		s.verify(t, addr)
		s.cli(t, "", "backup", filepath.Join(s.dir, "backup-"+[]string{"one", "two"}[start]))
		s.checkFiles(t)
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("start %d ended with %v", start+1, err)
		}
		if strings.Contains(log.String(), "level=WARN") || strings.Contains(log.String(), "level=ERROR") {
			t.Errorf("start %d logged\n%s", start+1, &log)
		}
	}
}

// cli runs a command as root, outside of the sandbox.
func (s *sandbox) cli(t *testing.T, stdin string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(limit(t), program, append(args, "--socket", filepath.Join(s.run, "jitsiauth.sock"))...) //nolint:gosec // a test's own words
	cmd.Env, cmd.Stdin = []string{"PATH=" + os.Getenv("PATH")}, strings.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("jitsiauth %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// verify asks as Prosody does.
func (s *sandbox) verify(t *testing.T, addr string) {
	t.Helper()
	token := strings.TrimSpace(read(t, filepath.Join(s.state, "prosody.token")))
	c, err := client.New(client.Options{Server: "http://" + addr, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	question := api.VerifyRequest{Username: "alice", Password: password, Source: "192.0.2.1", Transport: "websocket"}
	if _, err := c.Verify(limit(t), question); err != nil {
		t.Errorf("the right password: %v", err)
	}
	question.Password = "wrong"
	if _, err := c.Verify(limit(t), question); !errors.Is(err, jitsiauth.ErrBadCredentials) {
		t.Errorf("a wrong password: %v", err)
	}
}

func (s *sandbox) checkFiles(t *testing.T) {
	t.Helper()
	for path, want := range map[string]os.FileMode{
		filepath.Join(s.state, "jitsiauth.db"):  0o600,
		filepath.Join(s.state, "prosody.token"): 0o600,
		filepath.Join(s.run, "jitsiauth.sock"):  0o660 | os.ModeSocket, // of its group
	} {
		info, err := os.Lstat(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if owner := info.Sys().(*syscall.Stat_t); info.Mode() != want || owner.Uid != userID || owner.Gid != userID {
			t.Errorf("%s: %v, of %d:%d", path, info.Mode(), owner.Uid, owner.Gid)
		}
	}
}
