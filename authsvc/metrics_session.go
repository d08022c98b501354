package authsvc

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

var sessionsDesc = describeLogin("sessions", "Sessions that Prosodys report, of all domains; missing where none reports.", "transport")

// sessionMetrics shows how many are in when /metrics is read. Their domain is no
// label: anyone may read /metrics, and it holds no names.
type sessionMetrics struct {
	book *sessionBook
	now  func() time.Time
}

// Describe implements prometheus.Collector.
func (m sessionMetrics) Describe(to chan<- *prometheus.Desc) { to <- sessionsDesc }

// Collect implements prometheus.Collector.
func (m sessionMetrics) Collect(to chan<- prometheus.Metric) {
	for transport, n := range m.book.byTransport(m.now()) {
		to <- prometheus.MustNewConstMetric(sessionsDesc, prometheus.GaugeValue, float64(n), transport)
	}
}
