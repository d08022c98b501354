package boltstore

import (
	"context"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/jitsiauth/server/jitsiauth"
)

var _ jitsiauth.Store = (*Store)(nil)

// Store is a jitsiauth.Store in a bbolt file. It is safe for concurrent use.
type Store struct {
	db      *bbolt.DB
	root    []byte // name of the root bucket
	epoch   string // of the log; fixed when the root bucket is made
	path    string
	created bool
	owned   bool // Close closes db
}

// New keeps accounts in a root bucket of the caller's own bbolt file, "" means
// DefaultBucket; it makes the bucket where it is missing. Of opts, which may be
// nil, only Random is used. The file stays the caller's to close. It returns
// ErrNewerSchema, or ErrNotDatabase for a bucket of somebody else.
func New(db *bbolt.DB, bucket string, opts *Options) (*Store, error) {
	if bucket == "" {
		bucket = DefaultBucket
	}
	s := &Store{db: db, root: []byte(bucket), path: db.Path()}
	o := opts.resolve()
	err := db.Update(func(tx *bbolt.Tx) error {
		root, err := tx.CreateBucketIfNotExists(s.root)
		if err != nil {
			return err
		}
		if s.created, err = install(root, o.Random); err != nil {
			return err
		}
		return s.attach(root)
	})
	if err != nil {
		return nil, fmt.Errorf("%s, bucket %s: %w", s.path, bucket, err)
	}
	return s, nil
}

// Close closes a file that Open opened, once what is under way has ended; after
// New it leaves the caller's file open. More calls do nothing.
func (s *Store) Close() error {
	if !s.owned {
		return nil
	}
	return s.db.Close()
}

// Created reports whether this Open or New made the store, which then is empty.
func (s *Store) Created() bool { return s.created }

// Path returns the name of the file as it was given.
func (s *Store) Path() string { return s.path }

// txn is one transaction.
type txn struct{ root *bbolt.Bucket }

func (t txn) users() *bbolt.Bucket       { return t.root.Bucket(usersBucket) }
func (t txn) names() *bbolt.Bucket       { return t.root.Bucket(namesBucket) }
func (t txn) changes() *bbolt.Bucket     { return t.root.Bucket(changesBucket) }
func (t txn) logins() *bbolt.Bucket      { return t.root.Bucket(loginsBucket) }
func (t txn) sources() *bbolt.Bucket     { return t.root.Bucket(sourcesBucket) }
func (t txn) moments() *bbolt.Bucket     { return t.root.Bucket(momentsBucket) }
func (t txn) tokens() *bbolt.Bucket      { return t.root.Bucket(tokensBucket) }
func (t txn) tokenHashes() *bbolt.Bucket { return t.root.Bucket(tokenHashesBucket) }
func (t txn) links() *bbolt.Bucket       { return t.root.Bucket(linksBucket) }
func (t txn) linkHashes() *bbolt.Bucket  { return t.root.Bucket(linkHashesBucket) }

func (s *Store) view(ctx context.Context, read func(txn) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.db.View(func(tx *bbolt.Tx) error { return s.within(tx, read) })
}

// errUnchanged ends an update that has nothing to write, without an fsync.
var errUnchanged = errors.New("unchanged")

func (s *Store) update(ctx context.Context, write func(txn) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := s.db.Update(func(tx *bbolt.Tx) error {
		// Other writers may have taken long.
		if err := ctx.Err(); err != nil {
			return err
		}
		return s.within(tx, write)
	})
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return err
}

func (s *Store) within(tx *bbolt.Tx, work func(txn) error) error {
	root := tx.Bucket(s.root)
	if root == nil {
		return fmt.Errorf("%w: bucket %s is gone", ErrDamaged, s.root)
	}
	return work(txn{root})
}
