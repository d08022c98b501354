package csvfile

import (
	"bufio"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// Options says what a file is. The zero value is one in UTF-8.
type Options struct {
	ShiftJIS bool     // the text is in that, with the additions of Windows (code page 932)
	More     []string // columns that it may have besides the fields of api.ImportLine
}

// Line is a row: an account.
type Line struct {
	Number  int // of the line where it begins; 1 is the names of the fields
	Account api.ImportLine
	More    map[string]string // the cells of columns of Options.More; nil without such
	// Err, an *jitsiauth.InvalidError, says why the row can't be read; then the rest
	// is not to be used.
	Err error
}

// Rules of a row.
const (
	ruleUTF8     = "must be in UTF-8: save the file as CSV UTF-8"
	ruleShiftJIS = "must be in Shift_JIS, as the file was said to be"
	ruleExample  = "is the example of the template: delete it"
)

// ExampleLogins stand in the template that the pages give out; a row with one is
// refused. No account can have a name with a blank, so that no reader takes them
// for one.
var ExampleLogins = []string{"例: yamada.taro", "Example: jane.doe"}

// Lines reads the names of the fields, and returns the rows behind them as they come,
// of which it holds one at a time. What separates the cells, a comma, semicolon or
// tab, it finds out from the first row. It returns an *jitsiauth.InvalidError about
// the first row, whose Field may be a short heading that stands there among others
// that are known, or an error of in; one of the latter also ends the rows.
func Lines(in io.Reader, o Options) (iter.Seq2[Line, error], error) {
	if o.ShiftJIS {
		in = fromShiftJIS(in)
	}
	rows := &rowReader{in: bufio.NewReader(in), line: 1, guess: true}
	names, _, wrong, err := rows.next()
	rows.guess = false
	switch {
	case errors.Is(err, io.EOF):
		return nil, &jitsiauth.InvalidError{Field: fieldHeader, Rule: "must be the first row, and name the fields"}
	case err != nil:
		return nil, err
	case wrong != "":
		return nil, &jitsiauth.InvalidError{Field: fieldHeader, Rule: wrong}
	}
	if err := o.checkHeader(names); err != nil {
		return nil, err
	}
	return func(yield func(Line, error) bool) {
		for {
			cells, n, wrong, err := rows.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Line{}, err)
				return
			}
			line := Line{Number: n}
			if wrong != "" {
				line.Err = &jitsiauth.InvalidError{Field: "line", Rule: wrong}
			} else {
				line.Err = o.fill(&line, names, cells)
			}
			if !yield(line, nil) {
				return
			}
		}
	}, nil
}

func (o Options) known(field string) bool {
	return slices.Contains(o.More, field) || setCell(new(api.ImportLine), field, "") != errNoField //nolint:errorlint // as it is
}

func (o Options) fill(line *Line, names, cells []string) error {
	if len(cells) != len(names) {
		return &jitsiauth.InvalidError{Field: "line", Rule: "must have as many cells as the first row"}
	}
	for i, name := range names {
		if rule := o.characters(cells[i]); rule != "" {
			return &jitsiauth.InvalidError{Field: name, Rule: rule}
		}
		if name != "password" {
			cells[i] = unguard(cells[i])
		}
		if slices.Contains(o.More, name) {
			if line.More == nil {
				line.More = map[string]string{}
			}
			line.More[name] = cells[i]
		} else if err := setCell(&line.Account, name, cells[i]); err != nil {
			return err
		}
	}
	if slices.Contains(ExampleLogins, line.Account.Username) {
		return &jitsiauth.InvalidError{Field: "line", Rule: ruleExample}
	}
	return nil
}

// characters returns the rule that the characters of a cell break.
func (o Options) characters(cell string) string {
	switch {
	case o.ShiftJIS && (!utf8.ValidString(cell) || strings.ContainsRune(cell, utf8.RuneError)):
		return ruleShiftJIS
	case !utf8.ValidString(cell):
		return ruleUTF8
	}
	return ""
}
