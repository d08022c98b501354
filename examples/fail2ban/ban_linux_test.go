package fail2ban_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
)

// server is a running fail2ban that bans on paper: the action does nothing.
type server struct {
	f2b         tree
	etc, socket string
}

func (d tree) serve(t *testing.T, log string) *server {
	t.Helper()
	etc := d.etc(t, "backend = polling", "logpath = "+log, "banaction = paper")
	for name, text := range map[string]string{
		"action.d/paper.conf": "[Definition]\nactionban =\nactionunban =\n",
		"fail2ban.local":      "[Definition]\ndbfile = :memory:\n",
	} {
		if err := os.WriteFile(filepath.Join(etc, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := &server{d, etc, filepath.Join(etc, "socket")}
	// Not t.Context: it ends before the clean-up below.
	cmd := d.command(context.Background(), "fail2ban-server", "-c", etc, "-s", s.socket, "-p", filepath.Join(etc, "pid"), "--logtarget", "STDOUT", "-xf", "start")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &out, 5*time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("fail2ban-server: %v", err)
		}
		if t.Failed() {
			t.Logf("fail2ban's log:\n%s", &out)
		}
	})
	return s
}

// ask is a command of fail2ban-client; it returns "" while the server starts.
func (s *server) ask(t *testing.T, args ...string) string {
	t.Helper()
	out, _ := s.f2b.command(limit(t), "fail2ban-client", append([]string{"-c", s.etc, "-s", s.socket}, args...)...).Output()
	return strings.TrimSpace(string(out))
}

func (s *server) banned(t *testing.T) []string {
	t.Helper()
	addresses := strings.Fields(s.ask(t, "get", "jitsiauth", "banip"))
	slices.Sort(addresses)
	return addresses
}

// A running fail2ban with the jail as it is: who guesses thirty times is banned,
// IPv4 and IPv6, and neither who stops before, nor a proxy, nor who is ignored.
func TestWhoGuessesIsBanned(t *testing.T) {
	f2b := find(t)
	s := newService(t)
	guess := func(times int, source string, proxy bool) {
		for i := range times {
			name := fmt.Sprintf("no body %d", i) // no name: refused without hashing
			_ = s.login(t, api.VerifyRequest{Username: name, Password: "wrong", Source: source, Proxy: proxy, Transport: "websocket"})
		}
	}
	guess(40, "198.51.100.1", true)
	guess(40, "", false)
	guess(40, "172.18.0.1", false)
	guess(29, "203.0.113.29", false)
	guess(30, "203.0.113.30", false)
	guard := f2b.serve(t, s.LogFile())
	guess(30, "2001:db8::30", false) // also what is logged from now on

	want := []string{"2001:db8::30", "203.0.113.30"}
	for deadline := time.Now().Add(time.Minute); !slices.Equal(guard.banned(t), want); {
		if time.Now().After(deadline) {
			t.Fatalf("banned: %v, want %v", guard.banned(t), want)
		}
		time.Sleep(200 * time.Millisecond)
	}
	// The lines were read in their order, so nobody else is to come.
	if guard.ask(t, "set", "jitsiauth", "unbanip", "203.0.113.30") != "1" || !slices.Equal(guard.banned(t), want[:1]) {
		t.Errorf("after unbanip: %v", guard.banned(t))
	}
	if status := guard.ask(t, "status", "jitsiauth"); !strings.Contains(status, "2001:db8::30") {
		t.Error(status)
	}
}
