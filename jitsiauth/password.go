package jitsiauth

import (
	"io"
)

// checkPassword prepares a password that someone sets and holds it to the
// rules. The result is what is hashed.
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
