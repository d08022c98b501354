package boltstore

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
)

// TestRawFilterMissesNothing compares it with what decides, on texts of
// characters that JSON escapes or that fold in odd ways.
func TestRawFilterMissesNothing(t *testing.T) {
	alphabet := []string{"a", "A", "k", "\u212a", "İ", "i", "ß", "ẞ", "É", "e\u0301", "日", "🦊", "\"", "\\", "<", "&", "\n", "\t", "\u2028", "\ufffd", "\x7f", "u", "0", "2"}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same each time
	text := func(most int) string {
		var b strings.Builder
		for range random.IntN(most + 1) {
			b.WriteString(alphabet[random.IntN(len(alphabet))])
		}
		return b.String()
	}
	matches, passed := 0, 0
	const tries = 50_000
	for range tries {
		u := jitsiauth.User{DisplayName: text(8)}
		q := jitsiauth.ListQuery{Text: text(2)}
		value, err := json.Marshal(userRecord{DisplayName: u.DisplayName})
		if err != nil {
			t.Fatal(err)
		}
		passes := rawFilter(q.Text)(value)
		if q.Match(&u) {
			matches++
			if !passes {
				t.Fatalf("%q has %q, but not in %s", u.DisplayName, q.Text, value)
			}
		}
		if passes {
			passed++
		}
	}
	if matches == 0 || passed == tries {
		t.Errorf("%d matches, %d passed of %d", matches, passed, tries)
	}
}

// TestListIndexDamaged: a name without an account is a failure, not a gap.
func TestListIndexDamaged(t *testing.T) {
	s := openTestUnchecked(t)
	r := member(t, 1)
	err := s.update(t.Context(), func(tx txn) error { return tx.names().Put(nameKey(r.JID), r.ID[:]) })
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := s.ListUsers(t.Context(), jitsiauth.ListQuery{}); err == nil || err == jitsiauth.ErrNotFound { //nolint:errorlint // that very one
		t.Errorf("ListUsers: %v", err)
	}
	if _, err := s.UserByJID(t.Context(), r.JID); err == nil || err == jitsiauth.ErrNotFound { //nolint:errorlint // that very one
		t.Errorf("UserByJID: %v", err)
	}
}
