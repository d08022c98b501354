package loadtest_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// refusedLogins are those that must take the same time, with the record of the
// account and whether it is disabled.
var refusedLogins = []struct {
	kind     string
	record   func(b *testing.B) string // nil: there is no account
	disabled bool
}{
	{"wrong password", bcryptAt(jitsiauth.DefaultBcryptCost), false},
	{"unknown name", nil, false},
	{"disabled, wrong password", bcryptAt(jitsiauth.DefaultBcryptCost), true},
	{"hash of cost 10", bcryptAt(10), false},
	{"record of SCRAM-SHA-1", scramSHA1, false},
	{"record of SCRAM-SHA-256", scramSHA256, false},
}

func bcryptAt(cost int) func(*testing.B) string {
	return func(b *testing.B) string {
		hash, err := bcrypt.GenerateFromPassword([]byte(password), cost)
		if err != nil {
			b.Fatal(err)
		}
		return string(hash)
	}
}

// scramSHA1 and scramSHA256 have the iterations that Prosody makes; their password
// is nobody's.
func scramSHA1(*testing.B) string {
	return "SCRAM-SHA-1$10000:QSXCR+Q6sek8bf92$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:D+CSWLOshSulAsxiupA+qs2/fTE="
}

func scramSHA256(*testing.B) string {
	return "SCRAM-SHA-256$10000:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
}

// BenchmarkTiming compares how long refused logins take: can one who measures
// tell an account that exists from one that doesn't? Each login is at a name and
// from a source of its own, so that no throttle and no memory is in the way.
func BenchmarkTiming(b *testing.B) {
	rounds := max(3, int(*seconds*4))
	store := memstore.New()
	svc, err := jitsiauth.New(store, jitsiauth.Options{})
	if err != nil {
		b.Fatal(err)
	}
	names := make([][]string, len(refusedLogins))
	for i, login := range refusedLogins {
		names[i] = addAccounts(b, store, fmt.Sprint("kind", i), rounds, login.record, login.disabled)
	}
	took := make([][]time.Duration, len(refusedLogins))
	for round := range rounds {
		for i := range refusedLogins { // in turn, as the machine's speed drifts
			source := netip.AddrFrom4([4]byte{10, byte(i), byte(round >> 8), byte(round)})
			start := time.Now()
			_, err := svc.Verify(b.Context(), jitsiauth.Attempt{Username: names[i][round], Password: "wrong password", Source: source})
			took[i] = append(took[i], time.Since(start))
			if err != jitsiauth.ErrBadCredentials { //nolint:errorlint // exactly that
				b.Fatal(err)
			}
		}
	}
	standard := percentile(took[0], 50)
	for i, login := range refusedLogins[1:] {
		ratio := float64(percentile(took[i+1], 50)) / float64(standard)
		told := toldApart(took[0], took[i+1])
		row(b, "time of a refusal, "+login.kind+" ÷ "+refusedLogins[0].kind+" (how often a guess from one measurement would be right; 50 % is chance)",
			"0.97–1.03, ≤ 65 %", ratio > .97 && ratio < 1.03 && told <= .65, "%.3f (%s and %s), %.0f %% of %d", ratio,
			ms(percentile(took[i+1], 50)), ms(standard), 100*told, rounds)
	}
}

// addAccounts returns the names of n accounts, which are not made where record
// is nil.
func addAccounts(b *testing.B, store jitsiauth.Store, prefix string, n int, record func(*testing.B) string, disabled bool) (names []string) {
	b.Helper()
	hash := ""
	if record != nil {
		hash = record(b)
	}
	for i := range n {
		name := fmt.Sprint(prefix, "-", i)
		names = append(names, name)
		if record == nil {
			continue
		}
		jid, err := jitsiauth.NewJID(name, jitsiauth.DefaultDomain)
		if err != nil {
			b.Fatal(err)
		}
		u := jitsiauth.User{JID: jid, Role: jitsiauth.RoleUser, Disabled: disabled, Revision: 1, CredentialRevision: 1}
		copy(u.ID[:], name)
		if err := store.CreateUser(b.Context(), jitsiauth.Record{User: u, PasswordHash: hash}, jitsiauth.Change{Action: jitsiauth.UserCreated, JID: jid}); err != nil {
			b.Fatal(err)
		}
	}
	return names
}

// toldApart is how often one who gets a measurement of each kind, and calls the
// longer one that of a kind, is right, at best (the area under the ROC curve).
func toldApart(a, b []time.Duration) float64 {
	longer := 0.
	for _, x := range a {
		for _, y := range b {
			switch {
			case x > y:
				longer++
			case x == y:
				longer += .5
			}
		}
	}
	share := longer / float64(len(a)*len(b))
	return max(share, 1-share)
}
