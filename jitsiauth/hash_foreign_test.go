package jitsiauth

import (
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

// What can't be compared with is refused, and named where its kind is known.
func TestForeignHash(t *testing.T) {
	for stored, want := range map[string]string{
		"$apr1$o9fqPCAc$xNrEEa9VDnsmjzBOvGrNq1": "$apr1$",
		"$1$salt$qJH7.N4xYta3aEG/dfqo/0":        "MD5-crypt",
		"$5$salt$x":                             "SHA-256-crypt",
		"$6$salt$x":                             "SHA-512-crypt",
		"$y$j9T$x$y":                            "yescrypt",
		"$2x$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.S": "$2x$",
		"$argon2id$v=19$m=65536,t=3,p=4$x$y":            "Argon2",
		"$pbkdf2-sha256$29000$x$y":                      "PBKDF2",
		"pbkdf2_sha256$600000$x$y":                      "Django",
		"{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=":             "{SHA}",
		"{sha}W6ph5Mm5Pz8GgiULbPgzG37mj9g=":             "{SHA}",
		"{SSHA}x":                                       "{SSHA}",
		"rqXexS6ZhobKA":                                 "DES",
		"5f4dcc3b5aa765d61d8327deb882cf99":              "in hex",
		"5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8":      "in hex",
		"SCRAM-SHA-512$4096:QSXCR+Q6sek8bf92$a:b":       "SCRAM-SHA-1 or SCRAM-SHA-256",
		"hello":      "must be a bcrypt hash of 60 characters",
		"$2b$12$cut": "must be a bcrypt hash of 60 characters",
	} {
		err := checkHash(stored, leastWork{bcrypt.MinCost, 1})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", stored, err)
		}
		if err != nil && strings.Contains(err.Error(), stored) {
			t.Errorf("the error shows the hash: %v", err)
		}
	}
}

// A cost below what may be stored is said to be so, with the way out.
func TestLowCost(t *testing.T) {
	low := hashAt(t, 5, "right")
	if err := checkHash(low, leastWork{MinBcryptCost, minSCRAMIterations}); err == nil || !strings.Contains(err.Error(), "10 to 14; allow_weak") {
		t.Error(err)
	}
	if err := checkHash(low, leastWork{bcrypt.MinCost, 1}); err != nil {
		t.Error(err)
	}
	if err := checkHash("$2b$15$"+low[7:], leastWork{bcrypt.MinCost, 1}); err == nil || !strings.Contains(err.Error(), "4 to 14") {
		t.Error(err)
	}
}
