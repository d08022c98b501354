package main

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/boltstore"
	"github.com/jitsiauth/server/lua/servicetest"
)

// TestKilled ends the service by SIGKILL in the middle of changes, several
// times: after each restart every acknowledged change is there, at most the one
// under way came besides, and in the end the file is sound.
func TestKilled(t *testing.T) {
	const writers, rounds, changes = 4, 4, 250
	bin, err := servicetest.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	service := &servicetest.Service{Config: servicetest.Config{Bin: bin, Dir: t.TempDir(), Env: []string{"JITSIAUTH_BCRYPT_COST=10"}}}
	if err := service.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(service.Kill)
	c := adminClient(t, service)
	for i := range writers {
		if _, err := c.CreateUser(t.Context(), api.NewUser{Username: name(i), Generate: true, Note: "0"}); err != nil {
			t.Fatal(err)
		}
	}

	acknowledged := make([]int, writers)
	for range rounds {
		left := atomic.Int64{}
		left.Store(changes + rand.Int64N(changes))
		var writing sync.WaitGroup
		for i := range writers {
			writing.Go(func() { acknowledged[i] = write(t, c, name(i), acknowledged[i], &left) })
		}
		for left.Load() > 0 {
			time.Sleep(time.Millisecond)
		}
		service.Kill()
		writing.Wait()
		if err := service.Start(); err != nil {
			t.Fatal(err)
		}
		for i := range writers {
			acknowledged[i] = compareNote(t, c, name(i), acknowledged[i])
		}
	}
	if err := service.Stop(); err != nil {
		t.Error(err)
	}
	checkFile(t, service.DB(), acknowledged)
}

func name(i int) string { return "writer" + strconv.Itoa(i) }

func adminClient(t *testing.T, service *servicetest.Service) *client.Client {
	t.Helper()
	token, stderr, err := service.CLI(t.Context(), "", "token", "create", "test", "--scope", "admin")
	if err != nil {
		t.Fatal(stderr)
	}
	c, err := client.New(client.Options{Server: "http://" + service.Addr, Token: strings.TrimSpace(token)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// write counts the note of an account up until the service is gone, and returns
// the last number that was acknowledged.
func write(t *testing.T, c *client.Client, name string, from int, left *atomic.Int64) int {
	for {
		_, err := c.UpdateUser(t.Context(), name, api.UserPatch{Note: api.Some(strconv.Itoa(from + 1))})
		if err != nil {
			if left.Load() > 0 {
				t.Errorf("before the kill: %v", err)
				left.Store(0)
			}
			return from
		}
		from++
		left.Add(-1)
	}
}

// compareNote returns the number that the account has now.
func compareNote(t *testing.T, c *client.Client, name string, acknowledged int) int {
	t.Helper()
	u, err := c.User(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	note, err := strconv.Atoi(u.Note)
	if err != nil || note < acknowledged || note > acknowledged+1 || u.Revision != uint64(note)+1 {
		t.Errorf("%s: note %q at revision %d; %d was acknowledged", name, u.Note, u.Revision, acknowledged)
	}
	return note
}

// checkFile looks at the file itself: sound, and one log entry for each change.
func checkFile(t *testing.T, path string, notes []int) {
	t.Helper()
	store, err := boltstore.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	if err := store.Check(t.Context()); err != nil {
		t.Error(err)
	}
	svc, err := jitsiauth.New(store, jitsiauth.Options{})
	if err != nil {
		t.Fatal(err)
	}
	updates := map[string]int{}
	for change, err := range svc.Changes(t.Context(), jitsiauth.Position{}) {
		if err != nil {
			t.Fatal(err)
		}
		if change.Action == jitsiauth.UserUpdated {
			updates[change.JID.Local()]++
		}
	}
	total := 0
	for i, note := range notes {
		total += note
		if updates[name(i)] != note {
			t.Errorf("%d log entries of %s, which counted to %d", updates[name(i)], name(i), note)
		}
	}
	t.Logf("%d changes, each acknowledged before or found after a kill", total)
}
