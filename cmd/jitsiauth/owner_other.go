//go:build !unix

package main

import "io/fs"

// ownFile can't say here, where the service has no socket either.
func ownFile(fs.FileInfo) bool { return true }

// openToOthers is not known here: the mode says nothing.
func openToOthers(fs.FileInfo) bool { return false }
