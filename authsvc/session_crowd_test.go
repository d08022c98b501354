package authsvc

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// brief says who is in, with the rooms that are shown.
func (all crowd) brief() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d/%d", all.accounts, all.sessions)
	for _, a := range all.shown {
		fmt.Fprintf(&text, " %s%d:%d", a.domain[:1], a.id[0], a.count)
		for _, s := range a.sessions {
			text.WriteString("," + s.Rooms[0])
		}
	}
	return text.String()
}

func TestEverybody(t *testing.T) {
	var b sessionBook
	if all := b.everybody(start); len(all.domains) != 0 || all.brief() != "0/0" {
		t.Errorf("%+v", all)
	}
	b.put(&sessionReport{from: by("one", "p"), first: true}, start)
	if all := b.everybody(start); !all.domains["meet.jitsi"] || len(all.domains) != 1 || all.brief() != "0/0" {
		t.Errorf("%+v", all)
	}
	b.put(&sessionReport{from: by("one", "p"), sessions: append(held(alice, "a", "b"), held(bob, "c", "d", "e")...)}, start)
	b.put(&sessionReport{from: by("two", "q"), first: true, sessions: held(alice, "f")}, start)
	other := by("one", "p")
	other.domain = "other.example"
	b.put(&sessionReport{from: other, first: true, sessions: held(alice, "g")}, start)
	if got := b.everybody(start).brief(); got != "3/7 m2:3,c,d,e m1:3,a,f,b o1:1,g" {
		t.Error(got)
	}
	if all := b.everybody(start.Add(silence)); len(all.domains) != 0 || all.brief() != "0/0" {
		t.Errorf("silent ones are believed: %+v", all)
	}
}

// Of many accounts, and of many sessions, those that began last are shown.
func TestEverybodyIsBounded(t *testing.T) {
	var b sessionBook
	var sessions []reportedSession
	for i := range maxCrowd + 5 {
		s := held(jitsiauth.ID{2, byte(i >> 8), byte(i)}, fmt.Sprint(i))[0]
		s.shown.Since = start.Add(time.Duration(i) * time.Second)
		sessions = append(sessions, s)
	}
	for i := range maxCrowdSessions + 3 {
		s := held(alice, fmt.Sprint("a", i))[0]
		s.shown.Since = start.Add(time.Hour + time.Duration(i)*time.Second)
		sessions = append(sessions, s)
	}
	b.put(&sessionReport{from: by("one", "p"), first: true, sessions: sessions}, start)
	all := b.everybody(start)
	if len(all.shown) != maxCrowd || all.accounts != maxCrowd+6 || all.sessions != len(sessions) {
		t.Errorf("%d shown of %d accounts with %d sessions", len(all.shown), all.accounts, all.sessions)
	}
	first, last := all.shown[0], all.shown[maxCrowd-1]
	if first.id != alice || first.count != maxCrowdSessions+3 || len(first.sessions) != maxCrowdSessions || first.sessions[0].Rooms[0] != "a3" {
		t.Errorf("%+v", first)
	}
	if last.sessions[0].Rooms[0] != "6" {
		t.Errorf("%+v", last)
	}
}

// Whoever asks for everybody holds up no report for long.
func BenchmarkEverybody(b *testing.B) {
	var book sessionBook
	for n := range 100 {
		var sessions []reportedSession
		for i := range 1000 {
			id := jitsiauth.ID{1, byte(n), byte(i >> 8), byte(i)}
			sessions = append(sessions, reportedSession{key: fmt.Sprint(n, "-", i), heldSession: heldSession{account: id, bytes: 100, shown: api.Session{
				Transport: "bosh", Since: start.Add(time.Duration(i) * time.Second), Rooms: []string{"r"},
			}}})
		}
		book.put(&sessionReport{from: by("one", fmt.Sprint(n%10)), first: n < 10, sessions: sessions}, start)
	}
	for b.Loop() {
		if all := book.everybody(start); all.sessions != 100_000 || len(all.shown) != maxCrowd {
			b.Fatal(all.sessions, len(all.shown))
		}
	}
}
