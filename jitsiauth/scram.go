package jitsiauth

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1" //nolint:gosec // what SCRAM-SHA-1 is made of
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"hash"
	"strconv"
	"strings"
)

// scramIterations are those of the records that Prosody makes
// (util/sasl/scram.lua in 0.12 and 13.0), which take a millisecond or two; every
// refused login costs as many. maxSCRAMIterations bounds what a stored record
// can make a login cost beyond that.
const (
	scramIterations    = 10_000
	maxSCRAMIterations = 100_000
)

// scramRecord is a password as Prosody's internal_hashed keeps it. It is only
// ever compared with: a new hash is always bcrypt's.
type scramRecord struct {
	hash       func() hash.Hash
	iterations int
	salt       []byte
	storedKey  []byte
}

var scramHashes = map[string]func() hash.Hash{"SCRAM-SHA-1": sha1.New, "SCRAM-SHA-256": sha256.New}

// isSCRAM tells the form from bcrypt's, which begins with "$".
func isSCRAM(stored string) bool { return strings.HasPrefix(stored, "SCRAM-") }

var errSCRAM = errors.New("stored password hash is no SCRAM record that can be read")

// parseSCRAM reads the form of RFC 5803:
// "SCRAM-SHA-1$" iterations ":" salt "$" StoredKey ":" ServerKey, in base64.
func parseSCRAM(stored string) (r scramRecord, err error) {
	scheme, rest, _ := strings.Cut(stored, "$")
	info, keys, _ := strings.Cut(rest, "$")
	count, salt, _ := strings.Cut(info, ":")
	storedKey, _, ok := strings.Cut(keys, ":")
	if r.hash = scramHashes[scheme]; r.hash == nil || !ok {
		return r, errSCRAM
	}
	if r.iterations, err = strconv.Atoi(count); err != nil || r.iterations < 1 || r.iterations > maxSCRAMIterations {
		return r, errSCRAM
	}
	if r.salt, err = base64.StdEncoding.DecodeString(salt); err != nil || len(r.salt) == 0 {
		return r, errSCRAM
	}
	if r.storedKey, err = base64.StdEncoding.DecodeString(storedKey); err != nil || len(r.storedKey) != r.hash().Size() {
		return r, errSCRAM
	}
	return r, nil
}

// fits computes the StoredKey of a prepared password (RFC 5802 §3) and compares.
func (r *scramRecord) fits(password string) (bool, error) {
	salted, err := pbkdf2.Key(r.hash, password, r.salt, r.iterations, r.hash().Size())
	if err != nil {
		return false, err
	}
	mac := hmac.New(r.hash, salted)
	mac.Write([]byte("Client Key"))
	digest := r.hash()
	digest.Write(mac.Sum(nil))
	return subtle.ConstantTimeCompare(digest.Sum(nil), r.storedKey) == 1, nil
}

// compareSCRAM also returns how many iterations the comparison took.
func compareSCRAM(stored, password string) (fits bool, iterations int, err error) {
	r, err := parseSCRAM(stored)
	if err != nil {
		return false, 0, err
	}
	fits, err = r.fits(password)
	return fits, r.iterations, err
}

// wasteSCRAM does so many iterations, if any, for nothing.
func wasteSCRAM(password string, iterations int) {
	if iterations > 0 {
		_, _ = pbkdf2.Key(sha1.New, password, make([]byte, 16), iterations, sha1.Size)
	}
}
