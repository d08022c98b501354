package csvfile

import (
	"bufio"
	"errors"
	"io"

	"github.com/jitsiauth/server/authsvc/api"
)

// rowReader reads rows of RFC 4180 one by one, as encoding/csv does, but goes on
// behind a row that is wrong, and never holds more than api.MaxImportLine bytes.
// What stands in open quotes is never taken for a row.
type rowReader struct {
	in        *bufio.Reader
	line      int  // of what comes next
	separator byte // 0: a comma; see guess
	guess     bool // the first of ,;Tab outside quotes is the separator

	cells []string
	cell  []byte
	size  int
	wrong string // the rule that the row breaks
}

// RuleTooLong is what a line breaks that is longer than api.MaxImportLine.
const RuleTooLong = "must be at most 65536 bytes long"

// Rules of a row.
const (
	ruleQuotes    = `must have quotes (") around whole cells only, and those within doubled`
	ruleOpenQuote = `must close the quote (") that it opens`
)

// next returns the cells of the next row that is not empty, and the line that
// it begins in; wrong is the rule that it breaks, if it does. The error is
// io.EOF, or that of the input.
func (r *rowReader) next() (cells []string, line int, wrong string, err error) {
	for {
		line = r.line
		r.cells, r.cell, r.size, r.wrong = nil, r.cell[:0], 0, ""
		err := r.row()
		if err != nil && (!errors.Is(err, io.EOF) || r.size == 0) {
			return nil, line, "", err
		}
		if r.size > 0 {
			return r.cells, line, r.wrong, nil
		}
	}
}

// States of row.
const (
	cellStart = iota
	cellPlain
	cellQuoted
	cellQuote // behind a quote within quotes: doubled, or the end
)

// row reads to the end of the row. size is 0 where it was empty.
func (r *rowReader) row() error {
	for state := cellStart; ; {
		c, err := r.byte()
		if err != nil {
			if state == cellQuoted {
				r.breaks(ruleOpenQuote)
			}
			r.endCell()
			return err
		}
		switch {
		case state == cellQuoted && c == '"':
			state = cellQuote
		case state == cellQuoted:
			r.add(c)
		case c == '\n':
			r.endCell()
			return nil
		case r.separates(c):
			r.grow()
			r.endCell()
			state = cellStart
		case c == '"' && state == cellStart:
			r.grow()
			state = cellQuoted
		case c == '"' && state == cellQuote:
			r.add(c)
			state = cellQuoted
		default:
			if c == '"' || state == cellQuote {
				r.breaks(ruleQuotes)
			}
			r.add(c)
			state = cellPlain
		}
	}
}

// separates reports what ends a cell. Who guesses must say after the first row that
// there is nothing more to guess.
func (r *rowReader) separates(c byte) bool {
	if r.guess && (c == ',' || c == ';' || c == '\t') {
		r.separator, r.guess = c, false
	}
	if r.separator == 0 {
		return c == ','
	}
	return c == r.separator
}

// byte reads a CR LF as LF, as encoding/csv does in quotes too.
func (r *rowReader) byte() (byte, error) {
	c, err := r.in.ReadByte()
	if c == '\r' && err == nil {
		if next, err := r.in.Peek(1); err == nil && next[0] == '\n' {
			c, _ = r.in.ReadByte()
		}
	}
	if c == '\n' && err == nil {
		r.line++
	}
	return c, err
}

func (r *rowReader) grow() {
	if r.size++; r.size > api.MaxImportLine {
		r.breaks(RuleTooLong)
	}
}

func (r *rowReader) add(c byte) {
	if r.grow(); r.wrong == "" {
		r.cell = append(r.cell, c)
	}
}

func (r *rowReader) endCell() {
	if r.wrong == "" {
		r.cells = append(r.cells, string(r.cell))
	}
	r.cell = r.cell[:0]
}

// breaks keeps the first rule that the row breaks.
func (r *rowReader) breaks(rule string) {
	if r.wrong == "" {
		r.wrong = rule
	}
}
