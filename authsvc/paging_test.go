package authsvc_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/boltstore"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// A reader of pages sees every account that is there all the while exactly
// once, in order, while others come, change and go around it.
func TestPagesWhileAccountsComeAndGo(t *testing.T) {
	file, err := boltstore.Open(filepath.Join(t.TempDir(), "x.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	})
	for name, store := range map[string]jitsiauth.Store{"memstore": memstore.New(), "boltstore": file} {
		t.Run(name, func(t *testing.T) { testPages(t, store) })
	}
}

func testPages(t *testing.T, store jitsiauth.Store) {
	b := newBenchOn(t, store, authsvc.Options{})
	b.wire.off.Store(true) // it takes most of the time, and the requests are the usual ones
	const lasting = 60
	for i := range lasting {
		b.addUser(fmt.Sprintf("user%02d@%s", i, []string{"meet.jitsi", "other.example"}[i%2]))
	}
	done := make(chan struct{})
	var writers sync.WaitGroup
	for worker := range 2 {
		c := b.client(jitsiauth.ScopeUsersWrite)
		writers.Go(func() { comeAndGo(t, c, worker, done) })
	}
	reader := b.client(jitsiauth.ScopeUsersRead)
	for pass := range 8 {
		seen, last := map[string]int{}, ""
		for user, err := range reader.Users(t.Context(), api.UserQuery{Limit: 2 + 3*pass}) {
			if err != nil {
				t.Fatal(err)
			}
			if key := user.Domain + "\x00" + user.Username; key <= last {
				t.Errorf("%q comes behind %q", key, last)
			} else {
				last = key
			}
			seen[user.Username]++
		}
		for i := range lasting {
			if name := fmt.Sprintf("user%02d", i); seen[name] != 1 {
				t.Errorf("pass %d saw %s %d times", pass, name, seen[name])
			}
		}
	}
	close(done)
	writers.Wait()
}

// comeAndGo makes, changes and removes accounts between and around the lasting
// ones until done.
func comeAndGo(t *testing.T, c *client.Client, worker int, done <-chan struct{}) {
	random := rand.New(rand.NewPCG(uint64(worker), 3))
	for round := 0; ; round++ {
		select {
		case <-done:
			return
		default:
		}
		jid := fmt.Sprintf("user%02d-%d-%d@%s", random.IntN(60), worker, round, []string{"meet.jitsi", "other.example"}[random.IntN(2)])
		if _, err := c.PutUser(t.Context(), jid, api.PutUser{Password: password}); err != nil {
			t.Error(err)
			return
		}
		if _, err := c.UpdateUser(t.Context(), jid, api.UserPatch{Note: api.Some("passing through")}); err != nil {
			t.Error(err)
		}
		if err := c.DeleteUser(t.Context(), jid); err != nil {
			t.Error(err)
		}
	}
}
