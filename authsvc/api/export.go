package api

import "time"

// ExportedUser is a line of the answer of GET /api/v1/exports in NDJSON, and in
// CSV a row with these fields as columns, PasswordHash only if asked for. Times
// are in UTC; dates that are not set are null, or empty. POST /api/v1/imports
// takes both as they are.
//
// The CSV is meant for spreadsheets: it begins with a byte order mark, lines end
// in CR LF, and a cell that a spreadsheet would take for a formula has a '
// before it: one that begins with = + - @ (or their full-width forms), tab, CR
// or LF, also behind other '. An import takes one ' off such cells again, except
// in the column password, which no export has.
type ExportedUser struct {
	ID                string     `json:"id"`
	JID               string     `json:"jid"`
	DisplayName       string     `json:"display_name"`
	Email             string     `json:"email"`
	Note              string     `json:"note"`
	Role              string     `json:"role"`
	Disabled          bool       `json:"disabled"`
	State             string     `json:"state"`
	ValidFrom         *time.Time `json:"valid_from"`
	ValidUntil        *time.Time `json:"valid_until"`
	CreatedAt         time.Time  `json:"created_at"`
	UpdatedAt         time.Time  `json:"updated_at"`
	PasswordChangedAt time.Time  `json:"password_changed_at"`
	PasswordKind      string     `json:"password_kind"` // see User
	PasswordHash      string     `json:"password_hash,omitzero"`
}

// ExportQuery is the query of GET /api/v1/exports.
type ExportQuery struct {
	Format string // ndjson (default) or csv
	Hashes bool   // with password hashes; needs the scope admin
}
