package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"github.com/jitsiauth/server/authsvc/api"
)

// shiftJISType is what Excel in Japan saves unless it is told otherwise.
const shiftJISType = api.CSVType + "; charset=shift_jis"

// csvEncoding returns the content type of a CSV for the flag. Without one, a file
// is looked through: what can't be looked at twice is taken for UTF-8.
func (a *app) csvEncoding(flag, name string, in io.Reader) (string, error) {
	switch flag {
	case "utf-8":
		return api.CSVType, nil
	case "shift_jis":
		return shiftJISType, nil
	case "auto":
	default:
		return "", usageError("the encoding "+flag+" is not known", "give --encoding utf-8 or --encoding shift_jis")
	}
	file, ok := in.(*os.File)
	if !ok {
		return api.CSVType, nil
	}
	if about, err := file.Stat(); err != nil || !about.Mode().IsRegular() {
		return api.CSVType, nil //nolint:nilerr // reading it says what is wrong
	}
	inUTF8, err := isUTF8(file)
	if err != nil {
		return "", usageError(err.Error(), "")
	}
	if inUTF8 {
		return api.CSVType, nil
	}
	fmt.Fprintf(a.stderr, "%s is not in UTF-8: taken for Shift_JIS, as Excel in Japan saves it; --encoding utf-8 says otherwise\n", name)
	return shiftJISType, nil
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
