package authsvc

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/jitsiauth/server/jitsiauth"
)

// loginMetrics shows jitsiauth.Stats, as they are when /metrics is read.
type loginMetrics struct{ svc *jitsiauth.Service }

func describeLogin(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("jitsiauth_"+name, help, labels, nil)
}

var (
	hashersDesc    = describeLogin("hashers", "How many passwords are hashed at once at most.")
	hashingDesc    = describeLogin("hashing", "Passwords being hashed.")
	waitingDesc    = describeLogin("queue_waiting", "Who waits for a hash; lanes are known (source known good for the account), other, and change (of accounts).", "lane")
	hashedDesc     = describeLogin("queue_hashed_total", "Hashes made or compared, by the lane that they were waited for in.", "lane")
	overloadedDesc = describeLogin("queue_refused_total", "Logins refused because the wait would be too long.", "lane")
	sharedDesc     = describeLogin("shared_hashes_total", "Logins answered by the hash of an equal one at the same time.")
	cachedDesc     = describeLogin("login_cache_entries", "Proven passwords remembered.")
	lookupsDesc    = describeLogin("login_cache_lookups_total", "Logins looked up among proven passwords.", "result")
	throttledDesc  = describeLogin("throttled_total", "Logins refused by the throttle, by its rule.", "rule")
	entriesDesc    = describeLogin("throttle_entries", "What the throttle keeps; each table is bounded.", "table")
	unlistedDesc   = describeLogin("refusals_unlisted_total", "Refused logins that the log counts without listing them.")
)

// Describe implements prometheus.Collector.
func (m loginMetrics) Describe(to chan<- *prometheus.Desc) { prometheus.DescribeByCollect(m, to) }

// Collect implements prometheus.Collector.
func (m loginMetrics) Collect(to chan<- prometheus.Metric) {
	st := m.svc.Stats()
	gauge := func(d *prometheus.Desc, n int, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n), labels...)
	}
	count := func(d *prometheus.Desc, n uint64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	gauge(hashersDesc, st.Hashers)
	gauge(hashingDesc, st.Hashing)
	for lane, numbers := range st.Lanes {
		gauge(waitingDesc, numbers.Waiting, lane)
		count(hashedDesc, numbers.Hashed, lane)
		count(overloadedDesc, numbers.Refused, lane)
	}
	count(sharedDesc, st.Shared)
	gauge(cachedDesc, st.Cache.Entries)
	count(lookupsDesc, st.Cache.Hits, "hit")
	count(lookupsDesc, st.Cache.Misses, "miss")
	for rule, n := range st.Throttle.Refused {
		count(throttledDesc, n, string(rule))
	}
	for table, n := range st.Throttle.Entries {
		gauge(entriesDesc, n, table)
	}
	count(unlistedDesc, st.Unlisted)
}
