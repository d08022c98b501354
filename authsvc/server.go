package authsvc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

// Deadlines and bounds of the server. The body of a request must have come
// within readTimeout; an answer must have gone within writeTimeout, which
// leaves apiTimeout some time for sending.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = apiTimeout + 15*time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 16 << 10
)

// StopTimeout bounds how long Serve waits for running requests when it stops.
const StopTimeout = 8 * time.Second

// Options says how a Server works. The zero value works.
type Options struct {
	// Logger gets a line for each request, and what fails. Default: nobody.
	Logger *slog.Logger
	// Timezone is where a mere date begins and ends. Default: UTC.
	Timezone *time.Location
	// CompatAuth serves the contract of the community module mod_auth_http
	// too, which sends passwords in the URL; see compat.go.
	CompatAuth bool
	// Version is shown by /healthz. Default: not shown.
	Version string
	// TrustedProxies are the networks of reverse proxies whose X-Forwarded-For
	// says where a request came from; everybody else's is ignored. Whoever may
	// connect from such an address can name any source. Default: none.
	TrustedProxies []netip.Prefix
	// PublicURL is where browsers reach Jitsi, as ParsePublicURL returns it: texts
	// that are handed on have it. Default: they leave a place for it.
	PublicURL string
	// PagesURL is where browsers reach the pages, likewise, if they have a host of
	// their own; links that are made get it. Default: PublicURL, and without that
	// links are paths.
	PagesURL string
	// Now is the clock; give it the one of jitsiauth.Options. Default: time.Now.
	Now func() time.Time
	// Metrics are what /metrics shows. Give the ones whose Store and
	// ObserveHash the service has. Default: new ones, without store and hashes.
	Metrics *Metrics
}

// Server is the HTTP face of a Service: an http.Handler. It is safe for
// concurrent use.
type Server struct {
	svc      *jitsiauth.Service
	opts     Options
	log      *slog.Logger
	engine   *gin.Engine
	metrics  *Metrics
	gather   prometheus.Gatherer // of metrics, and of svc
	count    userCount
	sessions sessionBook
	prosodys prosodyBook
	began    time.Time
	web      webSessions
	imports  importBook
	look     *web.Pages
	origins  *http.CrossOriginProtection
	bulk     places
	running  sync.WaitGroup // work that may outlive its request, see await
	backups  chan struct{}  // holds one while a backup is made or sent
	stall    time.Duration  // how long an answer waits for its reader, see send
	trusted  []netip.Prefix // resolved Options.TrustedProxies

	pageRoutes []page // see pages

	proxyWarned atomic.Pointer[time.Time] // when warnOfProxy last spoke
	hanging     atomic.Int64              // handlers that were answered for and have not come back, see limitTime
}

// New returns a Server for the service, which remains the caller's. It sets
// gin's mode, a global variable, to release.
func New(svc *jitsiauth.Service, opts Options) *Server {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Timezone == nil {
		opts.Timezone = time.UTC
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.PagesURL == "" {
		opts.PagesURL = opts.PublicURL
	}
	if opts.Metrics == nil {
		opts.Metrics = NewMetrics()
	}
	s := &Server{
		svc: svc, opts: opts, log: opts.Logger, metrics: opts.Metrics,
		backups: make(chan struct{}, 1), stall: stallTimeout, trusted: plainPrefixes(opts.TrustedProxies),
		look: web.New(opts.Timezone), origins: http.NewCrossOriginProtection(),
	}
	s.began = opts.Now()
	s.web.ended = s.imports.endSession
	own := prometheus.NewRegistry()
	own.MustRegister(loginMetrics{svc}, sessionMetrics{&s.sessions, opts.Now}) // names are constants: it can only fail for everyone
	s.gather = prometheus.Gatherers{opts.Metrics.registry, own}
	s.engine = s.newEngine()
	return s
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.engine.ServeHTTP(w, r) }

// HTTPServer returns an http.Server with all deadlines set, for TCP and for
// the listeners of ListenSocket. Each call returns another one.
func (s *Server) HTTPServer() *http.Server {
	stopping, stop := context.WithCancel(context.Background())
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
		ConnContext:       ConnContext,
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.Background(), stoppingKey{}, stopping)
		},
	}
	server.RegisterOnShutdown(stop)
	return server
}

// Serve answers on the listeners until ctx ends or one of them fails. Then it
// closes them, lets running requests finish for up to StopTimeout, and returns.
// After a nil nothing uses the service any more. The error is that of the
// listener, or says that requests were cut off.
func (s *Server) Serve(ctx context.Context, listeners ...net.Listener) error {
	server := s.HTTPServer()
	failed := make(chan error, len(listeners))
	var accepting sync.WaitGroup
	for _, listener := range listeners {
		accepting.Go(func() { failed <- server.Serve(listener) })
	}
	var failure error
	select {
	case <-ctx.Done():
	case failure = <-failed:
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), StopTimeout)
	defer cancel()
	err := s.stop(ctx, server)
	accepting.Wait() // each closes its listener, also one that only began when another had failed
	return errors.Join(failure, err)
}

func (s *Server) stop(ctx context.Context, server *http.Server) error {
	if err := server.Shutdown(ctx); err != nil {
		return fmt.Errorf("requests were cut off after %s: %w", StopTimeout, errors.Join(err, server.Close()))
	}
	finished := make(chan struct{})
	go func() {
		s.running.Wait()
		close(finished)
	}()
	select {
	case <-finished:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("work for answered requests still goes on after %s: %w", StopTimeout, ctx.Err())
	}
}
