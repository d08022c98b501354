package csvfile

import (
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"

	"github.com/jitsiauth/server/jitsiauth"
)

// ByteOrderMark begins a CSV that Excel opens as UTF-8.
const ByteOrderMark = "\ufeff"

// fromShiftJIS reads text as UTF-8. What is no character becomes U+FFFD, which
// Shift_JIS has not, so that each line can be told whether it was right.
func fromShiftJIS(text io.Reader) io.Reader { return japanese.ShiftJIS.NewDecoder().Reader(text) }

// Rules of a file as a whole.
const (
	ruleWorkbook = "must be a CSV file: this is a workbook, so save it as CSV in Excel first"
	ruleEncoding = "must be in UTF-8 or Shift_JIS"
)

// Text returns a file as UTF-8, whichever of the encodings it has that Excel
// writes: with a mark at the beginning it is in that one, otherwise UTF-8 if all of
// it is, otherwise Shift_JIS if all of it is. Of what is neither it returns the
// first line that is wrong, 0 for all of it, and an *jitsiauth.InvalidError about the
// field "file".
func Text(file []byte) (text []byte, line int, err error) {
	switch {
	case bytes.HasPrefix(file, []byte("PK\x03\x04")), bytes.HasPrefix(file, []byte("\xd0\xcf\x11\xe0")):
		return nil, 0, &jitsiauth.InvalidError{Field: "file", Rule: ruleWorkbook}
	case bytes.HasPrefix(file, []byte("\xff\xfe")):
		return whole(fromUTF16(file[2:], binary.LittleEndian))
	case bytes.HasPrefix(file, []byte("\xfe\xff")):
		return whole(fromUTF16(file[2:], binary.BigEndian))
	}
	rest, marked := bytes.CutPrefix(file, []byte(ByteOrderMark))
	end := validEnd(rest)
	if end == len(rest) {
		return rest, 0, nil
	}
	if !marked {
		decoded, err := japanese.ShiftJIS.NewDecoder().Bytes(rest)
		wrong := bytes.IndexRune(decoded, utf8.RuneError)
		if err == nil && wrong < 0 {
			return decoded, 0, nil
		}
		// It is the one that it was for longer.
		if err == nil && lineAt(decoded, wrong) > lineAt(rest, end) {
			return nil, lineAt(decoded, wrong), errEncoding
		}
	}
	return nil, lineAt(rest, end), errEncoding
}

var errEncoding = &jitsiauth.InvalidError{Field: "file", Rule: ruleEncoding}

// whole refuses a text with a character that could not be read.
func whole(text []byte) ([]byte, int, error) {
	if wrong := bytes.IndexRune(text, utf8.RuneError); wrong >= 0 {
		return nil, lineAt(text, wrong), errEncoding
	}
	return text, 0, nil
}

func lineAt(text []byte, index int) int { return 1 + bytes.Count(text[:index], []byte("\n")) }

// validEnd returns how much of the text is valid UTF-8.
func validEnd(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(text)
}

// fromUTF16 reads what Excel calls Unicode text. Half a character at the end is
// one that is wrong.
func fromUTF16(file []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, 0, len(file)/2+1)
	for i := 0; i+1 < len(file); i += 2 {
		units = append(units, order.Uint16(file[i:]))
	}
	if len(file)%2 != 0 {
		units = append(units, utf8.RuneError)
	}
	return []byte(string(utf16.Decode(units)))
}
