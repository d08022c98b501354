package authsvc

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// importUsers answers while it reads, so that neither side holds more than some
// thousand lines. A caller must read the answer while it sends, as curl and
// package client do, or send no more than fits the network's buffers: some
// thousand lines.
func (s *Server) importUsers(c *gin.Context) error {
	opts, err := importOptions(c.Request)
	if err != nil {
		return err
	}
	if err := wantImport(c.Request); err != nil {
		return err
	}
	release, err := s.takePlace(c)
	if err != nil {
		return err
	}
	defer release()
	reading, stopReading := context.WithCancel(stoppingOf(c.Request.Context()))
	defer stopReading()
	body := s.importBody(c, reading)
	defer body.endReads()()
	lines, err := s.importLines(c.Request, body)
	if err != nil {
		return err
	}
	answer := s.startBulk(c, api.NDJSONType)
	if err := answer.flush(); err != nil { // the caller sees at once that all is well so far
		return nil //nolint:nilerr // it has gone, and nothing was done
	}
	// The server ends the request's context when the body breaks off. What came
	// before is written all the same; who hangs up later is noticed when the
	// next results are sent. An atomic import has nothing to write then.
	ctx := c.Request.Context()
	if !opts.Atomic {
		ctx = context.WithoutCancel(ctx)
	}
	summary := api.ImportSummary{Done: true, DryRun: opts.DryRun}
	for results, err := range s.svc.Import(ctx, ahead(lines), opts) {
		if err != nil {
			problem := s.problem(c, s.explain(c.Request.Context(), err), err)
			summary.Done, summary.Problem = false, &problem
			break
		}
		if err := s.sendResults(c, answer, results, &summary); err != nil {
			stopReading() // what is read ahead ends before this loop does
			return nil    //nolint:nilerr // the caller has gone; it has no summary
		}
	}
	if !summary.Done {
		// A connection that is closed with input unread may lose the summary.
		_, _ = io.Copy(io.Discard, body)
	}
	release() // who has the summary may import again at once
	if answer.line(api.ImportResult{Summary: &summary}) == nil {
		_ = answer.flush() // if the caller has gone, there is nobody to tell
	}
	return nil
}

// importBody is the body, which can be read while the answer is written, until
// reading ends.
func (s *Server) importBody(c *gin.Context, reading context.Context) *bulkBody { //nolint:revive // it is not the call's own
	control := http.NewResponseController(c.Writer)
	_ = control.EnableFullDuplex() // HTTP/2 needs none
	return &bulkBody{
		body: c.Request.Body, control: control, stall: s.stall,
		allowed:  func() error { return s.stillAllowed(context.WithoutCancel(c.Request.Context())) },
		stopping: reading,
	}
}

// sendResults fails where the caller has gone.
func (s *Server) sendResults(c *gin.Context, answer *bulkAnswer, results []jitsiauth.ImportResult, summary *api.ImportSummary) error {
	for _, r := range results {
		if err := answer.line(s.wireResult(c, &r, summary)); err != nil {
			return err
		}
	}
	return answer.flush()
}

func importOptions(r *http.Request) (opts jitsiauth.ImportOptions, err error) {
	params, err := queryParams(r, "mode", "dry_run", "atomic", "allow_weak", "without_password")
	if err != nil {
		return opts, err
	}
	opts.Mode = jitsiauth.ImportMode(params["mode"])
	if opts.DryRun, err = boolParam(params, "dry_run"); err != nil {
		return opts, err
	}
	if opts.Atomic, err = boolParam(params, "atomic"); err != nil {
		return opts, err
	}
	if opts.AllowWeak, err = boolParam(params, "allow_weak"); err != nil {
		return opts, err
	}
	if opts.WithoutPassword, err = boolParam(params, "without_password"); err != nil {
		return opts, err
	}
	return opts, opts.Check(r.Context())
}

// wireResult also counts the result.
func (s *Server) wireResult(c *gin.Context, r *jitsiauth.ImportResult, summary *api.ImportSummary) api.ImportResult {
	wire := api.ImportResult{
		Line: r.Line, Result: string(r.Outcome), JID: r.JID.String(), GeneratedPassword: r.GeneratedPassword,
		Changed: r.Changed, NoPassword: r.NoPassword,
	}
	if r.Notice != nil {
		wire.Notice = r.Notice.Error()
	}
	if r.NoPassword {
		summary.WithoutPassword++
	}
	if r.ID != (jitsiauth.ID{}) {
		wire.ID = r.ID.String()
	}
	summary.Lines++
	switch r.Outcome {
	case jitsiauth.ImportCreated:
		summary.Created++
	case jitsiauth.ImportUpdated:
		summary.Updated++
	case jitsiauth.ImportUnchanged:
		summary.Unchanged++
	case jitsiauth.ImportError:
		summary.Errors++
		s.explainLine(c, r.Err, &wire)
	}
	return wire
}

// explainLine says why a line was refused, in the words of a problem.
func (s *Server) explainLine(c *gin.Context, err error, wire *api.ImportResult) {
	e := s.explain(c.Request.Context(), err)
	wire.Code, wire.Field = e.code, e.field
	var invalid *jitsiauth.InvalidError
	if errors.As(err, &invalid) {
		wire.Field, wire.Rule = invalid.Field, invalid.Rule
	} else if e.code == api.CodeMalformed {
		wire.Rule = strings.Replace(e.detail, "The body", "The line", 1)
	}
	var refused *jitsiauth.PolicyError
	if errors.As(err, &refused) {
		wire.Reason, wire.Min = string(refused.Reason), refused.Min
	}
}
