package jitsiauth

import (
	"crypto/rand"
	"encoding/json"
	"testing"
	"time"
)

func TestNewID(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	seen := map[ID]bool{}
	last := ""
	for i := range 1000 {
		id, err := newID(now.Add(time.Duration(i)*time.Millisecond), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		text := id.String()
		if seen[id] || text <= last {
			t.Fatalf("%s was seen before or comes before %s", text, last)
		}
		if text[14] != '7' || (text[19] != '8' && text[19] != '9' && text[19] != 'a' && text[19] != 'b') {
			t.Fatalf("%s is no UUID of version 7", text)
		}
		back, err := ParseID(text)
		if err != nil || back != id {
			t.Fatalf("ParseID(%s) = %s, %v", text, back, err)
		}
		seen[id], last = true, text
	}
}

// RFC 9562 appendix A.6 gives a UUID of version 7 with its time.
func TestNewIDVector(t *testing.T) {
	stamp := time.UnixMilli(0x017F22E279B0)
	id, err := newID(stamp, rand.Reader)
	if err != nil || id.String()[:15] != "017f22e2-79b0-7" {
		t.Errorf("newID = %s, %v", id, err)
	}
}

func TestParseIDRefuses(t *testing.T) {
	for _, text := range []string{
		"", "alice", "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398ff",
		"017f22e2x79b0-7cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
		"{17f22e2-79b0-7cc3-98c4-dc0c0c07398f}",
	} {
		if id, err := ParseID(text); err == nil {
			t.Errorf("ParseID(%q) = %s", text, id)
		}
	}
}

func TestIDInJSON(t *testing.T) {
	id, _ := newID(time.Now(), rand.Reader)
	text, err := json.Marshal(id)
	if err != nil {
		t.Fatal(err)
	}
	var back ID
	if err := json.Unmarshal(text, &back); err != nil || back != id {
		t.Errorf("%s came back as %s, %v", text, back, err)
	}
}
