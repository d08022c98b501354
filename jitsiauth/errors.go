package jitsiauth

import (
	"errors"
	"fmt"
	"time"
)

// Decisions that callers tell apart with errors.Is. Anything else that a
// method returns is a failure of a part below (a store, the random source, a
// cancelled context) and must never be shown as one of these.
var (
	// ErrInvalid is matched by every *InvalidError.
	ErrInvalid = errors.New("invalid input")
	// ErrNotFound: no such account, token or link, or a link that can't be spent
	// (any more).
	ErrNotFound = errors.New("not found")
	// ErrExists: the name is taken.
	ErrExists = errors.New("already exists")
	// ErrTooManyLinks: MaxLinks can be used already.
	ErrTooManyLinks = errors.New("too many links can be used at present: revoke some")
	// ErrRevision: the account has another revision than IfRevision named.
	ErrRevision = errors.New("changed by someone else in the meantime")
	// ErrForbidden: the actor's rights do not reach that far.
	ErrForbidden = errors.New("not allowed")
	// ErrNotApplied: the line of an atomic import is right, but another is not.
	ErrNotApplied = errors.New("not applied, because of another line")
	// ErrPositionLost: a log position of another epoch, beyond the head, or
	// older than what is kept. Ask for the head and look at everything anew.
	ErrPositionLost = errors.New("log position lost")

	// ErrBadCredentials: wrong password, unknown name, or input that no
	// account can have; alike to the caller on purpose.
	ErrBadCredentials = errors.New("wrong name or password")
	// ErrDisabled, ErrExpired and ErrNotYetValid are said only after the
	// password proved right.
	ErrDisabled    = errors.New("account is disabled")
	ErrExpired     = errors.New("account has expired")
	ErrNotYetValid = errors.New("account is not valid yet")
	// ErrUnknownDomain: the domain is not served here, or not to this caller.
	ErrUnknownDomain = errors.New("domain is not served here")

	// ErrThrottled: too many attempts; nothing was compared. Every *ThrottledError
	// matches it.
	ErrThrottled = errors.New("too many attempts")
	// ErrOverloaded: more logins come than can be hashed, and this one would have
	// waited too long; nothing was compared. A little later it may go through.
	ErrOverloaded = errors.New("too many logins at once")

	// ErrBadToken: no such token, or one that was revoked.
	ErrBadToken = errors.New("unknown token")
	// ErrTokenExpired: the token was right once.
	ErrTokenExpired = errors.New("token has expired")

	// ErrNoBackup: the store can't be copied by this service. Back it up by its
	// own means.
	ErrNoBackup = errors.New("this store can't be backed up from here")
)

// PositionLostError says where the log ends now. It matches ErrPositionLost.
type PositionLostError struct{ Head Position }

func (e *PositionLostError) Error() string { return ErrPositionLost.Error() }

// Is makes errors.Is(err, ErrPositionLost) true.
func (e *PositionLostError) Is(target error) bool { return target == ErrPositionLost }

// ThrottledError says when to try again. It matches ErrThrottled.
type ThrottledError struct {
	RetryAfter time.Duration // above 0
	By         ThrottledBy   // for operators; names that no account has are treated alike
}

func (e *ThrottledError) Error() string {
	return ErrThrottled.Error() + ", try again in " + e.RetryAfter.Round(time.Second).String()
}

// Is makes errors.Is(err, ErrThrottled) true.
func (e *ThrottledError) Is(target error) bool { return target == ErrThrottled }

// ThrottledBy says which rule of the throttle an attempt ran into; see
// throttle.go.
type ThrottledBy string

// The rules.
const (
	ThrottledByPair    ThrottledBy = "account_source" // this account from this source
	ThrottledBySource  ThrottledBy = "source"
	ThrottledByAccount ThrottledBy = "account" // from sources not known good for it
)

// InvalidError says which field of an input broke which rule. It never holds
// the value itself, which may be a password. It matches ErrInvalid.
type InvalidError struct {
	Field string // in the words of the JSON API: "username", "password", "valid_until"
	Rule  string // a sentence without the field's name: "must not be empty"
}

func (e *InvalidError) Error() string { return e.Field + ": " + e.Rule }

// Is makes errors.Is(err, ErrInvalid) true.
func (e *InvalidError) Is(target error) bool { return target == ErrInvalid }

func invalid(field, format string, args ...any) error {
	return &InvalidError{Field: field, Rule: fmt.Sprintf(format, args...)}
}

// describe renders a moment for an error text: to the second, with its zone.
func describe(t time.Time) string { return t.Format(time.RFC3339) }
