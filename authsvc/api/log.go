package api

import "time"

// Change is an entry of the log of changes: who did what to whom.
type Change struct {
	Number uint64    `json:"number"` // grows by 1 with each entry
	At     time.Time `json:"at"`
	// Action is user.created, user.updated, user.password_set, user.deleted,
	// user.became_valid, user.expired, user.sessions_ended, token.created, token.revoked,
	// link.created, link.used or link.revoked. More may follow.
	Action    string   `json:"action"`
	ID        string   `json:"id,omitzero"`         // of the account, token or link; not set for a backup
	JID       string   `json:"jid,omitzero"`        // of the account, as it was then; also one that a link is for or has made
	Name      string   `json:"name,omitzero"`       // of the token; the kind of a link
	Fields    []string `json:"fields"`              // what was different then, in the words of User
	Actor     string   `json:"actor"`               // token, uid, person, link, program, system, seed
	ActorName string   `json:"actor_name,omitzero"` // the token's name, the uid, the JID of a person who did it on the pages, the link's ID, the path of the file of accounts
	Source    string   `json:"source,omitzero"`     // the address that the request came from
}

// Login is an entry of the log of logins: an attempt, or several equal ones of
// the same second.
type Login struct {
	Number uint64    `json:"number"` // grows by 1 with each entry
	At     time.Time `json:"at"`     // of the first of them
	// Result is ok, bad_credentials, disabled, expired, not_yet_valid,
	// unknown_domain or failed. More may follow.
	Result    string `json:"result"`
	ID        string `json:"id,omitzero"`     // of the account, if there is one by that name
	JID       string `json:"jid"`             // "-" if there is none
	Source    string `json:"source,omitzero"` // the client's address
	Proxy     bool   `json:"proxy"`           // Source stands for many clients
	Transport string `json:"transport,omitzero"`
	Actor     string `json:"actor,omitzero"`      // who asked: token, person (on the pages)
	ActorName string `json:"actor_name,omitzero"` // the name of Prosody's token
	Count     int    `json:"count"`
	// Rest says that this counts attempts on any account from anywhere with
	// this result: there were too many to list.
	Rest bool `json:"rest,omitzero"`
}

// LogPage is the answer of GET /api/v1/log, newest entry first: Changes or
// Logins, as Kind says.
type LogPage struct {
	Kind    string   `json:"kind"`
	Changes []Change `json:"changes,omitzero"` // may be empty although there are more
	Logins  []Login  `json:"logins,omitzero"`  // likewise
	// NextCursor is the cursor of the next page; empty: this was the last.
	NextCursor string `json:"next_cursor,omitzero"`
}

// LogQuery is the query of GET /api/v1/log. The zero value asks for all.
type LogQuery struct {
	Limit  int    // entries a page, 1 to 1000; 0: 100
	Cursor string // a NextCursor of the same kind
	User   string // ID, JID, or local part of the default domain
	Action string // of changes only
	Result string // of logins only
	// Since and Until (exclusive) are moments in RFC 3339, or dates: from the
	// first moment of that day in the server's time zone, until its end.
	Since string
	Until string
}
