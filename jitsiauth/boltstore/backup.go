package boltstore

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"

	"github.com/jitsiauth/server/jitsiauth"
)

var _ jitsiauth.Backuper = (*Store)(nil)

// Backup implements jitsiauth.Backuper. The copy lies in the directory of the
// file, with mode 0600, and takes as much space there until it is closed. It
// has no name for longer than a moment, so that a crash leaves none behind,
// where the system allows that (Windows doesn't); it is called ".NAME.backup-*".
//
// A store of New returns jitsiauth.ErrNoBackup: the file holds more than what
// is ours, and belongs to its owner's backups.
func (s *Store) Backup(ctx context.Context, c jitsiauth.Change) (*jitsiauth.Backup, error) {
	if !s.owned {
		return nil, jitsiauth.ErrNoBackup
	}
	file, err := newNameless(s.path)
	if err != nil {
		return nil, err
	}
	b := &jitsiauth.Backup{ReadCloser: file}
	err = s.copyTo(ctx, file.File, b)
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err == nil {
		err = s.AddChange(ctx, c)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return b, nil
}

// copyTo is the only time that a transaction is open: from file to file.
func (s *Store) copyTo(ctx context.Context, file *os.File, b *jitsiauth.Backup) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	hash := sha256.New()
	err := s.db.View(func(tx *bbolt.Tx) (err error) {
		b.Size, err = tx.WriteTo(writer{ctx, io.MultiWriter(file, hash)})
		return err
	})
	if ended := ctx.Err(); ended != nil {
		return ended // bbolt hides the cause
	}
	hash.Sum(b.SHA256[:0])
	return err
}

// writer fails when ctx ends.
type writer struct {
	ctx context.Context
	to  io.Writer
}

func (w writer) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.to.Write(p)
}

// nameless is a file that is gone when it is closed.
type nameless struct {
	*os.File
	named bool // on systems where an open file can't be removed
}

// newNameless makes an empty file in the directory of path.
func newNameless(path string) (*nameless, error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".backup-*") // mode 0600
	if err != nil {
		return nil, err
	}
	return &nameless{File: file, named: os.Remove(file.Name()) != nil}, nil
}

// Close implements io.Closer.
func (n *nameless) Close() error {
	err := n.File.Close()
	if n.named {
		err = errors.Join(err, os.Remove(n.Name()))
	}
	return err
}
