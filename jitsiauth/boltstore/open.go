package boltstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Open opens the file, and makes it where there is none; its directory must
// exist. The caller closes the store. opts may be nil. It returns an
// *InUseError, ErrNotDatabase, ErrDamaged or ErrNewerSchema for a file that it
// can't use, and leaves that as it is.
func Open(path string, opts *Options) (*Store, error) {
	o := opts.resolve()
	created, err := ensureFile(path, o)
	if err != nil {
		return nil, err
	}
	db, err := openFile(path, o)
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, root: []byte(DefaultBucket), path: path, created: created, owned: true}
	if err := guard(s.load); err != nil {
		_ = db.Close()
		return nil, explain(path, err)
	}
	return s, nil
}

// ensureFile makes the file where there is none.
func ensureFile(path string, o Options) (created bool, err error) {
	if path == "" {
		return false, errors.New("boltstore: Open needs the name of a file")
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = createFile(path, o)
		if errors.Is(err, fs.ErrExist) {
			return false, nil // another process was faster
		}
		return err == nil, err
	case err != nil:
		return false, err
	case !info.Mode().IsRegular(): // opening a pipe would wait for ever
		return false, fmt.Errorf("%s: %w: it is not a regular file", path, ErrNotDatabase)
	}
	return false, nil
}

// openFile opens a file that exists and is complete.
func openFile(path string, o Options) (*bbolt.DB, error) { return openAs(path, o, false) }

// openAs opens for reading alone if it is told to: without the right to write,
// and beside others who do so.
func openAs(path string, o Options, readOnly bool) (db *bbolt.DB, err error) {
	var file *os.File
	err = guard(func() (err error) {
		db, err = bbolt.Open(path, o.FileMode, &bbolt.Options{
			ReadOnly:        readOnly,
			Timeout:         o.LockTimeout,
			InitialMmapSize: o.InitialMmapSize,
			FreelistType:    bbolt.FreelistMapType, // the array slows down as files grow
			NoStatistics:    true,                  // a lock in each read, for numbers nobody asks for
			OpenFile: func(name string, flag int, mode fs.FileMode) (*os.File, error) {
				if file != nil {
					return os.OpenFile(name, flag, mode) //nolint:gosec // bbolt's own, for backups
				}
				file, err = openExisting(name, flag)
				return file, err
			},
		})
		return err
	})
	if err == nil {
		if err = stillNamed(file, path); err != nil {
			return nil, errors.Join(err, db.Close())
		}
		return db, nil
	}
	if file != nil {
		_ = abandon(file) // nothing new where bbolt has closed it itself
	}
	return nil, explain(path, err)
}

// stillNamed returns an error where the path came to name another file while
// this one waited for its lock: Restore was at work.
func stillNamed(file *os.File, path string) error {
	ours, err := file.Stat()
	if err != nil {
		return err
	}
	named, err := os.Stat(path)
	if err == nil && !os.SameFile(ours, named) {
		err = fmt.Errorf("%s: the file was replaced while it was being opened: try again", path)
	}
	return err
}

// minSize is less than any file that bbolt makes: two pages, of 4 KiB at least.
const minSize = 2 * 4096

// openExisting keeps bbolt from making a file, or a database of an empty one.
func openExisting(path string, flag int) (*os.File, error) {
	file, err := os.OpenFile(path, flag&^os.O_CREATE, 0) //nolint:gosec // the path is the caller's choice
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && info.Size() < minSize {
		err = fmt.Errorf("%w: the file has %d bytes: remove it to begin anew, or restore a backup", ErrNotDatabase, info.Size())
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// explain says which file it is and what can be done.
func explain(path string, err error) error {
	var pathError *fs.PathError
	switch {
	case errors.As(err, &pathError):
		return err // names the file
	case errors.Is(err, berrors.ErrTimeout):
		pid, command := lockHolder(path)
		return &InUseError{Path: path, PID: pid, Command: command}
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrVersionMismatch):
		return fmt.Errorf("%s: %w: %w", path, ErrNotDatabase, err)
	case errors.Is(err, berrors.ErrChecksum):
		return fmt.Errorf("%s: %w: %w: restore a backup", path, ErrDamaged, err)
	}
	return fmt.Errorf("%s: %w", path, err)
}

// load holds the file to what Open promises.
func (s *Store) load() error {
	current := false
	err := s.db.View(func(tx *bbolt.Tx) error {
		root, err := s.whole(tx)
		if err != nil {
			return err
		}
		schema, err := readSchema(root)
		current = schema == 1+len(migrations)
		if err == nil && current {
			err = s.attach(root)
		}
		return err
	})
	if err != nil || current {
		return err
	}
	return s.db.Update(func(tx *bbolt.Tx) error {
		root := tx.Bucket(s.root)
		if err := migrate(root, migrations); err != nil {
			return err
		}
		return s.attach(root)
	})
}

// whole returns our bucket of a file that is as long as it says.
func (s *Store) whole(tx *bbolt.Tx) (*bbolt.Bucket, error) {
	info, err := os.Stat(s.path)
	if err != nil {
		return nil, err
	}
	if tx.Size() > info.Size() { // reading behind the end would kill the process
		return nil, fmt.Errorf("%w: it was cut off at %d of %d bytes: restore a backup", ErrDamaged, info.Size(), tx.Size())
	}
	root := tx.Bucket(s.root)
	if root == nil {
		return nil, fmt.Errorf("%w: it belongs to another program", ErrNotDatabase)
	}
	return root, nil
}

// dirOf returns the directory that a new file is to lie in.
func dirOf(path string) (string, error) {
	dir := filepath.Dir(path)
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("%s: the directory %s does not exist: make it first: %w", path, dir, err)
	case err != nil:
		return "", err
	case !info.IsDir():
		return "", fmt.Errorf("%s: %s is not a directory", path, dir)
	}
	return dir, nil
}
