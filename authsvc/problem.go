package authsvc

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"unicode"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// decisions is the one place that says how an error of the domain looks over
// HTTP; package client has the way back. What is not in it is a failure.
var decisions = []struct {
	err    error
	status int
	code   api.Code
}{
	{jitsiauth.ErrInvalid, http.StatusUnprocessableEntity, api.CodeInvalid},
	{jitsiauth.ErrNotFound, http.StatusNotFound, api.CodeNotFound},
	{jitsiauth.ErrExists, http.StatusConflict, api.CodeExists},
	{jitsiauth.ErrTooManyLinks, http.StatusConflict, api.CodeTooManyLinks},
	{jitsiauth.ErrRevision, http.StatusPreconditionFailed, api.CodeRevision},
	{jitsiauth.ErrForbidden, http.StatusForbidden, api.CodeForbidden},
	{jitsiauth.ErrPositionLost, http.StatusGone, api.CodePositionLost},
	{jitsiauth.ErrNotApplied, http.StatusConflict, api.CodeNotApplied},
	{jitsiauth.ErrUnknownDomain, http.StatusUnprocessableEntity, api.CodeUnknownDomain},
	{jitsiauth.ErrBadToken, http.StatusUnauthorized, api.CodeBadToken},
	{jitsiauth.ErrTokenExpired, http.StatusUnauthorized, api.CodeTokenExpired},
	{jitsiauth.ErrNoBackup, http.StatusNotImplemented, api.CodeNoBackup},
	{jitsiauth.ErrThrottled, http.StatusTooManyRequests, api.CodeThrottled},
	{jitsiauth.ErrOverloaded, http.StatusServiceUnavailable, api.CodeOverloaded},
	// Verdicts; /auth/verify has its own form for them.
	{jitsiauth.ErrBadCredentials, http.StatusForbidden, api.CodeBadCredentials},
	{jitsiauth.ErrDisabled, http.StatusForbidden, api.CodeDisabled},
	{jitsiauth.ErrExpired, http.StatusForbidden, api.CodeExpired},
	{jitsiauth.ErrNotYetValid, http.StatusForbidden, api.CodeNotYetValid},
}

// What the caller is told of failures; the cause is for the log.
const (
	saidInternal    = "Something failed that is not the request's fault. The service's log says more under this request_id."
	saidUnavailable = "The service can't reach what it stores. Its log says more under this request_id."
	saidOverloaded  = "The service could not answer in time. Try again a little later."
)

// retryAfter is what a caller who got CodeOverloaded should wait, in seconds.
const retryAfter = "2"

// httpError is an error that only HTTP knows.
type httpError struct {
	status int
	code   api.Code
	detail string
	field  string
	header [2]string // name and value
	cause  error     // of a failure; for the log
}

// Error is for the log; the caller gets the detail alone.
func (e *httpError) Error() string {
	if e.cause != nil {
		return e.detail + " Cause: " + e.cause.Error()
	}
	return e.detail
}

func (e *httpError) Unwrap() error { return e.cause }

func malformed(detail string) error {
	return &httpError{status: http.StatusBadRequest, code: api.CodeMalformed, detail: detail}
}

func noRoute(*gin.Context) error {
	return &httpError{status: http.StatusNotFound, code: api.CodeNoRoute, detail: "There is nothing at this address."}
}

func noMethod(c *gin.Context) error {
	return &httpError{
		status: http.StatusMethodNotAllowed, code: api.CodeMethodNotAllowed,
		detail: "This address takes " + c.Writer.Header().Get("Allow") + " only.",
	}
}

// writeProblem answers with the error, and logs it if it is a failure.
func (s *Server) writeProblem(c *gin.Context, err error) {
	e := s.explain(c.Request.Context(), err)
	if e.header[0] != "" {
		c.Header(e.header[0], e.header[1])
	}
	_ = writeJSON(c, e.status, api.ProblemType, s.problem(c, e, err)) // a struct of texts
}

// problem renders the error as explained, and logs it if it is a failure.
func (s *Server) problem(c *gin.Context, e *httpError, err error) api.Problem {
	s.logFailure(c, e, err)
	p := api.Problem{
		Type: "about:blank", Title: http.StatusText(e.status), Status: e.status,
		Detail: e.detail, Code: e.code, RequestID: requestID(c), Field: e.field,
	}
	var invalid *jitsiauth.InvalidError
	if errors.As(err, &invalid) {
		p.Field, p.Rule = invalid.Field, invalid.Rule
	}
	var refused *jitsiauth.PolicyError
	if errors.As(err, &refused) {
		p.Reason, p.Min = string(refused.Reason), refused.Min
		p.Detail = refused.Text(languageOf(c.Request))
	}
	var lost *jitsiauth.PositionLostError
	if errors.As(err, &lost) {
		p.Head = lost.Head.String()
	}
	return p
}

// logFailure logs the error if it is a failure, with its cause.
func (s *Server) logFailure(c *gin.Context, e *httpError, err error) {
	if e.status < http.StatusInternalServerError || errors.Is(err, jitsiauth.ErrOverloaded) { // which has a line of its own
		return
	}
	s.log.LogAttrs(c.Request.Context(), slog.LevelError, "request failed", slog.String("request_id", requestID(c)),
		slog.String("method", c.Request.Method), slog.String("route", routeOf(c)), slog.Any("error", err))
}

// explain looks the error up.
func (s *Server) explain(ctx context.Context, err error) *httpError {
	var known *httpError
	if errors.As(err, &known) {
		return known
	}
	for _, d := range decisions {
		if errors.Is(err, d.err) {
			return &httpError{status: d.status, code: d.code, detail: sentence(err, d.err), header: headerOf(err, d.status)}
		}
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) { // out of time, or the caller has gone
		return &httpError{
			status: http.StatusServiceUnavailable, code: api.CodeOverloaded, detail: saidOverloaded,
			header: [2]string{"Retry-After", retryAfter},
		}
	}
	return &httpError{status: http.StatusInternalServerError, code: api.CodeInternal, detail: saidInternal}
}

// sentence renders a decision without what may be wrapped around it.
func sentence(err, decision error) string {
	var invalid *jitsiauth.InvalidError
	if errors.As(err, &invalid) {
		return invalid.Field + " " + invalid.Rule + "."
	}
	text := decision.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// headerOf is the header that belongs to a decision.
func headerOf(err error, status int) [2]string {
	if slow, ok := errors.AsType[*jitsiauth.ThrottledError](err); ok {
		return [2]string{"Retry-After", strconv.Itoa(max(1, seconds(slow.RetryAfter)))}
	}
	if status == http.StatusServiceUnavailable {
		return [2]string{"Retry-After", retryAfter}
	}
	return challenge(status)
}

// challenge is what a 401 must hold (RFC 9110 §11.6.1). It does not offer
// Basic, which is taken too, because browsers would ask people for a password.
func challenge(status int) [2]string {
	if status != http.StatusUnauthorized {
		return [2]string{}
	}
	return [2]string{"WWW-Authenticate", `Bearer realm="jitsiauth"`}
}

// maxShown bounds in characters how much of a caller's text is repeated.
const maxShown = 64

// printable makes a text of a caller's fit for a log line or an answer.
func printable(text string, most int) string {
	shown := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
	if runes := []rune(shown); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return shown
}
