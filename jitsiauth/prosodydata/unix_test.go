//go:build unix

package prosodydata

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// What is no regular file is refused, without waiting for a FIFO and without
// leaving the folder; the others are read.
func TestSpecialFiles(t *testing.T) {
	data := t.TempDir()
	folder := filepath.Join(data, "meet%2ejitsi", "accounts")
	writeFile(t, folder, "zoe.dat", plain)
	outside := writeFile(t, t.TempDir(), "bob.dat", plain)
	for _, err := range []error{
		syscall.Mkfifo(filepath.Join(folder, "fifo.dat"), 0o600),
		os.Symlink(outside, filepath.Join(folder, "out.dat")),
		os.Symlink("zoe.dat", filepath.Join(folder, "in.dat")),
		os.Symlink("/dev/zero", filepath.Join(folder, "zero.dat")),
		os.Symlink("nowhere", filepath.Join(folder, "nowhere.dat")),
		os.Symlink("loop.dat", filepath.Join(folder, "loop.dat")),
		os.Mkdir(filepath.Join(folder, "folder.dat"), 0o700),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan []Account, 1)
	go func() { done <- read(t, data) }()
	var accounts []Account
	select {
	case accounts = <-done:
	case <-time.After(time.Minute):
		t.Fatal("it waits for the FIFO")
	}
	want := map[string]error{
		"zoe": nil, "fifo": errNoFile, "folder": errNoFile, "out": errSymlink, "in": errSymlink,
		"zero": errSymlink, "nowhere": errSymlink, "loop": errSymlink,
	}
	if len(accounts) != len(want) {
		t.Errorf("%d accounts, want %d", len(accounts), len(want))
	}
	for _, a := range accounts {
		if !errors.Is(a.Err, want[a.JID.Local()]) || a.Err == nil && a.Password == "" {
			t.Errorf("%s: %v, want %v", a.File, a.Err, want[a.JID.Local()])
		}
	}
}

// A folder that was replaced by a link after Open leads nowhere else.
func TestSwappedFolder(t *testing.T) {
	data, outside := t.TempDir(), t.TempDir()
	writeFile(t, data, "meet%2ejitsi/accounts/alice.dat", plain)
	writeFile(t, outside, "accounts/bob.dat", plain)
	dir := open(t, data)
	host := dir.Hosts()[0]
	if err := errors.Join(os.RemoveAll(host.Dir), os.Symlink(outside, host.Dir)); err != nil {
		t.Fatal(err)
	}
	for a, err := range dir.Accounts(host) {
		if err == nil {
			t.Errorf("%+v was read from outside", a)
		}
	}
}

func TestNoRights(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may read everything")
	}
	root := t.TempDir()
	writeFile(t, root, "data/meet%2ejitsi/accounts/alice.dat", plain)
	secret := writeFile(t, root, "data/meet%2ejitsi/accounts/bob.dat", plain)
	hidden := filepath.Dir(filepath.Dir(writeFile(t, root, "data/other%2ejitsi/accounts/bob.dat", plain)))
	mode := func(path string, mode fs.FileMode) {
		t.Helper()
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	mode(secret, 0)
	mode(hidden, 0)
	t.Cleanup(func() { mode(hidden, 0o700) })
	dir := open(t, root)
	hosts := dir.Hosts()
	if len(hosts) != 2 || hosts[0].Err != nil || hosts[1].Name != "other.jitsi" || !errors.Is(hosts[1].Err, fs.ErrPermission) {
		t.Fatalf("hosts %+v", hosts)
	}
	for a, err := range dir.Accounts(hosts[0]) {
		if err != nil || errors.Is(a.Err, fs.ErrPermission) != (a.JID.Local() == "bob") {
			t.Errorf("%+v, %v", a, err)
		}
	}
	// What can't be looked at may be what is wanted.
	mode(filepath.Join(root, "data"), 0)
	t.Cleanup(func() { mode(filepath.Join(root, "data"), 0o700) })
	if _, err := Open(root); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("Open of what can't be seen: %v", err)
	}
	if _, err := Open(filepath.Join(root, "data")); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("Open of what can't be listed: %v", err)
	}
}
