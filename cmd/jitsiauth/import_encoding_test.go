package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
)

// toShiftJIS is "shiftjis FILE OTHER": writes a copy as Excel in Japan would.
func toShiftJIS(ts *testscript.TestScript, _ bool, args []string) {
	text, err := japanese.ShiftJIS.NewEncoder().String(ts.ReadFile(args[0]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}

// toUTF16 is "utf16 FILE OTHER": writes a copy as Excel's "Unicode text".
func toUTF16(ts *testscript.TestScript, _ bool, args []string) {
	text, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(ts.ReadFile(args[0]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}

func TestNoUTF16(t *testing.T) {
	for text, want := range map[string]bool{"": true, "\xff": true, "\xff\xfea": false, "\xfe\xff": false, "username\na": true} {
		file, err := os.Create(filepath.Join(t.TempDir(), "file"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = file.WriteString("x" + text)
		for _, isFile := range []bool{true, false} {
			_, _ = file.Seek(1, 0)
			in, err := noUTF16(t.Context(), "it", file, isFile)
			if (err == nil) != want {
				t.Errorf("%q: %v", text, err)
			}
			if err != nil {
				continue
			}
			if rest, err := io.ReadAll(in); string(rest) != text || err != nil {
				t.Errorf("of %q comes %q, %v", text, rest, err)
			}
		}
		_ = file.Close()
	}
}

func TestIsUTF8(t *testing.T) {
	long := strings.Repeat("あ", 10_000)
	for text, want := range map[string]bool{
		"": true, "a": true, "髙①": true, long: true, "\ufffd": true,
		"\xfb\xfc": false, long + "\x82": false, "\ufeff\x82\xa0": true, "\xe3\x81": false,
	} {
		file := bytes.NewReader([]byte("x" + text))
		_, _ = file.Seek(1, 0)
		got, err := isUTF8(file)
		if at, _ := file.Seek(0, 1); got != want || err != nil || at != 1 {
			t.Errorf("%.20q: %t, want %t; at %d, %v", text, got, want, at, err)
		}
	}
}
