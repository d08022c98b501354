package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jitsiauth/server/jitsiauth/boltstore"
)

// newFile is an empty database, and what to run commands on it with.
func newFile(t *testing.T) (environ []string, dir string) {
	t.Helper()
	dir = t.TempDir()
	db := filepath.Join(dir, "jitsiauth.db")
	store, err := boltstore.Open(db, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	return []string{"JITSIAUTH_BCRYPT_COST=4", "JITSIAUTH_HASHERS=2"}, dir
}

// Of many accounts, what is ordinary is counted, and so is the rest from 100 on of each
// kind; --verbose names all.
func TestImportMany(t *testing.T) {
	const accounts = 250
	environ, dir := newFile(t)
	var text strings.Builder
	for i := range accounts {
		fmt.Fprintf(&text, "person%d:$2y$10$9ip3vUJJ/FuDo6V9CRAB.eZKUkVEeta9zkV4ljX8C4gw4BQh1PsDa\n", i)
		fmt.Fprintf(&text, "nobody%d:$1$x\n", i)
		fmt.Fprintf(&text, "wrong %d:x\n", i)
	}
	file := filepath.Join(dir, "htpasswd")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		flags                                 []string
		added, left, nobody, refused, without int
		text                                  string
	}{
		{nil, 100, 0, 100, 100, 100, "500 added, 0 changed, 0 left alone, 250 refused\n"},
		{[]string{"--verbose"}, 0, accounts, accounts, accounts, 100, "0 added, 0 changed, 500 left alone, 250 refused\n"},
	} {
		var stdout, stderr strings.Builder
		args := append([]string{"--db", filepath.Join(dir, "jitsiauth.db"), "import", "htpasswd", file}, test.flags...)
		if code := run(t.Context(), args, environ, strings.NewReader(""), &stdout, &stderr); code != exitError {
			t.Errorf("%q ended with %d: %s", test.flags, code, stderr.String())
		}
		for text, want := range map[string]int{
			"@meet.jitsi  added\n": test.added, "@meet.jitsi  is there, left alone\n": test.left, ", without a password\n": test.nobody,
		} {
			if n := strings.Count(stdout.String(), text); n != want {
				t.Errorf("%q names %d accounts with %q, want %d", test.flags, n, text, want)
			}
		}
		if n := strings.Count(stderr.String(), "  refused: line "); n != test.refused {
			t.Errorf("%q names %d refused accounts, want %d", test.flags, n, test.refused)
		}
		if n := strings.Count(stderr.String(), "\n  nobody"); n != test.without {
			t.Errorf("%q lists %d accounts without a password, want %d", test.flags, n, test.without)
		}
		counted := strings.Count(stderr.String(), "counted, not named; --verbose names all\n")
		if !strings.Contains(stderr.String(), test.text) || !strings.Contains(stderr.String(), "\n  … and 150 more\n") || (counted == 3) == (test.flags != nil) {
			t.Errorf("%q says\n%s", test.flags, stderr.String())
		}
	}
}
