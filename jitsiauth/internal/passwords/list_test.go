package main

import (
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/jitsiauth/server/jitsiauth"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The list that is compiled in is the one that 'go generate' makes.
func TestListIsUpToDate(t *testing.T) {
	if list(read(t, "words.txt")) != read(t, "common.txt") {
		t.Error("common.txt is not what its sources make: run 'go generate' here")
	}
}

// What a look-up by halves relies on, and what a password looks like that is
// looked up.
func TestListFitsTheLookUp(t *testing.T) {
	text := read(t, "common.txt")
	entries := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if !strings.HasSuffix(text, "\n") || !slices.IsSorted(entries) || len(slices.Compact(slices.Clone(entries))) != len(entries) {
		t.Error("not sorted, not unique, or without an end of the last line")
	}
	if len(text) > 300<<10 || len(entries) < 10_000 {
		t.Errorf("%d entries in %d bytes", len(entries), len(text))
	}
	for _, entry := range entries {
		prepared, err := jitsiauth.PreparePassword(entry)
		switch {
		case err != nil || prepared != entry:
			t.Errorf("%q is prepared to %q, %v: nobody's password is looked up like that", entry, prepared, err)
		case strings.ToLower(entry) != entry:
			t.Errorf("%q has capitals", entry)
		case utf8.RuneCountInString(entry) < jitsiauth.MinPasswordLength:
			t.Errorf("%q is refused without a list", entry)
		}
	}
}

func TestShortestIsThePolicys(t *testing.T) {
	if shortest != jitsiauth.MinPasswordLength {
		t.Errorf("entries have %d characters, passwords %d", shortest, jitsiauth.MinPasswordLength)
	}
}

// The source is words, each once, the most frequent first.
func TestWords(t *testing.T) {
	words := strings.Split(strings.TrimSuffix(read(t, "words.txt"), "\n"), "\n")
	if words[0] != "123456" || words[1] != "password" {
		t.Errorf("begins with %q", words[:2])
	}
	seen := map[string]bool{}
	for _, word := range slices.Concat(words, ours) {
		if word == "" || seen[word] || strings.TrimSpace(word) != word {
			t.Errorf("%q: empty, not bare, or there before", word)
		}
		seen[word] = true
	}
}

func TestStretch(t *testing.T) {
	for word, want := range map[string][]string{
		"sakura":    {"sakurasakura", "sakura123456", "sakura123456", "sakura123456789"},
		"hello":     {"hellohellohello", "hello1234567"},
		"passw0rd1": {"passw0rd1passw0rd1", "passw0rd1123"},
		"password": {
			"passwordpassword", "password1234", "password1234",
			"password2020", "password2021", "password2022", "password2023", "password2024", "password2025", "password2026", "password2027", "password123!",
		},
		"かいぎ":          {"かいぎかいぎかいぎかいぎ", "かいぎ123456789", "かいぎ1234567890"},
		"finalfantasy": {"finalfantasy"},
	} {
		got := stretch(word)
		for _, entry := range want {
			if !slices.Contains(got, entry) {
				t.Errorf("%s: no %s in %q", word, entry, got)
			}
		}
		for _, entry := range got {
			if utf8.RuneCountInString(entry) < shortest || !strings.HasPrefix(entry, word) {
				t.Errorf("%s: %q", word, entry)
			}
		}
	}
}

func TestWalked(t *testing.T) {
	all := walked()
	for _, want := range []string{
		"123456789012", "098765432109", "987654321098", "qwertyuiop12", "abcdefghijkl", "zyxwvutsrqpo", "1qaz2wsx3edc", "1qaz2wsx3edc4rfv", "あいうえおかきくけこさし",
	} {
		if !slices.Contains(all, want) {
			t.Errorf("no %s", want)
		}
	}
	for _, walk := range walks {
		if utf8.RuneCountInString(walk) < shortest {
			t.Errorf("%s leads nowhere", walk)
		}
	}
}
