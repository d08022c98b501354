package jitsiauth

import (
	"crypto/rand"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/jitsiauth/internal/costbound"
)

func init() { costbound.Min = bcrypt.MinCost }

// counted returns a hasher that adds up the rounds of its comparisons.
func counted(t *testing.T, cost int) (*hasher, *int) {
	t.Helper()
	h, err := newHasher(cost, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rounds := new(int)
	h.fits = func(hash, password []byte) error {
		c, err := bcrypt.Cost(hash)
		if err != nil {
			t.Errorf("a comparison with something that is no hash: %v", err)
		}
		*rounds += 1 << c
		return bcrypt.CompareHashAndPassword(hash, password)
	}
	return h, rounds
}

// countedSCRAM has h find both kinds of records, and returns the iterations that
// it then wastes on each, to be cleared.
func countedSCRAM(h *hasher) map[string]int {
	h.scram.raise(scramSHA1, scramIterations)
	h.scram.raise(scramSHA256, 2*scramIterations)
	wasted := map[string]int{}
	h.wasteSCRAM = func(scheme string, iterations int, password string) {
		wasted[scheme] += iterations
		wasteSCRAM(scheme, iterations, password)
	}
	return wasted
}

func hashAt(t *testing.T, cost int, password string) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), cost)
	if err != nil {
		t.Fatal(err)
	}
	return string(hash)
}

func TestEveryNoCostsTheSame(t *testing.T) {
	const target = 8
	for _, test := range []struct {
		name   string
		stored string
		rounds int
	}{
		{"unknown name", "", 1 << target},
		{"record at the target", hashAt(t, target, "right"), 1 << target},
		{"record of cost 4", hashAt(t, 4, "right"), 1 << target},
		{"record of cost 7", hashAt(t, 7, "right"), 1 << target},
		{"record above the target", hashAt(t, 9, "right"), 1 << 9},
		{"SCRAM-SHA-1", scramExamples[0], 1 << target},
		{"SCRAM-SHA-256", scramExamples[1], 1 << target},
	} {
		t.Run(test.name, func(t *testing.T) {
			h, rounds := counted(t, target)
			iterations := countedSCRAM(h)
			for _, password := range []string{"wrong", strings.Repeat("wrong", 200)} {
				*rounds = 0
				clear(iterations)
				if r, err := parseSCRAM(test.stored); err == nil {
					iterations[r.scheme] = r.iterations // of the comparison itself
				}
				ok, err := h.compare(test.stored, password)
				if ok || err != nil {
					t.Fatalf("compare = %v, %v; want a plain no", ok, err)
				}
				if *rounds != min(test.rounds, 1<<target) && len(password) > MaxPasswordBytes || *rounds != test.rounds && len(password) < MaxPasswordBytes {
					t.Errorf("the no to %d letters cost %d rounds, want %d", len(password), *rounds, test.rounds)
				}
				if iterations[scramSHA1] != scramIterations || iterations[scramSHA256] != 2*scramIterations {
					t.Errorf("the no to %d letters cost %v of SCRAM", len(password), iterations)
				}
			}
		})
	}
}

func TestCompare(t *testing.T) {
	h, _ := counted(t, 5)
	hash := hashAt(t, 5, "right")
	for _, test := range []struct {
		name, stored, password string
		ok, failure            bool
	}{
		{"right", hash, "right", true, false},
		{"right, lower cost", hashAt(t, 4, "right"), "right", true, false},
		{"right, higher cost", hashAt(t, 6, "right"), "right", true, false},
		{"$2b$", "$2b$" + hash[4:], "right", true, false},
		{"$2y$", "$2y$" + hash[4:], "right", true, false},
		{"wrong", hash, "wrong", false, false},
		{"case matters", hash, "Right", false, false},
		{"no hash fits nothing", "", "", false, false},
		{"72 bytes", hashAt(t, 4, strings.Repeat("a", 72)), strings.Repeat("a", 72), true, false},
		{"73 bytes, which bcrypt would take", hashAt(t, 4, strings.Repeat("a", 72)), strings.Repeat("a", 73), false, false},
		{"unknown format", "{SHA}abc", "abc", false, true},
		{"another bcrypt", "$2x$" + hash[4:], "right", false, true},
		{"cut short", hash[:30], "right", false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			ok, err := h.compare(test.stored, test.password)
			if ok != test.ok || (err != nil) != test.failure {
				t.Errorf("compare = %v, %v; want %v, failure %v", ok, err, test.ok, test.failure)
			}
		})
	}
}

func TestStale(t *testing.T) {
	h, _ := counted(t, 5)
	for cost, want := range map[int]bool{4: true, 5: false, 6: false} {
		if got := h.stale(hashAt(t, cost, "x"), "x"); got != want {
			t.Errorf("stale at cost %d = %v, want %v", cost, got, want)
		}
	}
}

func TestCostBounds(t *testing.T) {
	costbound.Min = MinBcryptCost
	defer func() { costbound.Min = bcrypt.MinCost }()
	for cost, ok := range map[int]bool{0: true, 9: false, 10: true, 14: true, 15: false, -1: false, 31: false} {
		if _, err := newHasher(cost, rand.Reader); (err == nil) != ok {
			t.Errorf("cost %d: error %v, want accepted %v", cost, err, ok)
		}
	}
}

// bcrypt.CompareHashAndPassword ignores what follows byte 72. If that ever
// changes, MaxPasswordBytes can be looked at again.
func TestBcryptIgnoresWhatFollowsByte72(t *testing.T) {
	long := strings.Repeat("a", MaxPasswordBytes)
	if err := bcrypt.CompareHashAndPassword([]byte(hashAt(t, 4, long)), []byte(long+"X")); err != nil {
		t.Errorf("bcrypt reads more than %d bytes now: %v", MaxPasswordBytes, err)
	}
}
