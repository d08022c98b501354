package lua_test

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// relay stands between Prosody and the service. Undisturbed, it passes
// everything on; with a fault set, it answers as a broken service would.
type relay struct {
	addr string
	lag  atomic.Int64 // nanoseconds that an answer is held back at most, a verdict by a quarter of it

	mu     sync.Mutex
	fault  http.HandlerFunc
	seen   []string // bodies of the questions passed on or not
	behind string   // from where Prosody followed the feed last
	gone   chan struct{}
	server *http.Server
}

func newRelay(t *testing.T, service string) *relay {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{addr: listener.Addr().String(), gone: make(chan struct{})}
	onward := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: service})
	onward.ModifyResponse = func(response *http.Response) error {
		most := r.lag.Load()
		if response.Request.URL.Path == "/auth/verify" {
			most /= 4
		}
		if most > 0 {
			r.wait(response.Request.Context(), time.Duration(rand.Int64N(most)))
		}
		return nil
	}
	onward.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	r.server = &http.Server{
		ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if req.URL.Path != "/auth/verify" { // the feed is a matter of its own; see end_test.go
				r.note(req.URL.Query().Get("after"))
				onward.ServeHTTP(w, req)
				return
			}
			body, _ := io.ReadAll(req.Body)
			req.Body = io.NopCloser(bytes.NewReader(body))
			r.mu.Lock()
			r.seen = append(r.seen, string(body))
			fault := r.fault
			r.mu.Unlock()
			if fault != nil {
				fault(w, req)
				return
			}
			onward.ServeHTTP(w, req)
		}),
	}
	go func() { _ = r.server.Serve(listener) }()
	t.Cleanup(func() {
		close(r.gone)
		_ = r.server.Close()
	})
	return r
}

// breakBy makes the relay answer by itself; nil mends it.
func (r *relay) breakBy(fault http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault = fault
}

// questions are the bodies of what Prosody asked so far.
func (r *relay) questions() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.seen...)
}

func (r *relay) note(position string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.behind = cmp.Or(position, r.behind)
}

// followed is the position in the feed from which Prosody asked last: what stands
// before it has been obeyed.
func (r *relay) followed() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.behind
}

// hang accepts and never answers, until Prosody goes away or the test ends.
func (r *relay) hang(_ http.ResponseWriter, req *http.Request) {
	r.wait(req.Context(), time.Hour)
	panic(http.ErrAbortHandler)
}

// slow answers rightly, but late.
func (r *relay) slow(after time.Duration, answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		r.wait(req.Context(), after)
		answer(w, req)
	}
}

func (r *relay) wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-r.gone:
	case <-time.After(d):
	}
}

// raw answers with these bytes and closes the connection.
func raw(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = conn.Write([]byte(text))
		_ = conn.Close()
	}
}

// says answers with a status and a body, as JSON.
func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}
