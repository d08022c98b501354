package boltstore

import (
	"crypto/rand"
	"io"
	"io/fs"
	"runtime"
	"strconv"
	"time"
)

// DefaultBucket is the root bucket of files that Open makes.
const DefaultBucket = "jitsiauth"

// DefaultLockTimeout is how long Open waits for another process to close the
// file: long enough for one that is just ending.
const DefaultLockTimeout = time.Second

// Options says how a file is opened. The zero value works, and so does nil.
type Options struct {
	// LockTimeout bounds the wait for another process to close the file.
	// 0 means DefaultLockTimeout, below 0 not to wait. New doesn't use it.
	LockTimeout time.Duration
	// InitialMmapSize is the address space to map at the start, in bytes. While
	// anything reads, bbolt can't enlarge the map, and a write that needs it
	// waits; so it is large from the start. It costs address space, not memory.
	// 0 means 1 GiB, or as little as bbolt takes on 32-bit systems and on
	// Windows, where the file itself would get that size. Below 0: as little as
	// bbolt takes. New doesn't use it.
	InitialMmapSize int
	// FileMode is what a new file gets. 0 means 0600. New doesn't use it.
	FileMode fs.FileMode
	// Random is the source of the log's epoch. Default: crypto/rand.Reader.
	Random io.Reader
}

// resolve returns o with the defaults filled in.
func (o *Options) resolve() Options {
	var r Options
	if o != nil {
		r = *o
	}
	switch {
	case r.LockTimeout == 0:
		r.LockTimeout = DefaultLockTimeout
	case r.LockTimeout < 0:
		r.LockTimeout = time.Nanosecond // 0 makes bbolt wait for ever
	}
	switch {
	case r.InitialMmapSize < 0:
		r.InitialMmapSize = 0
	case r.InitialMmapSize == 0 && strconv.IntSize == 64 && runtime.GOOS != "windows":
		r.InitialMmapSize = 1 << 30
	}
	if r.FileMode == 0 {
		r.FileMode = 0o600
	}
	if r.Random == nil {
		r.Random = rand.Reader
	}
	return r
}
