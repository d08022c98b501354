package prosodydata

import (
	"errors"
	"math"
	"strconv"
	"unicode/utf8"
)

// maxNumber is longer than any number that "%d" or "%.18g" writes.
const maxNumber = 40

var (
	errString  = errors.New("the file ends in the middle of a string")
	errControl = errors.New("a control character must not stand in a string as it is")
	errEscape  = errors.New(`after "\" in a string must stand one of a b f n r t v \ " ', a line break, or a number up to 255 of at most three digits`)
	errNumber  = errors.New("a number must be as Prosody writes it, such as 10000, 0.5, 1e+20 or (1/0)")
	errUTF8    = errors.New("must be valid UTF-8")
)

// escapes are those that Prosody writes and stand for a byte each.
var escapes = map[byte]byte{
	'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v',
	'\\': '\\', '"': '"', '\'': '\'',
	'\n': '\n', // as Lua's %q writes it, in files of Prosody before 0.10
}

// text reads a string in double quotes. Today's Prosody escapes every byte that
// is no printable ASCII; older ones left UTF-8 as it is.
func (p *parser) text() (string, error) {
	p.pos++
	s := p.scratch[:0]
	for {
		if p.pos == len(p.src) {
			return "", errString
		}
		switch c := p.src[p.pos]; {
		case c == '"':
			p.pos++
			p.scratch = s
			return string(s), nil
		case c == '\\':
			b, err := p.escape()
			if err != nil {
				return "", err
			}
			s = append(s, b)
		case c < ' ' || c == 0x7f:
			return "", errControl
		default:
			s = append(s, c)
			p.pos++
		}
	}
}

// escape reads from a backslash on. On error the parser stands there.
func (p *parser) escape() (byte, error) {
	rest := p.src[p.pos+1:]
	if len(rest) == 0 {
		return 0, errString
	}
	if b, ok := escapes[rest[0]]; ok {
		p.pos += 2
		return b, nil
	}
	n, code := 0, 0
	for n < 3 && n < len(rest) && isDigit(rest[n]) {
		code = code*10 + int(rest[n]-'0')
		n++
	}
	if n == 0 || code > math.MaxUint8 {
		return 0, errEscape
	}
	p.pos += 1 + n
	return byte(code), nil
}

// number reads an integer ("%d"), another number ("%.18g"), or one of the
// three that the latter can't write. An integer beyond int64 is a float, as in
// Lua.
func (p *parser) number() (value, error) {
	switch {
	case p.skip("(1/0)"):
		return math.Inf(1), nil
	case p.skip("(-1/0)"):
		return math.Inf(-1), nil
	case p.skip("(0/0)"):
		return math.NaN(), nil
	}
	token := p.src[p.pos:min(len(p.src), p.pos+maxNumber+1)]
	n, whole := scanNumber(token)
	if n == 0 || n > maxNumber || n < len(token) && isNameByte(token[n]) {
		return nil, errNumber
	}
	text := string(token[:n])
	if whole {
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			p.pos += n
			return i, nil
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, errNumber
	}
	p.pos += n
	return f, nil
}

// scanNumber returns how long the number is that b begins with, 0 if it is
// none, and whether it has neither fraction nor exponent.
func scanNumber(b []byte) (n int, whole bool) {
	digits := func() bool {
		start := n
		for n < len(b) && isDigit(b[n]) {
			n++
		}
		return n > start
	}
	next := func(any string) bool {
		for i := range len(any) {
			if n < len(b) && b[n] == any[i] {
				n++
				return true
			}
		}
		return false
	}
	next("-")
	start := n
	if !digits() || b[start] == '0' && n > start+1 {
		return 0, false
	}
	whole = true
	if next(".") {
		if whole = false; !digits() {
			return 0, false
		}
	}
	if next("e") {
		whole = false
		if next("+-"); !digits() {
			return 0, false
		}
	}
	return n, whole
}

// name returns the name that stands next, if one does, and stays before it.
func (p *parser) name() string {
	end := p.pos
	for end < len(p.src) && isNameByte(p.src[end]) {
		end++
	}
	if end == p.pos || isDigit(p.src[p.pos]) {
		return ""
	}
	return string(p.src[p.pos:end])
}

// isKeyword knows the words that are no names in Lua (default_keywords in
// util/serialization.lua).
func isKeyword(name string) bool {
	switch name {
	case "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if",
		"in", "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while":
		return true
	}
	return false
}

func isDigit(c byte) bool    { return '0' <= c && c <= '9' }
func isNameByte(c byte) bool { return c == '_' || isAlphanumeric(c) }

// validText holds text of the file to UTF-8.
func validText(s string) error {
	if !utf8.ValidString(s) {
		return errUTF8
	}
	return nil
}
