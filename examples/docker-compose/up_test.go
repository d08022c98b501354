package compose_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// up makes the files in a fresh clone.
func up(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	return command{dir: dir}.try(t, "examples/docker-compose/up.sh", append([]string{"--files"}, args...)...)
}

// secrets reads what up.sh made in dir, by name.
func secrets(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range []string{"JICOFO_AUTH_PASSWORD", "JVB_AUTH_PASSWORD", "jitsiauth.token"} {
		text, err := os.ReadFile(filepath.Join(dir, ".secrets", name))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = strings.TrimSuffix(string(text), "\n")
	}
	return all
}

func contains(text, part string) bool { return strings.Contains(text, part) }

// settingsIn returns both files of them.
func settingsIn(t *testing.T, dir string) string {
	t.Helper()
	var all []byte
	for _, name := range []string{".env", "config/jitsi.env"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	return string(all)
}

func TestUpMakesFiles(t *testing.T) {
	t.Parallel()
	dir := clone(t)
	if out, err := up(t, dir); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	seen := map[string]bool{}
	for name, secret := range secrets(t, dir) {
		if len(secret) != 64 || strings.Trim(secret, "0123456789abcdef") != "" || seen[secret] {
			t.Errorf("%s is %d characters, or not its own", name, len(secret))
		}
		seen[secret] = true
	}
	for name, want := range map[string]fs.FileMode{
		".env": 0o600, "config/jitsi.env": 0o600, ".secrets": 0o700 | fs.ModeDir, // keeps out who isn't the owner, of the files below too
		".secrets/JICOFO_AUTH_PASSWORD": 0o444, ".secrets/JVB_AUTH_PASSWORD": 0o444, ".secrets/jitsiauth.token": 0o444,
	} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
		} else if info.Mode() != want {
			t.Errorf("%s has mode %v, want %v", name, info.Mode(), want)
		}
	}
}

func TestUpOverwritesNothing(t *testing.T) {
	t.Parallel()
	dir := clone(t)
	if _, err := up(t, dir); err != nil {
		t.Fatal(err)
	}
	before := fmt.Sprint(settingsIn(t, dir), secrets(t, dir))
	for _, args := range [][]string{nil, {"meet.example.org", "you@example.org"}} {
		out, err := up(t, dir, args...)
		if after := fmt.Sprint(settingsIn(t, dir), secrets(t, dir)); after != before {
			t.Errorf("up.sh %s changed\n%s\nto\n%s", args, before, after)
		}
		if args != nil && (err == nil || !contains(err.Error(), "is there, for another PUBLIC_URL")) {
			t.Errorf("nothing says that DOMAIN was not used: %v\n%s", err, out)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "*", ".*.*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// A run that died in the middle left a second name of a secret; the next one must
// not write through it.
func TestUpAfterCrash(t *testing.T) {
	t.Parallel()
	dir := clone(t)
	if _, err := up(t, dir); err != nil {
		t.Fatal(err)
	}
	before := fmt.Sprint(settingsIn(t, dir), secrets(t, dir))
	for _, name := range []string{".env", ".secrets/jitsiauth.token"} {
		for _, temp := range []string{".tmp", ".XXXXXX"} {
			if err := os.Link(filepath.Join(dir, name), filepath.Join(dir, name+temp)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := up(t, dir); err != nil {
		t.Fatal(err)
	}
	if after := fmt.Sprint(settingsIn(t, dir), secrets(t, dir)); after != before {
		t.Errorf("changed\n%s\nto\n%s", before, after)
	}
}

func TestUpOnServer(t *testing.T) {
	t.Parallel()
	dir := clone(t)
	if out, err := up(t, dir, "meet.example.org", "you@example.org"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got := settingsIn(t, dir)
	for _, line := range []string{
		"PUBLIC_URL=https://meet.example.org", "HTTP_PORT=80", "HTTPS_PORT=443", "ENABLE_LETSENCRYPT=1", "LETSENCRYPT_DOMAIN=meet.example.org",
		"LETSENCRYPT_EMAIL=you@example.org", "LETSENCRYPT_ACME_SERVER=letsencrypt", "ENABLE_HTTP_REDIRECT=1",
	} {
		if !contains(got, "\n"+line+"\n") {
			t.Errorf(".env lacks %s:\n%s", line, got)
		}
	}
}

// The zone is chosen once: by name, at the terminal, or it is the machine's.
func TestUpZone(t *testing.T) {
	t.Parallel()
	for _, one := range []struct{ name, zone, typed, want string }{
		{"by name", "TIMEZONE=Asia/Tokyo", "", "TZ=Asia/Tokyo"},
		{"typed", "", "Asia/Tokyo\n", "TZ=Asia/Tokyo"},
		{"mistyped first", "", "Tokyo\n../../etc\nEurope/Berlin\n", "TZ=Europe/Berlin"},
		{"not typed", "", "\n", "TZ=" + machineZone(t)},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			dir := clone(t)
			run := command{dir: dir, env: []string{"TIMEZONE="}}
			if one.zone != "" {
				run.env = []string{one.zone}
			}
			run.stdin = one.typed
			out, err := run.try(t, "script", "-qec", "examples/docker-compose/up.sh --files", "/dev/null") // on a terminal
			if err != nil || !contains(settingsIn(t, dir), "\n"+one.want+"\n") {
				t.Fatalf("%v, want %s:\n%s", err, one.want, out)
			}
			run.env = []string{"TIMEZONE=America/Lima"}
			if _, err := run.try(t, "examples/docker-compose/up.sh", "--files"); err == nil || !contains(err.Error(), "change TZ= in it") {
				t.Errorf("another zone for the same .env: %v", err)
			}
		})
	}
	for _, bad := range []string{"Tokyo", "../../etc/passwd", "/etc/passwd", "Asia/", "Asia", "Asia/Tokyo|e"} {
		dir := clone(t)
		_, err := command{dir: dir, env: []string{"TIMEZONE=" + bad}}.try(t, "examples/docker-compose/up.sh", "--files")
		if err == nil || !contains(err.Error(), "error: TIMEZONE must be") {
			t.Errorf("TIMEZONE=%s: %v", bad, err)
		}
		if _, err := os.Stat(filepath.Join(dir, ".env")); err == nil {
			t.Errorf("TIMEZONE=%s: .env was made", bad)
		}
	}
}

// machineZone is what the script takes for this machine's.
func machineZone(t *testing.T) string {
	t.Helper()
	zone, err := os.ReadFile("/etc/timezone")
	if err != nil {
		t.Skip("no /etc/timezone: what is this machine's zone?")
	}
	return strings.TrimSpace(string(zone))
}

func TestUpRefuses(t *testing.T) {
	t.Parallel()
	for _, bad := range []struct{ domain, email, field string }{
		{"https://meet.example.org", "you@example.org", "DOMAIN"},
		{"meet|example.org", "you@example.org", "DOMAIN"},
		{"meet.example.org\nX=1", "you@example.org", "DOMAIN"},
		{"localhost", "you@example.org", "DOMAIN"},
		{"meet.example.org", "", "EMAIL"},
		{"meet.example.org", "you", "EMAIL"},
		{"meet.example.org", "you@example.org|e", "EMAIL"},
		{"", "you@example.org", "DOMAIN"},
	} {
		t.Run(bad.domain+" "+bad.email, func(t *testing.T) {
			t.Parallel()
			dir := clone(t)
			_, err := up(t, dir, bad.domain, bad.email)
			if err == nil || !contains(err.Error(), "error: "+bad.field+" must be") {
				t.Errorf("up.sh said %v", err)
			}
			for _, made := range []string{".env", ".secrets", "config"} {
				if _, err := os.Stat(filepath.Join(dir, made)); err == nil {
					t.Errorf("%s was made", made)
				}
			}
		})
	}
}
