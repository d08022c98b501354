package api

import "time"

// UserThrottle is the answer of GET /api/v1/users/{id or jid}/throttle: what is
// held against attempts to log in to the account.
type UserThrottle struct {
	// StrangersWait is how many seconds a source that is not known good for the
	// account has to wait between two attempts; 0: it need not.
	StrangersWait int              `json:"strangers_wait"`
	Sources       []SourceThrottle `json:"sources"` // with attempts that count yet, the longest wait first
	Known         []KnownSource    `json:"known"`   // where the account has logged in from, the latest first
}

// SourceThrottle is what is held against a source.
type SourceThrottle struct {
	Source     string `json:"source"`      // an address; of IPv6 the first of a /64
	Attempts   int    `json:"attempts"`    // that count yet
	RetryAfter int    `json:"retry_after"` // seconds; 0: it need not wait
	By         string `json:"by,omitzero"` // account_source, source
}

// KnownSource is a place that an account has logged in from.
type KnownSource struct {
	Source   string    `json:"source"`
	LastSeen time.Time `json:"last_seen"`
}

// Throttle is the answer of GET /api/v1/throttle: what is slowed down now.
type Throttle struct {
	Sources  []SourceThrottle `json:"sources"`  // by says whether at every account (source) or at one (account_source)
	Accounts []SlowedAccount  `json:"accounts"` // at which strangers have to wait
}

// SlowedAccount is an account at which strangers have to wait.
type SlowedAccount struct {
	ID            string `json:"id"`
	JID           string `json:"jid"`
	StrangersWait int    `json:"strangers_wait"` // seconds
}
