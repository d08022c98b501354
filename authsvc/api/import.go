package api

// Content types of imports and exports. CSV is that of RFC 4180 in UTF-8, with
// a first row that names the fields. Imports also take what else Excel writes: with
// CSVType + "; charset=shift_jis" that encoding, a semicolon or a tab for a comma,
// Japanese headings, and days like 2026/1/5.
const (
	NDJSONType = "application/x-ndjson" // one JSON object a line
	CSVType    = "text/csv"
)

// MaxImportLine bounds a line of an import, a CSV row with line breaks in
// quotes too, in bytes.
const MaxImportLine = 64 << 10

// ImportLine is one account in the body of POST /api/v1/imports: JID or
// Username, and what the account gets. A new account needs one of Password,
// PasswordHash and Generate, or a PasswordKind of none. With mode=upsert, an account
// that exists gets the fields that are set: a null clears, and Generate is for new
// accounts only. A password that the account has already makes no change, if the
// scope is admin.
//
// In CSV, an empty cell of DisplayName, Email, Note, ValidFrom and ValidUntil
// is an empty field, which clears it; an empty cell of another field is not
// set. To leave a field alone, leave out its column. For the ' before cells see
// ExportedUser.
type ImportLine struct {
	JID      string `json:"jid,omitzero"`
	Username string `json:"username,omitzero"`
	Domain   string `json:"domain,omitzero"` // with Username; empty: the default domain
	Password string `json:"password,omitzero"`
	// PasswordHash is a bcrypt hash of cost 10 to 14 or, from Prosody, a SCRAM-SHA-1 or
	// SCRAM-SHA-256 record in the form of RFC 5803. It needs the scope admin.
	PasswordHash string `json:"password_hash,omitzero"`
	Generate     bool   `json:"generate,omitzero"` // let the server make a password
	// Migrated says that people have Password already, from elsewhere: no policy is
	// asked, and it may be longer than 72 bytes. It needs the scope admin.
	Migrated bool `json:"migrated,omitzero"`
	// PasswordKind none makes a new account without a password, where the line has
	// none; set says that another instance held the password of PasswordHash to its
	// policy. Others are not looked at.
	PasswordKind string           `json:"password_kind,omitzero"`
	DisplayName  Optional[string] `json:"display_name,omitzero"`
	Email        Optional[string] `json:"email,omitzero"`
	Note         Optional[string] `json:"note,omitzero"`
	Role         Optional[string] `json:"role,omitzero"`
	Disabled     Optional[bool]   `json:"disabled,omitzero"`
	ValidFrom    Optional[string] `json:"valid_from,omitzero"`  // see UserPatch
	ValidUntil   Optional[string] `json:"valid_until,omitzero"` // see UserPatch

	// ID, CreatedAt and PasswordChangedAt are kept by a new account that comes from
	// another instance: with PasswordHash, Migrated or a PasswordKind of none, by the scope
	// admin. Otherwise they are not looked at.
	ID                string `json:"id,omitzero"`
	CreatedAt         string `json:"created_at,omitzero"`
	PasswordChangedAt string `json:"password_changed_at,omitzero"`

	// What an export holds besides is not looked at, so that it can be imported
	// as it is.
	State     string `json:"state,omitzero"`
	UpdatedAt string `json:"updated_at,omitzero"`
}

// ImportQuery is the query of POST /api/v1/imports. The zero value adds new
// accounts.
type ImportQuery struct {
	Mode   string // create (default), upsert, or fill: leave accounts alone that have a password
	DryRun bool   // parameter dry_run; the same results, nothing written
	Atomic bool   // all lines or none; up to 1,000
	// AllowWeak, parameter allow_weak, sets passwords that the policy refuses;
	// see NewPassword. It also takes bcrypt hashes of a cost below 10, which the first
	// login renews.
	AllowWeak bool
	// WithoutPassword, parameter without_password, takes a line whose hash can't be
	// verified as one without a password, instead of refusing it.
	WithoutPassword bool
}

// Outcomes of a line.
const (
	ImportCreated   = "created"
	ImportUpdated   = "updated"
	ImportUnchanged = "unchanged"
	ImportError     = "error" // nothing of the line was written
)

// ImportResult is a line of the answer of POST /api/v1/imports, which is
// NDJSON: one for each line of the body, in their order. The last line holds the
// Summary alone; an answer without one was cut off.
type ImportResult struct {
	Line   int    `json:"line,omitzero"`   // where the account begins; 1 is the first line, in CSV the names of the fields
	Result string `json:"result,omitzero"` // an outcome
	JID    string `json:"jid,omitzero"`
	ID     string `json:"id,omitzero"`
	// GeneratedPassword can't be had again.
	GeneratedPassword string `json:"generated_password,omitzero"`
	// Changed are the names of the fields that "updated" is about, and "password".
	Changed []string `json:"changed,omitzero"`
	// NoPassword: the account has none. Notice is why the line's hash was dropped; see
	// ImportQuery.WithoutPassword.
	NoPassword bool   `json:"no_password,omitzero"`
	Notice     string `json:"notice,omitzero"`
	Code       Code   `json:"code,omitzero"`   // of an error
	Field      string `json:"field,omitzero"`  // which field, if it is about one
	Rule       string `json:"rule,omitzero"`   // what it must be, in words
	Reason     string `json:"reason,omitzero"` // why a password was refused; see Problem
	Min        int    `json:"min,omitzero"`

	Summary *ImportSummary `json:"summary,omitzero"`
}

// ImportSummary ends the answer.
type ImportSummary struct {
	Lines     int `json:"lines"` // with an account; the sum of what follows
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Unchanged int `json:"unchanged"`
	Errors    int `json:"errors"`
	// WithoutPassword of the others have no password: each needs one, or a reset link.
	WithoutPassword int `json:"without_password"`
	// Done says that the whole body was read and worked on. If not, Problem
	// says why; lines with results have been written all the same.
	Done    bool     `json:"done"`
	DryRun  bool     `json:"dry_run"` // nothing was written
	Problem *Problem `json:"problem,omitzero"`
}
