package api

import "time"

// Feed is the answer of GET /auth/changes.
type Feed struct {
	Changes []FeedChange `json:"changes"`
	// Position is what to send as after the next time; opaque. It also passes
	// changes that the caller does not get to see.
	Position string `json:"position"`
}

// FeedChange is one change of an account, oldest first.
type FeedChange struct {
	Position string    `json:"position"`
	At       time.Time `json:"at"`
	// Action is user.created, user.updated, user.password_set, user.deleted,
	// user.became_valid (valid_from came), user.expired (valid_until came) or
	// user.sessions_ended (somebody told all sessions to leave). More may follow.
	Action string `json:"action"`
	ID     string `json:"id"`
	JID    string `json:"jid"`
	// Fields are the fields of User that the change made different.
	Fields []string `json:"fields"`
	// State is that of the account when the answer was made, not when the
	// change was: only "active" may log in. null: the account is gone.
	State *string `json:"state"`
	// CredentialRevision is read with State; null: the account is gone. Who
	// logged in with an earlier one did so with another password.
	CredentialRevision *uint64 `json:"credential_revision"`
	// SessionRevision is read with State; null: the account is gone. Who logged
	// in with an earlier one was told to leave.
	SessionRevision *uint64 `json:"session_revision"`
}

// AccountsRequest is the body of POST /auth/accounts: how are things with these?
type AccountsRequest struct {
	IDs []string `json:"ids"` // 1 to 1000 IDs of accounts
	// Domain, if given, must be one that the caller may ask about: who can't see
	// accounts must not take them for gone.
	Domain string `json:"domain,omitzero"`
}

// AccountsAnswer is the answer of POST /auth/accounts.
type AccountsAnswer struct {
	// Accounts are those that exist and that the caller may ask about.
	Accounts []AccountStanding `json:"accounts"`
	// Position is where to follow the feed from: it is from before the accounts
	// were looked at.
	Position string `json:"position"`
}

// AccountStanding decides whether a session of the account may go on.
type AccountStanding struct {
	ID                 string `json:"id"`
	JID                string `json:"jid"`
	State              string `json:"state"` // only "active" may log in
	CredentialRevision uint64 `json:"credential_revision"`
	SessionRevision    uint64 `json:"session_revision"` // who logged in with an earlier one was told to leave
}
