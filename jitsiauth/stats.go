package jitsiauth

// Stats is what the login path has done since New, and does now: numbers for
// operators, without names or addresses.
type Stats struct {
	Hashers  int                  // Options.Hashers
	Hashing  int                  // hashes being made
	Lanes    map[string]LaneStats // by lane: known, other, change; see queue.go
	Shared   uint64               // attempts that were answered by the hash of an equal one
	Cache    CacheStats
	Throttle ThrottleStats
	Unlisted uint64 // refused logins that the service's log counts instead of listing them
}

// LaneStats counts hashes.
type LaneStats struct {
	Waiting int
	Hashed  uint64
	Refused uint64 // ErrOverloaded
}

// CacheStats counts what the memory of proven passwords was asked; see proof.go.
type CacheStats struct {
	Entries      int
	Hits, Misses uint64
}

// ThrottleStats counts what the throttle keeps and refuses; see throttle.go.
type ThrottleStats struct {
	Entries map[string]int         // by table: account_source, source, account, line
	Refused map[ThrottledBy]uint64 // by rule
}

// Stats returns the numbers of this moment.
func (s *Service) Stats() Stats {
	st := Stats{Cache: s.proofs.numbers(), Throttle: s.throttle.numbers(), Unlisted: s.refusals.number(), Shared: s.flights.number()}
	s.queue.numbers(&st)
	return st
}

func (q *queue) numbers(st *Stats) {
	q.mu.Lock()
	defer q.mu.Unlock()
	st.Hashers, st.Hashing, st.Lanes = q.slots, q.running, make(map[string]LaneStats, lanes)
	for in := range lanes {
		st.Lanes[in.String()] = LaneStats{Waiting: len(q.waiting[in]), Hashed: q.hashed[in], Refused: q.refused[in]}
	}
}

func (f *flights) number() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.shared
}

func (p *proofs) numbers() CacheStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return CacheStats{Entries: len(p.made), Hits: p.hits, Misses: p.misses}
}

func (f *refusals) number() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.unlisted
}

func (t *throttle) numbers() ThrottleStats {
	t.mu.Lock()
	defer t.mu.Unlock()
	return ThrottleStats{
		Entries: map[string]int{
			string(ThrottledByPair): len(t.pairs.m), string(ThrottledBySource): len(t.sources.m),
			string(ThrottledByAccount): len(t.accounts.m), "line": len(t.knocks.m),
		},
		Refused: map[ThrottledBy]uint64{
			ThrottledByPair: t.refused[ThrottledByPair], ThrottledBySource: t.refused[ThrottledBySource],
			ThrottledByAccount: t.refused[ThrottledByAccount],
		},
	}
}
