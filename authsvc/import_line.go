package authsvc

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// importLines returns the lines of the body. An error is about the body as a
// whole: it can't be read, or the first row of a CSV is wrong.
func (s *Server) importLines(r *http.Request, body io.Reader) (iter.Seq2[jitsiauth.ImportLine, error], error) {
	if inShiftJIS(r) {
		return s.csvLines(bufio.NewReader(fromShiftJIS(body)), ruleShiftJIS)
	}
	in := bufio.NewReaderSize(body, api.MaxImportLine+len("\r\n"))
	mark, err := in.Peek(len(byteOrderMark))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, stalled(err)
	}
	if string(mark) == byteOrderMark {
		_, _ = in.Discard(len(mark)) // it has just been seen
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == api.CSVType {
		return s.csvLines(in, ruleUTF8)
	}
	return s.ndjsonLines(in), nil
}

const byteOrderMark = "\ufeff"

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
				line.Err = &jitsiauth.InvalidError{Field: "line", Rule: ruleTooLong}
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

// fillLine reads the fields. The JID is set where it can be read, whatever else
// is wrong, so that the result can name it.
func (s *Server) fillLine(wire *api.ImportLine, line *jitsiauth.ImportLine) (err error) {
	if line.JID, err = s.newJID(&api.NewUser{JID: wire.JID, Username: wire.Username, Domain: wire.Domain}); err != nil {
		return err
	}
	line.Password, line.PasswordHash, line.Generate, line.Migrated = wire.Password, wire.PasswordHash, wire.Generate, wire.Migrated
	line.NoPassword = wire.PasswordKind == string(jitsiauth.PasswordNone)
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

// Rules of the characters of a row.
const (
	ruleUTF8     = "must be in UTF-8: save the file as CSV UTF-8"
	ruleShiftJIS = "must be in Shift_JIS, as the file was said to be"
	ruleExample  = "is the example of the template: delete it"
)

// csvLines reads the names of the fields and returns the rows behind them. characters
// is the rule that a row with others breaks.
func (s *Server) csvLines(in *bufio.Reader, characters string) (iter.Seq2[jitsiauth.ImportLine, error], error) {
	rows := &csvReader{in: in, line: 1, guess: true}
	names, _, wrong, err := rows.next()
	rows.guess = false
	switch {
	case errors.Is(err, io.EOF):
		return nil, &jitsiauth.InvalidError{Field: "header", Rule: "must be the first row, and name the fields"}
	case err != nil:
		return nil, stalled(err)
	case wrong != "":
		return nil, &jitsiauth.InvalidError{Field: "header", Rule: wrong}
	}
	if err := checkHeader(names); err != nil {
		return nil, err
	}
	return func(yield func(jitsiauth.ImportLine, error) bool) {
		for {
			cells, n, wrong, err := rows.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(jitsiauth.ImportLine{}, stalled(err))
				return
			}
			line := jitsiauth.ImportLine{Line: n}
			if wrong != "" {
				line.Err = &jitsiauth.InvalidError{Field: "line", Rule: wrong}
			} else {
				line.Err = s.fillRow(names, cells, characters, &line)
			}
			if !yield(line, nil) {
				return
			}
		}
	}, nil
}

// checkHeader also makes the headings the names of fields.
func checkHeader(names []string) error {
	for i, name := range names {
		names[i] = fieldOf(strings.TrimSpace(name))
		if setCell(new(api.ImportLine), names[i], "") == errNoField { //nolint:errorlint // as it is
			return &jitsiauth.InvalidError{Field: printable(name, maxShown), Rule: "is not a field of an account; the first row must name the fields, separated by commas"}
		}
		if slices.Contains(names[:i], names[i]) {
			return &jitsiauth.InvalidError{Field: names[i], Rule: "must not be named twice in the first row"}
		}
	}
	if !slices.Contains(names, "jid") && !slices.Contains(names, "username") && !slices.Contains(names, fieldLogin) {
		return &jitsiauth.InvalidError{Field: "jid", Rule: "must be named in the first row, or else username"}
	}
	return nil
}

func (s *Server) fillRow(names, cells []string, characters string, line *jitsiauth.ImportLine) error {
	if len(cells) != len(names) {
		return &jitsiauth.InvalidError{Field: "line", Rule: "must have as many cells as the first row"}
	}
	var wire api.ImportLine
	for i, name := range names {
		if !utf8.ValidString(cells[i]) || characters == ruleShiftJIS && strings.ContainsRune(cells[i], utf8.RuneError) {
			return &jitsiauth.InvalidError{Field: name, Rule: characters}
		}
		if name != "password" {
			cells[i] = unguardCell(cells[i])
		}
		if err := setCell(&wire, name, cells[i]); err != nil {
			return err
		}
	}
	if slices.Contains(exampleLogins, wire.Username) {
		return &jitsiauth.InvalidError{Field: "line", Rule: ruleExample}
	}
	return s.fillLine(&wire, line)
}

// exampleLogins stand in the template (web_import_template.go). No account can have
// a name with a blank, so that no reader takes them for one.
var exampleLogins = []string{"例: yamada.taro", "Example: jane.doe"}

var errNoField = errors.New("no such field")

// setCell sets one field of a row; see api.ImportLine for empty cells.
func setCell(wire *api.ImportLine, name, cell string) (err error) {
	switch name {
	case fieldLogin:
		setLogin(&wire.JID, &wire.Username, cell)
	case "jid":
		wire.JID = cell
	case "username":
		wire.Username = cell
	case "domain":
		wire.Domain = cell
	case "password":
		wire.Password = cell
	case "password_hash":
		wire.PasswordHash = cell
	case "generate":
		wire.Generate, err = cellBool(name, cell)
	case "migrated":
		wire.Migrated, err = cellBool(name, cell)
	case "password_kind":
		wire.PasswordKind = cell
	case "id":
		wire.ID = cell
	case "created_at":
		wire.CreatedAt = cell
	case "password_changed_at":
		wire.PasswordChangedAt = cell
	case "display_name":
		wire.DisplayName = api.Some(cell)
	case "email":
		wire.Email = api.Some(cell)
	case "note":
		wire.Note = api.Some(cell)
	case "role":
		wire.Role = api.Optional[string]{Value: cell, Set: cell != ""}
	case "disabled":
		wire.Disabled.Set = cell != ""
		wire.Disabled.Value, err = cellBool(name, cell)
	case "valid_from":
		wire.ValidFrom = api.Optional[string]{Value: cellDate(cell), Set: true, Null: cell == ""}
	case "valid_until":
		wire.ValidUntil = api.Optional[string]{Value: cellDate(cell), Set: true, Null: cell == ""}
	case "state", "updated_at":
	default:
		return errNoField
	}
	return err
}

// cellDate makes of a day as Excel writes it in Japan one as the API takes it.
func cellDate(cell string) string {
	for _, layout := range []string{"2006/1/2", "2006年1月2日"} {
		if day, err := time.Parse(layout, cell); err == nil {
			return day.Format(time.DateOnly)
		}
	}
	return cell
}

// cellBool takes capitals too, which spreadsheets write.
func cellBool(name, cell string) (bool, error) {
	switch strings.ToLower(cell) {
	case "true":
		return true, nil
	case "", "false":
		return false, nil
	}
	return false, &jitsiauth.InvalidError{Field: name, Rule: "must be true or false"}
}
