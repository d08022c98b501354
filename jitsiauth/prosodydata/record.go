package prosodydata

import (
	"crypto/sha1" //nolint:gosec // what SCRAM-SHA-1 is made of
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"time"
)

// record is the table of an account (modules/mod_auth_internal_hashed.lua and
// mod_auth_internal_plain.lua of 0.12 and 13.0).
type record struct{ *table }

// fill gives the account what its record says. Its error is a *placeError.
func (r record) fill(a *Account) error {
	if len(r.items) == 0 {
		return &placeError{-1, errRemoved}
	}
	password, err := r.text("password")
	if err != nil {
		return err
	}
	// A password in plain text wins, as in both modules: internal_hashed makes
	// a hash of it at the next login. Prosody takes an empty one for none.
	if password != "" {
		it, _ := r.field("password")
		if err := validText(password); err != nil {
			return it.wrong("password", err)
		}
	}
	var hash string
	if password == "" {
		if hash, err = r.hash(); err != nil {
			return err
		}
	}
	created, err := r.time("created")
	if err != nil {
		return err
	}
	updated, err := r.time("updated")
	if err != nil {
		return err
	}
	disabled, ok := r.field("disabled")
	a.Disabled = ok && disabled.val != false // all else is true in Lua
	a.Password, a.PasswordHash, a.Created, a.Updated = password, hash, created, updated
	return nil
}

var (
	errText       = errors.New("must be a string")
	errHex        = errors.New("must be hexadecimal digits, two a byte")
	errKeyLength  = fmt.Errorf("must be %d bytes (SCRAM-SHA-1) or %d (SCRAM-SHA-256)", sha1.Size, sha256.Size)
	errKeysDiffer = errors.New("must be as long as stored_key")
	errIterations = errors.New("must be a whole number above 0")
	errMissing    = errors.New("must be there, because other parts of a SCRAM record are")
	errTime       = errors.New("must be a number of seconds since 1970, before the year 10000")
)

// wrong says at the value of the entry which rule it breaks.
func (it item) wrong(name string, rule error) error {
	return &placeError{it.pos, fmt.Errorf("%s %w", name, rule)}
}

// text returns a string, "" if there is none.
func (r record) text(name string) (string, error) {
	it, ok := r.field(name)
	if !ok {
		return "", nil
	}
	s, ok := it.val.(string)
	if !ok {
		return "", it.wrong(name, errText)
	}
	return s, nil
}

// hash returns the SCRAM record in the form of RFC 5803, "" if there is none.
func (r record) hash() (string, error) {
	parts := []string{"stored_key", "server_key", "salt", "iteration_count"}
	missing := ""
	found := 0
	for _, name := range parts {
		if it, ok := r.field(name); ok && it.val != "" {
			found++
		} else {
			missing = name
		}
	}
	switch found {
	case 0:
		return "", nil
	case len(parts):
	default:
		return "", &placeError{-1, fmt.Errorf("%s %w", missing, errMissing)}
	}
	stored, err := r.bytes("stored_key")
	if err != nil {
		return "", err
	}
	server, err := r.bytes("server_key")
	if err != nil {
		return "", err
	}
	scheme := map[int]string{sha1.Size: "SCRAM-SHA-1", sha256.Size: "SCRAM-SHA-256"}[len(stored)]
	if it, _ := r.field("stored_key"); scheme == "" {
		return "", it.wrong("stored_key", errKeyLength)
	}
	if it, _ := r.field("server_key"); len(server) != len(stored) {
		return "", it.wrong("server_key", errKeysDiffer)
	}
	salt, err := r.text("salt") // its bytes are the salt: Prosody's is a UUID
	if err != nil {
		return "", err
	}
	iterations, err := r.iterations()
	if err != nil {
		return "", err
	}
	code := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("%s$%d:%s$%s:%s", scheme, iterations, code([]byte(salt)), code(stored), code(server)), nil
}

func (r record) bytes(name string) ([]byte, error) {
	s, err := r.text(name)
	if err != nil {
		return nil, err
	}
	b, err := hex.DecodeString(s)
	if err != nil {
		it, _ := r.field(name)
		return nil, it.wrong(name, errHex) // the error of hex quotes
	}
	return b, nil
}

func (r record) iterations() (int64, error) {
	it, _ := r.field("iteration_count")
	n, ok := it.val.(int64)
	if f, isFloat := it.val.(float64); isFloat {
		n, ok = wholeNumber(f)
	}
	if !ok || n < 1 {
		return 0, it.wrong("iteration_count", errIterations)
	}
	return n, nil
}

// time reads what Lua's os.time returned.
func (r record) time(name string) (time.Time, error) {
	it, ok := r.field(name)
	if !ok {
		return time.Time{}, nil
	}
	const end = 253402300800 // the year 10000
	f, ok := it.val.(float64)
	if n, isInt := it.val.(int64); isInt {
		f, ok = float64(n), true
	}
	if !ok || !(0 <= f && f < end) { //nolint:staticcheck // NaN must not pass
		return time.Time{}, it.wrong(name, errTime)
	}
	return time.Unix(int64(math.Floor(f)), 0).UTC(), nil
}
