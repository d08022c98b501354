package boltstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// createFile makes a complete, empty store under another name, so that no
// crash leaves half of one behind, and publishes it. It returns fs.ErrExist
// where the name is taken by then.
func createFile(path string, o Options) (err error) {
	dir, err := dirOf(path)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, "."+filepath.Base(path)+".new-*") // mode 0600
	if err != nil {
		return fmt.Errorf("%s can't be made: %w", path, err)
	}
	temp := file.Name()
	defer func() {
		if gone := os.Remove(temp); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}()
	if err := errors.Join(file.Chmod(o.FileMode), file.Close()); err != nil {
		return err
	}
	if err := fill(temp, o); err != nil {
		return fmt.Errorf("%s can't be made: %w", path, err)
	}
	if err := publish(temp, path); err != nil {
		return fmt.Errorf("%s can't be made: %w", path, err)
	}
	return syncDir(dir)
}

// fill makes a database of an empty file; bbolt syncs it.
func fill(temp string, o Options) (err error) {
	db, err := bbolt.Open(temp, o.FileMode, &bbolt.Options{Timeout: o.LockTimeout})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.Update(func(tx *bbolt.Tx) error {
		root, err := tx.CreateBucket([]byte(DefaultBucket))
		if err != nil {
			return err
		}
		return create(root, o.Random)
	})
}

// link gives a file another name, in place of none. Some file systems (FAT,
// network shares) can't.
func link(from, to string) error {
	if err := os.Link(from, to); err != nil {
		return err
	}
	return os.Remove(from)
}
