package api

import "time"

// Status is the answer of GET /api/v1/status: how the service is, for
// administrators. What it says of Prosody it has seen since it began.
type Status struct {
	Version    string          `json:"version,omitzero"`
	StartedAt  time.Time       `json:"started_at"`
	Timezone   string          `json:"timezone"`            // in which dates are read and times are shown
	Domains    []string        `json:"domains"`             // the default first
	PublicURL  string          `json:"public_url,omitzero"` // of the pages; not set: links have no address
	StoreBytes int64           `json:"store_bytes,omitzero"`
	Accounts   *StatusAccounts `json:"accounts,omitzero"` // not set: they have not been counted to the end yet
	Hashing    StatusHashing   `json:"hashing"`
	Prosody    []StatusProsody `json:"prosody"`
	Warnings   []StatusWarning `json:"warnings"`
}

// StatusAccounts counts accounts by state.
type StatusAccounts struct {
	CountedAt      time.Time `json:"counted_at"`
	Active         int       `json:"active"`
	Disabled       int       `json:"disabled"`
	NotYetValid    int       `json:"not_yet_valid"`
	Expired        int       `json:"expired"`
	Administrators int       `json:"administrators"` // of those that are active
}

// StatusHashing is how busy passwords keep the service.
type StatusHashing struct {
	AtOnce  int    `json:"at_once"` // how many are hashed at once at most
	Now     int    `json:"now"`
	Waiting int    `json:"waiting"`
	Refused uint64 `json:"refused"` // logins since the service began, as the wait would have been too long
}

// StatusProsody is who holds a token of Prosody's and was seen.
type StatusProsody struct {
	Caller    string           `json:"caller"` // token:NAME
	LastSeen  time.Time        `json:"last_seen"`
	LastLogin time.Time        `json:"last_login,omitzero"` // when it last asked about one; not set: it never did
	Instances []StatusInstance `json:"instances"`           // that follow the changes of accounts, or did in the last hour
}

// StatusInstance is one Prosody that follows the changes of accounts.
type StatusInstance struct {
	Name            string    `json:"name"` // that it chose for this run; may be empty
	LastSeen        time.Time `json:"last_seen"`
	Follows         bool      `json:"follows"`          // now
	Lag             *uint64   `json:"lag,omitzero"`     // entries of the log that it has not asked for yet; not set: not known
	ReportsSessions bool      `json:"reports_sessions"` // says who is in
}

// StatusWarning is something that an administrator should look at.
type StatusWarning struct {
	// Code is no_admin, one_admin, prosody_never, prosody_gone, prosody_no_feed,
	// source_hidden, source_missing,
	// one_address, plain_http or no_public_url. More may follow.
	Code    string `json:"code"`
	Message string `json:"message"` // what it is and what to do, in English
}
