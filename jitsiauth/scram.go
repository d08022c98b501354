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
	"io"
	"strconv"
	"strings"
	"sync/atomic"
)

// scramIterations are those of the records that Prosody makes
// (util/sasl/scram.lua in 0.12 and 13.0), which take a millisecond or two; every
// refused login costs as many, of either scheme. maxSCRAMIterations bounds what a
// stored record can make every login cost beyond that. Fewer than minSCRAMIterations
// no server should have (RFC 5802 §5.1), and Prosody since 0.9 has had none.
const (
	scramIterations    = 10_000
	minSCRAMIterations = 4096
	maxSCRAMIterations = 100_000
	maxSCRAMSalt       = 255 // bytes; Prosody's are of 36
)

// The schemes of RFC 5803 that Prosody's mod_auth_internal_hashed has (option
// password_hash).
const (
	scramSHA1   = "SCRAM-SHA-1"
	scramSHA256 = "SCRAM-SHA-256"
)

var scramHashes = map[string]func() hash.Hash{scramSHA1: sha1.New, scramSHA256: sha256.New}

// scramRecord is a password as Prosody's internal_hashed keeps it. It comes from
// there, to be compared with; a new hash is bcrypt's, but for a password that
// bcrypt can't read to its end.
type scramRecord struct {
	scheme     string
	iterations int
	salt       []byte
	storedKey  []byte
	serverKey  []byte // for SCRAM itself, which nobody speaks here
}

// isSCRAM tells the form from bcrypt's, which begins with "$".
func isSCRAM(stored string) bool { return strings.HasPrefix(stored, "SCRAM-") }

var errSCRAM = errors.New("stored password hash is no SCRAM record that can be read")

// parseSCRAM reads the form of RFC 5803:
// "SCRAM-SHA-1$" iterations ":" salt "$" StoredKey ":" ServerKey, in base64.
func parseSCRAM(stored string) (r scramRecord, err error) {
	scheme, rest, _ := strings.Cut(stored, "$")
	info, keys, _ := strings.Cut(rest, "$")
	count, salt, _ := strings.Cut(info, ":")
	storedKey, serverKey, _ := strings.Cut(keys, ":")
	if scramHashes[scheme] == nil {
		return r, errSCRAM
	}
	r.scheme = scheme
	if r.iterations, err = strconv.Atoi(count); err != nil || r.iterations < 1 || r.iterations > maxSCRAMIterations {
		return r, errSCRAM
	}
	for text, to := range map[string]*[]byte{salt: &r.salt, storedKey: &r.storedKey, serverKey: &r.serverKey} {
		if *to, err = base64.StdEncoding.DecodeString(text); err != nil {
			return r, errSCRAM
		}
	}
	if size := scramHashes[scheme]().Size(); len(r.salt) == 0 || len(r.salt) > maxSCRAMSalt || len(r.storedKey) != size || len(r.serverKey) != size {
		return r, errSCRAM
	}
	return r, nil
}

// checkSCRAM says what is wrong with a record that comes from elsewhere.
func checkSCRAM(stored string, least int) error {
	const field = "password_hash"
	scheme, rest, _ := strings.Cut(stored, "$")
	if scramHashes[scheme] == nil {
		return invalid(field, "must be of %s or %s if it is a SCRAM record", scramSHA1, scramSHA256)
	}
	count, _, _ := strings.Cut(rest, ":")
	if n, err := strconv.Atoi(count); err == nil && n > maxSCRAMIterations {
		return invalid(field, "must have at most %d iterations", maxSCRAMIterations)
	}
	if r, err := parseSCRAM(stored); err != nil || r.text() != stored { // one spelling, or HashOrigin doesn't know it again
		return invalid(field, "must be whole: %s$iterations:salt$StoredKey:ServerKey, in base64", scheme)
	} else if r.iterations < least {
		return invalid(field, "must have at least %d iterations; allow_weak takes fewer, and the first login makes bcrypt of them", least)
	}
	return nil
}

// newSCRAM makes a record of a prepared password as Prosody would.
func newSCRAM(password string, random io.Reader) (string, error) {
	salt := make([]byte, 16)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", err
	}
	r := scramRecord{scheme: scramSHA256, iterations: scramIterations, salt: salt}
	if err := r.derive(password); err != nil {
		return "", err
	}
	return r.text(), nil
}

// text is the form that parseSCRAM reads.
func (r *scramRecord) text() string {
	code := base64.StdEncoding.EncodeToString
	return r.scheme + "$" + strconv.Itoa(r.iterations) + ":" + code(r.salt) + "$" + code(r.storedKey) + ":" + code(r.serverKey)
}

// derive computes the keys of a prepared password (RFC 5802 §3).
func (r *scramRecord) derive(password string) error {
	newHash := scramHashes[r.scheme]
	salted, err := pbkdf2.Key(newHash, password, r.salt, r.iterations, newHash().Size())
	if err != nil {
		return err
	}
	keyed := func(text string) []byte {
		mac := hmac.New(newHash, salted)
		mac.Write([]byte(text))
		return mac.Sum(nil)
	}
	digest := newHash()
	digest.Write(keyed("Client Key"))
	r.storedKey, r.serverKey = digest.Sum(nil), keyed("Server Key")
	return nil
}

// compareSCRAM also returns what the comparison took.
func compareSCRAM(stored, password string) (fits bool, scheme string, iterations int, err error) {
	r, err := parseSCRAM(stored)
	if err != nil {
		return false, "", 0, err
	}
	of := r
	if err := of.derive(password); err != nil {
		return false, "", 0, err
	}
	return subtle.ConstantTimeCompare(of.storedKey, r.storedKey) == 1, r.scheme, r.iterations, nil
}

// scramLevel is how many iterations every no costs, by scheme: as many as the
// records have that were met, since some are of more than Prosody's usual number
// (its option default_iteration_count). It is safe for concurrent use.
type scramLevel map[string]*atomic.Int64

func newSCRAMLevel() scramLevel {
	return scramLevel{scramSHA1: new(atomic.Int64), scramSHA256: new(atomic.Int64)}
}

// raise takes note of a record.
func (l scramLevel) raise(scheme string, iterations int) {
	n := l[scheme]
	if n == nil {
		return
	}
	for have := n.Load(); have < int64(iterations) && !n.CompareAndSwap(have, int64(iterations)); have = n.Load() {
	}
}

// missing is how many iterations were not done yet, by scheme.
func (l scramLevel) missing(done work) map[string]int {
	missing := map[string]int{}
	for scheme, level := range l {
		missing[scheme] = int(level.Load())
	}
	missing[done.scheme] -= done.iterations
	return missing
}

// wasteSCRAM does the work of a comparison for nothing.
func wasteSCRAM(scheme string, iterations int, password string) {
	newHash := scramHashes[scheme]
	_, _ = pbkdf2.Key(newHash, password, make([]byte, 16), iterations, newHash().Size())
}
