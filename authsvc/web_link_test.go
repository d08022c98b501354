package authsvc_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
)

// link makes one and returns where it is opened.
func (b *bench) link(make func() (jitsiauth.Link, string, error)) string {
	b.t.Helper()
	_, secret, err := make()
	if err != nil {
		b.t.Fatal(err)
	}
	return "/accounts/link/" + secret
}

func TestInviteLink(t *testing.T) {
	b := newBench(t)
	path := b.link(func() (jitsiauth.Link, string, error) {
		return b.svc.CreateInvite(t.Context(), jitsiauth.NewInvite{Uses: 1, ValidUntil: b.Now().AddDate(0, 0, 7), Note: "partner"})
	})
	w := b.browser()
	for range 3 { // to open it spends nothing
		w.get(path).want(t, http.StatusOK, "Make your account", "meet.jitsi", "valid until")
	}
	b.person("taken", jitsiauth.RoleUser)
	for _, bad := range []struct{ name, password, again, says string }{
		{"", password, password, "empty"},
		{"partner", password, password + "x", "same as the new password"},
		{"par tner", password, password, "spaces"},
		{"taken", password, password, "already"},
		{"partner", strings.Repeat("a", 73), strings.Repeat("a", 73), "at most"},
		{`"><script>alert(1)</script>`, password, password, "spaces or any of"},
	} {
		got := w.post(path, "name", bad.name, "new", bad.password, "again", bad.again)
		got.want(t, http.StatusUnprocessableEntity, bad.says)
		if strings.Contains(got.body, `value="`+bad.password) || strings.Contains(got.body, "<script>") {
			t.Errorf("%q: the page repeats what it must not:\n%s", bad.name, got.body)
		}
	}
	w.post(path, "name", "Partner", "new", password, "again", password).want(t, http.StatusOK, "partner@meet.jitsi", "You can use it now")
	w.get(path).want(t, http.StatusNotFound, "can't be used")
	w.post(path, "name", "second", "new", password, "again", password).want(t, http.StatusNotFound, "can't be used")
	w.logIn("partner")
	if strings.Contains(b.log.String(), strings.TrimPrefix(path, "/accounts/link/")) {
		t.Error("the log has the secret")
	}
}

func TestResetLink(t *testing.T) {
	b := newBench(t)
	u := b.person("alice", jitsiauth.RoleUser)
	path := b.link(func() (jitsiauth.Link, string, error) { return b.svc.CreateResetLink(t.Context(), u.ID, 0) })
	w := b.browser()
	w.get(path).want(t, http.StatusOK, "A new password", "alice@meet.jitsi")
	w.post(path, "new", "another horse battery", "again", "another horse battery").want(t, http.StatusOK, "Your password is changed")
	w.post("/accounts/login", "name", "alice", "password", password).want(t, http.StatusUnprocessableEntity)
	w.post("/accounts/login", "name", "alice", "password", "another horse battery").wantRedirect(t, "/accounts/")
	w.get(path).want(t, http.StatusNotFound, "new one")
}

func TestAdminLink(t *testing.T) {
	b := newBench(t)
	path := b.link(func() (jitsiauth.Link, string, error) { return b.svc.CreateAdminLink(t.Context(), "") })
	other := b.link(func() (jitsiauth.Link, string, error) { return b.svc.CreateAdminLink(t.Context(), "") })
	w := b.browser()
	w.get(path).want(t, http.StatusOK, "The first administrator")
	w.post(path, "name", "boss", "new", password, "again", password).want(t, http.StatusOK, "boss@meet.jitsi")
	w.get(other).want(t, http.StatusNotFound, "can't be used")
	jid, err := jitsiauth.ParseJID("boss@meet.jitsi")
	if err != nil {
		t.Fatal(err)
	}
	u, err := b.svc.GetByJID(t.Context(), jid)
	if err != nil || u.Role != jitsiauth.RoleAdmin {
		t.Errorf("%+v, %v", u, err)
	}
}
