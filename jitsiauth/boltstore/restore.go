package boltstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"

	"github.com/jitsiauth/server/jitsiauth"
)

// RestoreOptions says how Restore works. The zero value works.
type RestoreOptions struct {
	Options // of the new file; FileMode 0: that of the file replaced, or 0600
	// Replace takes the place of a file that is there. That one is kept under
	// the name that Restore returns.
	Replace bool
	// Entry is added to the log of the new file: who restored it, and when. Its
	// time also is in the name of the file that was replaced. Action is set.
	Entry jitsiauth.Change
}

// Restore makes the file to of the backup from, which stays as it is. The new
// file has a log of a new epoch, so that a position of an older log fits no
// more (jitsiauth.ErrPositionLost). Nobody may have either file open. The old is
// replaced in one step, by one of the same owner and mode, once the new one was
// checked and is on disk: a crash leaves the one or the other, and perhaps a
// file ".NAME.restore-*".
//
// kept is where the file now is that was replaced: to.before-restore-TIME, in
// UTC; "" where there was none. Restore returns fs.ErrExist where to is there
// and Replace isn't set, an *InUseError for either file, and for from what
// CheckFile returns. On an error, to is as it was, except where the directory
// could not be synced in the end, whose error it also is.
func Restore(ctx context.Context, from, to string, opts RestoreOptions) (kept string, err error) {
	o := opts.resolve()
	release, old, err := claim(to, o, opts.Replace)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, release()) }()
	if old != nil {
		if to, err = filepath.EvalSymlinks(to); err != nil {
			return "", err
		}
		if opts.FileMode == 0 {
			o.FileMode = old.Mode().Perm()
		}
	}
	if source, err := os.Stat(from); err == nil && os.SameFile(source, old) {
		return "", fmt.Errorf("%s: a file can't be restored from itself", from)
	}
	dir, err := dirOf(to)
	if err != nil {
		return "", err
	}
	opts.Entry.Action = jitsiauth.BackupRestored
	temp, err := prepare(ctx, from, to, old, o, opts.Entry)
	if temp != "" {
		defer func() {
			if gone := os.Remove(temp); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
				err = errors.Join(err, gone)
			}
		}()
	}
	if err != nil {
		return "", err
	}
	if old == nil {
		return "", errors.Join(publish(temp, to), syncDir(dir))
	}
	kept = to + ".before-restore-" + opts.Entry.At.UTC().Format("20060102T150405Z")
	if err := exchange(temp, to, kept); err != nil {
		return "", err
	}
	return kept, syncDir(dir)
}

// exchange gives the file its name, which at no moment is nobody's, and the one
// that had it another.
func exchange(temp, to, kept string) error {
	if err := os.Link(to, kept); err != nil {
		return fmt.Errorf("the file that is there can't be kept; move it away yourself: %w", err)
	}
	if err := os.Rename(temp, to); err != nil {
		return errors.Join(err, os.Remove(kept))
	}
	return nil
}

// claim makes sure that nobody has the file open until release is called. A
// damaged file needs no lock: nobody can open it. old is nil where there is no
// file.
func claim(to string, o Options, replace bool) (release func() error, old fs.FileInfo, err error) {
	release = func() error { return nil }
	old, err = os.Stat(to)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return release, nil, nil
	case err != nil:
		return nil, nil, err
	case !replace:
		return nil, nil, &fs.PathError{Op: "restore", Path: to, Err: fs.ErrExist}
	}
	if err := regular(to); err != nil {
		return nil, nil, err
	}
	db, err := openFile(to, o)
	switch {
	case err == nil:
		return db.Close, old, nil
	case errors.Is(err, ErrDamaged), errors.Is(err, ErrNotDatabase):
		return release, old, nil
	}
	return nil, nil, err
}

// prepare makes a complete file of the backup beside to, and returns its name
// as soon as there is something to remove.
func prepare(ctx context.Context, from, to string, old fs.FileInfo, o Options, entry jitsiauth.Change) (temp string, err error) {
	if err := regular(from); err != nil {
		return "", err
	}
	// By way of bbolt, which sees to it that nobody writes to it meanwhile.
	source, err := openAs(from, o, true)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	file, err := os.CreateTemp(filepath.Dir(to), "."+filepath.Base(to)+".restore-*") // mode 0600
	if err != nil {
		return "", err
	}
	temp = file.Name()
	err = guard(func() error { return copyPages(ctx, source, file, from) })
	if old != nil {
		err = errors.Join(err, keepOwner(file, old))
	}
	if err = errors.Join(err, file.Chmod(o.FileMode), file.Sync(), file.Close()); err != nil {
		return temp, err
	}
	if _, err := CheckFile(ctx, temp, &o); err != nil {
		return temp, fmt.Errorf("%s, as a copy: %w", from, err)
	}
	return temp, beginAnew(ctx, temp, o, entry)
}

func copyPages(ctx context.Context, source *bbolt.DB, file *os.File, path string) error {
	from := &Store{root: []byte(DefaultBucket), path: path}
	return source.View(func(tx *bbolt.Tx) error {
		if _, err := from.whole(tx); err != nil {
			return explain(from.path, err)
		}
		_, err := tx.WriteTo(writer{ctx, file})
		if err != nil && ctx.Err() == nil {
			err = fmt.Errorf("%s can't be copied: %w", from.path, err)
		}
		return errors.Join(ctx.Err(), err)
	})
}

// beginAnew brings the file to this program's schema and begins its log anew.
func beginAnew(ctx context.Context, path string, o Options, entry jitsiauth.Change) (err error) {
	s, err := Open(path, &o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.update(ctx, func(t txn) error {
		if err := putEpoch(t.root.Bucket(metaBucket), o.Random); err != nil {
			return err
		}
		return t.appendChange(entry)
	})
}
