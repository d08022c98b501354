package main

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLocalSocket(t *testing.T) {
	dir := t.TempDir()
	here, ofUnit := filepath.Join(dir, "here.sock"), filepath.Join(dir, "unit", "unit.sock")
	if got := localSocket(here, ofUnit); got != here {
		t.Errorf("nothing is there: %s", got)
	}
	// Without the socket itself: who is told of that one knows what to start.
	if err := os.Mkdir(filepath.Dir(ofUnit), 0o700); err != nil {
		t.Fatal(err)
	}
	if got := localSocket(here, ofUnit); got != ofUnit {
		t.Errorf("the unit's directory is there: %s", got)
	}
	if err := os.WriteFile(here, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := localSocket(here, ofUnit); got != here {
		t.Errorf("both are there: %s", got)
	}
	if os.Geteuid() != 0 {
		t.Skip("skipped: needs root, to make somebody else's file")
	}
	if err := os.Chown(here, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if got := localSocket(here, ofUnit); got != ofUnit {
		t.Errorf("somebody else's is here: %s", got)
	}
}

// In a directory that others can write to, nobody is to wait for passwords.
func TestForeignSocket(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("skipped: needs root, to make somebody else's file")
	}
	if _, err := os.Lstat(filepath.Dir(unitSocket)); err == nil {
		t.Skip("skipped: this machine has the systemd unit, which is asked instead")
	}
	t.Chdir(t.TempDir())
	if err := os.Mkdir(filepath.Dir(defaultSocket), 0o755); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", defaultSocket) //nolint:noctx // local, at once
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if err := os.Chown(defaultSocket, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	accepted := make(chan struct{})
	go func() {
		if conn, err := listener.Accept(); err == nil {
			_ = conn.Close()
			close(accepted)
		}
	}()
	var stderr strings.Builder
	code := run(t.Context(), []string{"user", "list"}, nil, strings.NewReader(""), io.Discard, &stderr)
	if code != 2 || !strings.Contains(stderr.String(), "belongs to somebody else") {
		t.Errorf("exit code %d: %s", code, &stderr)
	}
	select {
	case <-accepted:
		t.Error("it was asked")
	default:
	}
	stderr.Reset()
	code = run(t.Context(), []string{"--socket", defaultSocket, "user", "list"}, nil, strings.NewReader(""), io.Discard, &stderr)
	if code == 2 || strings.Contains(stderr.String(), "somebody else") {
		t.Errorf("named by the caller: exit code %d: %s", code, &stderr)
	}
}
