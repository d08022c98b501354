package jitsiauth

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/jitsiauth/internal/costbound"
)

// bcrypt's cost is the binary logarithm of its rounds. The default takes about
// a fifth of a second of one core. Below MinBcryptCost a stolen file is too
// cheap to search (OWASP's Password Storage Cheat Sheet asks for 10 or more);
// above MaxBcryptCost, about a second, a few logins keep a small machine busy
// and each outlives the deadlines of the login path.
const (
	DefaultBcryptCost = 12
	MinBcryptCost     = 10
	MaxBcryptCost     = 14
)

// MaxPasswordBytes is how much of a prepared password bcrypt reads. More is
// refused when set, and fits no bcrypt hash: bcrypt.CompareHashAndPassword ignores
// the rest, so that any ending would do. A SCRAM record can be of a longer one.
const MaxPasswordBytes = 72

// hasher makes and compares password hashes of one cost. It is safe for
// concurrent use.
type hasher struct {
	cost  int
	fits  func(hash, password []byte) error // bcrypt.CompareHashAndPassword; tests count its work
	decoy []byte                            // a hash that nobody knows a password for
	scram scramLevel                        // iterations of SCRAM that every no costs
	// wasteSCRAM is the function of that name; tests count its work.
	wasteSCRAM func(scheme string, iterations int, password string)
	guess      time.Duration       // about how long a hash takes here
	took       func(time.Duration) // hears of each hash and compare; see Options.ObserveHash
}

func newHasher(cost int, random io.Reader) (*hasher, error) {
	if cost == 0 {
		cost = DefaultBcryptCost
	}
	if cost < costbound.Min || cost > MaxBcryptCost {
		return nil, invalid("bcrypt_cost", "must be %d to %d", MinBcryptCost, MaxBcryptCost)
	}
	h := &hasher{cost: cost, fits: bcrypt.CompareHashAndPassword, scram: newSCRAMLevel(), wasteSCRAM: wasteSCRAM, took: func(time.Duration) {}}
	secret := make([]byte, 32)
	if _, err := io.ReadFull(random, secret); err != nil {
		return nil, err
	}
	if cost >= MinBcryptCost { // what is lower is for tests, and quick
		h.scram.raise(scramSHA1, scramIterations)
		h.scram.raise(scramSHA256, scramIterations)
	}
	var err error
	h.guess = time.Minute
	for range 3 { // the quickest is nearest to the truth
		start := time.Now()
		if h.decoy, err = bcrypt.GenerateFromPassword(secret, bcrypt.MinCost); err != nil {
			return nil, err
		}
		h.guess = min(h.guess, time.Since(start)<<(cost-bcrypt.MinCost))
	}
	return h, nil
}

// hash makes the stored form of a prepared password.
func (h *hasher) hash(password string) (string, error) {
	defer h.measure(time.Now())
	hash, err := bcrypt.GenerateFromPassword([]byte(password), h.cost)
	return string(hash), err
}

// compare reports whether the prepared password fits the stored hash, bcrypt's
// or a SCRAM record. An empty hash fits nothing. Every no takes as long as
// comparing at the cost of h and with a SCRAM record of either hash function and
// of as many iterations as any that h has met, whatever the hash, so that time
// tells nothing about the account; only a bcrypt hash of a higher cost takes
// longer. An error means that the hash can't be read.
func (h *hasher) compare(stored, password string) (bool, error) {
	defer h.measure(time.Now())
	fits, done, err := h.compareOnly(stored, password)
	if err == nil && !fits {
		h.level(password, done)
	}
	return fits, err
}

// work is what a comparison took.
type work struct {
	cost       int    // of bcrypt; 0: none
	scheme     string // of SCRAM
	iterations int    // of SCRAM; 0: none
}

// compareOnly is compare without what makes every no cost the same.
func (h *hasher) compareOnly(stored, password string) (fits bool, done work, err error) {
	switch {
	case isSCRAM(stored):
		fits, done.scheme, done.iterations, err = compareSCRAM(stored, password)
		h.scram.raise(done.scheme, done.iterations)
	case stored == "" || len(password) > MaxPasswordBytes: // of which bcrypt would compare the beginning
	default:
		fits, done.cost, err = h.compareBcrypt(stored, password)
	}
	return fits, done, err
}

// compareBcrypt also returns the cost of the comparison.
func (h *hasher) compareBcrypt(stored, password string) (fits bool, cost int, err error) {
	if cost, err = bcryptCost(stored); err != nil {
		return false, 0, err
	}
	err = h.fits([]byte(stored), []byte(password))
	if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		return false, cost, nil
	}
	if err != nil {
		return false, cost, fmt.Errorf("stored password hash: %w", err)
	}
	return true, cost, nil
}

// level adds to a comparison what others cost.
func (h *hasher) level(password string, done work) {
	if done.cost == 0 {
		h.waste(h.cost, password)
	}
	// 2^c + 2^c + 2^(c+1) + … + 2^(target-1) = 2^target rounds.
	for cost := done.cost; cost > 0 && cost < h.cost; cost++ {
		h.waste(cost, password)
	}
	for scheme, iterations := range h.scram.missing(done) {
		if iterations > 0 {
			h.wasteSCRAM(scheme, iterations, password)
		}
	}
}

func (h *hasher) measure(start time.Time) { h.took(time.Since(start)) }

// waste compares the password with a hash of the given cost that it can't fit.
func (h *hasher) waste(cost int, password string) {
	// The cost stands in plain digits; with another one the work changes and
	// the hash fits nobody's password, which is just what is wanted.
	atCost := fmt.Appendf(nil, "%s%02d%s", h.decoy[:4], cost, h.decoy[6:])
	_ = h.fits(atCost, []byte(password))
}

// stale reports whether a hash should be renewed with the password at hand, and
// can be: bcrypt doesn't read all of a long one.
func (h *hasher) stale(stored, password string) bool {
	if isSCRAM(stored) {
		return len(password) <= MaxPasswordBytes
	}
	cost, err := bcryptCost(stored)
	return err == nil && cost < h.cost
}

// bcryptCost reads the cost of a bcrypt hash in one of the forms that its
// implementations write: $2a$ (the first), $2b$ (OpenBSD), $2y$ (PHP, htpasswd).
func bcryptCost(stored string) (int, error) {
	for _, prefix := range []string{"$2a$", "$2b$", "$2y$"} {
		if strings.HasPrefix(stored, prefix) {
			return bcrypt.Cost([]byte(stored))
		}
	}
	return 0, errors.New("stored password hash has an unknown format")
}

// digestCode is how bcrypt writes bytes as text: another alphabet than base64.
var digestCode = base64.NewEncoding("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789").WithPadding(base64.NoPadding)

// leastWork is what a hash that was made elsewhere must cost.
type leastWork struct {
	cost       int // of bcrypt
	iterations int // of SCRAM
}

// checkHash holds a hash that was made elsewhere to what hasher.compare can read
// and would allow itself: a SCRAM record, or bcrypt's, "$2b$12$", 22 letters of
// salt, 31 of digest. A digest that bcrypt never writes would lock its owner out.
func checkHash(stored string, least leastWork) error {
	const field, length, salt, digest = "password_hash", 60, 7, 29
	if isSCRAM(stored) {
		return checkSCRAM(stored, least.iterations)
	}
	cost, err := bcryptCost(stored)
	if kind := foreignHash(stored); err != nil && kind != "" {
		return invalid(field, "must be a bcrypt hash or a SCRAM record of Prosody's: this is %s, which can't be verified here", kind)
	}
	if err != nil || len(stored) != length {
		return invalid(field, "must be a bcrypt hash of %d characters that begins with $2a$, $2b$ or $2y$, or a SCRAM record of Prosody's", length)
	}
	if cost > MaxBcryptCost || cost < bcrypt.MinCost {
		return invalid(field, "must have a bcrypt cost of %d to %d", least.cost, MaxBcryptCost)
	}
	if cost < least.cost {
		return invalid(field, "must have a bcrypt cost of %d to %d; allow_weak takes lower ones, which the first login renews", least.cost, MaxBcryptCost)
	}
	_, err = digestCode.DecodeString(stored[salt:digest])
	if _, strict := digestCode.Strict().DecodeString(stored[digest:]); err != nil || strict != nil || stored[6] != '$' {
		return invalid(field, "must be whole: this is no salt and digest of bcrypt")
	}
	return nil
}
