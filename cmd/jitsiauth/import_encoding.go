package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// shiftJISType is what Excel in Japan saves unless it is told otherwise.
const shiftJISType = api.CSVType + "; charset=shift_jis"

// csvEncoding returns the content type of a CSV for the flag, and the CSV from its
// beginning. Without a flag, a file is looked through: what can't be looked at twice
// is taken for UTF-8.
func (a *app) csvEncoding(ctx context.Context, flag, name string, in io.Reader) (kind string, csv io.Reader, err error) {
	if !slices.Contains([]string{"auto", "utf-8", "shift_jis"}, flag) {
		return "", nil, usageError("the encoding "+flag+" is not known", "give --encoding utf-8 or --encoding shift_jis")
	}
	file, isFile := in.(*os.File)
	if isFile {
		about, err := file.Stat()
		isFile = err == nil && about.Mode().IsRegular() // else reading it says what is wrong
	}
	if csv, err = noUTF16(ctx, name, in, isFile); err != nil {
		return "", nil, err
	}
	switch {
	case flag == "shift_jis":
		return shiftJISType, csv, nil
	case flag == "utf-8" || !isFile:
		return api.CSVType, csv, nil
	}
	inUTF8, err := isUTF8(file)
	switch {
	case err != nil:
		return "", nil, usageError(err.Error(), "")
	case inUTF8:
		return api.CSVType, csv, nil
	}
	fmt.Fprintf(a.stderr, "%s is not in UTF-8: taken for Shift_JIS, as Excel in Japan saves it; --encoding utf-8 says otherwise\n", name)
	return shiftJISType, csv, nil
}

// noUTF16 refuses what begins with the mark of UTF-16, as Excel's "Unicode text" does,
// and returns the input from where it stood: a file as it is.
func noUTF16(ctx context.Context, name string, in io.Reader, isFile bool) (io.Reader, error) {
	again := bufio.NewReader(in)
	mark, err := waitFor(ctx, func() ([]byte, error) {
		mark, _ := again.Peek(2) // reading on says what is wrong
		return mark, nil
	})
	if err != nil {
		return nil, err
	}
	if name == "-" {
		name = "standard input"
	}
	if string(mark) == "\xff\xfe" || string(mark) == "\xfe\xff" {
		return nil, usageError(name+" is in UTF-16", "save it as CSV UTF-8")
	}
	if !isFile {
		return again, nil
	}
	if _, err := in.(io.Seeker).Seek(-int64(again.Buffered()), io.SeekCurrent); err != nil { //nolint:forcetypeassert // a file is one
		return nil, usageError(err.Error(), "")
	}
	return in, nil
}

// encodingHint says what to do about a first row that is not in UTF-8: of standard
// input nobody has looked what it is in.
func encodingHint(err error) error {
	wrong, ok := errors.AsType[*jitsiauth.InvalidError](err)
	if !ok || wrong.Field != "header" || !strings.Contains(wrong.Rule, "must be in UTF-8") {
		return err
	}
	return &failure{text: wrong.Error(), hint: "if it is in Shift_JIS, as Excel in Japan saves it: --encoding shift_jis"}
}

// isUTF8 reads the file from where it stands, and goes back there. A mark at the
// beginning says that it is, whatever comes then.
func isUTF8(file io.ReadSeeker) (bool, error) {
	start, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return false, err
	}
	valid, in := true, bufio.NewReader(file)
	if mark, _ := in.Peek(len("\ufeff")); string(mark) != "\ufeff" {
		for valid {
			r, size, err := in.ReadRune()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return false, err
			}
			valid = r != utf8.RuneError || size != 1
		}
	}
	_, err = file.Seek(start, io.SeekStart)
	return valid, err
}
