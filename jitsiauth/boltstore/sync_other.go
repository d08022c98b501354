//go:build !unix

package boltstore

// syncDir does nothing: Windows has no fsync of directories.
func syncDir(string) error { return nil }
