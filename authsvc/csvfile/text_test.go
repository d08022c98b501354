package csvfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"

	"github.com/jitsiauth/server/jitsiauth"
)

func utf16Of(order binary.ByteOrder, text string) string {
	var out []byte
	for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
		out = append(out, 0, 0)
		order.PutUint16(out[len(out)-2:], unit)
	}
	return string(out)
}

func TestText(t *testing.T) {
	const text = "ログインID,名前\r\nbob,髙橋①②㈱・ソ表能\r\n"
	encoded, err := japanese.ShiftJIS.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		file string
		want string // "": an error
		line int
	}{
		"UTF-8":                 {text, text, 0},
		"UTF-8 with a mark":     {ByteOrderMark + text, text, 0},
		"Shift_JIS":             {encoded, text, 0},
		"Shift_JIS of Windows":  {"\x87\x40\xfb\xfc\xee\xe0", "①髙髙", 0},
		"ASCII":                 {"a,b\n", "a,b\n", 0},
		"UTF-16 LE":             {utf16Of(binary.LittleEndian, text), text, 0},
		"UTF-16 BE":             {utf16Of(binary.BigEndian, text+"😀"), text + "😀", 0},
		"UTF-16 cut off":        {utf16Of(binary.LittleEndian, "a\nb") + "x", "", 2},
		"UTF-16 half a pair":    {utf16Of(binary.LittleEndian, "a\n\n") + "\x00\xd8", "", 3},
		"a mark, then not":      {ByteOrderMark + "a\n" + encoded, "", 2},
		"neither, like UTF-8":   {"あ\nい\nう\xff\xff\n", "", 3},
		"neither, like the oth": {encoded + encoded + "\xff\n", "", 5},
		"a letter of its own":   {encoded + "\xf0\x40", "", 3},
		"EUC-JP":                {"\xa5\xed\xa5\xb0\xfe\xfe\n", "", 1},
		"a workbook":            {"PK\x03\x04...", "", 0},
		"an old workbook":       {"\xd0\xcf\x11\xe0...", "", 0},
	} {
		got, line, err := Text([]byte(test.file))
		if string(got) != test.want && test.want != "" || line != test.line || (err != nil) != (test.want == "") {
			t.Errorf("%s: %q, line %d, %v; want %q, line %d", name, got, line, err, test.want, test.line)
		}
		if err != nil && !errors.Is(err, jitsiauth.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzText: what comes out is valid, and says the same if it is sent again.
func FuzzText(f *testing.F) {
	for _, seed := range []string{"a,b\n", "\x82\xa0\r\n\xff", ByteOrderMark + "あ", "\xff\xfea\x00", "\xfe\xff\xd8\x00", "PK\x03\x04"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		text, line, err := Text(file)
		if err != nil {
			if line < 0 || line > 1+bytes.Count(file, []byte("\n")) {
				t.Fatalf("line %d of %q", line, file)
			}
			return
		}
		if !utf8.Valid(text) || line != 0 {
			t.Fatalf("%q became %q, line %d", file, text, line)
		}
		if strings.HasPrefix(string(text), ByteOrderMark) || bytes.HasPrefix(text, []byte("PK\x03\x04")) {
			return
		}
		if again, _, err := Text(text); err != nil || !bytes.Equal(again, text) {
			t.Fatalf("%q became %q, then %q, %v", file, text, again, err)
		}
	})
}
