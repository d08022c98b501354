package client

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// Error is an answer that is not a success. It wraps the error of package
// jitsiauth that Code stands for, if it stands for one; an
// *jitsiauth.InvalidError has the field and the rule, a *jitsiauth.PolicyError
// the reason. jitsiauth.ErrOverloaded is also what did not answer in time:
// whether a change was made is not known.
type Error struct {
	Status     int      // of HTTP
	Code       api.Code // empty if the answer did not come from the service
	Detail     string
	RequestID  string        // under which the service's log has it
	Field      string        // which field, parameter or header, if it is about one
	RetryAfter time.Duration // when to try again; 0: not said
	err        error
}

// Error implements error.
func (e *Error) Error() string {
	if e.Code == "" {
		return fmt.Sprintf("status %d (%s) and no reason: is that the service, or something before it?", e.Status, http.StatusText(e.Status))
	}
	text := e.Detail
	if e.Status >= http.StatusInternalServerError && e.RequestID != "" {
		text += " (request_id " + e.RequestID + ")"
	}
	return text
}

// Unwrap returns the error of package jitsiauth, or nil.
func (e *Error) Unwrap() error { return e.err }

// sentinels is the way back of the table in authsvc/problem.go.
var sentinels = map[api.Code]error{
	api.CodeNotFound:       jitsiauth.ErrNotFound,
	api.CodeExists:         jitsiauth.ErrExists,
	api.CodeRevision:       jitsiauth.ErrRevision,
	api.CodeForbidden:      jitsiauth.ErrForbidden,
	api.CodePositionLost:   jitsiauth.ErrPositionLost,
	api.CodeNotApplied:     jitsiauth.ErrNotApplied,
	api.CodeBadCredentials: jitsiauth.ErrBadCredentials,
	api.CodeDisabled:       jitsiauth.ErrDisabled,
	api.CodeExpired:        jitsiauth.ErrExpired,
	api.CodeNotYetValid:    jitsiauth.ErrNotYetValid,
	api.CodeUnknownDomain:  jitsiauth.ErrUnknownDomain,
	api.CodeBadToken:       jitsiauth.ErrBadToken,
	api.CodeTokenExpired:   jitsiauth.ErrTokenExpired,
	api.CodeNoBackup:       jitsiauth.ErrNoBackup,
	api.CodeTooManyLinks:   jitsiauth.ErrTooManyLinks,
	api.CodeThrottled:      jitsiauth.ErrThrottled,
	api.CodeOverloaded:     jitsiauth.ErrOverloaded,
}

// readError makes an error of an answer that is not a success.
func readError(response *http.Response, body io.Reader) error {
	e := &Error{Status: response.StatusCode}
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds > 0 {
		e.RetryAfter = time.Duration(seconds) * time.Second
	}
	var p api.Problem
	kind, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil || kind != api.ProblemType || json.NewDecoder(body).Decode(&p) != nil {
		return e
	}
	e.fill(&p)
	return e
}

// fill says what the problem says.
func (e *Error) fill(p *api.Problem) {
	e.Code, e.Detail, e.RequestID, e.Field = p.Code, p.Detail, p.RequestID, p.Field
	head, err := jitsiauth.ParsePosition(p.Head)
	switch {
	case p.Code == api.CodeInvalid && p.Reason != "":
		e.err = &jitsiauth.PolicyError{Reason: jitsiauth.PolicyReason(p.Reason), Min: p.Min}
	case p.Code == api.CodeInvalid:
		e.err = &jitsiauth.InvalidError{Field: p.Field, Rule: p.Rule}
	case p.Code == api.CodeThrottled && e.RetryAfter > 0:
		e.err = &jitsiauth.ThrottledError{RetryAfter: e.RetryAfter}
	case p.Code == api.CodePositionLost && p.Head != "" && err == nil:
		e.err = &jitsiauth.PositionLostError{Head: head}
	default:
		e.err = sentinels[p.Code]
	}
}
