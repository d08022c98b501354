package browsertest

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// program is the built jitsiauth; empty where no browser is.
var program string

// missing says why there is no browser; nil if there is one.
var missing error

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "jitsiauth-browser-")
	if err != nil {
		log.Print(err)
		return 1
	}
	defer os.RemoveAll(dir)
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		missing = fmt.Errorf("chromium is not there: run authsvc/browsertest/install.sh (%w)", err)
		return m.Run()
	}
	if program = os.Getenv(insideVariable); program != "" {
		err = loopbackUp()
	} else {
		program, err = build(dir)
		if err == nil {
			if code, ran := runAlone(program); ran {
				return code
			}
		}
	}
	if err == nil {
		site, err = newCertificate()
	}
	if err == nil {
		var stop func()
		stop, err = startBrowser(chromium, dir)
		defer stop()
	}
	if err != nil {
		log.Print(err)
		return 1
	}
	return m.Run()
}

// build compiles the program in its own module, whose checksums this one lacks.
func build(dir string) (string, error) {
	bin := filepath.Join(dir, "jitsiauth")
	cmd := exec.CommandContext(context.Background(), "go", "build", "-tags", "nomsgpack", "-o", bin, "./cmd/jitsiauth")
	cmd.Dir = filepath.Join("..", "..")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return bin, nil
}

// need skips the test with the reason where a thing is not there, or fails it if
// that has been promised.
func need(t testing.TB, err error) {
	t.Helper()
	if err = errors.Join(missing, err); err == nil {
		return
	}
	if os.Getenv("JITSIAUTH_REQUIRE_BROWSER") != "1" {
		t.Skipf("skipped: %v", err)
	}
	t.Fatal(err)
}
