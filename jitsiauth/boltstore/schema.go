package boltstore

import (
	"encoding/hex"
	"fmt"
	"io"
	"strconv"

	"go.etcd.io/bbolt"
)

var (
	metaBucket        = []byte("meta")
	usersBucket       = []byte("users")
	namesBucket       = []byte("names")
	changesBucket     = []byte("changes")
	momentsBucket     = []byte("moments")
	loginsBucket      = []byte("logins")
	sourcesBucket     = []byte("sources")
	tokensBucket      = []byte("tokens")
	tokenHashesBucket = []byte("token_hashes")
	linksBucket       = []byte("links")
	linkHashesBucket  = []byte("link_hashes")

	schemaKey = []byte("schema")
	epochKey  = []byte("epoch")
)

// migrations[i] makes a root bucket of schema i+1 one of schema i+2. All that
// a file needs run in one transaction.
var migrations = []func(root *bbolt.Bucket) error{addMoments, addSourceBucket, addLinkBuckets}

// buckets are what a root bucket of the newest schema holds.
var buckets = [][]byte{
	metaBucket, usersBucket, namesBucket, changesBucket, momentsBucket, loginsBucket, sourcesBucket, tokensBucket,
	tokenHashesBucket, linksBucket, linkHashesBucket,
}

// install brings the root bucket to the schema of this program. created says
// that it was empty.
func install(root *bbolt.Bucket, random io.Reader) (created bool, err error) {
	if first, _ := root.Cursor().First(); first == nil {
		return true, create(root, random)
	}
	return false, migrate(root, migrations)
}

func create(root *bbolt.Bucket, random io.Reader) error {
	for _, name := range buckets {
		if _, err := root.CreateBucket(name); err != nil {
			return err
		}
	}
	meta := root.Bucket(metaBucket)
	if err := putEpoch(meta, random); err != nil {
		return err
	}
	return putSchema(meta, 1+len(migrations))
}

// putEpoch draws the epoch of a log that begins, or begins anew.
func putEpoch(meta *bbolt.Bucket, random io.Reader) error {
	var epoch [16]byte
	if _, err := io.ReadFull(random, epoch[:]); err != nil {
		return fmt.Errorf("random source: %w", err)
	}
	return meta.Put(epochKey, []byte(hex.EncodeToString(epoch[:])))
}

func migrate(root *bbolt.Bucket, steps []func(*bbolt.Bucket) error) error {
	schema, err := readSchema(root)
	if err != nil {
		return err
	}
	newest := 1 + len(steps)
	if schema > newest {
		return fmt.Errorf("%w: its schema is %d, this program knows up to %d: use that version, or a backup from before", ErrNewerSchema, schema, newest)
	}
	if schema == newest {
		return nil
	}
	for i, step := range steps[schema-1:] {
		if err := step(root); err != nil {
			return fmt.Errorf("migration to schema %d: %w", schema+i+1, err)
		}
	}
	return putSchema(root.Bucket(metaBucket), newest)
}

func readSchema(root *bbolt.Bucket) (int, error) {
	meta := root.Bucket(metaBucket)
	if meta == nil {
		return 0, fmt.Errorf("%w: it has no bucket %s", ErrNotDatabase, metaBucket)
	}
	schema, err := strconv.Atoi(string(meta.Get(schemaKey)))
	if err != nil || schema < 1 {
		return 0, fmt.Errorf("%w: it names no schema version", ErrNotDatabase)
	}
	return schema, nil
}

func putSchema(meta *bbolt.Bucket, schema int) error {
	return meta.Put(schemaKey, []byte(strconv.Itoa(schema)))
}

// attach reads what stays the same while the file is open.
func (s *Store) attach(root *bbolt.Bucket) error {
	for _, name := range buckets {
		if root.Bucket(name) == nil {
			return fmt.Errorf("%w: bucket %s is missing", ErrDamaged, name)
		}
	}
	s.epoch = string(root.Bucket(metaBucket).Get(epochKey))
	if s.epoch == "" {
		return fmt.Errorf("%w: the log has no epoch", ErrDamaged)
	}
	return nil
}
