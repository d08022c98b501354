package authsvc_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

func at(u jitsiauth.User, more ...string) string {
	return "/accounts/users/" + u.ID.String() + strings.Join(more, "")
}

func TestUserPage(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleAdmin)
	u := b.addUser("bob@meet.jitsi", func(n *jitsiauth.NewUser) {
		n.DisplayName, n.Email, n.Note, n.ValidUntil = "Bob", "b@example.org", "one\ntwo", b.Now().Add(time.Hour)
	})
	w.get(at(u)).want(t, http.StatusOK, "bob@meet.jitsi", "Bob", "b@example.org", "one\ntwo", "2026-11-23 11:00 UTC", "active", "can log in",
		"There are none on record.", "Nobody has to wait.", "no Prosody reports", "never")
	b.browser().post("/accounts/login", "name", "bob", "password", "wrong horse")
	b.browser().logIn("bob")
	b.settle()
	w.get(at(u)).want(t, http.StatusOK, "wrong password", "logged in", "127.0.0.1")
	b.wind(2 * time.Hour)
	w.logIn("the-admin")
	w.get(at(u)).want(t, http.StatusOK, "expired", "unless you extend the account")
	for _, ref := range []string{"bob", "bob@meet.jitsi", "01234567-89ab-7def-8123-456789abcdef", "%3Cx%3E"} {
		w.get("/accounts/users/"+ref).want(t, http.StatusNotFound)
	}
}

// Where somebody is in is for those who look after the account.
func TestUserPageShowsSessions(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	u := b.person("bob", "")
	guest := b.in(u, "b2", 9)
	guest.Guest, guest.Proxy, guest.Rooms = true, true, nil
	prosody := b.client(jitsiauth.ScopeAuth)
	if err := prosody.ReportSessions(t.Context(), b.report()); err != nil {
		t.Fatal(err)
	}
	w.get(at(u)).want(t, http.StatusOK, "The person is not in Jitsi.", "Only administrators see the logins of others.")
	if err := prosody.ReportSessions(t.Context(), b.report(b.in(u, "b1", 5), guest)); err != nil {
		t.Fatal(err)
	}
	w.get(at(u)).want(t, http.StatusOK, "b1@muc.meet.jitsi", "203.0.113.9", "in no room", "as a guest", "(a proxy)", "End all sessions")
	w.get(at(b.named("the-manager"))).want(t, http.StatusOK, "Latest logins", "The person is not in Jitsi.")
}

func TestUserActs(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	u := b.person("bob", "")
	bob := b.browser()
	bob.logIn("bob")
	do := func(what, says string) jitsiauth.User {
		t.Helper()
		w.post(at(u, "/", what)).wantRedirect(t, at(u))
		w.get(at(u)).want(t, http.StatusOK, says)
		return b.named("bob")
	}
	if !do("disable", "Disabled, and in force now: whoever was in is out.").Disabled || bob.in() {
		t.Error("not disabled, or in")
	}
	if do("enable", "Enabled, and in force now.").Disabled {
		t.Error("disabled")
	}
	bob.logIn("bob")
	if do("end", "All sessions were told to end.").SessionRevision != u.SessionRevision+1 || bob.in() {
		t.Error("not ended")
	}
	for range 20 {
		bob.post("/accounts/login", "name", "bob", "password", "wrong horse")
	}
	w.get(at(u)).want(t, http.StatusOK, "127.0.0.1", "has to wait for", "Let them try again")
	do("unthrottle", "Nobody has to wait.")
}

func TestUserExtend(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	u := b.addUser("bob@meet.jitsi", func(n *jitsiauth.NewUser) { n.ValidUntil = b.Now() })
	for _, test := range []struct{ until, date, want string }{
		{"today", "", "2026-11-24T00:00:00Z"},
		{"week", "", "2026-11-30T00:00:00Z"},
		{"month", "", "2026-12-24T00:00:00Z"},
		{"date", "2027-01-01", "2027-01-02T00:00:00Z"},
		{"none", "", "0001-01-01T00:00:00Z"},
	} {
		w.post(at(u, "/extend"), "until", test.until, "date", test.date).wantRedirect(t, at(u))
		w.get(at(u)).want(t, http.StatusOK, "Saved, and in force now: nothing has to be restarted.")
		if got := b.named("bob").ValidUntil.Format(time.RFC3339); got != test.want {
			t.Errorf("%s: %s", test.until, got)
		}
	}
	if strings.Contains(w.get(at(u)).body, " checked") {
		t.Error("an end is chosen before anybody chose it")
	}
	before := b.snapshot()
	w.post(at(u, "/extend"), "until", "date", "date", "soon").want(t, http.StatusUnprocessableEntity, "must be a date like", `value="soon"`)
	w.post(at(u, "/extend"), "until", "none", "date", "2027-01-01").want(t, http.StatusUnprocessableEntity, "choose the date, or empty it")
	w.post(at(u, "/extend")).want(t, http.StatusUnprocessableEntity, "must be given")
	if b.snapshot() != before {
		t.Error("something changed")
	}
}

func TestUserReset(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	u := b.person("bob", "")
	bob := b.browser()
	bob.logIn("bob")
	w.get(at(u, "/password")).want(t, http.StatusOK, "Reset the password of bob@meet.jitsi", `name="credential" value="1"`)
	got := w.post(at(u, "/password"), "credential", "1")
	got.want(t, http.StatusOK, "The password was reset", "only this once", "Jitsi Meet（オンライン会議）")
	secret := got.secretIn(t)
	if bob.in() {
		t.Error("the old password's session holds")
	}
	bob.post("/accounts/login", "name", "bob", "password", password).want(t, http.StatusUnprocessableEntity)
	bob.post("/accounts/login", "name", "bob", "password", secret).wantRedirect(t, "/accounts/")
	// Loading the answer again sends the form again.
	w.post(at(u, "/password"), "credential", "1").want(t, http.StatusPreconditionFailed, "Somebody else has changed this")
	w.post(at(u, "/password")).want(t, http.StatusBadRequest)
	if !bob.in() {
		t.Error("the new password is void")
	}
	for _, path := range []string{at(u), at(u, "/password"), "/accounts/users"} {
		if strings.Contains(w.get(path).body, secret) {
			t.Errorf("%s shows the password", path)
		}
	}
	if strings.Contains(b.log.String(), secret) {
		t.Error("the log has the password")
	}
}

func TestUserDelete(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	u := b.person("bob", "")
	bob := b.browser()
	bob.logIn("bob")
	w.get(at(u, "/delete")).want(t, http.StatusOK, "Delete bob@meet.jitsi?", "This can't be undone.", "Disable it instead", at(u, "/disable"))
	b.named("bob")
	w.post(at(u, "/delete")).wantRedirect(t, "/accounts/users")
	w.get("/accounts/users").want(t, http.StatusOK, "bob@meet.jitsi was deleted, in force now")
	if bob.in() {
		t.Error("in")
	}
	w.get(at(u)).want(t, http.StatusNotFound)
	w.post(at(u, "/delete")).want(t, http.StatusNotFound)
}

// What matters most asks for the password again.
func TestUserSudo(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleAdmin)
	u := b.person("bob", "")
	b.wind(6 * time.Minute)
	before := b.snapshot()
	for _, page := range []string{"/password", "/delete", "/role"} {
		path := at(u, page)
		confirm := "/accounts/confirm?next=" + strings.ReplaceAll(path, "/", "%2F")
		w.get(path).wantRedirect(t, confirm)
		w.post(path, "credential", "1").wantRedirect(t, confirm)
	}
	if b.snapshot() != before {
		t.Error("something changed")
	}
	w.post("/accounts/confirm", "password", password, "next", at(u, "/delete")).wantRedirect(t, at(u, "/delete"))
	w.get(at(u, "/delete")).want(t, http.StatusOK)
}
