package api

// ProblemType is the content type of every answer that is an error (RFC 9457).
const ProblemType = "application/problem+json"

// Problem is an error on its way to the caller. Code is what programs look at;
// Detail is for people and may change.
type Problem struct {
	Type      string `json:"type"`  // always "about:blank": Code says more
	Title     string `json:"title"` // the status in words
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
	Code      Code   `json:"code"`
	RequestID string `json:"request_id"`     // under which the server's log has it
	Field     string `json:"field,omitzero"` // which field, parameter or header
	Rule      string `json:"rule,omitzero"`  // what Field must be
	Head      string `json:"head,omitzero"`  // with CodePositionLost: the position to go on from
	// Reason says why a password was refused: too_short, common, own_name; more
	// may follow. Detail is in English then, or in Japanese if Accept-Language
	// prefers that.
	Reason string `json:"reason,omitzero"`
	Min    int    `json:"min,omitzero"` // with too_short: how many characters there must be
}

// Code names a kind of error. Codes stay as they are.
type Code string

// Decisions of the domain; package client turns them into the sentinels of
// package jitsiauth.
const (
	CodeInvalid        Code = "invalid" // with Field and Rule
	CodeNotFound       Code = "not_found"
	CodeExists         Code = "exists"
	CodeRevision       Code = "revision_mismatch"
	CodeForbidden      Code = "forbidden"
	CodePositionLost   Code = "position_lost"
	CodeNotApplied     Code = "not_applied"
	CodeBadCredentials Code = "bad_credentials"
	CodeDisabled       Code = "disabled"
	CodeExpired        Code = "expired"
	CodeNotYetValid    Code = "not_yet_valid"
	CodeUnknownDomain  Code = "unknown_domain"
	CodeBadToken       Code = "bad_token"
	CodeTokenExpired   Code = "token_expired"
	CodeNoBackup       Code = "no_backup"      // the store can't be copied through the service
	CodeTooManyLinks   Code = "too_many_links" // revoke some
	CodeThrottled      Code = "throttled"      // too many attempts; try again after Retry-After
)

// What only HTTP knows.
const (
	CodeNoToken          Code = "no_token"
	CodeScopeMissing     Code = "scope_missing"
	CodeNoRoute          Code = "no_such_route"
	CodeMethodNotAllowed Code = "method_not_allowed"
	CodeMalformed        Code = "malformed"         // a body or header that can't be read
	CodeUnknownParameter Code = "unknown_parameter" // in the query, with Field
	CodeTooLarge         Code = "body_too_large"
	CodeMediaType        Code = "unsupported_content" // the body's content type
	// CodePreconditionRequired: the header in Field must be sent.
	CodePreconditionRequired Code = "precondition_required"
	// CodeSessionsUnknown: all sessions are to be sent anew, beginning with first.
	CodeSessionsUnknown Code = "sessions_unknown"
)

// Failures: nothing is known about what was asked.
const (
	CodeOverloaded  Code = "overloaded"  // not in time, or too much to do; try again after Retry-After
	CodeUnavailable Code = "unavailable" // the store does not answer
	CodeInternal    Code = "internal"
)
