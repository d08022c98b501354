//go:build unix

package main

import (
	"io/fs"
	"os"
	"syscall"
)

// ownFile says whether a file is this user's or root's.
func ownFile(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && (stat.Uid == 0 || int(stat.Uid) == os.Geteuid())
}

// openToOthers reports a file that others than its owner can read or write.
func openToOthers(info fs.FileInfo) bool { return info.Mode().Perm()&0o077 != 0 }
