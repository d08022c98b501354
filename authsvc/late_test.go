package authsvc_test

import (
	"context"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// A handler that hangs is answered for, under any server, and what it writes
// when it comes back goes nowhere; others are not disturbed.
func TestHangingHandlerIsAnsweredFor(t *testing.T) {
	b := newBench(t)
	b.addUser("alice@meet.jitsi")
	secret := b.secret(jitsiauth.ScopeAuth)
	var server strings.Builder
	plain := httptest.NewUnstartedServer(b.server) // not as HTTPServer sets it up
	plain.Config.ErrorLog = log.New(&server, "", 0)
	plain.Start()
	defer plain.Close()
	release, back := make(chan struct{}), make(chan struct{})
	b.store.set(func(method string) error {
		if method == "UserByJID" {
			<-release
			close(back)
		}
		return nil
	})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, plain.URL+"/auth/verify", strings.NewReader(asJSON(t, question())))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+secret)
	begun := time.Now()
	response, err := b.wire.RoundTrip(request) // held to openapi.yaml
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(begun)
	if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" || !response.Close {
		t.Errorf("%d %v", response.StatusCode, response.Header)
	}
	_ = response.Body.Close()
	if took < 4*time.Second {
		t.Errorf("answered after %v, before the handler's own time was up", took)
	}
	b.waitForLog("request hangs")
	if log := b.log.String(); !strings.Contains(log, response.Header.Get("X-Request-Id")) {
		t.Errorf("the log does not say which request: %s", log)
	}
	b.store.set(nil)
	if got := b.send(http.MethodPost, "/auth/verify", secret, asJSON(t, question())); got.StatusCode != http.StatusOK {
		t.Errorf("another login meanwhile: %d %s", got.StatusCode, got.body)
	}
	close(release)
	<-back
	b.waitForLog(`"status":503`) // the handler's line in the access log
	if log := server.String(); log != "" {
		t.Errorf("the server complains: %s", log)
	}
	if got := b.send(http.MethodPost, "/auth/verify", secret, asJSON(t, question())); got.StatusCode != http.StatusOK {
		t.Errorf("afterwards: %d %s", got.StatusCode, got.body)
	}
}

// tryAt sends a login to a server in front of the service.
func (b *bench) tryAt(client *http.Client, url, secret string) (*http.Response, error) {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, url+"/auth/verify", strings.NewReader(asJSON(b.t, question())))
	if err != nil {
		b.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+secret)
	response, err := client.Do(request)
	if err == nil {
		_ = response.Body.Close()
	}
	return response, err
}

// plainWriter is that of a middleware that can't let go of connections.
type plainWriter struct{ w http.ResponseWriter }

func (p plainWriter) Header() http.Header         { return p.w.Header() }
func (p plainWriter) Write(b []byte) (int, error) { return p.w.Write(b) }
func (p plainWriter) WriteHeader(status int)      { p.w.WriteHeader(status) }

// Where nobody can answer for it, a handler that is late answers itself.
func TestLateHandlerAnswersWhereConnectionsCantBeTaken(t *testing.T) {
	for name, start := range map[string]func(b *bench) *httptest.Server{
		"HTTP/2": func(b *bench) *httptest.Server {
			web := httptest.NewUnstartedServer(b.server)
			web.EnableHTTP2 = true
			web.StartTLS()
			return web
		},
		"a middleware": func(b *bench) *httptest.Server {
			return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.server.ServeHTTP(plainWriter{w}, r) }))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.addUser("alice@meet.jitsi")
			secret := b.secret(jitsiauth.ScopeAuth)
			web := start(b)
			defer web.Close()
			b.store.set(func(method string) error {
				if method == "UserByJID" {
					time.Sleep(4500 * time.Millisecond)
				}
				return nil
			})
			if response, err := b.tryAt(web.Client(), web.URL, secret); err != nil || response.StatusCode/100 == 4 {
				t.Errorf("%v %v", response, err)
			}
		})
	}
}

func TestPanicOfALateHandlerIsLogged(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.addUser("alice@meet.jitsi")
	secret := b.secret(jitsiauth.ScopeAuth)
	b.store.set(func(method string) error {
		if method == "UserByJID" {
			time.Sleep(4500 * time.Millisecond)
			panic("torn page")
		}
		return nil
	})
	if response, err := b.tryAt(http.DefaultClient, b.url, secret); err != nil || response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%v %v", response, err)
	}
	b.waitForLog("torn page")
}

// Serve does not return nil while a handler that was answered for still uses
// the service.
func TestServeWaitsForHandlersThatWereAnsweredFor(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.addUser("alice@meet.jitsi")
	secret := b.secret(jitsiauth.ScopeAuth)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- b.server.Serve(ctx, listener) }()
	release := make(chan struct{})
	b.store.set(func(method string) error {
		if method == "UserByJID" {
			<-release
		}
		return nil
	})
	if response, err := b.tryAt(http.DefaultClient, "http://"+listener.Addr().String(), secret); err != nil || response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%v %v", response, err)
	}
	stop()
	if err := <-served; err == nil {
		t.Error("Serve returned nil, and a handler is still inside the store")
	}
	close(release)
}

// With many handlers hanging, others are refused at once, and say when to come
// again; those that need no store answer still.
func TestHangingHandlersDoNotPileUp(t *testing.T) {
	b := newBench(t)
	secret := b.secret(jitsiauth.ScopeAuth)
	b.server.SetHanging(1000)
	got := b.send(http.MethodPost, "/auth/verify", secret, asJSON(t, question()))
	if got.StatusCode != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	b.server.SetHanging(999)
	if got := b.send(http.MethodPost, "/auth/verify", secret, asJSON(t, question())); got.StatusCode != http.StatusOK {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
}

// Whoever guesses gets no line of the access log each, whatever they send.
func TestRefusedLoginsLeaveNoAccessLine(t *testing.T) {
	b := newBench(t)
	b.addUser("alice@meet.jitsi")
	secret := b.secret(jitsiauth.ScopeAuth)
	for _, typed := range []string{"wrong", strings.Repeat("x", 73), "", "a\x01b"} {
		before := len(b.log.String())
		for range 15 { // throttled in the end
			b.send(http.MethodPost, "/auth/verify", secret, asJSON(t, question(func(q *api.VerifyRequest) { q.Password = typed })))
		}
		if said := b.log.String()[before:]; strings.Contains(said, `"level":"INFO","msg":"request"`) {
			t.Errorf("%.10q: %s", typed, said)
		}
	}
	b.wind(time.Hour)
	b.send(http.MethodPost, "/auth/verify", secret, asJSON(t, question()))
	b.waitForLog(`"level":"INFO","msg":"request"`)
}

// waitForLog waits until the service's log holds the text.
func (b *bench) waitForLog(text string) {
	b.t.Helper()
	for range 500 {
		if strings.Contains(b.log.String(), text) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.t.Errorf("the log does not hold %q: %s", text, b.log.String())
}
