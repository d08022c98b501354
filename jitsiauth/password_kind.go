package jitsiauth

import (
	"crypto/sha256"
	"encoding/base64"
)

// PasswordKind says where an account's password comes from, and with it what it
// was held to.
type PasswordKind string

// The kinds of passwords. A password that somebody sets makes any of them
// PasswordSet.
const (
	// PasswordSet was set here and held to the Policy, or is AllowWeak's.
	PasswordSet PasswordKind = ""
	// PasswordImported came from elsewhere: no Policy has seen it.
	PasswordImported PasswordKind = "imported"
	// PasswordSCRAM is PasswordImported whose record is still Prosody's. The next
	// good login makes bcrypt of it, unless the password is longer than
	// MaxPasswordBytes: then it stays so until another is set.
	PasswordSCRAM PasswordKind = "scram"
	// PasswordNone fits nothing: nobody can log in before a password is set.
	PasswordNone PasswordKind = "none"
)

func (k PasswordKind) valid() bool {
	switch k {
	case PasswordSet, PasswordImported, PasswordSCRAM, PasswordNone:
		return true
	}
	return false
}

// setHash gives the record the hash of a password that was set here.
func (r *Record) setHash(hash string) {
	r.PasswordHash, r.HashOrigin, r.PasswordKind = hash, "", PasswordSet
}

// setImported gives the record a hash that came from elsewhere, or of a password
// that did; empty: none came.
func (r *Record) setImported(hash string) {
	r.PasswordHash, r.HashOrigin = hash, originOf(hash)
	switch {
	case hash == "":
		r.HashOrigin, r.PasswordKind = "", PasswordNone
	case isSCRAM(hash):
		r.PasswordKind = PasswordSCRAM
	default:
		r.PasswordKind = PasswordImported
	}
}

// setRenewed gives the record another hash of the same password.
func (r *Record) setRenewed(hash string) {
	if r.PasswordHash = hash; r.PasswordKind == PasswordSCRAM {
		r.PasswordKind = PasswordImported
	}
}

// originOf is Record.HashOrigin of a hash: half of its SHA-256. It tells nothing
// about the password to who has not the hash, whose salt goes into it.
func originOf(hash string) string {
	sum := sha256.Sum256([]byte(hash))
	return base64.RawStdEncoding.EncodeToString(sum[:16])
}
