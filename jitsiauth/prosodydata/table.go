package prosodydata

import (
	"bytes"
	"errors"
	"fmt"
	"math"
)

// Bounds of what is read. Prosody's serialiser stops at the same depth
// (maxdepth in util/serialization.lua); an account has ten fields or so.
const (
	maxDepth = 127
	maxItems = 4096 // of all tables of a file together
)

// A value is what Prosody's tables hold: nil, bool, string, int64, float64 or
// *table.
type value any

// table is a Lua table in the order in which it was written.
type table struct{ items []item }

// item is one entry.
type item struct {
	key, val value
	pos      int // where val begins in the file
}

// field returns the entry with the name. One that is nil is not there, as in
// Lua.
func (t *table) field(name string) (item, bool) {
	for _, it := range t.items {
		if it.key == value(name) {
			return it, it.val != nil
		}
	}
	return item{}, false
}

// placeError is a rule and where in the file it is broken.
type placeError struct {
	pos int // in bytes; below 0: in the file as a whole
	err error
}

func (e *placeError) Error() string { return fmt.Sprintf("byte %d: %v", e.pos, e.err) }

var (
	errReturn    = errors.New(`must begin with "return" and a table, as Prosody writes it`)
	errEnd       = errors.New(`must end with ";" and a line break after the table, as Prosody writes it: it may have been cut off`)
	errTrailing  = errors.New("nothing may follow the table")
	errDepth     = fmt.Errorf("tables must not be nested deeper than %d", maxDepth)
	errItems     = fmt.Errorf("must not have more than %d entries", maxItems)
	errValue     = errors.New("a string, number, true, false, nil or table must stand here")
	errKey       = errors.New("a key must not be nil or NaN")
	errDuplicate = errors.New("a key must not be there twice")
	errBracket   = errors.New(`"]" must follow the key`)
	errEquals    = errors.New(`"=" must follow the key`)
	errSeparator = errors.New(`";", "," or "}" must stand here`)
	errCut       = errors.New("the file ends in the middle of a table")
)

// parser reads what util/serialization.lua of Prosody 0.9 to 13.0 writes in
// its presets, and datamanager.lua around it: a small part of Lua, without
// comments, long brackets, operators and calls. Nothing is evaluated.
type parser struct {
	src     []byte
	pos     int
	items   int
	scratch []byte // for the string being read
}

// parse reads a whole file. Its error is a *placeError.
func parse(src []byte) (*table, error) {
	p := &parser{src: src}
	t, err := p.file()
	if err != nil {
		return nil, &placeError{p.pos, err} // a rule is broken where the parser stands
	}
	return t, nil
}

// placeOf returns line and column of a byte, both from 1.
func placeOf(src []byte, pos int) (line, column int) {
	before := src[:pos]
	return bytes.Count(before, []byte{'\n'}) + 1, pos - bytes.LastIndexByte(before, '\n')
}

func (p *parser) file() (*table, error) {
	if !p.skip("return") {
		return nil, errReturn
	}
	p.space()
	if p.peek() != '{' {
		return nil, errReturn
	}
	t, err := p.table(1)
	if err != nil {
		return nil, err
	}
	p.space()
	if !p.skip(";") {
		if p.pos < len(p.src) {
			return nil, errTrailing
		}
		return nil, errEnd
	}
	p.space()
	if p.pos < len(p.src) {
		return nil, errTrailing
	}
	if p.src[p.pos-1] != '\n' {
		return nil, errEnd
	}
	return t, nil
}

// table reads from "{" to "}".
func (p *parser) table(depth int) (*table, error) {
	if depth > maxDepth {
		return nil, errDepth
	}
	p.pos++
	t := new(table)
	seen := map[value]struct{}{}
	next := int64(1) // key of the next value that has none
	for {
		p.space()
		if p.skip("}") {
			return t, nil
		}
		if p.items++; p.items > maxItems {
			return nil, errItems
		}
		start := p.pos
		it, err := p.item(depth, &next)
		if err != nil {
			return nil, err
		}
		if _, twice := seen[it.key]; twice {
			p.pos = start
			return nil, errDuplicate
		}
		seen[it.key] = struct{}{}
		t.items = append(t.items, it)
		p.space()
		if !p.skip(";") && !p.skip(",") && p.peek() != '}' {
			return nil, p.unless(errSeparator)
		}
	}
}

// item reads [key] = value, name = value, or a value.
func (p *parser) item(depth int, next *int64) (it item, err error) {
	name := p.name()
	switch {
	case p.peek() == '[':
		if it.key, err = p.key(depth); err != nil {
			return it, err
		}
	case name != "" && !isKeyword(name):
		it.key = name
		p.pos += len(name)
	default:
		it.key = *next
		*next++
		it.pos = p.pos
		it.val, err = p.value(depth)
		return it, err
	}
	if p.space(); !p.skip("=") {
		return it, p.unless(errEquals)
	}
	p.space()
	it.pos = p.pos
	it.val, err = p.value(depth)
	return it, err
}

// key reads from "[" to "]". A float that is whole is the integer, as in Lua;
// a table is equal to itself only.
func (p *parser) key(depth int) (value, error) {
	p.pos++
	p.space()
	start := p.pos
	key, err := p.value(depth)
	if err != nil {
		return nil, err
	}
	if f, ok := key.(float64); ok {
		if whole, ok := wholeNumber(f); ok {
			key = whole
		} else if math.IsNaN(f) {
			key = nil
		}
	}
	if key == nil {
		p.pos = start
		return nil, errKey
	}
	if p.space(); !p.skip("]") {
		return nil, p.unless(errBracket)
	}
	return key, nil
}

// value reads what may stand behind "=".
func (p *parser) value(depth int) (value, error) {
	switch c := p.peek(); {
	case c == '{':
		return p.table(depth + 1)
	case c == '"':
		return p.text()
	case c == '-' || c == '(' || '0' <= c && c <= '9':
		return p.number()
	}
	name := p.name()
	switch name {
	case "true", "false":
		p.pos += len(name)
		return name == "true", nil
	case "nil":
		p.pos += len(name)
		return nil, nil
	}
	return nil, p.unless(errValue)
}

// unless returns err, or errCut if nothing is left that could break a rule.
func (p *parser) unless(err error) error {
	if p.pos == len(p.src) {
		return errCut
	}
	return err
}

// peek returns the next byte, or 0 at the end.
func (p *parser) peek() byte {
	if p.pos == len(p.src) {
		return 0
	}
	return p.src[p.pos]
}

// skip goes past the word if it is next.
func (p *parser) skip(word string) bool {
	if !bytes.HasPrefix(p.src[p.pos:], []byte(word)) {
		return false
	}
	p.pos += len(word)
	return true
}

func (p *parser) space() {
	for {
		switch p.peek() {
		case ' ', '\t', '\r', '\n':
			p.pos++
		default:
			return
		}
	}
}

// wholeNumber returns f as an integer if it is one that int64 holds.
func wholeNumber(f float64) (int64, bool) {
	if f != math.Trunc(f) || f < -(1<<63) || f >= 1<<63 {
		return 0, false
	}
	return int64(f), true
}
