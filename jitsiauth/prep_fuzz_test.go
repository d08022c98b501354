package jitsiauth

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzPrepare(f *testing.F) {
	for _, seed := range []string{
		"alice", "Straße", "ｐａｓｓ１", "ﾊﾟｽﾜｰﾄﾞ", " a\u3000b", "\u00ad", "e\u0301\u0323", "שלום", "שלום1", "😀\u0301",
		"a\x00", "\xed\xa0\x80", "\ufffd", "a@b", "Meet.Jitsi.", "a．", "\u2126\u0345", "\U0002F868", strings.Repeat("\u0302", 31), strings.Repeat("ﷺ", 31),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for kind, prepare := range prepareByKind {
			once, err := prepare(s)
			if err != nil {
				if once != "" || !errors.Is(err, ErrInvalid) {
					t.Fatalf("%s %+q: %q, %v", kind, s, once, err)
				}
				continue
			}
			checkPrepared(t, kind, once)
			if again, err := prepare(once); err != nil || again != once {
				t.Fatalf("%s %+q: once %+q, again %+q, %v", kind, s, once, again, err)
			}
		}
	})
}

// checkPrepared holds what every store and every reader of names relies on.
func checkPrepared(t *testing.T, kind, s string) {
	t.Helper()
	if s == "" || len(s) > MaxPreparedBytes || !utf8.ValidString(s) {
		t.Fatalf("%s: prepared %+q", kind, s)
	}
	forbidden := map[string]string{
		"username": prepNotInNames + "\t\n\r",
		"domain":   prepNotInNames + "\t\n\r\\?#%[]*,;ABCXYZ",
		"password": "\t\n\r\u3000\u00a0",
	}[kind]
	if strings.ContainsAny(s, forbidden+"\x00\x1b\x7f\u0085\u2028\u200e\u202e\ufffd\ufeff\ue000") {
		t.Fatalf("%s: prepared %+q holds a forbidden character", kind, s)
	}
}

func FuzzParseJID(f *testing.F) {
	for _, seed := range []string{
		"alice@meet.jitsi", "ALICE@Meet.Jitsi.", "a@b/c", "a@b@c", "@b", "a@", "a", "", "a＠b@c", "a@b／c", "é@ü.example", "שלום@שלום", "a@\x00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		jid, err := ParseJID(s)
		if err != nil {
			if !jid.IsZero() || !errors.Is(err, ErrInvalid) {
				t.Fatalf("%+q: %v, %v", s, jid, err)
			}
			return
		}
		checkPrepared(t, "username", jid.Local())
		checkPrepared(t, "domain", jid.Domain())
		if again, err := ParseJID(jid.String()); err != nil || again != jid {
			t.Fatalf("%+q: String %+q parses as %v, %v", s, jid, again, err)
		}
		text, err := json.Marshal(jid)
		if err != nil {
			t.Fatal(err)
		}
		var read JID
		if err := json.Unmarshal(text, &read); err != nil || read != jid {
			t.Fatalf("%+q: JSON %s reads as %v, %v", s, text, read, err)
		}
	})
}
