package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"
)

// maxFindings bounds what one Check reports.
const maxFindings = 20

// Check goes through the whole file: that it is whole, as bbolt sees it, and
// that accounts, names, tokens, links, known sources and logs agree. It returns ErrDamaged
// with up to 20 findings, a line each. It takes about a second for 100,000 accounts, and
// writes wait as long.
func (s *Store) Check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var found findings
	err := guard(func() error {
		// A transaction that may write, because the list of free pages, which
		// bbolt checks too, changes under one that only reads.
		tx, err := s.db.Begin(true)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		return s.within(tx, func(t txn) error {
			// First ours: it stops at pages that make no sense, and bbolt
			// would follow them in a goroutine of its own, behind no guard.
			if err := s.checkRecords(ctx, t, &found); err != nil {
				return err
			}
			checkPages(tx, &found)
			return nil
		})
	})
	if err = errors.Join(err, found.err()); err != nil {
		return fmt.Errorf("%s: %w", s.path, err)
	}
	return nil
}

func (s *Store) checkRecords(ctx context.Context, t txn, found *findings) error {
	for _, check := range []func(txn, *findings) error{checkUsers, checkNames, checkTokens, checkLinks, checkMoments, checkLogins, checkSources, s.checkLog} {
		if err := errors.Join(ctx.Err(), check(t, found)); err != nil {
			return err
		}
	}
	return nil
}

// findings collects what is wrong and lets the check go on.
type findings struct {
	first []error
	count int
}

func (f *findings) add(format string, args ...any) {
	if f.count++; f.count <= maxFindings {
		f.first = append(f.first, fmt.Errorf(format, args...))
	}
}

func (f *findings) err() error {
	if f.count == 0 {
		return nil
	}
	return fmt.Errorf("%w, %d findings: restore a backup\n%w", ErrDamaged, f.count, errors.Join(f.first...))
}

func checkPages(tx *bbolt.Tx, found *findings) {
	for err := range tx.Check() { // to its end, or its goroutine never ends
		found.add("pages: %w", err)
	}
}

func checkUsers(t txn, found *findings) error {
	names := t.names()
	return t.users().ForEach(func(id, value []byte) error {
		r, err := decodeUser(id, value)
		switch {
		case err != nil:
			found.add("%w", err)
		case !bytes.Equal(names.Get(nameKey(r.JID)), id):
			found.add("account %s: its name %s is not in the index", r.ID, r.JID)
		}
		return nil
	})
}

func checkNames(t txn, found *findings) error {
	users := t.users()
	return t.names().ForEach(func(name, id []byte) error {
		value := users.Get(id)
		if value == nil {
			found.add("name %q: its account %x is missing", name, id)
			return nil
		}
		r, err := decodeUser(id, value)
		if err == nil && !bytes.Equal(nameKey(r.JID), name) { // err is checkUsers' finding
			found.add("name %q: its account %s is called %s", name, r.ID, r.JID)
		}
		return nil
	})
}

func checkTokens(t txn, found *findings) error {
	hashes, called := t.tokenHashes(), map[string]bool{}
	err := t.tokens().ForEach(func(id, value []byte) error {
		token, err := decodeToken(id, value)
		switch {
		case err != nil:
			found.add("%w", err)
			return nil
		case !bytes.Equal(hashes.Get(token.Hash[:]), id):
			found.add("token %s: its hash is not in the index", token.ID)
		case called[token.Name]:
			found.add("token %s: another one is called %q, too", token.ID, token.Name)
		}
		called[token.Name] = true
		return nil
	})
	if err != nil {
		return err
	}
	tokens := t.tokens()
	return hashes.ForEach(func(hash, id []byte) error {
		if tokens.Get(id) == nil {
			found.add("hash %x…: its token %x is missing", hash[:min(4, len(hash))], id)
		}
		return nil
	})
}

func (s *Store) checkLog(t txn, found *findings) error {
	last, err := t.trimmed()
	if err != nil {
		found.add("%w", err)
	}
	err = t.changes().ForEach(func(key, value []byte) error {
		if _, err := s.decodeChange(key, value); err != nil {
			found.add("%w", err)
			return nil
		}
		n := binary.BigEndian.Uint64(key)
		if n != last+1 {
			found.add("log: entry %d follows %d", n, last)
		}
		last = n
		return nil
	})
	if head := t.changes().Sequence(); head != last {
		found.add("log: its head is %d, its newest entry %d", head, last)
	}
	return err
}
