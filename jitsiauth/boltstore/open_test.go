package boltstore

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/jitsiauth/server/jitsiauth"
)

func TestOpenMakesFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "new.db")
	s, err := Open(path, &Options{Random: bytes.NewReader(make([]byte, 16))})
	if err != nil {
		t.Fatal(err)
	}
	head, err := s.Head(t.Context())
	if want := (jitsiauth.Position{Epoch: strings.Repeat("0", 32)}); head != want || err != nil {
		t.Errorf("head %+v, %v, want %+v", head, err, want)
	}
	if !s.Created() || s.Path() != path {
		t.Errorf("created %v, path %s", s.Created(), s.Path())
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error("closed twice:", err)
	}
	if _, err := s.Head(t.Context()); err == nil {
		t.Error("a closed store answers")
	}
	if mode := fileMode(t, path); mode != 0o600 {
		t.Errorf("mode %v", mode)
	}
	if names := dirNames(t, dir); len(names) != 1 {
		t.Errorf("left in the directory: %v", names)
	}
	if s := openTest(t, path); s.Created() || s.epoch != head.Epoch {
		t.Errorf("opened again: created %v, epoch %s", s.Created(), s.epoch)
	}
}

func TestOpenFileMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new.db")
	for range 2 { // an existing file keeps its mode
		s, err := Open(path, &Options{FileMode: 0o640})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if mode := fileMode(t, path); mode != 0o640 {
			t.Errorf("mode %v", mode)
		}
	}
	openTest(t, path)
	if mode := fileMode(t, path); mode != 0o640 {
		t.Errorf("mode %v after opening with the default", mode)
	}
}

// TestOpenRefuses: what is no database of ours gets a clear answer and stays
// as it is.
func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	other := filepath.Join(dir, "other.db")
	db, err := bbolt.Open(other, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]struct {
		err  error
		text string
	}{
		write("empty", ""):                           {ErrNotDatabase, "0 bytes"},
		write("short", "hello"):                      {ErrNotDatabase, "5 bytes"},
		write("text", strings.Repeat("hello ", 1e4)): {ErrNotDatabase, "invalid"},
		write("zeros", strings.Repeat("\x00", 1e5)):  {ErrNotDatabase, "invalid"},
		other:                                 {ErrNotDatabase, "another program"},
		dir:                                   {ErrNotDatabase, "not a regular file"},
		filepath.Join(dir, "none", "new.db"):  {fs.ErrNotExist, "directory " + filepath.Join(dir, "none") + " does not exist"},
		filepath.Join(dir, "short", "new.db"): {nil, "not a directory"},
		"":                                    {nil, "name of a file"},
	} {
		before, _ := os.ReadFile(path)
		_, err := Open(path, nil)
		if err == nil || want.err != nil && !errors.Is(err, want.err) || !strings.Contains(err.Error(), want.text) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want %v, %q", path, err, want.err, want.text)
		}
		if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
			t.Errorf("%s was changed", path)
		}
	}
}

// TestOpenAtOnce: one of many makes the file, and nobody replaces it.
func TestOpenAtOnce(t *testing.T) {
	for range 5 {
		path := filepath.Join(t.TempDir(), "new.db")
		stores := make(chan *Store, 8)
		var group sync.WaitGroup
		for range cap(stores) {
			group.Go(func() {
				s, err := Open(path, &Options{LockTimeout: -1})
				if err == nil {
					stores <- s
				} else if !errors.Is(err, ErrInUse) {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if len(stores) != 1 {
			t.Fatalf("%d have it open", len(stores))
		}
		s := <-stores
		epoch := s.epoch
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if openTest(t, path).epoch != epoch {
			t.Error("the file was replaced")
		}
		if names := dirNames(t, filepath.Dir(path)); len(names) != 1 {
			t.Errorf("left in the directory: %v", names)
		}
	}
}

func TestPublishKeepsWhatIsThere(t *testing.T) {
	for name, publish := range map[string]func(from, to string) error{"publish": publish, "link": link} {
		dir := t.TempDir()
		from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
		for _, path := range []string{from, to} {
			if err := os.WriteFile(path, []byte(path), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := publish(from, to); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: error %v", name, err)
		}
		if got, _ := os.ReadFile(to); string(got) != to {
			t.Errorf("%s: replaced by %s", name, got)
		}
		if err := publish(from, filepath.Join(dir, "free")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if names := dirNames(t, dir); strings.Join(names, " ") != "free to" {
			t.Errorf("%s: left %v", name, names)
		}
	}
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		in   *Options
		want Options
	}{
		{nil, Options{LockTimeout: time.Second, InitialMmapSize: 1 << 30, FileMode: 0o600}},
		{&Options{LockTimeout: -1, InitialMmapSize: -1, FileMode: 0o640}, Options{LockTimeout: 1, FileMode: 0o640}},
		{&Options{LockTimeout: time.Hour, InitialMmapSize: 7}, Options{LockTimeout: time.Hour, InitialMmapSize: 7, FileMode: 0o600}},
	} {
		got := c.in.resolve()
		if got.Random == nil {
			t.Error("no random source")
		}
		if got.Random = nil; got != c.want {
			t.Errorf("%+v: got %+v, want %+v", c.in, got, c.want)
		}
	}
}

func fileMode(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode()
}

func dirNames(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}
