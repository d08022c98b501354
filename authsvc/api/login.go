package api

// VerifyRequest is the body of POST /auth/verify: may this person log in?
type VerifyRequest struct {
	// ID is the caller's random name for this question, 1 to MaxVerifyID
	// printable characters. The answer repeats it, so that an answer that
	// belongs to another question is noticed.
	ID       string `json:"id"`
	Username string `json:"username"` // local part, prepared or not
	Password string `json:"password"`
	Domain   string `json:"domain,omitzero"` // empty: the default domain
	// Source is the client's IP address. What can't be read as one counts as
	// not known.
	Source string `json:"source,omitzero"`
	// Proxy says that Source stands for many clients.
	Proxy     bool   `json:"proxy,omitzero"`
	Transport string `json:"transport,omitzero"` // c2s, websocket, bosh
}

// MaxVerifyID bounds VerifyRequest.ID in characters.
const MaxVerifyID = 128

// VerifyAnswer is the 200 of POST /auth/verify: a verdict. Any other status
// says that there is none.
type VerifyAnswer struct {
	ID     string        `json:"id"`
	Result Result        `json:"result"`
	User   *VerifiedUser `json:"user,omitzero"` // only with ResultOK
}

// VerifiedUser names the account that logged in.
type VerifiedUser struct {
	ID  string `json:"id"`
	JID string `json:"jid"`
	// CredentialRevision counts the passwords of the account up to the one that
	// was right.
	CredentialRevision uint64 `json:"credential_revision"`
	// SessionRevision counts how often the account's sessions were ended before
	// this login. Who logged in with an earlier one was told to leave.
	SessionRevision uint64 `json:"session_revision"`
}

// Result is a verdict.
type Result string

// The verdicts. All but ResultOK and ResultBadCredentials are given only after
// the password proved right.
const (
	ResultOK             Result = "ok"
	ResultBadCredentials Result = "bad_credentials"
	ResultDisabled       Result = "disabled"
	ResultExpired        Result = "expired"
	ResultNotYetValid    Result = "not_yet_valid"
)
