package jitsiauth

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
)

func TestCheckPassword(t *testing.T) {
	for _, test := range []struct {
		name, password, prepared string
		ok                       bool
	}{
		{"plain", "correct horse", "correct horse", true},
		{"full-width", "ｐａｓｓ１", "pass1", true},
		{"72 bytes", strings.Repeat("a", 72), strings.Repeat("a", 72), true},
		{"73 bytes", strings.Repeat("a", 73), "", false},
		{"24 kana", strings.Repeat("あ", 24), strings.Repeat("あ", 24), true},
		{"25 kana", strings.Repeat("あ", 25), "", false},
		{"72 bytes once prepared", strings.Repeat("ａ", 72), strings.Repeat("a", 72), true},
		{"empty", "", "", false},
		{"control", "a\x00b", "", false},
		{"line end", "secret\n", "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			prepared, err := checkPassword(test.password)
			if prepared != test.prepared || (err == nil) != test.ok {
				t.Errorf("checkPassword = %q, %v; want %q, ok %v", prepared, err, test.prepared, test.ok)
			}
			var invalid *InvalidError
			if err != nil && (!errors.As(err, &invalid) || invalid.Field != "password") {
				t.Errorf("error %v names no field", err)
			}
			if err != nil && len(test.password) > 3 && strings.Contains(err.Error(), test.password) {
				t.Errorf("error %v shows the password", err)
			}
		})
	}
}

func TestGeneratePassword(t *testing.T) {
	shape := regexp.MustCompile(`^([2-9a-hjkmnp-z]{5}-){3}[2-9a-hjkmnp-z]{5}$`)
	seen := map[string]bool{}
	for range 1000 {
		password, err := generatePassword(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if !shape.MatchString(password) || seen[password] {
			t.Fatalf("generated %q: odd or seen before", password)
		}
		seen[password] = true
		if prepared, err := checkPassword(password); err != nil || prepared != password {
			t.Fatalf("generated %q becomes %q, %v", password, prepared, err)
		}
	}
}

// Every letter comes from the same number of byte values.
func TestGeneratePasswordIsEven(t *testing.T) {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	random := bytes.NewReader(bytes.Repeat(every, 20))
	counts := map[rune]int{}
	for range 248 { // 20 letters each: 20 rounds of 8 × 31 usable bytes
		password, err := generatePassword(random)
		if err != nil {
			t.Fatal(err)
		}
		for _, letter := range strings.ReplaceAll(password, "-", "") {
			counts[letter]++
		}
	}
	if len(counts) != len(passwordLetters) {
		t.Errorf("%d letters in use, want %d", len(counts), len(passwordLetters))
	}
	for letter, n := range counts {
		if n != 160 {
			t.Errorf("letter %c came %d times, want 160", letter, n)
		}
	}
}

func TestNoRandomnessNoPassword(t *testing.T) {
	broken := iotest.ErrReader(io.ErrUnexpectedEOF)
	if password, err := generatePassword(broken); err == nil {
		t.Errorf("generated %q out of nothing", password)
	}
}
