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
		all[name] = string(text)
	}
	return all
}

func contains(text, part string) bool { return strings.Contains(text, part) }

func env(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, ".env"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
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
		".env": 0o600, ".secrets": 0o700 | fs.ModeDir, // keeps out who isn't the owner, of the files below too
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
	before := fmt.Sprint(env(t, dir), secrets(t, dir))
	out, err := up(t, dir, "meet.example.org", "you@example.org")
	if err != nil {
		t.Fatal(err)
	}
	if after := fmt.Sprint(env(t, dir), secrets(t, dir)); after != before {
		t.Errorf("the second run changed\n%s\nto\n%s", before, after)
	}
	if !contains(out, "PUBLIC_URL in .env is another") {
		t.Errorf("nothing says that DOMAIN was not used:\n%s", out)
	}
}

func TestUpOnServer(t *testing.T) {
	t.Parallel()
	dir := clone(t)
	if out, err := up(t, dir, "meet.example.org", "you@example.org"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got := env(t, dir)
	for _, line := range []string{
		"PUBLIC_URL=https://meet.example.org", "HTTP_PORT=80", "HTTPS_PORT=443", "ENABLE_LETSENCRYPT=1", "LETSENCRYPT_DOMAIN=meet.example.org",
		"LETSENCRYPT_EMAIL=you@example.org", "LETSENCRYPT_ACME_SERVER=letsencrypt", "ENABLE_HTTP_REDIRECT=1",
	} {
		if !contains(got, "\n"+line+"\n") {
			t.Errorf(".env lacks %s:\n%s", line, got)
		}
	}
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
			for _, made := range []string{".env", ".secrets"} {
				if _, err := os.Stat(filepath.Join(dir, made)); err == nil {
					t.Errorf("%s was made", made)
				}
			}
		})
	}
}
