package jitsiauth

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// Whatever is typed gets a verdict, and the look-up in the list finds what a
// map would find.
func FuzzDefaultPolicy(f *testing.F) {
	for _, seed := range []struct{ password, name string }{
		{"Password1234", "alice"},
		{"1qaz2wsx3edc4rfv", "a"},
		{"zzzzzzzzzzzzz", "z"},
		{"alicealicealice", "ALICE"},
		{"alice@meet.jitsi", "alice"},
		{"あいうえおかきくけこさし", "さくら"},
		{"ｐａｓｓｗｏｒｄ１２３４", "ｐ"},
		{"!\"#$%&'()=~|", "x"},
		{"\U0010fffd", "\U0010fffd"},
		{"İİİİİİİİİİİİ", "İ"},
		{"", ""},
	} {
		f.Add(seed.password, seed.name)
	}
	listed := map[string]bool{}
	for line := range strings.Lines(commonPasswords) {
		listed[strings.TrimSuffix(line, "\n")] = true
	}
	f.Fuzz(func(t *testing.T, password, name string) {
		folded := strings.ToLower(password)
		if hasLine(commonPasswords, folded) != listed[folded] {
			t.Fatalf("%q: the list has it: %v", folded, listed[folded])
		}
		jid, err := NewJID(name, "meet.jitsi")
		if err != nil {
			jid = JID{}
		}
		prepared, err := checkPassword(password)
		if err != nil {
			return
		}
		err = DefaultPolicy().Check(prepared, jid)
		var refused *PolicyError
		switch short := utf8.RuneCountInString(prepared) < MinPasswordLength; {
		case err != nil && (!errors.As(err, &refused) || !errors.Is(err, ErrInvalid)):
			t.Fatalf("%q: %v", prepared, err)
		case short != (refused != nil && refused.Reason == PasswordTooShort):
			t.Fatalf("%q: too short: %v; %v", prepared, short, err)
		case err == nil && listed[strings.ToLower(prepared)]:
			t.Fatalf("%q is on the list and let through", prepared)
		}
	})
}

// hasLine against any list, also an empty one and lines that are empty.
func FuzzHasLine(f *testing.F) {
	f.Add("a\nb\nc\n", "b")
	f.Add("", "")
	f.Add("\n", "")
	f.Add("aaaaaaaaaaaaaaaaaaa\nb", "b\n")
	f.Fuzz(func(t *testing.T, text, line string) {
		lines := slices.Compact(slices.Sorted(strings.SplitSeq(text, "\n")))
		sorted := strings.Join(lines, "\n") + "\n"
		for _, wanted := range append(lines, line) {
			if got, want := hasLine(sorted, wanted), slices.Contains(lines, wanted); got != want {
				t.Fatalf("hasLine(%q, %q) = %v", sorted, wanted, got)
			}
		}
		if hasLine("", line) {
			t.Fatal("nothing holds a line")
		}
	})
}

func TestHasLineFindsEachEntry(t *testing.T) {
	found := 0
	for line := range strings.Lines(commonPasswords) {
		entry := strings.TrimSuffix(line, "\n")
		if !hasLine(commonPasswords, entry) || hasLine(commonPasswords, entry+"~") || hasLine(commonPasswords, entry[1:]+"\x00") {
			t.Fatalf("%q is looked up wrongly", entry)
		}
		found++
	}
	if found < 10_000 {
		t.Errorf("only %d entries", found)
	}
}

func BenchmarkDefaultPolicy(b *testing.B) {
	jid, err := ParseJID("alice@meet.jitsi")
	if err != nil {
		b.Fatal(err)
	}
	policy := DefaultPolicy()
	for b.Loop() {
		if err := policy.Check("correct horse battery", jid); err != nil {
			b.Fatal(err)
		}
	}
}
