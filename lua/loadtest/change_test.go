package loadtest_test

import (
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// BenchmarkChange disables and enables an account that the service recognises
// without hashing, again and again, and looks what the next login says.
func BenchmarkChange(b *testing.B) {
	s := newService(b, jitsiauth.Options{})
	s.add(b, 1)
	jid, err := s.ParseJID("user0")
	if err != nil {
		b.Fatal(err)
	}
	question := questionOf("user0", password, address(1))
	login := func() string { return outcome(b.Context(), client, s.url, s.token, question) }
	if got := login(); got != "ok" {
		b.Fatal(got)
	}
	user, err := s.GetByJID(b.Context(), jid)
	if err != nil {
		b.Fatal(err)
	}
	changes, seen := 0, 0
	for end := time.Now().Add(span(.3)); changes == 0 || time.Now().Before(end); changes++ {
		disabled, want := changes%2 == 0, "ok"
		if disabled {
			want = "disabled"
		}
		if _, err := s.Update(b.Context(), user.ID, jitsiauth.UserChange{Disabled: &disabled}); err != nil {
			b.Fatal(err)
		}
		if login() == want {
			seen++
		}
	}
	row(b, "change acknowledged → the next login over HTTP sees it (disabled and enabled again, password known without hashing)", "always",
		seen == changes, "%d of %d", seen, changes)
	if seen != changes {
		b.Error("a login saw what had been before the change")
	}
}
