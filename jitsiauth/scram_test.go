package jitsiauth

import (
	"crypto/rand"
	"errors"
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
		if !h.stale(stored, "pencil") {
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

// Every no costs both schemes, with as many iterations as any record that was met.
func TestSCRAMLevel(t *testing.T) {
	l := newSCRAMLevel()
	l.raise(scramSHA1, scramIterations)
	l.raise(scramSHA256, scramIterations)
	check := func(done work, sha1, sha256 int) {
		t.Helper()
		if got := l.missing(done); got[scramSHA1] != sha1 || got[scramSHA256] != sha256 {
			t.Errorf("%+v: %v are missing", done, got)
		}
	}
	check(work{}, 10_000, 10_000)
	check(work{cost: 4}, 10_000, 10_000)
	check(work{scheme: scramSHA1, iterations: 4096}, 5_904, 10_000)
	check(work{scheme: scramSHA256, iterations: 10_000}, 10_000, 0)
	l.raise(scramSHA1, 50_000)
	l.raise(scramSHA1, 20_000)
	check(work{}, 50_000, 10_000)
	check(work{scheme: scramSHA1, iterations: 20_000}, 30_000, 10_000)
}

// A comparison takes note of the record, and of no record that can't be read.
func TestSCRAMLevelRises(t *testing.T) {
	h, err := newHasher(bcrypt.MinCost, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, stored := range append([]string{"SCRAM-SHA-1$9999", "SCRAM-MD5$5000:QSXCR+Q6sek8bf92$a:b"}, scramExamples...) {
		_, _ = h.compare(stored, "wrong")
	}
	if got := h.scram.missing(work{}); got[scramSHA1] != 4096 || got[scramSHA256] != 4096 {
		t.Errorf("%v", got)
	}
}

func TestNewSCRAM(t *testing.T) {
	h, err := newHasher(bcrypt.MinCost, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("a", 100)
	stored, err := newSCRAM(long, rand.Reader)
	if err != nil || checkHash(stored, leastWork{bcrypt.MinCost, 1}) != nil {
		t.Fatalf("%s, %v", stored, err)
	}
	for password, want := range map[string]bool{long: true, long + "a": false, long[:72]: false, "": false} {
		if got, err := h.compare(stored, password); got != want || err != nil {
			t.Errorf("%d letters: %v, %v", len(password), got, err)
		}
	}
	if h.stale(stored, long) {
		t.Error("bcrypt would read the beginning alone")
	}
	if again, err := newSCRAM(long, rand.Reader); err != nil || again == stored {
		t.Errorf("without a salt of its own: %s, %v", again, err)
	}
	if _, err := newSCRAM(long, strings.NewReader("short")); err == nil {
		t.Error("made without random bytes")
	}
}

// What is weaker than any server should have it needs somebody to insist, and what is
// much longer than Prosody's is none of Prosody's.
func TestSCRAMBounds(t *testing.T) {
	few := strings.Replace(scramExamples[0], "4096", "4095", 1)
	if err := checkHash(few, leastWork{MinBcryptCost, minSCRAMIterations}); err == nil || !strings.Contains(err.Error(), "4096 iterations; allow_weak") {
		t.Error(err)
	}
	if err := checkHash(few, leastWork{bcrypt.MinCost, 1}); err != nil {
		t.Error(err)
	}
	long := strings.Replace(scramExamples[0], "QSXCR+Q6sek8bf92", strings.Repeat("QSXC", 86), 1)
	if err := checkHash(long, leastWork{bcrypt.MinCost, 1}); err == nil {
		t.Error("a salt of 258 bytes was taken")
	}
}

// The ServerKey of the examples of the RFCs comes out as well.
func TestDerive(t *testing.T) {
	for _, stored := range scramExamples {
		r, err := parseSCRAM(stored)
		if err != nil {
			t.Fatal(err)
		}
		of := r
		if err := of.derive("pencil"); err != nil || string(of.storedKey) != string(r.storedKey) || string(of.serverKey) != string(r.serverKey) {
			t.Errorf("%s: %+v, %v", stored, of, err)
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
		strings.Replace(good, "D+CSWLOshSulAsxiupA+qs2/fTE=", "D+CSWLOshSul", 1),
		good + ":", good + "$x",
	} {
		if err := checkHash(stored, leastWork{bcrypt.MinCost, 1}); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s may be imported: %v", stored, err)
		}
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
		if err == nil && (r.iterations < 1 || r.iterations > maxSCRAMIterations || len(r.salt) == 0 || len(r.storedKey) != scramHashes[r.scheme]().Size()) {
			t.Errorf("%q was read as %+v", stored, r)
		}
	})
}
