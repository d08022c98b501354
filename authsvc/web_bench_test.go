package authsvc_test

import (
	"encoding/base64"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/boltstore"
)

// BenchmarkUsersPage opens the list of accounts, as a whole page over HTTP: its
// beginning, its middle, and a search that finds one near the beginning. A page of a
// million must cost what one of a hundred costs (both show fifty).
//
//	go test ./authsvc -run '^$' -bench UsersPage
func BenchmarkUsersPage(b *testing.B) {
	for _, n := range []int{10, 100, 1_000_000} {
		w := manyUsers(b, n)
		middle := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "user%07d@meet.jitsi", n/2))
		for _, view := range []struct{ name, query string }{
			{"first", ""},
			{"middle", "?cursor=" + middle},
			{"search", "?q=" + url.QueryEscape("user0000007")},
		} {
			b.Run(fmt.Sprintf("%d/%s", n, view.name), func(b *testing.B) {
				for b.Loop() {
					if got := w.get("/accounts/users" + view.query); got.StatusCode != http.StatusOK || !strings.Contains(got.body, "user0") {
						b.Fatal(got.StatusCode, got.body)
					}
				}
			})
		}
	}
}

// manyUsers returns a browser of an administrator of n accounts, user0000000 and on.
func manyUsers(b *testing.B, n int) *browser {
	b.Helper()
	store, err := boltstore.Open(filepath.Join(b.TempDir(), "x.db"), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	many := newBenchOn(b, store, authsvc.Options{})
	many.person("root", jitsiauth.RoleAdmin)
	const hash = "$2a$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW"
	var lines iter.Seq2[jitsiauth.ImportLine, error] = func(yield func(jitsiauth.ImportLine, error) bool) {
		for i := range n {
			jid, err := jitsiauth.NewJID(fmt.Sprintf("user%07d", i), "meet.jitsi")
			if !yield(jitsiauth.ImportLine{Line: i + 1, JID: jid, PasswordHash: hash}, err) {
				return
			}
		}
	}
	for _, err := range many.svc.Import(b.Context(), lines, jitsiauth.ImportOptions{}) {
		if err != nil {
			b.Fatal(err)
		}
	}
	w := many.browser()
	w.logIn("root")
	return w
}
