package authsvc_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
)

func TestSeveralUsers(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	alice, bob, boss := b.person("alice", ""), b.person("bob", ""), b.person("boss", jitsiauth.RoleAdmin)
	own := b.named("the-manager")
	gone := b.person("gone", "")
	if err := b.svc.Delete(t.Context(), gone.ID); err != nil {
		t.Fatal(err)
	}
	list := w.get("/accounts/users")
	list.want(t, http.StatusOK, `name="user" value="`+alice.ID.String(), "Choose alice@meet.jitsi", "Disable the chosen ones")
	if strings.Contains(list.body, `value="`+boss.ID.String()) {
		t.Error("somebody above can be chosen")
	}
	var chosen []string
	for _, u := range []jitsiauth.User{alice, bob, boss, own, gone, alice} {
		chosen = append(chosen, "user", u.ID.String())
	}
	in := b.browser()
	in.logIn("alice")
	got := w.post("/accounts/users/several", append(chosen, "do", "disable")...)
	got.want(t, http.StatusOK, "alice@meet.jitsi", "saved: disabled", "The account has more rights than yours.", "This is your own account.", "The account was deleted meanwhile.")
	if !b.named("alice").Disabled || !b.named("bob").Disabled || b.named("boss").Disabled || b.named("the-manager").Disabled || in.in() {
		t.Error("not what was chosen")
	}
	if strings.Count(got.body, ">alice@meet.jitsi<") != 1 {
		t.Error("alice is there twice")
	}
	got = w.post("/accounts/users/several", append(chosen, "do", "extend", "until", "date", "date", "2026-12-31")...)
	got.want(t, http.StatusOK, "saved: end of 2026-12-31 (UTC)")
	for name, want := range map[string]string{"alice": "2027-01-01", "bob": "2027-01-01", "boss": "0001-01-01", "the-manager": "2027-01-01"} {
		if got := b.named(name).ValidUntil.Format("2006-01-02"); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
	w.post("/accounts/users/several", "user", bob.ID.String(), "do", "extend", "until", "none").want(t, http.StatusOK, "saved: no end")
}

func TestSeveralUsersRefused(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	bob := b.person("bob", "")
	late := b.addUser("late@meet.jitsi", func(n *jitsiauth.NewUser) { n.ValidFrom = b.Now().AddDate(1, 0, 0) })
	var many []string
	for i := range 101 {
		many = append(many, "user", fmt.Sprintf("01234567-89ab-7def-8123-%012d", i))
	}
	before := b.snapshot()
	for _, test := range []struct {
		status int
		says   string
		fields []string
	}{
		{http.StatusUnprocessableEntity, "Nobody was chosen.", []string{"do", "disable"}},
		{http.StatusUnprocessableEntity, "No more than 100", append(many, "do", "disable")},
		{http.StatusUnprocessableEntity, "must be given", []string{"do", "extend", "user", bob.ID.String()}},
		{http.StatusUnprocessableEntity, `name="user" value="` + bob.ID.String() + `"`, []string{"do", "extend", "until", "date", "date", "x", "user", bob.ID.String()}},
		{http.StatusBadRequest, "could not be read", []string{"do", "delete", "user", bob.ID.String()}},
		{http.StatusBadRequest, "could not be read", []string{"do", "disable", "user", "bob"}},
		{http.StatusOK, "must be later than valid_from", []string{"do", "extend", "until", "today", "user", late.ID.String()}},
	} {
		w.post("/accounts/users/several", test.fields...).want(t, test.status, test.says)
	}
	if b.snapshot() != before {
		t.Error("something changed")
	}
	w.get("/accounts/users/several").wantRedirect(t, "/accounts/users")
	user := b.as(jitsiauth.RoleUser)
	user.post("/accounts/users/several", "user", bob.ID.String(), "do", "disable").want(t, http.StatusForbidden)
	w.headers["Sec-Fetch-Site"] = "cross-site"
	w.post("/accounts/users/several", "user", bob.ID.String(), "do", "disable").want(t, http.StatusForbidden, "from another site")
	if b.named("bob").Disabled {
		t.Error("disabled")
	}
}

// A failure is told as one, and what it was stays in the log.
func TestSeveralUsersFail(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	bob := b.person("bob", "")
	asked := 0
	b.store.set(func(method string) error {
		if method == "User" {
			asked++
		}
		if asked > 1 { // the first one is the manager's own
			return errors.New("disk on fire")
		}
		return nil
	})
	got := w.post("/accounts/users/several", "user", bob.ID.String(), "do", "disable")
	got.want(t, http.StatusOK, "not changed: Something failed in the service.")
	if strings.Contains(got.body, "fire") || !strings.Contains(b.log.String(), "disk on fire") {
		t.Error(got.body)
	}
}
