package authsvc_test

import (
	"html"
	"net/http"
	"strings"
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
)

// userPages are all that concern one account, and what their forms hold.
var userPages = []struct {
	method, path string
	admin        bool // for administrators only
	fields       []string
}{
	{"GET", "", false, nil},
	{"GET", "/edit", false, nil},
	{"POST", "/edit", false, []string{"revision", "1", "display_name", "x"}},
	{"POST", "/extend", false, []string{"until", "today"}},
	{"POST", "/disable", false, nil},
	{"POST", "/enable", false, nil},
	{"POST", "/end", false, nil},
	{"POST", "/unthrottle", false, nil},
	{"GET", "/reset-link", false, nil},
	{"POST", "/reset-link", false, []string{"hours", "1"}},
	{"GET", "/password", false, nil},
	{"POST", "/password", false, []string{"credential", "1"}},
	{"GET", "/delete", false, nil},
	{"GET", "/role", true, nil},
	{"POST", "/role", true, []string{"role", "manager"}},
	{"POST", "/delete", false, nil},
}

func (w *browser) open(method, path string, fields []string) shown {
	w.t.Helper()
	if method == http.MethodGet {
		return w.get(path)
	}
	return w.post(path, fields...)
}

func TestUserRights(t *testing.T) {
	b := newBench(t)
	roles := []jitsiauth.Role{jitsiauth.RoleUser, jitsiauth.RoleManager, jitsiauth.RoleAdmin}
	readers := map[jitsiauth.Role]*browser{"": b.browser()}
	for _, role := range roles {
		readers[role] = b.as(role)
	}
	for reader, w := range readers {
		for _, role := range roles {
			u := b.person("victim", role)
			for _, p := range userPages {
				before := b.snapshot()
				got := w.open(p.method, at(u, p.path), p.fields)
				may := reader.Covers(jitsiauth.RoleManager) && reader.Covers(role) && (!p.admin || reader == jitsiauth.RoleAdmin)
				seen := may || p.path == "" && reader == jitsiauth.RoleManager
				switch {
				case reader == "":
					if got.StatusCode != http.StatusSeeOther || !strings.HasPrefix(got.Header.Get("Location"), "/accounts/login") {
						t.Errorf("nobody: %s %s: %d", p.method, p.path, got.StatusCode)
					}
				case seen != (got.StatusCode < 400):
					t.Errorf("%s to %s: %s %s: %d", reader, role, p.method, p.path, got.StatusCode)
				case !seen:
					got.want(t, http.StatusForbidden, "You are not allowed to do this.")
				}
				if !may && b.snapshot() != before {
					t.Errorf("%s to %s: %s %s changed something", reader, role, p.method, p.path)
				}
			}
			if _, err := b.svc.Get(t.Context(), u.ID); err == nil {
				_ = b.svc.Delete(t.Context(), u.ID)
			}
		}
		for _, path := range []string{"/accounts/users", "/accounts/users/new"} {
			if got := w.get(path); (got.StatusCode == http.StatusOK) != reader.Covers(jitsiauth.RoleManager) {
				t.Errorf("%s: %s: %d", reader, path, got.StatusCode)
			}
		}
		before := b.snapshot()
		if got := w.post("/accounts/users/new", "username", "by-"+string(reader), "until", "none"); !reader.Covers(jitsiauth.RoleManager) && (got.StatusCode == http.StatusOK || b.snapshot() != before) {
			t.Errorf("%s added an account", reader)
		}
	}
}

// Of an account with more rights a manager sees that there is one, and why it
// has no forms.
func TestUserPageOfSomebodyAbove(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	boss := b.addUser("boss@meet.jitsi", func(n *jitsiauth.NewUser) {
		n.Role, n.Note, n.Email = jitsiauth.RoleAdmin, "hidden note", "boss@example.org"
	})
	got := w.get(at(boss))
	got.want(t, http.StatusOK, "This account has more rights than yours", "Administrator")
	_, main, _ := strings.Cut(got.body, "<main")
	for _, text := range []string{"<form", "hidden note", "boss@example.org", "/delete", "/edit"} {
		if strings.Contains(main, text) {
			t.Errorf("it shows %s", text)
		}
	}
	w.get("/accounts/users").want(t, http.StatusOK, "boss@meet.jitsi")
	if strings.Contains(w.get(at(b.named("the-manager"))).body, "/role") {
		t.Error("a manager is offered to change roles")
	}
}

func TestUserRole(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleAdmin)
	u := b.person("bob", "")
	bob := b.browser()
	bob.logIn("bob")
	w.get(at(u)).want(t, http.StatusOK, "Change the role")
	w.get(at(u, "/role")).want(t, http.StatusOK, "Change the role of bob@meet.jitsi", `value="user" checked`)
	w.post(at(u, "/role"), "role", "manager").wantRedirect(t, at(u))
	w.get(at(u)).want(t, http.StatusOK, "The role was changed", "Manager")
	if bob.in() || b.named("bob").Role != jitsiauth.RoleManager {
		t.Error("in with the old role")
	}
	for _, role := range []string{"", "god"} {
		w.post(at(u, "/role"), "role", role).want(t, http.StatusUnprocessableEntity)
	}
	own := b.named("the-admin")
	w.get(at(own, "/role")).want(t, http.StatusOK, "you can't give them back")
	w.get(at(own)).want(t, http.StatusOK, "This is your own account.")
	w.post(at(own, "/role"), "role", "user").wantRedirect(t, at(own))
	if w.in() {
		t.Error("in with rights that were taken")
	}
}

// Whatever somebody typed is text, on every page that shows it.
func TestUserPagesShowText(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleAdmin)
	const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>{{.}}`
	u := b.addUser("bob@meet.jitsi", func(n *jitsiauth.NewUser) {
		n.DisplayName, n.Note, n.Email = evil, "</textarea>"+evil, `"b"&lt;@x.example`
	})
	odd := b.addUser("{{.}}=$x@meet.jitsi")
	fields := []string{"username", evil, "domain", evil, "display_name", evil, "email", evil, "note", "</textarea>" + evil, "password", "<b>horse", "until", evil, "date", evil}
	for name, got := range map[string]shown{
		"list":     w.get("/accounts/users?q=script"),
		"search":   w.get("/accounts/users?q=" + strings.ReplaceAll("%22%3E%3Cscript%3E", " ", "+")),
		"account":  w.get(at(u)),
		"odd":      w.get(at(odd)),
		"edit":     w.get(at(u, "/edit")),
		"delete":   w.get(at(u, "/delete")),
		"reset":    w.get(at(odd, "/password")),
		"new":      w.post("/accounts/users/new", fields...),
		"refused":  w.post(at(u, "/edit"), append([]string{"revision", "1", "valid_from", evil}, fields...)...),
		"conflict": w.post(at(u, "/edit"), append([]string{"revision", "9"}, "display_name", evil+"2", "note", evil)...),
		"extend":   w.post(at(u, "/extend"), "until", "date", "date", evil),
	} {
		for _, bad := range []string{"<script>", "<img", "<b>"} {
			if strings.Contains(got.body, bad) {
				t.Errorf("%s has %s", name, bad)
			}
		}
		if name == "account" && !strings.Contains(html.UnescapeString(got.body), evil) {
			t.Errorf("%s lacks the text", name)
		}
	}
	got := w.post("/accounts/users/new", "username", "eve", "password", `<b>"x"</b></textarea>`, "until", "none")
	got.want(t, http.StatusOK, `Password: <b>"x"</b></textarea>`)
	if strings.Contains(got.body, "<b>") {
		t.Error(got.body)
	}
}

// Another site can make a browser send a form, and nothing comes of it.
func TestUserPagesFromOtherSites(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleAdmin)
	u := b.person("bob", "")
	w.headers["Sec-Fetch-Site"], w.headers["Origin"] = "cross-site", "https://evil.example"
	before := b.snapshot()
	for _, p := range userPages {
		if p.method == http.MethodPost {
			w.post(at(u, p.path), p.fields...).want(t, http.StatusForbidden, "This was sent from another site")
		}
	}
	w.post("/accounts/users/new", "username", "eve", "until", "none").want(t, http.StatusForbidden)
	if b.snapshot() != before {
		t.Error("something changed")
	}
}
