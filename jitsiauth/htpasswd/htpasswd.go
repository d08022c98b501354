// Package htpasswd reads the password files of Apache's htpasswd, which nginx and
// many other programs use too: a name, a colon and a hash on each line.
//
//	lines := func(yield func(jitsiauth.ImportLine, error) bool) {
//		for e, err := range htpasswd.Entries(file) {
//			line := jitsiauth.ImportLine{Line: e.Line, Err: e.Err, PasswordHash: e.Hash}
//			if line.Err == nil {
//				line.JID, line.Err = jitsiauth.NewJID(e.Name, "meet.jitsi")
//			}
//			if !yield(line, err) { return }
//		}
//	}
//	for results, err := range accounts.Import(ctx, lines, jitsiauth.ImportOptions{WithoutPassword: true}) { … }
//
// It finds names and hashes, and leaves it to the domain which hashes can be
// compared with: that is bcrypt, which "htpasswd -B" makes, of cost 5 unless -C says
// more. ImportOptions.AllowWeak takes a cost as low as that.
package htpasswd

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/jitsiauth/server/jitsiauth"
)

// MaxLine bounds a line, its end included, in bytes: what Apache reads of one
// (MAX_STRING_LEN in httpd.h).
const MaxLine = 8192

// Entry is a line with an account.
type Entry struct {
	Line int    // 1 is the first
	Name string // as it stands there, not prepared; set with Err too, where it can be read
	Hash string // of whatever kind; it may be a password in plain text
	// Err says what is wrong with the line, which has no Hash then. It never holds
	// what stands there.
	Err error
}

// What can be wrong with a line.
var (
	errTooLong   = fmt.Errorf("is longer than %d bytes", MaxLine)
	errUTF8      = errors.New("is not in UTF-8")
	errNUL       = errors.New("holds a NUL byte")
	errNoColon   = errors.New("has no colon between name and hash")
	errNoName    = errors.New("has no name before the colon")
	errNoHash    = errors.New("has no hash behind the colon")
	errDigest    = errors.New("is one of htdigest, whose hashes can't be used: they hold a realm too")
	errNameTwice = errors.New("has a name that an earlier line has, or one that is the same when it is prepared")
)

const byteOrderMark = "\ufeff"

// Entries reads the accounts as they come. Like Apache's mod_authn_file it takes
// white space off both ends of a line, skips what is empty then or begins with "#",
// and ignores what follows a second colon. A mark of UTF-8 at the beginning is
// skipped. A line that can't be used is an Entry with Err, and others follow; so is
// the second of a name, where Apache takes the first. For that it remembers eight
// bytes for each name; else it holds one line. The error of the iterator is what r
// returned, and the last.
func Entries(r io.Reader) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		in := bufio.NewReaderSize(r, MaxLine)
		if mark, _ := in.Peek(len(byteOrderMark)); string(mark) == byteOrderMark {
			_, _ = in.Discard(len(mark)) // it has just been seen
		}
		names := known{seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}}
		for n := 1; ; n++ {
			text, whole, err := readLine(in)
			if err != nil && !errors.Is(err, io.EOF) {
				yield(Entry{Line: n}, err)
				return
			}
			e := Entry{Line: n}
			there := true
			if !whole {
				e.Err = errTooLong
			} else {
				there = e.parse(text)
			}
			if there && e.Err == nil && names.again(e.Name) {
				e.Hash, e.Err = "", errNameTwice
			}
			if there && !yield(e, nil) || err != nil {
				return
			}
		}
	}
}

// readLine returns what stands before the next line end, until the next call, or
// that it is too long. The last line comes with io.EOF.
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

// parse reads a line, and reports whether it is about an account.
func (e *Entry) parse(line []byte) bool {
	text := string(bytes.Trim(line, " \t\v\f\r\n"))
	if text == "" || text[0] == '#' {
		return false
	}
	switch {
	case !utf8.ValidString(text):
		e.Err = errUTF8
		return true
	case strings.Contains(text, "\x00"):
		e.Err = errNUL
		return true
	}
	name, rest, found := strings.Cut(text, ":")
	hash, more, _ := strings.Cut(rest, ":")
	switch {
	case !found:
		// What stands there may be a password.
		e.Err = errNoColon
		return true
	case name == "":
		e.Err = errNoName
	case hash == "":
		e.Err = errNoHash
	case isMD5(more):
		e.Err = errDigest
	default:
		e.Hash = hash
	}
	e.Name = name
	return true
}

// isMD5 recognises the third part of a line of htdigest: name, realm, digest.
func isMD5(text string) bool {
	return len(text) == 32 && strings.Trim(text, "0123456789abcdef") == ""
}

// known are the names so far.
type known struct {
	seed maphash.Seed
	seen map[uint64]struct{}
}

// again reports whether the name was there before, under any spelling that is the
// same account.
func (k *known) again(name string) bool {
	if prepared, err := jitsiauth.PrepareLocal(name); err == nil {
		name = prepared
	} else if jid, err := jitsiauth.ParseJID(name); err == nil {
		name = jid.String()
	}
	sum := maphash.String(k.seed, name)
	_, again := k.seen[sum]
	k.seen[sum] = struct{}{}
	return again
}
