package authsvc

import (
	"encoding/csv"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/csvfile"
	"github.com/jitsiauth/server/jitsiauth"
)

func (s *Server) exportUsers(c *gin.Context) error {
	params, err := queryParams(c.Request, "format", "hashes")
	if err != nil {
		return err
	}
	hashes, err := boolParam(params, "hashes")
	if err != nil {
		return err
	}
	asCSV := params["format"] == "csv"
	if format := params["format"]; !asCSV && format != "" && format != "ndjson" {
		return &jitsiauth.InvalidError{Field: "format", Rule: "must be one of ndjson, csv"}
	}
	x := &exporter{s: s, c: c, csv: asCSV, hashes: hashes}
	x.allowed = func() error { return s.stillAllowed(c.Request.Context()) }
	if asCSV {
		x.file = "accounts.csv"
	}
	return s.sendExport(x)
}

func (s *Server) sendExport(out *exporter) error {
	c := out.c
	release, err := s.takePlace(c)
	if err != nil {
		return err
	}
	defer release()
	// Else the server would take the caller for gone when the deadline of an
	// ordinary request passes.
	_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Time{})
	for r, err := range s.svc.Export(c.Request.Context(), jitsiauth.ExportOptions{Hashes: out.hashes}) {
		if err == nil {
			err = out.add(&r)
		}
		if err != nil {
			return out.fail(err)
		}
	}
	if err := out.end(); err != nil {
		return out.fail(err)
	}
	return nil
}

// exporter writes an export. Nothing is sent before the first account is there,
// so that an error can be told until then.
type exporter struct {
	s           *Server
	c           *gin.Context
	csv, hashes bool
	file        string         // what to save it as; empty: not said
	lang        string         // of the headings of a CSV; empty: names of the API
	zone        *time.Location // of its times; nil: as they are kept
	allowed     func() error   // asked before each write
	answer      *bulkAnswer
}

// fail tells the error, or ends the connection, so that what was sent can't be
// taken for the whole.
func (x *exporter) fail(err error) error {
	if x.answer == nil {
		return err
	}
	x.s.log.LogAttrs(x.c.Request.Context(), slog.LevelWarn, "export cut off",
		slog.String("request_id", requestID(x.c)), slog.Any("reason", err))
	panic(http.ErrAbortHandler)
}

func (x *exporter) start() error {
	if x.answer != nil {
		return nil
	}
	contentType := api.NDJSONType
	if x.csv {
		contentType = api.CSVType + "; charset=utf-8; header=present"
	}
	x.answer = x.s.startBulk(x.c, contentType)
	stopping := stoppingOf(x.c.Request.Context())
	x.answer.allowed = func() error {
		if stopping.Err() != nil {
			return errStopping
		}
		return x.allowed()
	}
	if x.file != "" {
		x.c.Header("Content-Disposition", `attachment; filename="`+x.file+`"`)
	}
	if !x.csv {
		return nil
	}
	x.answer.buffer.WriteString(csvfile.ByteOrderMark)
	header := []string{
		"id", "jid", "display_name", "email", "note", "role", "disabled", "state", "valid_from", "valid_until",
		"created_at", "updated_at", "password_changed_at", "password_kind",
	}
	if x.hashes {
		header = append(header, "password_hash")
	}
	for i, field := range header {
		header[i] = csvfile.Heading(x.lang, field)
	}
	return x.row(header)
}

func (x *exporter) add(r *jitsiauth.Record) error {
	if err := x.start(); err != nil {
		return err
	}
	u := exported(r, x.s.opts.Now())
	if !x.csv {
		return x.answer.line(u)
	}
	row := []string{
		u.ID, u.JID, u.DisplayName, u.Email, u.Note, u.Role, strconv.FormatBool(u.Disabled), u.State,
		x.time(r.ValidFrom), x.time(r.ValidUntil), x.time(r.CreatedAt), x.time(r.UpdatedAt), x.time(r.PasswordChangedAt),
		u.PasswordKind,
	}
	if x.hashes {
		row = append(row, u.PasswordHash)
	}
	if err := x.row(row); err != nil {
		return err
	}
	return x.answer.flushFrom(bulkFlush)
}

func (x *exporter) end() error {
	if err := x.start(); err != nil {
		return err
	}
	return x.answer.flush()
}

func (x *exporter) row(cells []string) error {
	for i := range cells {
		cells[i] = csvfile.Guard(cells[i])
	}
	out := csv.NewWriter(&x.answer.buffer)
	out.UseCRLF = true
	if err := out.Write(cells); err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

func exported(r *jitsiauth.Record, now time.Time) api.ExportedUser {
	u := api.ExportedUser{
		ID: r.ID.String(), JID: r.JID.String(), DisplayName: r.DisplayName, Email: r.Email, Note: r.Note,
		Role: string(r.Role), Disabled: r.Disabled, State: string(r.StateAt(now)),
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, PasswordChangedAt: r.PasswordChangedAt,
		PasswordKind: wirePasswordKind(r.PasswordKind), PasswordHash: r.PasswordHash,
	}
	if !r.ValidFrom.IsZero() {
		u.ValidFrom = &r.ValidFrom
	}
	if !r.ValidUntil.IsZero() {
		u.ValidUntil = &r.ValidUntil
	}
	return u
}

func (x *exporter) time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if x.zone != nil {
		t = t.In(x.zone)
	}
	return t.Format(time.RFC3339Nano)
}
