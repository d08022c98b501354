package jitsiauth

import (
	"crypto/rand"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

// The examples of RFC 5802 §5 and RFC 7677 §3, whose password is "pencil".
var scramExamples = []string{
	"SCRAM-SHA-1$4096:QSXCR+Q6sek8bf92$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:D+CSWLOshSulAsxiupA+qs2/fTE=",
	"SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
}

func TestSCRAM(t *testing.T) {
	h, err := newHasher(bcrypt.MinCost, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, stored := range scramExamples {
		for password, want := range map[string]bool{"pencil": true, "Pencil": false, "pencil ": false, "": false} {
			if got, err := h.compare(stored, password); got != want || err != nil {
				t.Errorf("%s with %q: %v %v", stored, password, got, err)
			}
		}
		if !h.stale(stored) {
			t.Errorf("%s need not become bcrypt's", stored)
		}
	}
}

// A wrong password costs as much as with a bcrypt hash, and a right one little.
func TestSCRAMNoCostsTheSame(t *testing.T) {
	h, rounds := counted(t, 8)
	for password, want := range map[string]int{"pencil": 0, "wrong": 1 << 8} {
		*rounds = 0
		if _, err := h.compare(scramExamples[0], password); err != nil || *rounds != want {
			t.Errorf("%s: %d rounds of bcrypt, want %d; %v", password, *rounds, want, err)
		}
	}
}

// A record that can't be read is a failure, not a wrong password.
func TestBrokenSCRAM(t *testing.T) {
	h, err := newHasher(bcrypt.MinCost, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := scramExamples[0]
	for _, stored := range []string{
		"SCRAM-", "SCRAM-SHA-1", "SCRAM-SHA-1$", "SCRAM-SHA-1$4096", "SCRAM-SHA-1$4096:QSXCR+Q6sek8bf92", "SCRAM-SHA-1$4096:QSXCR+Q6sek8bf92$",
		strings.Replace(good, "SHA-1", "SHA-512", 1),
		strings.Replace(good, "SHA-1", "SHA-256", 1), // the keys are too short
		strings.Replace(good, "4096", "0", 1),
		strings.Replace(good, "4096", "-1", 1),
		strings.Replace(good, "4096", "100001", 1),
		strings.Replace(good, "4096", "99999999999999999999", 1),
		strings.Replace(good, "QSXCR+Q6sek8bf92", "", 1),
		strings.Replace(good, "QSXCR+Q6sek8bf92", "not base64", 1),
		strings.Replace(good, ":D+CSWLOshSulAsxiupA+qs2/fTE=", "", 1),
	} {
		if fits, err := h.compare(stored, "pencil"); fits || err == nil {
			t.Errorf("%s: %v %v", stored, fits, err)
		}
	}
}

func FuzzParseSCRAM(f *testing.F) {
	for _, stored := range scramExamples {
		f.Add(stored)
	}
	f.Fuzz(func(t *testing.T, stored string) {
		r, err := parseSCRAM(stored)
		if err == nil && (r.iterations < 1 || r.iterations > maxSCRAMIterations || len(r.salt) == 0 || len(r.storedKey) != r.hash().Size()) {
			t.Errorf("%q was read as %+v", stored, r)
		}
	})
}
