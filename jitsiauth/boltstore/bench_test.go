package boltstore

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// crowd is how many accounts the benchmarks work with.
const crowd = 100_000

func openCrowd(b *testing.B) (*Store, []jitsiauth.Record) {
	b.Helper()
	s := openTest(b, filepath.Join(b.TempDir(), "crowd.db"))
	accounts := make([]jitsiauth.Record, crowd)
	for i := range accounts {
		accounts[i] = member(b, i)
	}
	bulk(b, s, accounts)
	b.ResetTimer()
	b.ReportAllocs()
	return s, accounts
}

// member returns an account as people have them; names are in another order
// than IDs.
func member(t testing.TB, i int) jitsiauth.Record {
	jid, err := jitsiauth.NewJID(fmt.Sprintf("user%06d", i*7919%1_000_000), "meet.jitsi")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(time.Duration(i) * time.Second)
	r := jitsiauth.Record{
		PasswordHash: "$2a$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
		User: jitsiauth.User{
			JID: jid, DisplayName: fmt.Sprint("Some Body ", i), Email: jid.Local() + "@mail.example", Role: jitsiauth.RoleUser,
			Revision: 1, CredentialRevision: 1, CreatedAt: at, UpdatedAt: at, PasswordChangedAt: at,
		},
	}
	binary.BigEndian.PutUint64(r.ID[:], uint64(at.UnixNano())) //nolint:gosec // positive
	return r
}

func BenchmarkUserByJID(b *testing.B) {
	s, accounts := openCrowd(b)
	for i := 0; b.Loop(); i++ {
		if _, err := s.UserByJID(b.Context(), accounts[i*31%crowd].JID); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUser(b *testing.B) {
	s, accounts := openCrowd(b)
	for i := 0; b.Loop(); i++ {
		if _, err := s.User(b.Context(), accounts[i*31%crowd].ID); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkListPage(b *testing.B) {
	s, accounts := openCrowd(b)
	for i := 0; b.Loop(); i++ {
		page, _, _, err := s.ListUsers(b.Context(), jitsiauth.ListQuery{After: accounts[i*31%crowd].JID, Limit: 100})
		if err != nil || len(page) == 0 {
			b.Fatal(len(page), err)
		}
	}
}

// BenchmarkSearch looks at all accounts for a text that none has.
func BenchmarkSearch(b *testing.B) {
	s, _ := openCrowd(b)
	for b.Loop() {
		q := jitsiauth.ListQuery{Text: "Nobody"}
		for more := true; more; {
			var err error
			if _, q.After, more, err = s.ListUsers(b.Context(), q); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	s, _ := openCrowd(b)
	for b.Loop() {
		if err := s.Check(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCreateUser(b *testing.B) {
	s, _ := openCrowd(b)
	for i := crowd; b.Loop(); i++ {
		if err := s.CreateUser(b.Context(), member(b, i), jitsiauth.Change{Action: jitsiauth.UserCreated}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	s := openTest(b, filepath.Join(b.TempDir(), "one.db"))
	r := member(b, 1)
	bulk(b, s, []jitsiauth.Record{r})
	var value []byte
	err := s.view(b.Context(), func(t txn) error {
		value = append(value, t.users().Get(r.ID[:])...)
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(value)))
	for b.Loop() {
		if _, err := decodeUser(r.ID[:], value); err != nil {
			b.Fatal(err)
		}
	}
}
