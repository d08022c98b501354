package authsvc_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
	_ "github.com/jitsiauth/server/jitsiauth/lowcost"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// patience is far beyond every deadline of the server.
const patience = 60 * time.Second

const password = "correct horse battery"

// logBuffer is a log that tests read.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// hookedStore asks hook before each of the methods that the tests break.
type hookedStore struct {
	jitsiauth.Store
	mu   sync.Mutex
	hook func(method string) error
}

func (s *hookedStore) set(hook func(method string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hook = hook
}

func (s *hookedStore) ask(method string) error {
	s.mu.Lock()
	hook := s.hook
	s.mu.Unlock()
	if hook == nil {
		return nil
	}
	return hook(method)
}

func (s *hookedStore) User(ctx context.Context, id jitsiauth.ID) (jitsiauth.Record, error) {
	if err := s.ask("User"); err != nil {
		return jitsiauth.Record{}, err
	}
	return s.Store.User(ctx, id)
}

func (s *hookedStore) UserByJID(ctx context.Context, jid jitsiauth.JID) (jitsiauth.Record, error) {
	if err := s.ask("UserByJID"); err != nil {
		return jitsiauth.Record{}, err
	}
	return s.Store.UserByJID(ctx, jid)
}

func (s *hookedStore) ListUsers(ctx context.Context, q jitsiauth.ListQuery) ([]jitsiauth.Record, jitsiauth.JID, bool, error) {
	if err := s.ask("ListUsers"); err != nil {
		return nil, jitsiauth.JID{}, false, err
	}
	return s.Store.ListUsers(ctx, q)
}

func (s *hookedStore) CreateUser(ctx context.Context, r jitsiauth.Record, c jitsiauth.Change) error {
	if err := s.ask("CreateUser"); err != nil {
		return err
	}
	return s.Store.CreateUser(ctx, r, c)
}

func (s *hookedStore) KnownSources(ctx context.Context, id jitsiauth.ID) ([]jitsiauth.KnownSource, error) {
	if err := s.ask("KnownSources"); err != nil {
		return nil, err
	}
	return s.Store.KnownSources(ctx, id)
}

func (s *hookedStore) TokenByHash(ctx context.Context, hash [32]byte) (jitsiauth.Token, error) {
	if err := s.ask("TokenByHash"); err != nil {
		return jitsiauth.Token{}, err
	}
	return s.Store.TokenByHash(ctx, hash)
}

func (s *hookedStore) ListChanges(ctx context.Context, after jitsiauth.Position, limit int) ([]jitsiauth.Change, error) {
	if err := s.ask("ListChanges"); err != nil {
		return nil, err
	}
	return s.Store.ListChanges(ctx, after, limit)
}

func (s *hookedStore) Head(ctx context.Context) (jitsiauth.Position, error) {
	if err := s.ask("Head"); err != nil {
		return jitsiauth.Position{}, err
	}
	return s.Store.Head(ctx)
}

// Unwrap returns the store inside, for what that can do besides.
func (s *hookedStore) Unwrap() jitsiauth.Store { return s.Store }

// Backup is that of the store inside, if it has one.
func (s *hookedStore) Backup(ctx context.Context, c jitsiauth.Change) (*jitsiauth.Backup, error) {
	inside, ok := s.Store.(jitsiauth.Backuper)
	if !ok {
		return nil, jitsiauth.ErrNoBackup
	}
	if err := s.ask("Backup"); err != nil {
		return nil, err
	}
	return inside.Backup(ctx, c)
}

// bench is a running service.
type bench struct {
	t      testing.TB
	store  *hookedStore
	svc    *jitsiauth.Service
	server *authsvc.Server
	url    string
	log    *logBuffer
	wire   *contract // carries all requests

	mu  sync.Mutex
	now time.Time
}

func (b *bench) Now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) wind(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func newBench(t testing.TB) *bench { return newBenchOn(t, memstore.New(), authsvc.Options{}) }

// newBenchOn lets any password be set; policy_test.go is about policies.
func newBenchOn(t testing.TB, store jitsiauth.Store, opts authsvc.Options) *bench {
	t.Helper()
	return newBenchWith(t, store, jitsiauth.AnyPassword, opts)
}

// newBenchWith also holds the log of the whole test to the rule that it has no
// passwords and no tokens in it.
func newBenchWith(t testing.TB, store jitsiauth.Store, policy jitsiauth.Policy, opts authsvc.Options) *bench {
	t.Helper()
	b := &bench{t: t, store: &hookedStore{Store: store}, log: new(logBuffer), wire: newContract(t), now: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)}
	var err error
	b.svc, err = jitsiauth.New(b.store, jitsiauth.Options{
		Domains: []string{"meet.jitsi", "other.example"}, BcryptCost: bcrypt.MinCost, Now: b.Now, Policy: policy,
	})
	if err != nil {
		t.Fatal(err)
	}
	opts.Logger = slog.New(slog.NewJSONHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	opts.Now = b.Now
	b.server = authsvc.New(b.svc, opts)
	web := httptest.NewUnstartedServer(b.server)
	web.Config = b.server.HTTPServer()
	web.Start()
	b.url = web.URL
	t.Cleanup(func() {
		b.store.set(nil)
		web.Close()
		for _, secret := range []string{password, strings.ReplaceAll(password, " ", "+"), "horse", jitsiauth.TokenPrefix} {
			if strings.Contains(b.log.String(), secret) {
				t.Errorf("the log holds the secret %q", secret)
			}
		}
	})
	return b
}

// secret makes a token with the scopes.
func (b *bench) secret(scopes ...jitsiauth.Scope) string { return b.boundSecret(nil, scopes...) }

func (b *bench) boundSecret(domains []string, scopes ...jitsiauth.Scope) string {
	b.t.Helper()
	id, err := b.svc.NewTokenSecret()
	if err != nil {
		b.t.Fatal(err)
	}
	name := "t" + strings.ToLower(id[len(jitsiauth.TokenPrefix):][:12])
	_, secret, err := b.svc.CreateToken(b.t.Context(), jitsiauth.NewToken{Name: name, Scopes: scopes, Domains: domains})
	if err != nil {
		b.t.Fatal(err)
	}
	return secret
}

// client returns a client whose token has the scopes.
func (b *bench) client(scopes ...jitsiauth.Scope) *client.Client {
	b.t.Helper()
	return b.clientWith(b.secret(scopes...))
}

func (b *bench) clientWith(secret string) *client.Client {
	b.t.Helper()
	c, err := client.New(client.Options{Server: b.url, Token: secret, Transport: b.wire})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(c.Close)
	return c
}

// addUser makes an account with the password of the tests.
func (b *bench) addUser(jid string, change ...func(*jitsiauth.NewUser)) jitsiauth.User {
	b.t.Helper()
	parsed, err := jitsiauth.ParseJID(jid)
	if err != nil {
		b.t.Fatal(err)
	}
	n := jitsiauth.NewUser{JID: parsed, Password: password}
	for _, f := range change {
		f(&n)
	}
	u, err := b.svc.Create(b.t.Context(), n)
	if err != nil {
		b.t.Fatal(err)
	}
	return u
}

// reply is an answer that was read.
type reply struct {
	*http.Response
	body string
}

func (r reply) problem(t testing.TB) api.Problem {
	t.Helper()
	var p api.Problem
	if got := r.Header.Get("Content-Type"); got != api.ProblemType {
		t.Errorf("status %d with Content-Type %q: %s", r.StatusCode, got, r.body)
	}
	if err := json.Unmarshal([]byte(r.body), &p); err != nil {
		t.Errorf("%v in %q", err, r.body)
	}
	if p.Status != r.StatusCode || p.Code == "" || p.Detail == "" || p.Title == "" || p.RequestID != r.Header.Get("X-Request-Id") {
		t.Errorf("incomplete problem: %s", r.body)
	}
	return p
}

// send sends a request without the client. headers are names and values by
// turns.
func (b *bench) send(method, path, secret, body string, headers ...string) reply {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if secret != "" {
		request.Header.Set("Authorization", "Bearer "+secret)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := (&http.Client{Transport: b.wire}).Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return reply{Response: response, body: string(text)}
}

// snapshot returns all that is stored, to see that nothing changed.
func (b *bench) snapshot() string {
	b.t.Helper()
	page, err := b.svc.List(b.t.Context(), jitsiauth.ListQuery{Limit: jitsiauth.MaxPage})
	if err != nil {
		b.t.Fatal(err)
	}
	tokens, err := b.svc.Tokens(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	head, err := b.store.Head(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	all, err := json.Marshal([]any{page, tokens, head})
	if err != nil {
		b.t.Fatal(err)
	}
	return string(all)
}
