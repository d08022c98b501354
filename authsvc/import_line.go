package authsvc

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
	"mime"
	"net/http"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/csvfile"
	"github.com/jitsiauth/server/jitsiauth"
)

// importLines returns the lines of the body. An error is about the body as a
// whole: it can't be read, or the first row of a CSV is wrong.
func (s *Server) importLines(r *http.Request, body io.Reader) (iter.Seq2[jitsiauth.ImportLine, error], error) {
	if inShiftJIS(r) {
		return s.csvLines(body, csvfile.Options{ShiftJIS: true})
	}
	in := bufio.NewReaderSize(body, api.MaxImportLine+len("\r\n"))
	mark, err := in.Peek(len(csvfile.ByteOrderMark))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, stalled(err)
	}
	if string(mark) == csvfile.ByteOrderMark {
		_, _ = in.Discard(len(mark)) // it has just been seen
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == api.CSVType {
		return s.csvLines(in, csvfile.Options{})
	}
	return s.ndjsonLines(in), nil
}

// ndjsonLines yields the lines that are not empty.
func (s *Server) ndjsonLines(in *bufio.Reader) iter.Seq2[jitsiauth.ImportLine, error] {
	return func(yield func(jitsiauth.ImportLine, error) bool) {
		for n := 1; ; n++ {
			text, whole, err := readLine(in)
			if err != nil && !errors.Is(err, io.EOF) {
				yield(jitsiauth.ImportLine{}, stalled(err))
				return
			}
			line := jitsiauth.ImportLine{Line: n}
			if text = bytes.TrimSpace(text); !whole {
				line.Err = &jitsiauth.InvalidError{Field: "line", Rule: csvfile.RuleTooLong}
			} else if len(text) > 0 {
				s.decodeLine(text, &line)
			}
			if (len(text) > 0 || !whole) && !yield(line, nil) || err != nil {
				return
			}
		}
	}
}

// readLine returns what stands before the next line end, until the next call,
// or the whole of it unseen if it is too long. The last line comes with io.EOF.
func readLine(in *bufio.Reader) (text []byte, whole bool, err error) {
	text, err = in.ReadSlice('\n')
	if whole = !errors.Is(err, bufio.ErrBufferFull); whole {
		return text, whole, err
	}
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = in.ReadSlice('\n')
	}
	return nil, false, err
}

func (s *Server) decodeLine(text []byte, line *jitsiauth.ImportLine) {
	var wire api.ImportLine
	if line.Err = decode(text, &wire); line.Err == nil {
		line.Err = s.fillLine(&wire, line)
	}
}

// ReadAccount reads an account as an import of the API does: a name without a domain
// is of the first that is served, days are of Options.Timezone. What is wrong is the
// Err of what it returns. number is the line's.
func (s *Server) ReadAccount(account api.ImportLine, number int) jitsiauth.ImportLine {
	line := jitsiauth.ImportLine{Line: number}
	line.Err = s.fillLine(&account, &line)
	return line
}

// fillLine reads the fields. The JID is set where it can be read, whatever else
// is wrong, so that the result can name it.
func (s *Server) fillLine(wire *api.ImportLine, line *jitsiauth.ImportLine) (err error) {
	if line.JID, err = s.newJID(&api.NewUser{JID: wire.JID, Username: wire.Username, Domain: wire.Domain}); err != nil {
		return err
	}
	line.Password, line.PasswordHash, line.Generate, line.Migrated = wire.Password, wire.PasswordHash, wire.Generate, wire.Migrated
	line.NoPassword, line.Vetted = wire.PasswordKind == string(jitsiauth.PasswordNone), wire.PasswordKind == passwordSet
	if line.PasswordHash != "" || line.Migrated || line.NoPassword {
		if err := fillHistory(wire, line); err != nil {
			return err
		}
	}
	line.Fields, err = s.userChange(&api.UserPatch{
		DisplayName: wire.DisplayName, Email: wire.Email, Note: wire.Note, Role: wire.Role, Disabled: wire.Disabled,
		ValidFrom: wire.ValidFrom, ValidUntil: wire.ValidUntil,
	})
	return err
}

// fillHistory reads what an account of another instance brings along.
func fillHistory(wire *api.ImportLine, line *jitsiauth.ImportLine) (err error) {
	if wire.ID != "" {
		if line.ID, err = jitsiauth.ParseID(wire.ID); err != nil {
			return &jitsiauth.InvalidError{Field: "id", Rule: "must be an account's ID as an export has it, or left out"}
		}
	}
	for _, moment := range []struct {
		field, text string
		to          *time.Time
	}{
		{"created_at", wire.CreatedAt, &line.CreatedAt},
		{"password_changed_at", wire.PasswordChangedAt, &line.PasswordChangedAt},
	} {
		if moment.text == "" {
			continue
		}
		if *moment.to, err = time.Parse(time.RFC3339, moment.text); err != nil {
			return &jitsiauth.InvalidError{Field: moment.field, Rule: "must be a moment like 2026-11-27T18:00:00Z, or left out"}
		}
	}
	return nil
}

// csvLines returns the accounts of a CSV.
func (s *Server) csvLines(in io.Reader, o csvfile.Options) (iter.Seq2[jitsiauth.ImportLine, error], error) {
	rows, err := csvfile.Lines(in, o)
	if invalid, ok := errors.AsType[*jitsiauth.InvalidError](err); ok {
		return nil, &jitsiauth.InvalidError{Field: printable(invalid.Field, maxShown), Rule: invalid.Rule}
	}
	if err != nil {
		return nil, stalled(err)
	}
	return func(yield func(jitsiauth.ImportLine, error) bool) {
		for row, err := range rows {
			if err != nil {
				yield(jitsiauth.ImportLine{}, stalled(err))
				return
			}
			line := jitsiauth.ImportLine{Line: row.Number, Err: row.Err}
			if line.Err == nil {
				line.Err = s.fillLine(&row.Account, &line)
			}
			if !yield(line, nil) {
				return
			}
		}
	}, nil
}
