package jitsiauth

import (
	"context"
	"time"
)

// Store keeps accounts, tokens, links and the log of changes. Its parts are safe for
// concurrent use. Each method returns the error of ctx where that ended before
// the work began; other errors than the named ones are failures.
//
// A write is durable when the method returns nil, and leaves nothing behind
// when it returns an error. Times come back in UTC, to the microsecond at least. A log entry handed in with a write becomes visible
// together with it, under the next position; entries become visible in the
// order of their positions.
//
// Package storetest holds a store to this contract.
type Store interface {
	UserStore
	BatchStore
	TokenStore
	LinkStore
	ChangeStore
	MomentStore
	LoginStore
}

// Record is an account as a store keeps it.
type Record struct {
	User
	// PasswordHash says its own format; see hash.go. Empty: no password fits.
	PasswordHash string
	// HashOrigin knows the hash again that was imported, after a login has made
	// another of it. Empty: the password was set here.
	HashOrigin string
}

// UserStore keeps accounts, unique by ID and by JID.
type UserStore interface {
	// CreateUser adds the account and its log entry. It returns ErrExists
	// where the JID or the ID is taken.
	CreateUser(ctx context.Context, r Record, c Change) error

	// User returns the account, or ErrNotFound.
	User(ctx context.Context, id ID) (Record, error)

	// UserByJID returns the account, or ErrNotFound.
	UserByJID(ctx context.Context, jid JID) (Record, error)

	// UpdateUser replaces the account by what change makes of it and adds the
	// log entry, if change returns one. It is atomic: no other write to the
	// account falls between what change saw and what is kept. change may be
	// called more than once, must have no effect besides its results, and must
	// not call the store, which may be locked meanwhile. One that alters ID or
	// JID is refused with an error. An error of change is returned as it is.
	// Every error keeps everything as it was. UpdateUser returns the account as
	// kept, or ErrNotFound.
	UpdateUser(ctx context.Context, id ID, change func(old Record) (Record, *Change, error)) (Record, error)

	// DeleteUser removes the account with its known sources and adds the log
	// entry that change returns, under the rules of UpdateUser. It returns
	// ErrNotFound.
	DeleteUser(ctx context.Context, id ID, change func(old Record) (Change, error)) error

	// ListUsers returns accounts in the byte order of domain and local part,
	// from after q.After on, as many as q says. more says whether there may be
	// others behind the last one looked at, which is next (q.After if none was).
	// A page holds at most q.PageLimit() accounts. A call looks at no more than
	// MaxScan accounts, so that a page may be short, or empty, with
	// more set. An account that exists all the while is seen exactly once by a
	// reader that follows next, whatever else comes and goes.
	ListUsers(ctx context.Context, q ListQuery) (page []Record, next JID, more bool, err error)

	// HasAdmin reports whether there is an account with RoleAdmin, whatever its
	// state. It may look at every account where there is none.
	HasAdmin(ctx context.Context) (bool, error)
}

// BatchStore writes several things at once: for imports, and for links, which
// are spent together with what they do.
type BatchStore interface {
	// Batch runs work in one transaction: if work returns nil, all that it
	// wrote becomes durable and visible together; if it returns an error or
	// panics, everything stays as it was, log and positions included, and Batch
	// returns that error as it is. No other write falls in between. work may be
	// called more than once, must not call the store, and must not use tx after
	// it has returned. It should be short: other writers wait for it.
	Batch(ctx context.Context, work func(tx UserTx) error) error
}

// UserTx is the transaction of a Batch. It is for one goroutine. It sees what
// it wrote itself. A method that returns one of the named errors, or an error of
// change, has written nothing and the transaction can go on; after any other
// error, work must give up and return it.
type UserTx interface {
	// CreateUser is UserStore.CreateUser: ErrExists.
	CreateUser(r Record, c Change) error

	// UserByJID is UserStore.UserByJID: ErrNotFound.
	UserByJID(jid JID) (Record, error)

	// UpdateUser is UserStore.UpdateUser: ErrNotFound.
	UpdateUser(id ID, change func(old Record) (Record, *Change, error)) (Record, error)

	// User is UserStore.User: ErrNotFound.
	User(id ID) (Record, error)

	// HasAdmin is UserStore.HasAdmin.
	HasAdmin() (bool, error)

	// Link returns the link, or ErrNotFound.
	Link(id ID) (Link, error)

	// OpenLinks returns how many links have uses left and an ExpiresAt after now.
	// It may look at every link.
	OpenLinks(now time.Time) (int, error)

	// CreateLink adds the link and its log entry. It returns ErrExists where ID
	// or hash is taken.
	CreateLink(l Link, c Change) error

	// SpendLink takes one from the link's Left, adds the log entry, and returns
	// the link as it is then. It returns ErrNotFound where there is no such link
	// or none is left.
	SpendLink(id ID, c Change) (Link, error)

	// DeleteLink removes the link and adds the log entry. It returns ErrNotFound.
	DeleteLink(id ID, c Change) error
}

// LinkStore keeps links, unique by ID and by hash. They are written in a Batch.
type LinkStore interface {
	// LinkByHash returns the link whose secret has this SHA-256, or ErrNotFound.
	// Anybody can make it be asked.
	LinkByHash(ctx context.Context, hash [32]byte) (Link, error)

	// ListLinks returns all links in order of their IDs.
	ListLinks(ctx context.Context) ([]Link, error)

	// TrimLinks removes up to limit links whose ExpiresAt lies before the time
	// given, without a log entry, and returns how many. It may look at every link.
	TrimLinks(ctx context.Context, before time.Time, limit int) (trimmed int, err error)
}

// TokenStore keeps tokens, unique by ID, by name and by hash. There are few.
type TokenStore interface {
	// CreateToken adds the token and its log entry. It returns ErrExists where
	// ID, name or hash is taken.
	CreateToken(ctx context.Context, t Token, c Change) error

	// TokenByHash returns the token whose secret has this SHA-256, or
	// ErrNotFound.
	TokenByHash(ctx context.Context, hash [32]byte) (Token, error)

	// ListTokens returns all tokens in order of their IDs.
	ListTokens(ctx context.Context) ([]Token, error)

	// DeleteToken removes the token and adds the log entry. It returns
	// ErrNotFound.
	DeleteToken(ctx context.Context, id ID, c Change) error
}

// ChangeStore keeps the log of changes.
type ChangeStore interface {
	// AddChange adds an entry that goes with no other write.
	AddChange(ctx context.Context, c Change) error

	// ListChanges returns up to limit entries behind the position, oldest
	// first; none where it is the head, or limit is below 1. It returns ErrPositionLost for a
	// position of another epoch, beyond the head, or before an entry that was
	// trimmed. The zero position is before everything that is kept.
	ListChanges(ctx context.Context, after Position, limit int) ([]Change, error)

	// Head returns the position of the newest entry. On an empty log that is
	// entry 0 of its epoch.
	Head(ctx context.Context) (Position, error)

	// ChangesBefore returns up to limit entries with numbers below before (0:
	// all), newest first; none where limit is below 1.
	ChangesBefore(ctx context.Context, before uint64, limit int) ([]Change, error)

	// TrimChanges removes up to limit entries from the oldest on, as long as
	// their At lies before the time given, and returns how many. The head and
	// the numbers of other entries stay what they are.
	TrimChanges(ctx context.Context, before time.Time, limit int) (trimmed int, err error)
}

// MomentStore keeps an eye on the dates of accounts. A date, User.ValidFrom or
// User.ValidUntil, is pending from the write that sets it, if it lies after the
// At of that write's log entry (any date, where the write has no entry), until
// it has passed, a write sets it to another or clears it, or the account is
// deleted. A write that leaves it as it was leaves it pending or not.
type MomentStore interface {
	// PassMoments takes up to limit pending dates that are not after now,
	// earliest first, and adds the log entry that entry makes of each, with
	// its account as it is. Date and entry go together: all in one, or, after
	// an error, none. entry is under the rules of UpdateUser's change. It
	// returns how many passed; fewer than limit mean that there were no more.
	PassMoments(ctx context.Context, now time.Time, limit int, entry func(Record, Moment) Change) (passed int, err error)

	// RearmMoments makes all dates pending again that lie after after and not
	// after until. It looks at every account, all in one transaction, and is
	// for a clock that was ahead and has been set back.
	RearmMoments(ctx context.Context, after, until time.Time) error
}

// LoginStore keeps the log of logins, numbered from 1 on, and when accounts and
// tokens were last seen and from where accounts log in, which is no change of
// them: no revision, no entry in the log of changes.
type LoginStore interface {
	// AddLogins adds the entries in their order, sets User.LastLoginAt and
	// Token.LastUsedAt where the time given is later than what is kept, and
	// makes an account's known sources what MergeSources makes of them and
	// those given; accounts and tokens that are gone are left out. All or
	// nothing, and no other write falls in between.
	AddLogins(ctx context.Context, b LoginBatch) error

	// KnownSources returns the known sources of the account in the order of
	// MergeSources, newest first; none where it has none or is not there. Each
	// login asks for them, so it must be as quick as User.
	KnownSources(ctx context.Context, id ID) ([]KnownSource, error)

	// TrimSources forgets known sources that were last seen before the time
	// given. It looks at up to limit accounts that have any, in order of their
	// IDs from behind after on (zero: from the first), in one transaction, and
	// writes only where there is something to forget. next is the last one
	// looked at (after if none was); more says whether there may be others
	// behind it. Who follows next looks at every account that has sources all
	// the while.
	TrimSources(ctx context.Context, before time.Time, after ID, limit int) (next ID, more bool, err error)

	// ListLogins returns up to limit entries with numbers below before (0: all),
	// newest first; none where limit is below 1.
	ListLogins(ctx context.Context, before uint64, limit int) ([]Login, error)

	// TrimLogins removes up to limit entries from the oldest on, as long as
	// their At lies before the time given or more than most entries are kept
	// (most below 1: any number may be), and returns how many. The numbers of
	// other entries stay what they are. To find out that there is nothing to
	// remove must be quick: it is asked each minute.
	TrimLogins(ctx context.Context, before time.Time, most, limit int) (trimmed int, err error)
}
