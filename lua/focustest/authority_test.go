package focustest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/jitsiauth/server/lua/focustest"
)

const (
	alice = "alice@meet.jitsi/1"
	bob   = "bob@meet.jitsi/1"
	carol = "carol@meet.jitsi/1"
	guest = "8e1c@guest.meet.jitsi/2"
	room  = "room@conference.meet.jitsi"
)

// TestAdmission goes through the cases that Jicofo's own test of its logins has
// (XMPPDomainAuthAuthorityTest), and some more. The steps build on each other.
func TestAdmission(t *testing.T) {
	core := focustest.NewCore(&focustest.Authority{Domain: "meet.jitsi"})
	ids := map[string]string{"": "", "unknown": "unknown", " ": " "}
	for _, step := range []struct {
		what, from, room, use, machine string
		want                           string // the login's name from here on, "guest", or the condition
	}{
		{"a guest can't open a room", guest, "1", "", "g", "not-authorized"},
		{"an account can", alice, "1", "", "a", "alice's"},
		{"a guest may enter what is open", guest, "1", "", "g", "guest"},
		{"a guest with the session-id is the account, also for a new room", guest, "2", "alice's", "a", "alice's"},
		{"who was authenticated once may open without the id", guest, "2b", "", "a", "guest"},
		{"the account's own JID was replaced by the guest's", alice, "2", "alice's", "a", "alice's"},
		{"so the guest's is nobody's any more", guest, "2c", "", "a", "not-authorized"},
		{"an unknown session-id", guest, "2", "unknown", "g", "session-invalid"},
		{"another machine's session-id", guest, "2", "alice's", "g", "not-acceptable"},
		{"the same by another account", bob, "2", "alice's", "b", "not-acceptable"},
		{"the same by another account that knows the machine, too", bob, "2", "alice's", "a", "alice's"},
		{"a session-id without its machine", guest, "2", "alice's", "", "not-acceptable"},
		{"an account without a machine", bob, "3", "", "", "not-acceptable"},
		{"another machine of the same account", alice, "3", "", "a2", "alice's second"},
		{"the same machine again", alice, "3", "", "a2", "alice's third"},
		{"a session-id of blanks is none", carol, "3", " ", "c", "carol's"},
		{"no room", alice, "", "", "a", "bad-request"},
	} {
		got, err := core.Admit(focustest.Query{From: step.from, Room: roomName(step.room), SessionID: ids[step.use], MachineUID: step.machine})
		if outcome := nameOf(got, err, step.want, ids); outcome != step.want {
			t.Errorf("%s: %s, want %s", step.what, outcome, step.want)
		}
	}
	if got := core.Authority.Identity(carol); got != "carol@meet.jitsi" {
		t.Errorf("carol is %q", got)
	}
}

func roomName(number string) string {
	if number == "" {
		return ""
	}
	return "room" + number + "@conference.meet.jitsi"
}

// nameOf puts an outcome in the table's words; an id that is new gets the name that is
// expected.
func nameOf(got focustest.Login, err error, want string, ids map[string]string) string {
	var refused *focustest.Refusal
	if errors.As(err, &refused) {
		if refused.SessionInvalid && refused.Condition == "not-acceptable" {
			return "session-invalid"
		}
		return refused.Condition
	}
	if got.ID == "" {
		return "guest"
	}
	for name, id := range ids {
		if id == got.ID {
			return name
		}
	}
	ids[want] = got.ID
	return want
}

// A login that is used lives on, however old; one that isn't ends.
func TestLifetimeSlides(t *testing.T) {
	now := time.Now()
	a := &focustest.Authority{Domain: "meet.jitsi", Lifetime: time.Hour, Now: func() time.Time { return now }}
	first := authenticate(t, a, alice, "")
	authenticate(t, a, bob, "")
	for range 10 {
		now = now.Add(time.Hour)
		if again := authenticate(t, a, guest, first.ID); again.Identity != "alice@meet.jitsi" {
			t.Fatalf("%+v", again)
		}
	}
	if logins := a.Logins(); len(logins) != 1 || a.Identity(bob) != "" {
		t.Errorf("logins %+v; bob is %q", logins, a.Identity(bob))
	}
	now = now.Add(time.Hour + 1)
	if _, err := a.Authenticate(focustest.Query{From: guest, SessionID: first.ID, MachineUID: "m"}); err == nil {
		t.Error("an expired session-id was accepted")
	}
}

func TestLogout(t *testing.T) {
	a := &focustest.Authority{Domain: "meet.jitsi"}
	first, second := authenticate(t, a, alice, ""), authenticate(t, a, alice, "")
	if err := a.Logout(first.ID); err != nil {
		t.Error(err)
	}
	var refused *focustest.Refusal
	for _, id := range []string{first.ID, "", "unknown"} {
		if err := a.Logout(id); !errors.As(err, &refused) || !refused.SessionInvalid {
			t.Errorf("logout of %q: %v", id, err)
		}
	}
	if logins := a.Logins(); len(logins) != 1 || logins[0].ID != second.ID {
		t.Errorf("left: %+v", logins)
	}
	a.Forget()
	if len(a.Logins()) != 0 {
		t.Error("it remembers")
	}
}

// The end of a meeting ends the logins that were made for it, if that is wanted.
func TestConferenceEnded(t *testing.T) {
	for _, off := range []bool{false, true} {
		a := &focustest.Authority{Domain: "meet.jitsi", NoAutoLogin: off}
		login := authenticate(t, a, alice, "")
		a.ConferenceEnded("another@conference.meet.jitsi")
		authenticate(t, a, guest, login.ID)
		a.ConferenceEnded(room)
		if left := len(a.Logins()); (left == 0) != off {
			t.Errorf("auto login off %v: %d left", off, left)
		}
	}
}

func authenticate(t *testing.T, a *focustest.Authority, from, id string) focustest.Login {
	t.Helper()
	login, err := a.Authenticate(focustest.Query{From: from, Room: room, SessionID: id, MachineUID: "m"})
	if err != nil {
		t.Fatal(err)
	}
	return login
}
