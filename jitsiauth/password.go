package jitsiauth

import (
	"context"
	"errors"
	"io"
)

// NewPassword is what Service.SetPassword takes. Password must be given.
type NewPassword struct {
	Password string
	// AllowWeak sets the password although the Policy refuses it, which needs an
	// administrator, even where it turns out not to be needed. The log says so.
	AllowWeak bool
}

// weakPassword stands among the fields of a Change that set a password against
// the Policy.
const weakPassword = "weak_password"

// migratedPassword stands there for a password that came from elsewhere as it is,
// so that no Policy was asked.
const migratedPassword = "migrated"

// choose prepares a password that someone sets for an account, and holds it to
// the rules. prepared is what is hashed, noted what the log says of it.
func (s *Service) choose(ctx context.Context, jid JID, n NewPassword) (prepared string, noted []string, err error) {
	if n.AllowWeak {
		if err := ActorFrom(ctx).mayAdminister(); err != nil {
			return "", nil, err
		}
	}
	if prepared, err = checkPassword(n.Password); err != nil {
		return "", nil, err
	}
	switch err = s.policy.Check(prepared, jid); {
	case err == nil:
		return prepared, nil, nil
	case n.AllowWeak && errors.Is(err, ErrInvalid):
		return prepared, []string{weakPassword}, nil
	}
	return "", nil, err
}

// checkPassword prepares a password and holds it to the rule that nobody can
// override.
func checkPassword(password string) (string, error) {
	prepared, err := PreparePassword(password)
	if err != nil {
		return "", err
	}
	if len(prepared) > MaxPasswordBytes {
		return "", invalid("password", "must be at most %d bytes long, which is %d letters of kana or kanji: bcrypt reads no more",
			MaxPasswordBytes, MaxPasswordBytes/3)
	}
	return prepared, nil
}

// A generated password is four groups of five letters: 20 × log2(31) = 99
// bits. The letters can be read aloud and typed on a phone: no capitals, and
// none of those that look like another (0 o, 1 l i).
const (
	passwordLetters = "23456789abcdefghjkmnpqrstuvwxyz"
	passwordGroups  = 4
	passwordGroup   = 5
)

// generatePassword draws letters evenly: bytes beyond the last whole multiple
// of the alphabet are drawn again.
func generatePassword(random io.Reader) (string, error) {
	const even = 256 - 256%len(passwordLetters)
	password := make([]byte, 0, passwordGroups*(passwordGroup+1)-1)
	var drawn [1]byte
	for len(password) < cap(password) {
		if len(password)%(passwordGroup+1) == passwordGroup {
			password = append(password, '-')
			continue
		}
		if _, err := io.ReadFull(random, drawn[:]); err != nil {
			return "", err
		}
		if int(drawn[0]) < even {
			password = append(password, passwordLetters[int(drawn[0])%len(passwordLetters)])
		}
	}
	return string(password), nil
}
