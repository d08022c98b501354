package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestPasswordList(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes of files")
	}
	for name, test := range map[string]struct {
		before string // "": not there
		mode   fs.FileMode
		add    bool
		want   string // "": not there afterwards
		ok     bool
	}{
		"new":                   {"", 0, true, "a@b\tp\n", true},
		"new, and not used":     {"", 0, false, "", true},
		"more":                  {"x@b\tq\n", 0o600, true, "x@b\tq\na@b\tp\n", true},
		"there, and not used":   {"x@b\tq\n", 0o600, false, "x@b\tq\n", true},
		"cut off":               {"x@b\tq", 0o600, true, "x@b\tq\na@b\tp\n", true},
		"for the group to read": {"x@b\tq\n", 0o640, false, "x@b\tq\n", false},
		"for all to write":      {"x@b\tq\n", 0o602, false, "x@b\tq\n", false},
	} {
		path := filepath.Join(t.TempDir(), "list")
		if test.before != "" {
			if err := os.WriteFile(path, []byte(test.before), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, test.mode); err != nil { // whatever the umask says
				t.Fatal(err)
			}
		}
		list, err := openPasswordList(path)
		if err == nil && test.add {
			err = list.add("a@b", "p")
		}
		if err == nil {
			err = list.close()
		}
		if (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
		got, err := os.ReadFile(path)
		if string(got) != test.want || errors.Is(err, fs.ErrNotExist) != (test.want == "") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if about, err := os.Stat(path); err == nil && test.before == "" && about.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v", name, about.Mode())
		}
	}
	for name, path := range map[string]string{"a directory": t.TempDir(), "no place": filepath.Join(t.TempDir(), "none", "list"), "a device": os.DevNull} {
		if list, err := openPasswordList(path); err == nil {
			_ = list.close()
			t.Errorf("%s is taken", name)
		}
	}
}

func TestPasswordFile(t *testing.T) {
	dir := t.TempDir()
	for name, test := range map[string]struct {
		text, want string // "": refused
	}{
		"one line": {"correct horse\n", "correct horse"}, "no line end": {"correct horse", "correct horse"}, "CR LF": {"correct horse\r\n", "correct horse"},
		"blanks stay": {" x \n", " x "}, "Japanese": {"パスワード\n", "パスワード"},
		"nothing": {"", ""}, "an empty line": {"\n", ""}, "two lines": {"a\nb\n", ""}, "an empty second": {"a\n\n", ""}, "no UTF-8": {"\xff\n", ""},
		"too long": {string(make([]byte, maxStdin+1)), ""},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, open, err := readPasswordFile(path)
		if err == nil && got != test.want || (err == nil) != (test.want != "") || err == nil && open && runtime.GOOS != "windows" {
			t.Errorf("%s: %q, %t, %v", name, got, open, err)
		}
	}
	for _, path := range []string{dir, filepath.Join(dir, "none"), os.DevNull} {
		if _, _, err := readPasswordFile(path); err == nil {
			t.Errorf("%s is taken", path)
		}
	}
	// A secret of Docker or Kubernetes is a link.
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "one line"), link); err == nil {
		if got, _, err := readPasswordFile(link); got != "correct horse" || err != nil {
			t.Errorf("by a link: %q, %v", got, err)
		}
	}
}

// A list that was opened for nothing must not take away what another process has
// added to it.
func TestPasswordListKeepsOthersLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list")
	first, err := openPasswordList(path)
	if err != nil {
		t.Fatal(err)
	}
	second, err := openPasswordList(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(second.add("alice@meet.jitsi", "secret"), second.close(), first.close()); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "alice@meet.jitsi\tsecret\n" {
		t.Errorf("%q, %v", text, err)
	}
}

// Others' files are no place for passwords, whatever their mode, and neither is what
// a link leads to, whoever made that.
func TestPasswordListOfAnother(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("owners of files")
	}
	path := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	links := map[string]string{"link": path, "nowhere": filepath.Join(t.TempDir(), "none")}
	for name, to := range links {
		link := filepath.Join(t.TempDir(), name)
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
		if list, err := openPasswordList(link); err == nil {
			_ = list.close()
			t.Errorf("%s is taken", name)
		}
		if _, err := os.Lstat(link); err != nil {
			t.Error(err)
		}
	}
	if text, err := os.ReadFile(path); err != nil || len(text) != 0 {
		t.Errorf("%q, %v", text, err)
	}
	if os.Geteuid() != 0 || os.Chown(path, 65534, 65534) != nil {
		t.Skip("only root can give files to others")
	}
	if list, err := openPasswordList(path); err == nil {
		_ = list.close()
		t.Error("a file of another user's was taken")
	}
}
