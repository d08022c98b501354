package jitsiauth

import (
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/jitsiauth/internal/costbound"
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
	it.Migrated = it.Migrated && it.Password != ""
	switch {
	case it.Password != "" && it.PasswordHash != "":
		return invalid("password_hash", "must not be given together with password")
	case it.Generate && it.plainOrHash():
		return invalid("generate", "must not be given together with password or password_hash")
	case it.Password != "" && it.Migrated:
		if !im.admin {
			return ErrForbidden
		}
		it.noted = []string{migratedPassword}
		it.Password, err = PreparePassword(it.Password)
		return err
	case it.Password != "":
		it.Password, it.noted, err = im.s.choose(im.ctx, it.JID, NewPassword{Password: it.Password, AllowWeak: im.opts.AllowWeak})
		return err
	case it.PasswordHash != "":
		return im.checkHash(it)
	}
	return nil
}

// checkHash also takes the hash off a line that may do without.
func (im *importer) checkHash(it *importItem) error {
	if !im.admin {
		return ErrForbidden
	}
	least := leastWork{cost: costbound.Min, iterations: minSCRAMIterations}
	if im.opts.AllowWeak {
		least = leastWork{cost: bcrypt.MinCost, iterations: 1}
	}
	switch err := checkHash(it.PasswordHash, least); {
	case err != nil && im.opts.WithoutPassword:
		it.PasswordHash, it.NoPassword, it.notice = "", true, err
	case err != nil:
		return err
	}
	it.hash = it.PasswordHash
	if r, err := parseSCRAM(it.hash); err == nil && !im.opts.DryRun {
		im.s.hasher.scram.raise(r.scheme, r.iterations)
	}
	return nil
}

func (it *importItem) plainOrHash() bool { return it.Password != "" || it.PasswordHash != "" }

// imported reports a password that comes from elsewhere, or none.
func (it *importItem) imported() bool { return it.PasswordHash != "" || it.Migrated || !it.secret() }

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
		if remembers(im, it.JID) {
			return im.again()
		}
		return im.create(tx, it, now, dry)
	case err != nil:
		return ImportResult{}, err
	case im.opts.Mode == ImportCreate:
		return ImportResult{}, ErrExists
	}
	return im.update(tx, it, &old, now, dry)
}

// remember notes what a dry run would have made.
func (im *importer) remember(it *importItem) {
	im.seen[maphash.Comparable(im.seed, it.JID)] = struct{}{}
	if im.keepsID(it) {
		im.seen[maphash.Comparable(im.seed, it.ID)] = struct{}{}
	}
}

// remembers is for a JID or an ID.
func remembers[T comparable](im *importer, of T) (seen bool) {
	_, seen = im.seen[maphash.Comparable(im.seed, of)]
	return seen
}

// again is the result for a name that the dry run would have made.
func (im *importer) again() (ImportResult, error) {
	switch im.opts.Mode {
	case ImportCreate:
		return ImportResult{}, ErrExists
	case ImportFill:
		return ImportResult{Outcome: ImportUnchanged}, nil
	}
	return ImportResult{Outcome: ImportUpdated}, nil
}

func (im *importer) create(tx UserTx, it *importItem, now time.Time, dry bool) (result ImportResult, err error) {
	if !it.secret() && !it.NoPassword {
		return result, invalid("password", "must be given for a new account, or else password_hash, or generate must be true")
	}
	r := Record{User: it.newUser(now)}
	if err := im.s.mayCreate(im.ctx, &r.User); err != nil {
		return result, err
	}
	if it.hash == "" && it.secret() && !dry {
		return result, ErrRevision // it was there when the hashing began
	}
	if err := im.identify(tx, it, &r.User, now); err != nil {
		return result, err
	}
	it.give(&r)
	if err := tx.CreateUser(r, userEntry(im.ctx, now, UserCreated, &r.User, it.noted...)); err != nil {
		return result, err
	}
	result.Outcome, result.NoPassword = ImportCreated, !it.secret()
	if !dry {
		result.ID = r.ID
	}
	result.GeneratedPassword = it.generated(dry)
	return result, nil
}

// identify gives a new account its ID, and an account of another instance the one
// that it had there, with its history.
func (im *importer) identify(tx UserTx, it *importItem, u *User, now time.Time) (err error) {
	if !im.admin || !it.imported() {
		u.ID, err = newID(now, im.s.random)
		return err
	}
	keep := func(to *time.Time, from time.Time) {
		if !from.IsZero() && from.Before(now) {
			*to = from.UTC()
		}
	}
	keep(&u.CreatedAt, it.CreatedAt)
	keep(&u.PasswordChangedAt, it.PasswordChangedAt)
	if !im.keepsID(it) {
		u.ID, err = newID(now, im.s.random)
		return err
	}
	u.ID = it.ID
	u.CredentialRevision = uint64(now.UnixMilli()) //nolint:gosec // it is after 1970
	u.SessionRevision = u.CredentialRevision
	if _, err = tx.User(u.ID); err == nil || remembers(im, u.ID) {
		return invalid("id", "must not be that of another account")
	} else if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

func (im *importer) keepsID(it *importItem) bool {
	return im.admin && it.imported() && !it.ID.IsZero()
}

// give sets the line's password.
func (it *importItem) give(r *Record) {
	if r.setHash(it.hash); !it.imported() {
		return
	}
	if r.setImported(it.hash); it.Vetted && r.PasswordKind == PasswordImported {
		r.PasswordKind = PasswordSet
	}
}

func (im *importer) update(tx UserTx, it *importItem, old *Record, now time.Time, dry bool) (ImportResult, error) {
	if err := admit(im.ctx, &old.User, nil); err != nil {
		return ImportResult{}, err
	}
	sets, fields := im.sets(it, old), it.Fields
	if im.opts.Mode == ImportFill {
		fields = UserChange{}
	}
	if sets && it.hash == "" && !dry {
		return ImportResult{}, ErrRevision // it was refused, or had this password, when the hashing began
	}
	r, err := tx.UpdateUser(old.ID, updating(im.ctx, now, fields, nil))
	if err != nil {
		return ImportResult{}, err
	}
	result := ImportResult{Outcome: ImportUnchanged, ID: r.ID, NoPassword: old.PasswordHash == "" && !sets}
	if result.Changed = fields.apply(&old.User); sets {
		result.Changed = append(result.Changed, "password")
	}
	if len(result.Changed) > 0 {
		result.Outcome = ImportUpdated
	}
	if sets {
		result.GeneratedPassword = it.generated(dry)
		// Everything that can be refused has been by now, so what is refused
		// here is a failure, and with it goes the transaction.
		if _, err := tx.UpdateUser(r.ID, im.setting(it, now)); err != nil {
			return ImportResult{}, fmt.Errorf("line %d was half applied and taken back: %s", it.Line, err) //nolint:errorlint // on purpose
		}
	}
	return result, nil
}

// sets says whether an account that exists gets the line's password.
func (im *importer) sets(it *importItem, old *Record) bool {
	switch {
	case im.opts.Mode == ImportFill:
		return old.PasswordHash == "" && it.secret()
	case it.PasswordHash != "":
		return it.PasswordHash != old.PasswordHash && originOf(it.PasswordHash) != old.HashOrigin
	}
	return it.Password != "" && !it.Generate && !it.has(old)
}

// setting is settingPassword with what the line knows about the password.
func (im *importer) setting(it *importItem, now time.Time) func(Record) (Record, *Change, error) {
	set := settingPassword(im.ctx, now, it.hash, it.noted, nil)
	return func(old Record) (Record, *Change, error) {
		r, c, err := set(old)
		if err == nil {
			it.give(&r)
		}
		return r, c, err
	}
}

// generated is the password that was made for the line, if one was.
func (it *importItem) generated(dry bool) string {
	if dry || !it.Generate {
		return ""
	}
	return it.Password
}
