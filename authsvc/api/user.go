package api

import "time"

// User is an account. Dates that are not set are left out; everything else is
// always there. Times are in UTC.
type User struct {
	ID          string    `json:"id"`
	JID         string    `json:"jid"`
	Username    string    `json:"username"` // local part of JID
	Domain      string    `json:"domain"`   // the rest of JID
	DisplayName string    `json:"display_name"`
	Email       string    `json:"email"`
	Note        string    `json:"note"`
	Role        string    `json:"role"` // user, manager, admin
	Disabled    bool      `json:"disabled"`
	State       string    `json:"state"` // active, disabled, not_yet_valid, expired; at the time of the answer
	ValidFrom   time.Time `json:"valid_from,omitzero"`
	ValidUntil  time.Time `json:"valid_until,omitzero"` // exclusive
	// PasswordKind says where the password comes from: set, here; imported, from
	// elsewhere, so that no policy has seen it; scram, from Prosody, until a login makes
	// bcrypt of its record; none: there is none, and nobody can log in.
	PasswordKind       string    `json:"password_kind"`
	Revision           uint64    `json:"revision"` // the ETag, in quotes
	CredentialRevision uint64    `json:"credential_revision"`
	CreatedAt          time.Time `json:"created_at"`
	UpdatedAt          time.Time `json:"updated_at"`
	PasswordChangedAt  time.Time `json:"password_changed_at"`
	LastLoginAt        time.Time `json:"last_login_at,omitzero"` // no part of what Revision counts
}

// UserPage is the answer of GET /api/v1/users.
type UserPage struct {
	Users []User `json:"users"` // may be empty although there are more
	// NextCursor is the cursor of the next page; empty: this was the last.
	NextCursor string `json:"next_cursor,omitzero"`
}

// UserQuery is the query of GET /api/v1/users. The zero value asks for all.
type UserQuery struct {
	Limit  int    // users a page, 1 to 1000; 0: 100
	Cursor string // a NextCursor
	Text   string // parameter q; must occur in username, display name, e-mail or note
	State  string
	Domain string
	// PasswordKind, parameter password_kind: imported, scram or none; see User.
	PasswordKind string
}

// NewUser is the body of POST /api/v1/users: JID or Username, Password or
// Generate.
type NewUser struct {
	JID         string `json:"jid,omitzero"`
	Username    string `json:"username,omitzero"`
	Domain      string `json:"domain,omitzero"` // with Username; empty: the default domain
	Password    string `json:"password,omitzero"`
	Generate    bool   `json:"generate,omitzero"`   // let the server make a password
	AllowWeak   bool   `json:"allow_weak,omitzero"` // see NewPassword
	DisplayName string `json:"display_name,omitzero"`
	Email       string `json:"email,omitzero"`
	Note        string `json:"note,omitzero"`
	Role        string `json:"role,omitzero"` // empty: user
	Disabled    bool   `json:"disabled,omitzero"`
	ValidFrom   string `json:"valid_from,omitzero"`  // see UserPatch
	ValidUntil  string `json:"valid_until,omitzero"` // see UserPatch
}

// PutUser is the body of PUT /api/v1/users/{jid}, which makes the account that
// the path names: Password or Generate, and the rest as in NewUser.
type PutUser struct {
	Password    string `json:"password,omitzero"`
	Generate    bool   `json:"generate,omitzero"`
	AllowWeak   bool   `json:"allow_weak,omitzero"` // see NewPassword
	DisplayName string `json:"display_name,omitzero"`
	Email       string `json:"email,omitzero"`
	Note        string `json:"note,omitzero"`
	Role        string `json:"role,omitzero"`
	Disabled    bool   `json:"disabled,omitzero"`
	ValidFrom   string `json:"valid_from,omitzero"`
	ValidUntil  string `json:"valid_until,omitzero"`
}

// UserPatch is the body of PATCH /api/v1/users/{id or jid}, a merge patch
// (RFC 7396): what is not set stays, null clears. Role and Disabled can't be
// cleared.
type UserPatch struct {
	DisplayName Optional[string] `json:"display_name,omitzero"`
	Email       Optional[string] `json:"email,omitzero"`
	Note        Optional[string] `json:"note,omitzero"`
	Role        Optional[string] `json:"role,omitzero"`
	Disabled    Optional[bool]   `json:"disabled,omitzero"`
	// ValidFrom and ValidUntil are moments in RFC 3339, or dates: from the
	// first moment of that day in the server's time zone, until its end.
	ValidFrom  Optional[string] `json:"valid_from,omitzero"`
	ValidUntil Optional[string] `json:"valid_until,omitzero"`
}

// NewPassword is the body of PUT /api/v1/users/{id or jid}/password: Password or
// Generate.
type NewPassword struct {
	Password string `json:"password,omitzero"`
	Generate bool   `json:"generate,omitzero"` // let the server make one
	// AllowWeak sets a password that the policy refuses. It needs the scope
	// admin, even where it turns out not to be needed, and is noted in the log.
	AllowWeak bool `json:"allow_weak,omitzero"`
}

// UserAndPassword is the answer to NewUser, PutUser and NewPassword.
type UserAndPassword struct {
	User
	// GeneratedPassword is set if the server made it. It can't be had again.
	GeneratedPassword string `json:"generated_password,omitzero"`
}
