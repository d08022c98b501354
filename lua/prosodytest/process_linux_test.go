package prosodytest_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jitsiauth/server/lua/prosodytest"
)

// TestKilledTestLeavesNothing runs itself once more as a program that starts Prosody,
// kills that program, and sees Prosody gone too.
func TestKilledTestLeavesNothing(t *testing.T) {
	const asChild = "PROSODYTEST_CHILD_DIR"
	if dir := os.Getenv(asChild); dir != "" {
		s, err := prosodytest.Start(context.Background(), prosodytest.Config{Version: "13.0", Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("pid", s.PID())
		<-s.Done()
		return
	}
	prosodytest.StartTest(t, prosodytest.Config{Version: "13.0"}) // skips where there is none
	child := exec.CommandContext(testContext(t), os.Args[0], "-test.run=^TestKilledTestLeavesNothing$")
	child.Env = append(os.Environ(), asChild+"="+t.TempDir())
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	pid := 0
	for lines := bufio.NewScanner(out); pid == 0 && lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "pid ") {
			_, _ = fmt.Sscanf(lines.Text(), "pid %d", &pid)
		}
	}
	if pid == 0 {
		t.Fatal("the other program started no Prosody")
	}
	_ = child.Process.Kill()
	_ = child.Wait()
	ctx := testContext(t)
	for !gone(pid) {
		select {
		case <-ctx.Done():
			t.Fatalf("Prosody, pid %d, outlived the program that started it", pid)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// gone tells whether a process ended; a zombie that no init has reaped yet counts.
func gone(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(stat), ") Z ")
}
