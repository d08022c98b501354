package storetest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/storetest"
)

// brokenEnv makes this binary a child that runs the suite on a broken store.
const brokenEnv = "STORETEST_BROKEN"

func TestBroken(t *testing.T) {
	open := broken[os.Getenv(brokenEnv)]
	if open == nil {
		t.Skip("TestSuiteRejects runs it")
	}
	storetest.Run(t, func(*testing.T) jitsiauth.Store { return open() })
}

// TestSuiteRejects: each broken store fails the test that is there for it, in
// a process of its own, as a failure is meant to fail.
func TestSuiteRejects(t *testing.T) {
	for name := range broken {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := "^TestBroken$/^" + strings.ReplaceAll(name, "/", "$/^") + "$"
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run="+run, "-test.timeout=5m") //nolint:gosec // itself
			child.Env = append(os.Environ(), brokenEnv+"="+name)
			output, err := child.CombinedOutput()
			if err == nil || !strings.Contains(string(output), "--- FAIL: TestBroken/"+name) {
				t.Errorf("the suite let it pass: %v\n%s", err, output)
			}
			if strings.Contains(string(output), "panic:") || strings.Contains(string(output), "DATA RACE") {
				t.Errorf("it failed for another reason:\n%s", output)
			}
		})
	}
}
