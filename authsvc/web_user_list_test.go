package authsvc_test

import (
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// rows returns the names that a list shows, in its order.
func (got shown) rows() []string {
	var names []string
	for _, match := range regexp.MustCompile(`<a href="/accounts/users/[0-9a-f-]{36}">([^<]*)@`).FindAllStringSubmatch(got.body, -1) {
		names = append(names, match[1])
	}
	return names
}

// link returns where the link with the text leads.
func (got shown) link(text string) string {
	match := regexp.MustCompile(`<a href="([^"]*)"[^>]*>` + regexp.QuoteMeta(text) + `</a>`).FindStringSubmatch(got.body)
	if match == nil {
		return ""
	}
	return html.UnescapeString(match[1])
}

func TestUsersPages(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	for i := range 119 {
		b.person(fmt.Sprintf("u%03d", i), "")
	}
	seen, got := []string{}, w.get("/accounts/users")
	if got.link("First page") != "" {
		t.Error("the first page links to itself")
	}
	for pages := 1; ; pages++ {
		got.want(t, http.StatusOK, "Users")
		seen = append(seen, got.rows()...)
		next := got.link("Next page")
		if next == "" {
			if pages != 3 {
				t.Errorf("%d pages", pages)
			}
			break
		}
		got = w.get(next)
		if got.link("First page") != "/accounts/users" {
			t.Error(got.link("First page"))
		}
	}
	if len(seen) != 120 || seen[0] != "the-manager" || seen[119] != "u118" {
		t.Error(len(seen), seen)
	}
	got = w.get("/accounts/users?q=U0&state=active")
	if next := got.link("Next page"); len(got.rows()) != 50 || !strings.Contains(next, "q=U0") || !strings.Contains(next, "state=active") {
		t.Error(len(got.rows()), next)
	}
	w.get("/accounts/users?cursor=%21").want(t, http.StatusUnprocessableEntity)
}

func TestUsersSearchAndStates(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleAdmin)
	b.addUser("alice@meet.jitsi", func(n *jitsiauth.NewUser) { n.DisplayName, n.Note = "山田 花子", "Room 5" })
	b.addUser("off@meet.jitsi", func(n *jitsiauth.NewUser) { n.Disabled = true })
	b.addUser("late@meet.jitsi", func(n *jitsiauth.NewUser) { n.ValidUntil = b.Now() })
	b.addUser("early@other.example", func(n *jitsiauth.NewUser) { n.ValidFrom = b.Now().Add(time.Hour) })
	for query, want := range map[string]string{
		"":                       "alice late off the-admin early",
		"?q=ALI":                 "alice",
		"?q=%20alice%20":         "alice",
		"?q=%E8%8A%B1":           "alice",
		"?q=room":                "alice",
		"?state=active":          "alice the-admin",
		"?state=disabled":        "off",
		"?state=expired":         "late",
		"?state=not_yet_valid":   "early",
		"?state=expired&q=a":     "late",
		"?state=expired&q=alice": "",
		"?q=%00":                 "",
	} {
		got := w.get("/accounts/users" + query)
		got.want(t, http.StatusOK)
		if rows := strings.Join(got.rows(), " "); rows != want {
			t.Errorf("%q: %q, want %q", query, rows, want)
		}
	}
	w.get("/accounts/users?q=nobody").want(t, http.StatusOK, "No account fits.", `value="nobody"`, "Show all")
	w.get("/accounts/users?cursor=enp6QHp6eg").want(t, http.StatusOK, "There are no more.", "First page")
	w.get("/accounts/users?state=odd").want(t, http.StatusUnprocessableEntity)
	w.get("/accounts/users?state=disabled").want(t, http.StatusOK, `value="disabled" selected`, "never")
	w.get("/accounts/users?state=active").want(t, http.StatusOK, "Administrator", "山田 花子", "no end")
}

// Accounts without a password can be listed, and their pages say what to do.
func TestUsersWithoutPassword(t *testing.T) {
	b := newBench(t)
	admin := b.client(jitsiauth.ScopeAdmin)
	const pencil = "SCRAM-SHA-1$4096:QSXCR+Q6sek8bf92$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:D+CSWLOshSulAsxiupA+qs2/fTE="
	imports(t, admin, api.CSVType, "username,password_hash,password_kind\nann,"+pencil+",\nbob,,none\n", api.ImportQuery{})
	w := b.as(jitsiauth.RoleManager)
	got := w.get("/accounts/users?state=no_password")
	got.want(t, http.StatusOK, "no password")
	if rows := got.rows(); len(rows) != 1 || rows[0] != "bob" {
		t.Error(rows)
	}
	for name, text := range map[string]string{"ann": "brought over from Prosody", "bob": "no password yet", "the-manager": ""} {
		page := w.get(w.get("/accounts/users?q=" + name).link(name + "@meet.jitsi"))
		page.want(t, http.StatusOK, text)
		if text == "" && (strings.Contains(page.body, "brought over") || strings.Contains(page.body, "no password yet")) {
			t.Error(page.body)
		}
	}
}
