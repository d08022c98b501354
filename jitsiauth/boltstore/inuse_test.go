package boltstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestInUse: another process has the file; then it ends, and its lock with it.
func TestInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "held.db")
	child, lines := startChild(t, "hold", path)
	if !lines.Scan() || lines.Text() != "open" {
		t.Fatalf("the child said %q", lines.Text())
	}
	_, err := Open(path, nil)
	var inUse *InUseError
	if !errors.As(err, &inUse) || !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), path) {
		t.Fatalf("error %v", err)
	}
	if runtime.GOOS == "linux" {
		name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", child.Process.Pid))
		command := strings.TrimSpace(string(name))
		if inUse.PID != child.Process.Pid || inUse.Command != command ||
			!strings.Contains(err.Error(), fmt.Sprintf("process %d (%s)", child.Process.Pid, command)) {
			t.Errorf("%v, want process %d (%s)", err, child.Process.Pid, command)
		}
	}
	kill(t, child)
	_ = child.Wait()
	openTest(t, path)
}

func TestInUseHere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "held.db")
	openTest(t, path)
	_, err := Open(path, &Options{LockTimeout: -1})
	if !errors.Is(err, ErrInUse) {
		t.Fatalf("error %v", err)
	}
	if runtime.GOOS == "linux" && !strings.Contains(err.Error(), "this process has it open already") {
		t.Error(err)
	}
}

func TestInUseTexts(t *testing.T) {
	for _, c := range []struct {
		err  InUseError
		want string
	}{
		{InUseError{Path: "a.db"}, "by another process"},
		{InUseError{Path: "a.db", PID: 1 << 30}, "by process 1073741824:"},
		{InUseError{Path: "a.db", PID: 1 << 30, Command: "jitsiauth"}, "by process 1073741824 (jitsiauth):"},
	} {
		if text := c.err.Error(); !strings.HasPrefix(text, "a.db: database is in use ") || !strings.Contains(text, c.want) {
			t.Errorf("%q, want %q", text, c.want)
		}
	}
}
