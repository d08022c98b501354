package authsvc

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// Metrics counts and measures for GET /metrics, which anyone may read who
// reaches the service: no label holds a name, an address or anything else that
// a caller chose. It has a registry of its own and is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	logins   *prometheus.CounterVec // outcome, transport
	verify   prometheus.Histogram
	hash     prometheus.Histogram
	store    *prometheus.HistogramVec // operation
	requests *prometheus.CounterVec   // route, method, status
	users    *prometheus.GaugeVec     // state
	counted  *prometheus.GaugeVec     // no label; a vector only so that it can be missing
	build    *prometheus.GaugeVec     // version, goversion
	readers  prometheus.Gauge
}

// Buckets in seconds. A login of the default cost takes about 0.2 s, and none
// longer than loginTimeout; a bbolt write is an fsync, a read some microseconds.
var (
	loginBuckets = []float64{.001, .005, .025, .1, .2, .3, .5, 1, 2, 4}
	storeBuckets = []float64{.00001, .0001, .001, .005, .025, .1, .5, 2}
)

// NewMetrics returns Metrics in which nothing has happened.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		logins: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "jitsiauth_logins_total", Help: "Questions about logins; outcomes that are no verdict are throttled, overloaded, unknown_domain and error.",
		}, []string{"outcome", "transport"}),
		verify: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "jitsiauth_verify_seconds", Help: "How long Prosody waited for the verdict on a login.", Buckets: loginBuckets,
		}),
		hash: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "jitsiauth_hash_seconds", Help: "How long password hashes took to make or compare.", Buckets: loginBuckets,
		}),
		store: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "jitsiauth_store_seconds", Help: "How long the store took.", Buckets: storeBuckets,
		}, []string{"operation"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "jitsiauth_http_requests_total", Help: "Requests answered; the route is - for addresses and methods that there are not.",
		}, []string{"route", "method", "status"}),
		users: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "jitsiauth_users", Help: "Accounts by state, as of jitsiauth_users_counted_timestamp_seconds.",
		}, []string{"state"}),
		counted: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "jitsiauth_users_counted_timestamp_seconds", Help: "When the accounts were last counted to the end.",
		}, nil),
		build: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "jitsiauth_build_info", Help: "1; the labels say what runs.",
		}, []string{"version", "goversion"}),
	}
	m.readers = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "jitsiauth_feed_readers", Help: "Who waits for the next change of an account: each Prosody, once it follows.",
	})
	m.registry.MustRegister( // names are constants: it can only fail for everyone
		m.logins, m.verify, m.hash, m.store, m.requests, m.users, m.counted, m.build, m.readers,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// ObserveHash is for jitsiauth.Options.
func (m *Metrics) ObserveHash(took time.Duration) { m.hash.Observe(took.Seconds()) }

// sendMetrics writes the text format, in one piece like all answers. It does
// without package promhttp, which would link in compression for one route.
func (s *Server) sendMetrics(c *gin.Context) error {
	s.metrics.build.WithLabelValues(s.opts.Version, runtime.Version()).Set(1)
	s.countUsers(c, countPause)
	families, err := s.gather.Gather()
	if err != nil {
		return err
	}
	var text bytes.Buffer
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(&text, family); err != nil {
			return err
		}
	}
	writeBody(c, http.StatusOK, string(expfmt.NewFormat(expfmt.TypeTextPlain)), text.Bytes())
	return nil
}

// countUsers goes on with the count. If the store fails or hangs, the other
// numbers are sent all the same, because that is when people look at them.
func (s *Server) countUsers(c *gin.Context, pause time.Duration) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), healthTimeout/2)
	defer cancel()
	_, err := await(ctx, s, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.count.goOn(ctx, s.svc, s.opts.Now, s.metrics, pause)
	})
	if err != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "accounts not counted", slog.String("request_id", requestID(c)), slog.Any("error", err))
	}
}

// countRequest counts the answer under the route's pattern, never its path.
func (s *Server) countRequest(c *gin.Context) {
	defer func() {
		method := c.Request.Method
		if c.FullPath() == "" {
			method = "-" // anyone can send any word
		}
		s.metrics.requests.WithLabelValues(routeOf(c), method, strconv.Itoa(c.Writer.Status())).Inc()
	}()
	c.Next()
}

// countLogin counts what judge found out.
func (m *Metrics) countLogin(ctx context.Context, transport string, result api.Result, err error, took time.Duration) {
	outcome := string(result)
	switch {
	case err == nil:
	case errors.Is(err, jitsiauth.ErrUnknownDomain):
		outcome = string(api.CodeUnknownDomain)
	case errors.Is(err, jitsiauth.ErrThrottled):
		outcome = string(api.CodeThrottled)
	case errors.Is(err, jitsiauth.ErrOverloaded), ctx.Err() != nil && errors.Is(err, ctx.Err()):
		outcome = string(api.CodeOverloaded)
	default:
		outcome = "error"
	}
	switch transport {
	case "c2s", "websocket", "bosh", "web":
	case "":
		transport = "unknown"
	default:
		transport = "other"
	}
	m.logins.WithLabelValues(outcome, transport).Inc()
	m.verify.Observe(took.Seconds())
}
