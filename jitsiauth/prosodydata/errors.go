package prosodydata

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"unicode"
)

// FileError says why one file, or the folder of one host, can't be taken. It
// names places, fields and rules, never what stands in the file: that is
// passwords and their hashes.
type FileError struct {
	File string // below the folder of the host, "accounts/alice.dat"; or the host's folder
	// Line and Column, both from 1, are the place in the file; 0 if it is the
	// whole file. Column counts bytes.
	Line, Column int
	Err          error // the rule that was broken, or what the system said
}

// Error returns "accounts/alice.dat:3:12: " and the rule. A name of a file that
// can't be shown to a person as it is, stands in quotes.
func (e *FileError) Error() string {
	name := e.File
	if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) {
		name = strconv.Quote(name)
	}
	if e.Line == 0 {
		return fmt.Sprintf("%s: %v", name, e.Err)
	}
	return fmt.Sprintf("%s:%d:%d: %v", name, e.Line, e.Column, e.Err)
}

// Unwrap returns Err, so that errors.Is knows fs.ErrPermission, for one.
func (e *FileError) Unwrap() error { return e.Err }

// fileError gives an error of the system the name of the file in place of the
// operation and path that it has by itself.
func fileError(file string, err error) *FileError {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return &FileError{File: file, Err: err}
}

// The rules about names and whole files.
var (
	errEmptyName   = errors.New("the name is empty")
	errEncodedName = errors.New("the name is not as Prosody writes names: only letters and digits as they are, any other byte as % and two hexadecimal digits in lower case")
	errSymlink     = errors.New("is a symbolic link, which is not followed")
	errNoFile      = errors.New("is no regular file")
	errSwapped     = errors.New("was replaced while it was opened: read the directory again")
	errFileEmpty   = errors.New("is empty, as a crash can leave it")
	errTooBig      = fmt.Errorf("is bigger than %d bytes, which no account is", maxFileBytes)
	errRemoved     = errors.New("holds nothing, as Prosody leaves it when it removes an account")
)
