package boltstore

import (
	"context"
	"errors"
	"fmt"
	"os"

	"go.etcd.io/bbolt"
)

// Summary says what a file holds.
type Summary struct {
	Schema   int // its version in the file; see migrations
	Accounts int
	Tokens   int
	Links    int
	Changes  int // entries of the log
}

// CheckFile is Store.Check for a file that nobody has open, and counts what it
// holds. It leaves the file as it is, also where that has an older schema, but
// needs the right to write to it. It returns an *InUseError, ErrNotDatabase,
// ErrDamaged with up to 20 findings, or ErrNewerSchema. opts may be nil; of
// them LockTimeout and InitialMmapSize are used.
func CheckFile(ctx context.Context, path string, opts *Options) (found Summary, err error) {
	if err := regular(path); err != nil {
		return Summary{}, err
	}
	db, err := openFile(path, opts.resolve())
	if err != nil {
		return Summary{}, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	s := &Store{db: db, root: []byte(DefaultBucket), path: path}
	var wrong findings
	err = guard(func() error {
		if err := s.survey(ctx, &found, &wrong); err != nil {
			return err
		}
		tx, err := s.db.Begin(true)
		if err != nil {
			return err
		}
		checkPages(tx, &wrong)
		return tx.Rollback()
	})
	if err = errors.Join(err, wrong.err()); err != nil {
		return Summary{}, explain(path, err)
	}
	return found, nil
}

// survey looks at the records as they would be after the migrations that Open
// runs. The pages of those would be none that bbolt could check.
func (s *Store) survey(ctx context.Context, found *Summary, wrong *findings) error {
	tx, err := s.db.Begin(true)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	root, err := s.whole(tx)
	if err != nil {
		return err
	}
	if found.Schema, err = readSchema(root); err != nil {
		return err
	}
	if err := errors.Join(migrate(root, migrations), s.attach(root)); err != nil {
		return err
	}
	t := txn{root}
	for _, part := range []struct {
		bucket *bbolt.Bucket
		count  *int
	}{{t.users(), &found.Accounts}, {t.tokens(), &found.Tokens}, {t.links(), &found.Links}, {t.changes(), &found.Changes}} {
		if err := part.bucket.ForEach(func(_, _ []byte) error { *part.count++; return nil }); err != nil {
			return err
		}
	}
	return s.checkRecords(ctx, t, wrong)
}

// regular refuses what can't be a database; opening a pipe would wait for ever.
func regular(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: %w: it is not a regular file", path, ErrNotDatabase)
	}
	return err
}
