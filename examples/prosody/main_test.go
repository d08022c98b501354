// Package prosody_test holds the files in this directory to what README.md says of
// them: with systemd-analyze, with the program under the unit's rules, and with a
// real Prosody.
package prosody_test

import (
	"context"
	"log"
	"os"
	"testing"
	"time"

	"github.com/jitsiauth/server/lua/servicetest"
)

const password = "correct horse"

// program is the built jitsiauth, where every user may run it.
var program string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "jitsiauth-test-")
	if err != nil {
		log.Print(err)
		return 1
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // the unit's user must reach it
		log.Print(err)
		return 1
	}
	if program, err = servicetest.Build(context.Background(), dir); err != nil {
		log.Print(err)
		return 1
	}
	return m.Run()
}

// shortDir is a directory whose path leaves room for a socket's name.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ja")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// limit bounds what should take a moment.
func limit(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}
