package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/text/encoding/japanese"
)

// toShiftJIS is "shiftjis FILE OTHER": writes a copy as Excel in Japan would.
func toShiftJIS(ts *testscript.TestScript, _ bool, args []string) {
	text, err := japanese.ShiftJIS.NewEncoder().String(ts.ReadFile(args[0]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
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
