package api

import "time"

// Link is a one-time link as administrators see it, without its secret.
type Link struct {
	ID string `json:"id"`
	// Kind is invite (makes an account), admin (makes the first administrator)
	// or reset (sets an account's password).
	Kind string `json:"kind"`
	// State is active, used_up, expired, or void: what it is for is no longer as
	// it was.
	State      string    `json:"state"`
	Domain     string    `json:"domain"`           // of the account
	UserID     string    `json:"user_id,omitzero"` // whose password a reset sets
	JID        string    `json:"jid,omitzero"`     // of the same
	Uses       int       `json:"uses"`             // how often it can be spent in all
	Left       int       `json:"left"`             // how often yet
	ValidFrom  time.Time `json:"valid_from,omitzero"`
	ValidUntil time.Time `json:"valid_until,omitzero"` // of the accounts that an invite makes, as is ValidFrom
	Note       string    `json:"note"`                 // likewise
	CreatedAt  time.Time `json:"created_at"`
	ExpiresAt  time.Time `json:"expires_at"`
	Actor      string    `json:"actor"`               // who made it: token, uid, program
	ActorName  string    `json:"actor_name,omitzero"` // the token's name, the uid
}

// CreatedLink is a link that was just made. Its secret can't be had again.
type CreatedLink struct {
	Link
	Secret string `json:"secret"`
	Path   string `json:"path"` // to open in a browser, on the host of the pages
	// URL is the whole address; not set where the service doesn't know its own.
	URL string `json:"url,omitzero"`
}

// LinkList is the answer of GET /api/v1/invites and GET /api/v1/reset-links.
type LinkList struct {
	Links []Link `json:"links"`
}

// NewInvite is the body of POST /api/v1/invites. All of it may be left out.
type NewInvite struct {
	Domain string `json:"domain,omitzero"` // of the accounts; empty: the first one that the caller reaches
	Uses   int    `json:"uses,omitzero"`   // how many accounts it makes, 1 to 1000; 0: 1
	// Days says how long the link can be spent, 1 to 90; or ExpiresAt does, a
	// moment in RFC 3339, or a date, at whose end in the server's time zone it
	// ends. Neither: 7 days.
	Days      int    `json:"days,omitzero"`
	ExpiresAt string `json:"expires_at,omitzero"`
	// ValidFrom and ValidUntil are of the accounts that it makes, in the forms of
	// NewUser.
	ValidFrom  string `json:"valid_from,omitzero"`
	ValidUntil string `json:"valid_until,omitzero"`
	Note       string `json:"note,omitzero"` // for administrators; the accounts get it too
}

// NewAdminLink is the body of POST /api/v1/admin-links.
type NewAdminLink struct {
	Domain string `json:"domain,omitzero"` // of the administrator; empty: the default one
}

// NewResetLink is the body of POST /api/v1/reset-links.
type NewResetLink struct {
	User  string `json:"user"`           // ID, JID, or local part of the default domain
	Hours int    `json:"hours,omitzero"` // how long it can be spent, 1 to 24; 0: 24
}
