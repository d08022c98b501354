package jitsiauth

import (
	"strings"
	"unicode/utf8"
)

// MinPasswordLength is how long a password must be at least by DefaultPolicy, in
// characters: code points of Unicode, as SASLprep leaves them.
const MinPasswordLength = 12

// Policy says which passwords are good enough to be set. It is asked where
// someone chooses one, after MaxPasswordBytes was held to, which nobody can
// override; it is not asked about hashes that are imported, and never at a
// login. An implementation must be safe for concurrent use and quick, and must
// neither keep nor log the password. It must let through what
// Service.GeneratePassword makes.
type Policy interface {
	// Check returns nil if the account may have the password, which is prepared
	// (see PreparePassword). Otherwise it returns a *PolicyError, or an
	// *InvalidError with the field "password" and a rule in words of its own;
	// neither may hold the password. Any other error is a failure: the password
	// is not set, whatever NewPassword.AllowWeak says.
	Check(password string, jid JID) error
}

// DefaultPolicy returns the Policy of a Service whose Options name none: at
// least MinPasswordLength characters, not the account's own name, and none that
// many people use (internal/passwords, by look-up in a sorted list, and
// whatever repeats up to four characters). It asks for no capitals, digits or
// symbols: people meet such rules in ways that those who guess know.
func DefaultPolicy() Policy { return defaultPolicy{} }

type defaultPolicy struct{}

func (defaultPolicy) Check(password string, jid JID) error {
	switch {
	case utf8.RuneCountInString(password) < MinPasswordLength:
		return &PolicyError{Reason: PasswordTooShort, Min: MinPasswordLength}
	case isOwnName(password, jid):
		return &PolicyError{Reason: PasswordOwnName}
	case isCommon(password):
		return &PolicyError{Reason: PasswordCommon}
	}
	return nil
}

// AnyPassword is a Policy that REFUSES NOTHING, "a" and "password" included.
// It is for tests, and for programs that hold passwords to a policy before they
// hand them on. What bcrypt can't read is refused all the same.
var AnyPassword Policy = anyPassword{}

type anyPassword struct{}

func (anyPassword) Check(string, JID) error { return nil }

// isOwnName reports the account's address, and its local part, also written
// again and again. Both are read as Prosody would read them, so that neither
// capitals nor full-width letters make another name of it.
func isOwnName(password string, jid JID) bool {
	if address, err := ParseJID(password); err == nil {
		return address == jid
	}
	name, err := PrepareLocal(password)
	local := jid.Local()
	if err != nil || local == "" || len(name) < len(local) {
		return false
	}
	return strings.HasPrefix(strings.Repeat(local, len(name)/len(local)+1), name)
}
