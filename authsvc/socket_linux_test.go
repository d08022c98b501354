package authsvc_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
)

// serveSocket runs the service on a socket until the test ends.
func (b *bench) serveSocket(path, group string) {
	b.t.Helper()
	listener, err := authsvc.ListenSocket(path, group)
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.t.Context())
	served := make(chan error, 1)
	go func() { served <- b.server.Serve(ctx, listener) }()
	b.t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			b.t.Error(err)
		}
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			b.t.Error("the socket is still there:", err)
		}
	})
}

func socketClient(t *testing.T, path, token string) *client.Client {
	t.Helper()
	c, err := client.New(client.Options{Server: "unix:" + path, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// shortDir returns a directory whose path leaves room for a socket's name.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ja")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func TestSocketPeerIsAdministrator(t *testing.T) {
	b := newBench(t)
	path := filepath.Join(shortDir(t), "run", "jitsiauth.sock")
	b.serveSocket(path, "")
	for name, want := range map[string]os.FileMode{path: 0o600 | os.ModeSocket, filepath.Dir(path): 0o700 | os.ModeDir} {
		if info, err := os.Lstat(name); err != nil || info.Mode() != want {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	ctx := t.Context()
	c := socketClient(t, path, "")
	if _, err := c.CreateUser(ctx, api.NewUser{JID: "a@meet.jitsi", Generate: true, Role: "admin"}); err != nil {
		t.Error(err)
	}
	if _, err := c.CreateToken(ctx, api.NewToken{Name: "made-here", Scopes: []string{"auth"}}); err != nil {
		t.Error(err)
	}
	var problem *client.Error
	if _, err := c.Verify(ctx, question()); !errors.As(err, &problem) || problem.Code != api.CodeScopeMissing {
		t.Error(err)
	}
	// A token that is sent decides alone.
	if _, err := socketClient(t, path, "jitsiauth_wrong_wrong_wrong").Tokens(ctx); !errors.Is(err, jitsiauth.ErrBadToken) {
		t.Error(err)
	}
	if _, err := socketClient(t, path, b.secret(jitsiauth.ScopeUsersRead)).Tokens(ctx); !errors.As(err, &problem) || problem.Code != api.CodeScopeMissing {
		t.Error(err)
	}
	uid := strconv.Itoa(os.Getuid())
	var created jitsiauth.Change
	for change := range b.svc.Changes(ctx, jitsiauth.Position{}) {
		if change.Action == jitsiauth.UserCreated {
			created = change
		}
	}
	if created.Actor != jitsiauth.ActorUID || created.ActorName != uid || created.Source.IsValid() {
		t.Errorf("%+v", created)
	}
	if !strings.Contains(b.log.String(), `"caller":"uid:`+uid+`"`) {
		t.Error("the caller is not in the log")
	}
}

func TestSocketPaths(t *testing.T) {
	dir := shortDir(t)
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	open := filepath.Join(dir, "open")
	if err := errors.Join(os.Mkdir(open, 0o700), os.Chmod(open, 0o1777)); err != nil {
		t.Fatal(err)
	}
	live := filepath.Join(dir, "live.sock")
	listener, err := authsvc.ListenSocket(live, "")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	long := filepath.Join(dir, strings.Repeat("x", 108-len(dir)-1))
	for path, want := range map[string]string{
		"":                                  "needs a path",
		"@abstract":                         "needs a path",
		long:                                "107",
		file:                                "not a socket",
		filepath.Join(file, "x.sock"):       "not a directory",
		filepath.Join(open, "x.sock"):       "written by others",
		filepath.Join(dir, "no", "no", "x"): "no such file",
		live:                                "another service",
	} {
		l, err := authsvc.ListenSocket(path, "")
		if err == nil {
			_ = l.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, authsvc.ErrSocketInUse) != (path == live) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := authsvc.ListenSocket(filepath.Join(dir, "g.sock"), "no-such-group"); err == nil || !strings.Contains(err.Error(), "no-such-group") {
		t.Error(err)
	}
	if _, err := os.Lstat(file); err != nil {
		t.Error("a file that is no socket was removed")
	}
	fits := long[:107]
	l, err := authsvc.ListenSocket(fits, "")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
}

// A service that was killed leaves its socket behind.
func TestStaleSocketIsReplaced(t *testing.T) {
	path := filepath.Join(shortDir(t), "s.sock")
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	_ = dead.Close()
	b := newBench(t)
	b.serveSocket(path, "")
	if err := socketClient(t, path, "").Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

// asUser is what the test binary does when TestSocketPeers runs it as another
// user: one call, whose error code it prints.
func TestMain(m *testing.M) {
	path := os.Getenv("AUTHSVC_TEST_SOCKET")
	if path == "" {
		os.Exit(m.Run())
	}
	c, err := client.New(client.Options{Server: "unix:" + path})
	if err == nil {
		_, err = c.Tokens(context.Background())
	}
	var problem *client.Error
	switch {
	case err == nil:
		os.Stdout.WriteString("ok")
	case errors.As(err, &problem):
		os.Stdout.WriteString(string(problem.Code))
	case errors.Is(err, syscall.EACCES):
		os.Stdout.WriteString("no access")
	default:
		os.Stdout.WriteString(err.Error())
	}
	os.Exit(0)
}

// Processes of other users, of the group and not, on a socket that the file
// system lets everyone reach, so that only the kernel's word decides.
func TestSocketPeers(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root, to become other users")
	}
	const member, stranger, gid = 54321, 54322, 54320
	b := newBench(t)
	dir := shortDir(t)
	path := filepath.Join(dir, "run", "s.sock")
	b.serveSocket(path, strconv.Itoa(gid))
	for name, want := range map[string]os.FileMode{path: 0o660 | os.ModeSocket, filepath.Dir(path): 0o710 | os.ModeDir} {
		if info, err := os.Lstat(name); err != nil || info.Mode() != want || info.Sys().(*syscall.Stat_t).Gid != gid {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(dir, "test")
	if err := errors.Join(os.WriteFile(copied, program, 0o755), os.Chmod(copied, 0o755), os.Chmod(dir, 0o755)); err != nil { //nolint:gosec // others must run it
		t.Fatal(err)
	}
	call := func(uid, gid uint32) string {
		t.Helper()
		command := exec.CommandContext(t.Context(), copied) //nolint:gosec // this test
		command.Env = []string{"AUTHSVC_TEST_SOCKET=" + path}
		command.Dir = "/"
		command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid}}
		out, err := command.Output() // under -cover the program warns on stderr
		if err != nil {
			t.Errorf("%v: %s", err, out)
		}
		return string(out)
	}
	if got := call(member, gid); got != "ok" {
		t.Errorf("member: %s", got)
	}
	if got := call(stranger, stranger); got != "no access" {
		t.Errorf("stranger: %s", got)
	}
	if err := errors.Join(os.Chmod(path, 0o666), os.Chmod(filepath.Dir(path), 0o755)); err != nil { //nolint:gosec // see above
		t.Fatal(err)
	}
	if got := call(stranger, stranger); got != string(api.CodeNoToken) {
		t.Errorf("stranger: %s", got)
	}
	if got := call(0, 0); got != "ok" {
		t.Errorf("root: %s", got)
	}
}
