package prosody_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/jitsiauth/server/authsvc"
)

const unitFile = "jitsiauth.service"

// installed is where README.md puts the program.
const installed = "/usr/local/bin/jitsiauth"

// worst is the exposure that README.md states, as systemd 252 counts it; 10 would be
// a service without any protection.
const worst = "1.2"

// systemd runs systemd-analyze. It skips the test with the reason where that is not
// there, or fails it if JITSIAUTH_REQUIRE_SYSTEMD=1 is set.
func systemd(t *testing.T, args ...string) (string, error) {
	t.Helper()
	const missing = "systemd-analyze is not there: run examples/prosody/install.sh"
	path, err := exec.LookPath("systemd-analyze")
	if err != nil && os.Getenv("JITSIAUTH_REQUIRE_SYSTEMD") != "1" {
		t.Skipf("skipped: %s", missing)
	}
	if err != nil {
		t.Fatal(missing)
	}
	cmd := exec.CommandContext(limit(t), path, args...) //nolint:gosec // a test's own words
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "SYSTEMD_PAGER=", "SYSTEMD_COLORS=0")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// unitHere is a copy of the unit that starts the program built here: verify wants
// ExecStart to be there. change edits it further.
func unitHere(t *testing.T, change func(string) string) string {
	t.Helper()
	text := strings.Replace(read(t, unitFile), "ExecStart="+installed+" ", "ExecStart="+program+" ", 1)
	if !strings.Contains(text, program) {
		t.Fatalf("%s doesn't start %s", unitFile, installed)
	}
	path := filepath.Join(t.TempDir(), unitFile)
	if err := os.WriteFile(path, []byte(change(text)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func unchanged(text string) string { return text }

// systemd takes the unit without a word, and would have words for one with a mistake.
func TestUnitVerifies(t *testing.T) {
	if out, err := systemd(t, "verify", unitHere(t, unchanged)); err != nil || out != "" {
		t.Errorf("%v\n%s", err, out)
	}
	misspelt := unitHere(t, func(text string) string { return strings.Replace(text, "CPUWeight=", "CPUWieght=", 1) })
	if out, _ := systemd(t, "verify", misspelt); !strings.Contains(out, "CPUWieght") {
		t.Errorf("about a misspelt line: %q", out)
	}
}

// The protection is what README.md says, and each half of it counts.
func TestUnitExposure(t *testing.T) {
	score := func(change func(string) string) float64 {
		t.Helper()
		out, err := systemd(t, "security", "--offline=yes", "--no-pager", unitHere(t, change))
		found := regexp.MustCompile(`Overall exposure level for jitsiauth\.service: ([0-9.]+)`).FindStringSubmatch(out)
		if found == nil {
			t.Fatalf("no exposure level: %v\n%s", err, out)
		}
		value, err := strconv.ParseFloat(found[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	bound, err := strconv.ParseFloat(worst, 64)
	if err != nil {
		t.Fatal(err)
	}
	got := score(unchanged)
	t.Logf("exposure %.1f", got)
	if got > bound {
		t.Errorf("exposure %.1f, and README.md says %s", got, worst)
	}
	open := score(func(text string) string { return strings.ReplaceAll(text, "SystemCallFilter=", "#") })
	if open <= bound {
		t.Errorf("without SystemCallFilter the exposure is %.1f: the bound would not notice", open)
	}
	if readme := read(t, "README.md"); !strings.Contains(readme, "`"+worst+" OK`") {
		t.Errorf("README.md doesn't state %s", worst)
	}
}

// systemd must not lose patience before the service has given up on running logins.
func TestStopTimeout(t *testing.T) {
	seconds, err := strconv.ParseFloat(readUnit(t).one(t, "TimeoutStopSec"), 64)
	if err != nil || seconds < 2*authsvc.StopTimeout.Seconds() {
		t.Errorf("TimeoutStopSec is %v (%v), and the service takes up to %s and writes its log then", seconds, err, authsvc.StopTimeout)
	}
}

// unit holds the values of each key of the file, in their order.
type unit map[string][]string

func readUnit(t *testing.T) unit {
	t.Helper()
	u := unit{}
	for line := range strings.Lines(read(t, unitFile)) {
		if key, value, found := strings.Cut(strings.TrimSpace(line), "="); found && !strings.HasPrefix(key, "#") {
			u[key] = append(u[key], value)
		}
	}
	return u
}

// one is the value of a key that stands in the unit once.
func (u unit) one(t *testing.T, key string) string {
	t.Helper()
	if len(u[key]) != 1 {
		t.Fatalf("%s stands %d times in the unit", key, len(u[key]))
	}
	return u[key][0]
}
