package api

import "time"

// Token is a token as administrators see it, without its secret.
type Token struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Scopes    []string  `json:"scopes"`
	Domains   []string  `json:"domains"` // the only domains it may touch; empty: all
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	CreatedAt time.Time `json:"created_at"`
	// LastUsedAt is not set for a token that was never used.
	LastUsedAt time.Time `json:"last_used_at,omitzero"`
	// Prefix is how the secret begins; not set for one that was not made here.
	Prefix string `json:"prefix,omitzero"`
}

// NewToken is the body of POST /api/v1/tokens.
type NewToken struct {
	Name    string   `json:"name"`
	Scopes  []string `json:"scopes"` // auth, users:read, users:write, admin
	Domains []string `json:"domains,omitzero"`
	// ExpiresAt is a moment in RFC 3339, or a date, at whose end in the
	// server's time zone the token ends. Empty: never.
	ExpiresAt string `json:"expires_at,omitzero"`
}

// CreatedToken is its answer. The secret can't be had again.
type CreatedToken struct {
	Token
	Secret string `json:"secret"`
}

// TokenList is the answer of GET /api/v1/tokens.
type TokenList struct {
	Tokens []Token `json:"tokens"`
}
