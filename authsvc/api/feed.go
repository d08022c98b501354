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
	// user.became_valid (valid_from came) or user.expired (valid_until came).
	// More may follow.
	Action string `json:"action"`
	ID     string `json:"id"`
	JID    string `json:"jid"`
	// Fields are the fields of User that the change made different.
	Fields []string `json:"fields"`
	// State is that of the account when the answer was made, not when the
	// change was: only "active" may log in. null: the account is gone.
	State *string `json:"state"`
}
