package loadtest_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	authclient "github.com/jitsiauth/server/authsvc/client"
)

// importFile writes accounts in the order in which they were made, so in any order
// of names, with the fields that "jitsiauth export --hashes" prints.
func importFile(b *testing.B, users int, kind string) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "accounts."+kind)
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	out, hash, made := bufio.NewWriter(file), string(hashOf(b)), time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	if kind == "csv" {
		fmt.Fprintln(out, "id,jid,display_name,email,role,disabled,state,valid_until,created_at,password_changed_at,password_hash")
	}
	for n := range users {
		at := made.Add(time.Duration(n) * time.Millisecond)
		u := api.ExportedUser{
			ID: fmt.Sprintf("%08x-%04x-7000-8000-%012x", at.UnixMilli()>>16, at.UnixMilli()&0xffff, n), JID: fmt.Sprintf("user%07d@meet.jitsi", anywhere(n)),
			DisplayName: fmt.Sprint("Some Body ", n), Email: fmt.Sprintf("user%07d@mail.example", n), Role: "user", State: "active",
			CreatedAt: at, UpdatedAt: at, PasswordChangedAt: at, PasswordHash: hash,
		}
		if kind == "csv" {
			stamp := at.Format(time.RFC3339Nano)
			fmt.Fprintf(out, "%s,%s,%s,%s,user,false,active,,%s,%s,%s\n", u.ID, u.JID, u.DisplayName, u.Email, stamp, stamp, hash)
		} else if err := json.NewEncoder(out).Encode(u); err != nil {
			b.Fatal(err)
		}
	}
	if err := out.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

// bringIn runs "jitsiauth import" and returns how many accounts came in a second, and
// the most memory that the service had meanwhile (RssAnon; 0 where none tells).
func (p *program) bringIn(b *testing.B, users int, kind string) (perSecond float64, most int64) {
	b.Helper()
	path := importFile(b, users, kind)
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		for {
			if rss, ok := rssAnon(p.PID()); ok {
				most = max(most, rss)
			}
			select {
			case <-done:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	})
	start := time.Now()
	_, problems, err := p.CLI(b.Context(), "", "import", path)
	took := time.Since(start)
	close(done)
	watching.Wait()
	if err != nil || !strings.HasPrefix(problems, fmt.Sprint(users, " created, ")) {
		b.Fatalf("%v: %s", err, problems)
	}
	return float64(users) / took.Seconds(), most
}

// BenchmarkImport is "jitsiauth import" of accounts with their hashes, and a service
// that is new: two processes, the unix socket between them, and the file.
func BenchmarkImport(b *testing.B) {
	few, many := 250_000, 1_000_000
	if *seconds < 10 {
		few, many = max(1000, int(25_000**seconds)), max(4000, int(100_000**seconds))
	}
	for _, kind := range []string{"ndjson", "csv"} {
		_, small := newProgram(b).bringIn(b, few, kind)
		perSecond, large := newProgram(b).bringIn(b, many, kind)
		what := fmt.Sprintf("`jitsiauth import` of %d hashed records in any order of names, %s: ", many, strings.ToUpper(kind))
		row(b, what+"from the command's start to its end", "≥ 50,000/s", perSecond >= 50_000, "%.0f/s", perSecond)
		if small > 0 {
			row(b, fmt.Sprintf("%smost memory of the service (RssAnon) ÷ that of %d records", what, few), "≤ 1.5",
				float64(large) <= 1.5*float64(small), "%.2f (%s and %s)", float64(large)/float64(small), mb(large), mb(small))
		}
	}
}

// BenchmarkImportOthers is somebody who changes an account while many are imported.
func BenchmarkImportOthers(b *testing.B) {
	p := newProgram(b)
	p.add(b, 1)
	c, err := authclient.New(authclient.Options{Server: "unix:" + filepath.Join(p.Dir, "run", "jitsiauth.sock")})
	if err != nil {
		b.Fatal(err)
	}
	var took []time.Duration
	done := make(chan struct{})
	var changing sync.WaitGroup
	changing.Go(func() {
		for n := 0; ; n++ {
			start := time.Now()
			if _, err := c.UpdateUser(b.Context(), "user0@meet.jitsi", api.UserPatch{Note: api.Some(fmt.Sprint(n))}); err != nil {
				b.Error(err)
				return
			}
			took = append(took, time.Since(start))
			select {
			case <-done:
				return
			case <-time.After(rand.N(20 * time.Millisecond)):
			}
		}
	})
	users := max(5000, int(50_000*min(*seconds, 10)))
	perSecond, _ := p.bringIn(b, users, "ndjson")
	close(done)
	changing.Wait()
	row(b, fmt.Sprintf("one who changes an account over the API while `jitsiauth import` brings %d hashed records in any order of names", users), noBound, true,
		"p50 %s, p99 %s, longest %s of %d; the import %.0f/s", ms(percentile(took, 50)), ms(percentile(took, 99)), ms(percentile(took, 100)), len(took), perSecond)
}
