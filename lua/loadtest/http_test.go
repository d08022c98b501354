package loadtest_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/gin-gonic/gin"

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
	path       string // of the file
}

// size is that of the file.
func (s *service) size(b *testing.B) int64 {
	b.Helper()
	info, err := os.Stat(s.path)
	if err != nil {
		b.Fatal(err)
	}
	return info.Size()
}

func newService(b *testing.B, opts jitsiauth.Options) *service {
	b.Helper()
	dir := b.TempDir()
	log, err := os.Create(filepath.Join(dir, "serve.log"))
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(dir, "jitsiauth.db")
	store, err := boltstore.Open(path, nil)
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
	return &service{Service: svc, url: server.URL, token: token, path: path}
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

// client keeps as many connections as anything here has open at once.
var client = &http.Client{Timeout: loginTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: 1024}}

// ask sends a question to an address and returns the status, and the verdict if
// that is 200.
func ask(ctx context.Context, c *http.Client, url, token string, body []byte) (status int, verdict []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/auth/verify", bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := c.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	verdict, err = io.ReadAll(response.Body)
	return response.StatusCode, verdict, err
}

// outcome asks and says what came of it: "ok", "wrong", "disabled", "throttled",
// "overloaded", or what should not come.
func outcome(ctx context.Context, c *http.Client, url, token string, body []byte) string {
	status, verdict, err := ask(ctx, c, url, token, body)
	switch {
	case err != nil:
		return err.Error()
	case status == http.StatusOK && bytes.Contains(verdict, []byte(`"result":"ok"`)):
		return "ok"
	case status == http.StatusOK && bytes.Contains(verdict, []byte(`"result":"bad_credentials"`)):
		return "wrong"
	case status == http.StatusOK && bytes.Contains(verdict, []byte(`"result":"disabled"`)):
		return "disabled"
	case status == http.StatusTooManyRequests:
		return "throttled"
	case status == http.StatusServiceUnavailable:
		return "overloaded"
	}
	return fmt.Sprintf("status %d %s", status, verdict)
}

func questionOf(user, password, source string) []byte {
	return fmt.Appendf(nil, `{"id":"0123456789abcdef0123456789abcdef","username":%q,"domain":"meet.jitsi","password":%q,"source":%q,"proxy":false,"transport":"websocket"}`, user, password, source)
}

// BenchmarkColdHTTP is logins that are all hashed, beside bcrypt alone.
func BenchmarkColdHTTP(b *testing.B) {
	cores := runtime.GOMAXPROCS(0)
	p := newProgram(b, fmt.Sprint("JITSIAUTH_HASHERS=", cores), "JITSIAUTH_LOGIN_CACHE=false")
	p.add(b, 4*cores)
	hash := hashOf(b)
	var rounds []round
	for range turns(5) {
		raw := rawBcrypt(hash, cores, span(.5))
		ours := rate(2*cores, span(.5), func(worker, n int) bool {
			user := fmt.Sprint("user", worker*2+n%2) // nobody shares a hash
			return good(b, outcome(b.Context(), client, p.url, p.token, questionOf(user, password, address(worker))))
		})
		rounds = append(rounds, round{ours, raw})
	}
	r := median(rounds)
	row(b, "cold logins/s over HTTP ÷ raw `bcrypt.CompareHashAndPassword`/s, hashers = cores", "≥ 0.97", r.ratio() >= .97,
		"%.3f (%.2f of %.2f/s)", r.ratio(), r.ours, r.other)
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
// The caller asks one after another over a connection that it keeps.
func BenchmarkWarmHTTP(b *testing.B) {
	s := newService(b, jitsiauth.Options{})
	s.add(b, 1)
	bare := bareGin(b)
	question := questionOf("user0", password, address(1))
	send := func(url string) func(int, int) bool {
		return func(int, int) bool { return good(b, outcome(b.Context(), client, url, s.token, question)) }
	}
	send(s.url)(0, 0)
	send(bare)(0, 0)
	var rounds []round
	for range turns(5) {
		plain := rate(1, span(.2), send(bare))
		rounds = append(rounds, round{rate(1, span(.2), send(s.url)), plain})
	}
	r := median(rounds)
	row(b, "warm login over HTTP ÷ a bare gin handler that reads the same JSON, one keep-alive client, all in one process", "≥ 0.7", r.ratio() >= .7,
		"%.3f (%.0f of %.0f/s)", r.ratio(), r.ours, r.other)
}
