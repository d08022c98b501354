package authsvc_test

import (
	"net/http"
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
)

// What was done is told in the language that the next page is read in.
func TestNoticeInTheLanguageOfThePage(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleAdmin)
	u := b.person("bob", "")
	w.post(at(u, "/delete")).wantRedirect(t, "/accounts/users")
	w.post("/accounts/language", "lang", "ja", "back", "/accounts/users").wantRedirect(t, "/accounts/users")
	w.get("/accounts/users").want(t, http.StatusOK, "bob@meet.jitsi を削除しました。")
}

// Who switches the language after a form was refused, or has to log in or to type
// the password first, comes back to the page that has the form.
func TestLanguageSwitchLeadsToTheForm(t *testing.T) {
	b := newBench(t)
	w, nobody := b.as(jitsiauth.RoleManager), b.browser()
	u, boss := b.person("bob", ""), b.person("boss", jitsiauth.RoleAdmin)
	back := func(path string) string { return `name="back" value="` + path + `"` }
	w.post(at(u, "/extend"), "until", "date", "date", "x").want(t, http.StatusUnprocessableEntity, back(at(u)))
	w.post(at(u, "/edit"), "revision", "1", "email", "x").want(t, http.StatusUnprocessableEntity, back(at(u, "/edit")))
	for _, act := range []string{"/disable", "/enable", "/end", "/unthrottle", "/extend"} {
		w.post(at(boss, act), "until", "none").want(t, http.StatusForbidden, back(at(boss)))
		nobody.post(at(u, act)).wantRedirect(t, "/accounts/login?next=%2Faccounts%2Fusers%2F"+u.ID.String())
	}
	nobody.post("/accounts/sessions/end").wantRedirect(t, "/accounts/login")
	w.post("/accounts/sessions/none").want(t, http.StatusNotFound, back("/accounts/"))
}
