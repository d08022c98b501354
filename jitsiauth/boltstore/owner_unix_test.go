//go:build unix

package boltstore

import (
	"os"
	"syscall"
	"testing"
)

// TestRestoreKeepsOwner: root restores, and the service can open the file.
func TestRestoreKeepsOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give files away")
	}
	from, to := newFile(t, member(t, 1)), newFile(t)
	if err := os.Chown(to, 4321, 1234); err != nil {
		t.Skip(err)
	}
	kept, err := Restore(t.Context(), from, to, RestoreOptions{Replace: true, Entry: restored})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{to, kept} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if is, ok := info.Sys().(*syscall.Stat_t); !ok || is.Uid != 4321 || is.Gid != 1234 || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %+v", path, is)
		}
	}
}
