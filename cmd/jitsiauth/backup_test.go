package main

import (
	"crypto/sha256"
	"encoding/base64"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jitsiauth/server/jitsiauth/boltstore"
)

// sender is a service whose answer to a backup is this.
type sender struct {
	status int
	body   []byte
	length int // what it claims; 0: that of the body
	before func()
}

func (s sender) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	if s.before != nil {
		s.before()
	}
	if s.status != 0 {
		w.Header().Set("Content-Type", "application/problem+json")
		w.Header().Set("Retry-After", "10")
		w.WriteHeader(s.status)
		_, _ = w.Write(s.body)
		return
	}
	sum := sha256.Sum256(s.body)
	w.Header().Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(sum[:])+":")
	w.Header().Set("Content-Length", strconv.Itoa(max(len(s.body), s.length)))
	_, _ = w.Write(s.body)
}

// database is the content of a sound file.
func database(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sound.db")
	store, err := boltstore.Open(path, &boltstore.Options{InitialMmapSize: -1})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// TestBackupIsWholeOrNotThere: what is cut off, unsound, refused or already
// there leaves the directory as it was.
func TestBackupIsWholeOrNotThere(t *testing.T) {
	sound := database(t)
	name := filepath.Join(t.TempDir(), "backup.db")
	write := func(text string) func() {
		return func() {
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Error(err)
			}
		}
	}
	for _, test := range []struct {
		name   string
		sender sender
		force  bool
		code   int
		says   string // on standard error
		there  string // what the file then holds; "": no file
	}{
		{"whole", sender{body: sound}, false, exitOK, "sound: accounts 0, tokens 0, links 0, log entries 0", string(sound)},
		{"cut off", sender{body: sound, length: 2 * len(sound)}, false, exitError, "not complete: it was cut off", ""},
		{"no database", sender{body: []byte(strings.Repeat("text", 1<<12))}, false, exitError, "not a jitsiauth database", ""},
		{"one is under way", sender{status: 503, body: []byte(`{"code":"overloaded","detail":"Another."}`)}, false, exitError, "hint: nothing was written; try again in 10s", ""},
		{"made meanwhile", sender{body: sound, before: write("mine")}, false, exitError, "exists", "mine"},
		{"made meanwhile, with --force", sender{body: sound, before: write("mine")}, true, exitOK, "sound", string(sound)},
		{"no service", sender{status: 200}, false, exitError, "no digest", ""},
	} {
		server := httptest.NewServer(test.sender)
		args := []string{"--server", server.URL, "backup", name}
		if test.force {
			args = append(args, "--force")
		}
		var stdout, stderr strings.Builder
		code := run(t.Context(), args, []string{"JITSIAUTH_TOKEN=secret"}, strings.NewReader(""), &stdout, &stderr)
		server.Close()
		if code != test.code || !strings.Contains(stderr.String(), test.says) || stdout.Len() > 0 {
			t.Errorf("%s: %d, %q, %q", test.name, code, stderr.String(), stdout.String())
		}
		if content, err := os.ReadFile(name); string(content) != test.there {
			t.Errorf("%s: the file holds %d bytes (%v)", test.name, len(content), err)
		}
		_ = os.Remove(name)
		if left, err := fs.Glob(os.DirFS(filepath.Dir(name)), "*"); err != nil || len(left) > 0 {
			t.Errorf("%s: left behind %q, %v", test.name, left, err)
		}
	}
}

// TestBackupToStdout fails where it is cut off, after what came.
func TestBackupToStdout(t *testing.T) {
	server := httptest.NewServer(sender{body: []byte("half"), length: 8})
	defer server.Close()
	var stdout, stderr strings.Builder
	code := run(t.Context(), []string{"--server", server.URL, "backup", "-"}, []string{"JITSIAUTH_TOKEN=secret"}, strings.NewReader(""), &stdout, &stderr)
	if code != exitError || stdout.String() != "half" || !strings.Contains(stderr.String(), "not complete") {
		t.Error(code, stdout.String(), stderr.String())
	}
}
