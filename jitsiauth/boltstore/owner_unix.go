//go:build unix

package boltstore

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives the file the owner of another one: who restores as root must
// leave a file that the service can open.
func keepOwner(file *os.File, of fs.FileInfo) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	is, _ := info.Sys().(*syscall.Stat_t)
	should, ok := of.Sys().(*syscall.Stat_t)
	if !ok || is.Uid == should.Uid && is.Gid == should.Gid {
		return nil
	}
	return file.Chown(int(should.Uid), int(should.Gid))
}
