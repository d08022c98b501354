package authsvc_test

import (
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/boltstore"
)

// world is a service on a file that can be stopped and started again. Its
// tokens are made once.
type world struct {
	t           testing.TB
	dir         string
	store       *boltstore.Store
	web         *httptest.Server
	secrets     [2]string
	admin, auth *client.Client

	mu  sync.Mutex
	now time.Time
}

func newWorld(t testing.TB) *world {
	dir, err := os.MkdirTemp(t.TempDir(), "world")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, dir: dir, now: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)}
	w.start()
	return w
}

func (w *world) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) wind(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) start() {
	w.t.Helper()
	store, err := boltstore.Open(filepath.Join(w.dir, "x.db"), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	svc, err := jitsiauth.New(store, jitsiauth.Options{
		Domains: []string{"meet.jitsi", "other.example"}, BcryptCost: bcrypt.MinCost, Now: w.Now, Policy: jitsiauth.AnyPassword,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	for i, scope := range []jitsiauth.Scope{jitsiauth.ScopeAdmin, jitsiauth.ScopeAuth} {
		if w.secrets[i] != "" {
			continue
		}
		if _, w.secrets[i], err = svc.CreateToken(w.t.Context(), jitsiauth.NewToken{Name: string(scope), Scopes: []jitsiauth.Scope{scope}}); err != nil {
			w.t.Fatal(err)
		}
	}
	w.store, w.web = store, httptest.NewServer(authsvc.New(svc, authsvc.Options{Now: w.Now}))
	w.admin, w.auth = w.client(w.secrets[0]), w.client(w.secrets[1])
}

func (w *world) client(secret string) *client.Client {
	w.t.Helper()
	c, err := client.New(client.Options{Server: w.web.URL, Token: secret})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// stop also checks that the file is sound.
func (w *world) stop() {
	w.t.Helper()
	w.admin.Close()
	w.auth.Close()
	w.web.Close()
	if err := errors.Join(w.store.Check(w.t.Context()), w.store.Close()); err != nil {
		w.t.Error(err)
	}
}

// remove is for a world that is not needed any more.
func (w *world) remove() {
	w.stop()
	if err := os.RemoveAll(w.dir); err != nil {
		w.t.Error(err)
	}
}
