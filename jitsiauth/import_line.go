package jitsiauth

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"time"
)

// plain reports a line whose password must be hashed.
func (it *importItem) plain() bool { return it.Password != "" || it.Generate }

// secret reports a line that a new account can be made of.
func (it *importItem) secret() bool { return it.plain() || it.PasswordHash != "" }

// checkLine holds a line to the rules that need no store, and prepares its
// password.
func (im *importer) checkLine(it *importItem) error {
	if it.Err != nil {
		return it.Err
	}
	if it.JID.IsZero() {
		return invalid("jid", "must be given")
	}
	// Before any look at the store: an actor must not learn who there is in
	// other domains.
	if !ActorFrom(im.ctx).reaches(it.JID.Domain()) {
		return ErrForbidden
	}
	if !slices.Contains(im.s.domains, it.JID.Domain()) {
		return invalid("domain", "must be one that this service serves: %s", strings.Join(im.s.domains, ", "))
	}
	u := it.newUser(im.s.now())
	if err := u.check(); err != nil {
		return err
	}
	return im.checkSecret(it)
}

func (im *importer) checkSecret(it *importItem) (err error) {
	switch {
	case it.Password != "" && it.PasswordHash != "":
		return invalid("password_hash", "must not be given together with password")
	case it.Generate && it.plainOrHash():
		return invalid("generate", "must not be given together with password or password_hash")
	case it.Password != "":
		it.Password, it.noted, err = im.s.choose(im.ctx, it.JID, NewPassword{Password: it.Password, AllowWeak: im.opts.AllowWeak})
		return err
	case it.PasswordHash != "":
		if err := ActorFrom(im.ctx).mayAdminister(); err != nil {
			return err
		}
		it.hash = it.PasswordHash
		return checkHash(it.hash)
	}
	return nil
}

func (it *importItem) plainOrHash() bool { return it.Password != "" || it.PasswordHash != "" }

// newUser is the account that the line makes where there is none. It has no ID.
func (it *importItem) newUser(now time.Time) User {
	u := User{
		JID: it.JID, Role: RoleUser, Revision: 1, CredentialRevision: 1, SessionRevision: 1,
		CreatedAt: now, UpdatedAt: now, PasswordChangedAt: now,
	}
	it.Fields.apply(&u)
	return u
}

// apply does what the line says. An error that is a decision leaves nothing of
// it behind.
func (im *importer) apply(tx UserTx, it *importItem, now time.Time, dry bool) (ImportResult, error) {
	if it.Err != nil {
		return ImportResult{}, it.Err
	}
	old, err := tx.UserByJID(it.JID)
	switch {
	case errors.Is(err, ErrNotFound):
		if _, again := im.seen[maphash.Comparable(im.seed, it.JID)]; again && im.opts.Mode == ImportCreate {
			return ImportResult{}, ErrExists
		} else if again {
			return ImportResult{Outcome: ImportUpdated}, nil
		}
		return im.create(tx, it, now, dry)
	case err != nil:
		return ImportResult{}, err
	case im.opts.Mode == ImportCreate:
		return ImportResult{}, ErrExists
	}
	return im.update(tx, it, &old, now, dry)
}

func (im *importer) create(tx UserTx, it *importItem, now time.Time, dry bool) (result ImportResult, err error) {
	if !it.secret() {
		return result, invalid("password", "must be given for a new account, or else password_hash, or generate must be true")
	}
	u := it.newUser(now)
	if err := im.s.mayCreate(im.ctx, &u); err != nil {
		return result, err
	}
	if it.hash == "" && !dry {
		return result, ErrRevision // it was there when the hashing began
	}
	if u.ID, err = newID(now, im.s.random); err != nil {
		return result, err
	}
	if err := tx.CreateUser(Record{User: u, PasswordHash: it.hash}, userEntry(im.ctx, now, UserCreated, &u, it.noted...)); err != nil {
		return result, err
	}
	result.Outcome = ImportCreated
	if !dry {
		result.ID = u.ID
		if it.Generate {
			result.GeneratedPassword = it.Password
		}
	}
	return result, nil
}

func (im *importer) update(tx UserTx, it *importItem, old *Record, now time.Time, dry bool) (ImportResult, error) {
	sets := !it.Generate && (it.Password != "" || it.PasswordHash != "" && it.PasswordHash != old.PasswordHash)
	if err := admit(im.ctx, &old.User, nil); err != nil {
		return ImportResult{}, err
	}
	if sets && it.hash == "" && !dry {
		return ImportResult{}, ErrRevision // it was refused when the hashing began
	}
	r, err := tx.UpdateUser(old.ID, updating(im.ctx, now, it.Fields, nil))
	if err != nil {
		return ImportResult{}, err
	}
	result := ImportResult{Outcome: ImportUnchanged, ID: r.ID}
	if sets || r.Revision != old.Revision {
		result.Outcome = ImportUpdated
	}
	if sets {
		// Everything that can be refused has been by now, so what is refused
		// here is a failure, and with it goes the transaction.
		if _, err := tx.UpdateUser(r.ID, settingPassword(im.ctx, now, it.hash, it.noted, nil)); err != nil {
			return ImportResult{}, fmt.Errorf("line %d was half applied and taken back: %s", it.Line, err) //nolint:errorlint // on purpose
		}
	}
	return result, nil
}

// hashAll hashes the plain passwords of lines that look as if they will be
// written, which is decided only in the transaction.
func (im *importer) hashAll(items []*importItem) error {
	var hashing sync.WaitGroup
	defer hashing.Wait()
	failed := make(chan error, len(items))
	for _, it := range items {
		if !it.plain() {
			continue
		}
		worth, err := im.worthHashing(it)
		if err != nil {
			return err
		}
		if !worth {
			continue
		}
		hashing.Go(func() { failed <- im.s.hashItem(im.ctx, it) })
	}
	hashing.Wait()
	close(failed)
	for err := range failed {
		if err != nil {
			return err
		}
	}
	return nil
}

// worthHashing says no for lines that the transaction will refuse, or that keep
// the password that is there.
func (im *importer) worthHashing(it *importItem) (bool, error) {
	r, err := im.s.store.UserByJID(im.ctx, it.JID)
	switch {
	case errors.Is(err, ErrNotFound):
		u := it.newUser(im.s.now())
		return im.s.mayCreate(im.ctx, &u) == nil, nil
	case err != nil:
		return false, err
	}
	return im.opts.Mode == ImportUpsert && !it.Generate && admit(im.ctx, &r.User, nil) == nil, nil
}

func (s *Service) hashItem(ctx context.Context, it *importItem) (err error) {
	if it.Generate {
		if it.Password, err = s.GeneratePassword(); err != nil {
			return err
		}
	}
	it.hash, err = s.hash(ctx, it.Password)
	return err
}
