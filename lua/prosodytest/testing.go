package prosodytest

import (
	"context"
	"errors"
	"os"
	"testing"
)

// EachVersion runs f as a subtest for each of Versions.
func EachVersion(t *testing.T, f func(t *testing.T, v Version)) {
	t.Helper()
	for _, v := range Versions {
		t.Run("prosody-"+string(v), func(t *testing.T) { f(t, v) })
	}
}

// StartTest is Start for a test: it stops the server when the test ends and prints the
// end of its log when the test failed. Where Prosody isn't installed the test is
// skipped with the reason, or fails if JITSIAUTH_REQUIRE_PROSODY=1 is set.
func StartTest(t testing.TB, c Config) *Server {
	t.Helper()
	// Not t.Context: it ends before the clean-up functions, which may still want the
	// server.
	s, err := Start(context.Background(), c)
	if errors.Is(err, ErrNotInstalled) && os.Getenv("JITSIAUTH_REQUIRE_PROSODY") != "1" {
		t.Skipf("skipped: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the end of the log of prosody %s:\n%s", c.Version, s.log.tail(80))
		}
		if err := s.Stop(); err != nil {
			t.Errorf("prosody %s: %v", c.Version, err)
		}
	})
	return s
}
