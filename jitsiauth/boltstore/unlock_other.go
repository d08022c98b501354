//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package boltstore

import "os"

// abandon closes a file that bbolt panicked over.
func abandon(file *os.File) error { return file.Close() }
