package jitsiauth

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestParseJID(t *testing.T) {
	longest := strings.Repeat("x", MaxPreparedBytes)
	tests := []struct{ in, want, field string }{ // field: of the error
		{"alice@meet.jitsi", "alice@meet.jitsi", ""},
		{"ALICE@Meet.Jitsi", "alice@meet.jitsi", ""},
		{"Ａlice@ｍｅｅｔ．jitsi", "alice@meet.jitsi", ""},
		{"Straße@straße.example", "strasse@strasse.example", ""},
		{"ｶﾞｽ@meet.jitsi", "ガス@meet.jitsi", ""},
		{"alice@meet.jitsi.", "alice@meet.jitsi", ""},
		{`al\20ice@meet.jitsi`, `al\20ice@meet.jitsi`, ""}, // XEP-0106 escapes are left alone
		{longest + "@" + longest, longest + "@" + longest, ""},
		{"", "", "jid"},
		{"alice", "", "jid"},
		{"@meet.jitsi", "", "jid"},
		{"alice@", "", "jid"},
		{"alice@bob@meet.jitsi", "", "jid"},
		{"alice@meet.jitsi/phone", "", "jid"},
		{"alice@meet.jitsi/", "", "jid"},
		{"al/ice@meet.jitsi", "", "jid"},
		{"alice＠meet.jitsi", "", "jid"},
		{"al＠ice@meet.jitsi", "", "username"},
		{"al ice@meet.jitsi", "", "username"},
		{" alice@meet.jitsi", "", "username"},
		{"alice@meet.jitsi ", "", "domain"},
		{"alice@meet.jitsi:5222", "", "domain"},
		{"alice@meet／jitsi", "", "domain"},
		{"alice@.", "", "domain"},
		{longest + "x@meet.jitsi", "", "username"},
		{"alice@" + longest + "x", "", "domain"},
	}
	for _, test := range tests {
		got, err := ParseJID(test.in)
		if test.field != "" {
			checkInvalid(t, err, test.field, test.in)
			if !got.IsZero() {
				t.Errorf("ParseJID(%.40q) = %v beside an error", test.in, got)
			}
			continue
		}
		if err != nil || got.String() != test.want {
			t.Errorf("ParseJID(%.40q) = %.40q, %v; want %.40q", test.in, got, err, test.want)
		}
	}
}

func TestParseJIDNamesTheResource(t *testing.T) {
	_, err := ParseJID("alice@meet.jitsi/phone")
	if err == nil || !strings.Contains(err.Error(), "resource") {
		t.Errorf("error is %v, want one about the resource", err)
	}
}

func TestJIDIsAKey(t *testing.T) {
	typed, err := NewJID("Alice", "MEET.jitsi")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := ParseJID("alice@meet.jitsi")
	if err != nil {
		t.Fatal(err)
	}
	if typed != parsed || map[JID]int{typed: 1}[parsed] != 1 {
		t.Errorf("%v and %v are not the same key", typed, parsed)
	}
	if typed.Local() != "alice" || typed.Domain() != "meet.jitsi" {
		t.Errorf("parts are %q and %q", typed.Local(), typed.Domain())
	}
}

func TestNewJIDNamesTheField(t *testing.T) {
	_, err := NewJID("", "meet.jitsi")
	checkInvalid(t, err, "username", "")
	_, err = NewJID("alice", "")
	checkInvalid(t, err, "domain", "")
}

func TestJIDText(t *testing.T) {
	type record struct {
		JID  JID            `json:"jid"`
		Seen map[JID]string `json:"seen"`
	}
	jid, err := NewJID("会議", "meet.jitsi")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []JID{jid, {}} {
		text, err := json.Marshal(record{JID: want, Seen: map[JID]string{want: "x"}})
		if err != nil {
			t.Fatal(err)
		}
		var got record
		if err := json.Unmarshal(text, &got); err != nil || got.JID != want || got.Seen[want] != "x" {
			t.Errorf("%s reads as %v, %v", text, got, err)
		}
	}
}

func TestJIDUnmarshalKeepsTheOldOnError(t *testing.T) {
	jid, err := NewJID("alice", "meet.jitsi")
	if err != nil {
		t.Fatal(err)
	}
	old := jid
	if err := jid.UnmarshalText([]byte("bob")); !errors.Is(err, ErrInvalid) || jid != old {
		t.Errorf("after a bad text: %v, %v", jid, err)
	}
}
