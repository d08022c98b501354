package loadtest_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/boltstore"
)

const password = "correct horse battery"

// service runs in this process, as jitsiauth serve wires it: a file, a log with
// a line for each request, metrics, and Service.Run.
type service struct {
	*jitsiauth.Service
	url, token string
}

func newService(b *testing.B, opts jitsiauth.Options) *service {
	b.Helper()
	dir := b.TempDir()
	log, err := os.Create(filepath.Join(dir, "serve.log"))
	if err != nil {
		b.Fatal(err)
	}
	store, err := boltstore.Open(filepath.Join(dir, "jitsiauth.db"), nil)
	if err != nil {
		b.Fatal(err)
	}
	metrics := authsvc.NewMetrics()
	opts.Logger, opts.ObserveHash = slog.New(slog.NewTextHandler(log, nil)), metrics.ObserveHash
	svc, err := jitsiauth.New(metrics.Store(store), opts)
	if err != nil {
		b.Fatal(err)
	}
	_, token, err := svc.CreateToken(b.Context(), jitsiauth.NewToken{Name: "prosody", Scopes: []jitsiauth.Scope{jitsiauth.ScopeAuth}})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	server.Config = authsvc.New(svc, authsvc.Options{Logger: opts.Logger, Metrics: metrics}).HTTPServer()
	server.Start()
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- svc.Run(ctx) }()
	b.Cleanup(func() {
		server.Close()
		stop()
		if err := <-ran; err != nil {
			b.Error(err)
		}
		if err := store.Close(); err != nil {
			b.Error(err)
		}
		_ = log.Close()
	})
	return &service{Service: svc, url: server.URL, token: token}
}

// add makes n accounts, user0 and so on, with the password above.
func (s *service) add(b *testing.B, n int) {
	b.Helper()
	for i := range n {
		jid, err := s.ParseJID(fmt.Sprint("user", i))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.Create(b.Context(), jitsiauth.NewUser{JID: jid, Password: password}); err != nil {
			b.Fatal(err)
		}
	}
}

// newClient keeps its connections.
func newClient(connections int) *http.Client {
	return &http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: connections,
		DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
	}}
}

// ask sends a question to an address and returns the status.
func ask(ctx context.Context, c *http.Client, url, token string, body []byte) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/auth/verify", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := c.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}

func questionOf(user, password, source string) []byte {
	return fmt.Appendf(nil, `{"id":"0123456789abcdef0123456789abcdef","username":%q,"domain":"meet.jitsi","password":%q,"source":%q,"proxy":false,"transport":"websocket"}`, user, password, source)
}

// rate runs work in so many goroutines for a while and returns how often a second.
func rate(workers int, long time.Duration, work func(worker, n int)) float64 {
	var done atomic.Int64
	var all sync.WaitGroup
	start := time.Now()
	for worker := range workers {
		all.Go(func() {
			for n := 0; time.Since(start) < long; n++ {
				work(worker, n)
				done.Add(1)
			}
		})
	}
	all.Wait()
	return float64(done.Load()) / time.Since(start).Seconds()
}

// BenchmarkColdHTTP is logins that are all hashed, beside bcrypt alone.
func BenchmarkColdHTTP(b *testing.B) {
	cores := runtime.GOMAXPROCS(0)
	s := newService(b, jitsiauth.Options{Hashers: cores, NoLoginCache: true})
	s.add(b, 4*cores)
	hash, err := bcrypt.GenerateFromPassword([]byte(password), jitsiauth.DefaultBcryptCost)
	if err != nil {
		b.Fatal(err)
	}
	client := newClient(2 * cores)
	var ratios []float64
	for range 3 { // in turn, as the machine's speed drifts
		raw := rate(cores, span(.5), func(int, int) { _ = bcrypt.CompareHashAndPassword(hash, []byte(password)) })
		ours := rate(2*cores, span(.5), func(worker, n int) {
			user := fmt.Sprint("user", worker*2+n%2) // nobody shares a hash
			if status, err := ask(b.Context(), client, s.url, s.token, questionOf(user, password, fmt.Sprint("192.0.2.", worker))); err != nil || status != http.StatusOK {
				b.Errorf("status %d, %v", status, err)
			}
		})
		ratios = append(ratios, ours/raw)
		b.Logf("%.2f logins/s, raw bcrypt %.2f/s", ours, raw)
	}
	r := median(ratios)
	row(b, "cold logins/s over HTTP ÷ raw `bcrypt.CompareHashAndPassword`/s, hashers = cores", "≥ 0.97", r >= .97, "%.3f", r)
}

// bareGin reads the same JSON and answers alike.
func bareGin(b *testing.B) string {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.POST("/auth/verify", func(c *gin.Context) {
		var q api.VerifyRequest
		if err := c.ShouldBindJSON(&q); err != nil {
			c.Status(http.StatusBadRequest)
			return
		}
		c.JSON(http.StatusOK, api.VerifyAnswer{ID: q.ID, Result: api.ResultOK, User: &api.VerifiedUser{ID: "0", JID: q.Username}})
	})
	server := httptest.NewServer(engine)
	b.Cleanup(server.Close)
	return server.URL
}

// BenchmarkWarmHTTP is logins that are recognised, beside a bare gin handler.
func BenchmarkWarmHTTP(b *testing.B) {
	cores := runtime.GOMAXPROCS(0)
	s := newService(b, jitsiauth.Options{})
	s.add(b, 1)
	client, bare := newClient(cores), bareGin(b)
	question := questionOf("user0", password, "192.0.2.1")
	send := func(url string) func(int, int) {
		return func(int, int) {
			if status, err := ask(b.Context(), client, url, s.token, question); err != nil || status != http.StatusOK {
				b.Errorf("status %d, %v", status, err)
			}
		}
	}
	send(s.url)(0, 0)
	var ratios []float64
	for range 5 {
		plain := rate(cores, span(.2), send(bare))
		ours := rate(cores, span(.2), send(s.url))
		ratios = append(ratios, ours/plain)
		b.Logf("%.0f logins/s, a bare gin handler %.0f/s", ours, plain)
	}
	r := median(ratios)
	row(b, "warm login over HTTP ÷ a bare gin handler that reads the same JSON, keep-alive client", "≥ 0.7", r >= .7, "%.2f", r)
}
