package browsertest

import (
	"encoding/base64"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jitsiauth/server/authsvc/web"
)

// stop is a page of the tour, or one that is shown after something was done there.
type stop struct {
	name  string // of its pictures
	route string // of authsvc/doc.go; the next ones without are of the same
	reach func(*tour)
}

// tour is somebody who goes through all pages in one language.
type tour struct {
	*tab
	w      *world
	lang   string
	people map[string]string // name: the path of their account's page
}

// say is a text of the pages in the language of the tour.
func (g *tour) say(key string, args ...any) string { return web.Text(g.lang, key, args...) }

// open also types the password where a slow machine took so long that it is asked for.
func (g *tour) open(path string) {
	g.t.Helper()
	g.tab.open(path)
	if strings.HasPrefix(g.at(), "/accounts/confirm") && !strings.HasPrefix(path, "/accounts/confirm") {
		g.fill(g.say("login.password"), password)
		g.press(g.say("login.confirm.submit"))
	}
}

// of opens a page of somebody's account.
func of(name, page string) func(*tour) {
	return func(g *tour) { g.open(g.people[name] + page) }
}

func at(path string) func(*tour) { return func(g *tour) { g.open(path) } }

// stops are in an order in which a person could go: first nobody is logged in, then
// taro, then root. Each language has a world of its own.
var stops = []stop{
	{"login", "/accounts/login", at("/accounts/login")},
	{"login-wrong", "", func(g *tour) { g.logInAs("nobody", "not the password") }},
	{"invite", "/accounts/link/:secret", func(g *tour) { g.open(g.w.cli("", "invite", "--valid-until", "2099-11-27")) }},
	{"invite-wrong", "", func(g *tour) {
		g.fill(g.say("link.name"), "a b")
		g.fill(g.say("link.new"), "short")
		g.fill(g.say("link.again"), "shorter")
		g.press(g.say("link.submit.invite"))
	}},
	{"invite-done", "", func(g *tour) {
		g.fill(g.say("link.name"), "yuki")
		g.fill(g.say("link.new"), password)
		g.fill(g.say("link.again"), password)
		g.press(g.say("link.submit.invite"))
		g.wants(g.say("link.done.invite"))
	}},
	{"link-gone", "", at("/accounts/link/jitsiauth_link_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")},
	{"reset-link", "", func(g *tour) { g.open(g.w.cli("", "user", "reset-link", "yuki")) }},

	{"home", "/accounts/", func(g *tour) { g.logInAs("taro", password) }},
	{"password", "/accounts/password", at("/accounts/password")},
	{"password-wrong", "", func(g *tour) {
		g.fill(g.say("password.old"), "not the right one")
		g.fill(g.say("password.new"), "short")
		g.fill(g.say("password.again"), "other")
		g.press(g.say("password.submit"))
	}},
	{"forbidden", "", at("/accounts/users")},
	{"logged-out", "", func(g *tour) { g.open("/accounts/"); g.press(g.say("base.logout")) }},

	{"home-admin", "", func(g *tour) { g.logInAs("root", password) }},
	{"confirm", "/accounts/confirm", at("/accounts/confirm")},
	{"users", "/accounts/users", at("/accounts/users")},
	{"users-found", "", at("/accounts/users?q=example.com&state=active")},
	{"users-none", "", at("/accounts/users?q=zzz")},
	{"users-later", "", at("/accounts/users?cursor=" + base64.RawURLEncoding.EncodeToString([]byte("m@meet.jitsi")))},
	{"users-chosen", "", func(g *tour) {
		g.open("/accounts/users")
		eval[bool](g.tab, "document.querySelector('details.several').open = true")
	}},
	{"several-nobody", "/accounts/users/several", func(g *tour) {
		g.open("/accounts/users/several") // which leads to the list
		eval[bool](g.tab, "document.querySelector('details.several').open = true")
		g.press(g.say("users.several.extend"))
	}},
	{"several-done", "", func(g *tour) {
		g.open("/accounts/users?q=partner")
		g.clickNode(g.node("checkbox", g.say("users.several.choose_all")), 1)
		eval[bool](g.tab, "document.querySelector('details.several').open = true")
		g.press(g.say("users.several.disable"))
		g.wants(g.say("users.several.done"))
	}},
	{"user-new", "/accounts/users/new", at("/accounts/users/new")},
	{"user-new-wrong", "", func(g *tour) {
		g.fill(g.say("users.username"), "taro")
		g.fill(g.say("users.email"), "not an address")
		g.fill(g.say("users.password"), "short")
		g.choose("radio", g.say("users.end.date"))
		g.press(g.say("users.add.submit"))
	}},
	{"user-added", "", func(g *tour) {
		g.open("/accounts/users/new")
		g.fill(g.say("users.username"), "aiko")
		g.fill(g.say("users.display_name"), "佐藤 愛子")
		g.choose("radio", g.say("users.end.month"))
		g.press(g.say("users.add.submit"))
		g.wants(g.say("users.once.added"))
	}},
	{"user", "/accounts/users/:ref", of("hanako", "")},
	{"user-own", "", of("root", "")},
	{"user-disabled", "", func(g *tour) {
		g.open(g.people["partner1"])
		g.press(g.say("users.enable"))
		g.press(g.say("users.disable"))
	}},
	{"user-edit", "/accounts/users/:ref/edit", of("hanako", "/edit")},
	{"user-edit-wrong", "", func(g *tour) {
		g.fill(g.say("users.email"), "nobody")
		g.fill(g.say("home.valid_from"), "tomorrow")
		g.press(g.say("base.save"))
	}},
	{"user-edit-conflict", "", func(g *tour) {
		g.open(g.people["hanako"] + "/edit")
		g.w.cli("", "user", "set", "hanako", "--display-name", "鈴木 花子")
		g.fill(g.say("users.display_name"), "山田 花子")
		g.press(g.say("base.save"))
	}},
	{"user-saved", "", func(g *tour) { g.press(g.say("users.conflict.submit")); g.wants(g.say("base.saved")) }},
	{"user-reset-link", "/accounts/users/:ref/reset-link", of("hanako", "/reset-link")},
	{"user-reset-link-once", "", func(g *tour) { g.press(g.say("links.reset.submit")); g.wants(g.say("links.once.reset")) }},
	{"user-password", "/accounts/users/:ref/password", of("hanako", "/password")},
	{"user-password-once", "", func(g *tour) { g.press(g.say("users.reset.submit")); g.wants(g.say("users.once.reset")) }},
	{"user-role", "/accounts/users/:ref/role", of("hanako", "/role")},
	{"user-delete", "/accounts/users/:ref/delete", of("hanako", "/delete")},
	{"user-gone", "", at("/accounts/users/nobody")},
	{"users-waiting", "", at("/accounts/users?state=throttled")},

	{"invites", "/accounts/invites", at("/accounts/invites")},
	{"invites-open", "", at("/accounts/invites?open=1")},
	{"invite-new", "/accounts/invites/new", at("/accounts/invites/new")},
	{"invite-new-wrong", "", func(g *tour) {
		g.fill(g.say("links.uses"), "0")
		g.choose("radio", g.say("links.life.date"))
		g.press(g.say("links.new.submit"))
	}},
	{"invite-once", "", func(g *tour) {
		g.open("/accounts/invites/new")
		g.fill(g.say("links.uses"), "20")
		g.fill(g.say("users.note"), "研修 2026")
		g.press(g.say("links.new.submit"))
		g.wants(g.say("links.once.invite"))
	}},
	{"invite-revoke", "/accounts/invites/:ref/revoke", func(g *tour) { g.open("/accounts/invites/" + g.w.first("invite", "list") + "/revoke") }},
	{"invite-revoked", "", func(g *tour) { g.press(g.say("links.revoke.submit")); g.wants(g.say("links.revoked")) }},

	{"now", "/accounts/now", at("/accounts/now")},
	{"log", "/accounts/log", at("/accounts/log")},
	{"log-logins", "", at("/accounts/log?kind=logins")},
	{"log-none", "", at("/accounts/log?kind=changes&user=hanako&action=token.created")},
	{"log-wrong", "", at("/accounts/log?kind=logins&user=a+b")},
	{"tokens", "/accounts/tokens", at("/accounts/tokens")},
	{"token-new", "/accounts/tokens/new", at("/accounts/tokens/new")},
	{"token-new-wrong", "", func(g *tour) {
		g.fill(g.say("tokens.name"), "a b")
		g.choose("radio", g.say("users.end.date"))
		g.press(g.say("tokens.add.submit"))
	}},
	{"token-once", "", func(g *tour) {
		g.open("/accounts/tokens/new")
		g.fill(g.say("tokens.name"), "portal")
		g.choose("checkbox", "auth")
		g.choose("checkbox", "users:read")
		g.choose("radio", g.say("users.end.none"))
		g.press(g.say("tokens.add.submit"))
		g.wants(g.say("tokens.once.title"))
	}},
	{"status", "/accounts/status", at("/accounts/status")},
	{"backup", "/accounts/backup", at("/accounts/backup")},
	{"export", "/accounts/export", at("/accounts/export")},
	{"import", "/accounts/import", at("/accounts/import")},
	{"import-wrong", "", func(g *tour) {
		g.attach("staff.csv", "surname,age\nYamada,30\n")
		g.press(g.say("import.submit"))
	}},
	{"import-preview", "/accounts/import/job", func(g *tour) {
		g.open("/accounts/import")
		g.attach("staff.csv", sheet)
		g.choose("checkbox", g.say("import.generate"))
		g.press(g.say("import.submit"))
	}},
	{"import-done", "", func(g *tour) {
		g.press(g.say("import.start"))
		g.wait("document.querySelector('h1').innerText === '" + g.say("import.state.done") + "'")
	}},
	{"import-passwords", "/accounts/import/passwords", at("/accounts/import/passwords")}, // which are fetched by a form
	{"token-revoke", "/accounts/tokens/:ref/revoke", func(g *tour) { g.open("/accounts/tokens/" + g.w.first("token", "list") + "/revoke") }},
}

// logInAs is for both languages, whoever is logged in.
func (g *tour) logInAs(name, password string) {
	g.t.Helper()
	g.open("/accounts/login")
	g.fill(g.say("login.name"), name)
	g.fill(g.say("login.password"), password)
	g.press(g.say("login.submit"))
}

// first is the ID of the first that a command lists.
func (w *world) first(command ...string) string {
	w.t.Helper()
	found := regexp.MustCompile(`"id":"([0-9a-f-]{36})"`).FindStringSubmatch(w.cli("", append(command, "--json")...))
	if found == nil {
		w.t.Fatalf("%q lists nothing", command)
	}
	return found[1]
}

// newTour makes a world with people in it, as an association may have them.
func newTour(t testing.TB, lang string) *tour {
	t.Helper()
	w := newWorld(t).withProsody()
	g := &tour{tab: w.browser(lang), w: w, lang: lang, people: map[string]string{}}
	w.add("root", "admin", "--display-name", "管理者")
	w.add("ken", "manager", "--display-name", "Ken Watanabe", "--email", "ken@example.com")
	w.add("hanako", "user", "--display-name", "山田 花子", "--email", "hanako.yamada@example.com", "--note", "営業部\n内線 214")
	w.add("taro", "user", "--display-name", "田中 太郎", "--email", "taro@example.com")
	w.add("maria", "user", "--display-name", "María José Fernández-Villanueva", "--email", "maria.jose.fernandez-villanueva@sub.example.com")
	w.add("partner1", "user", "--display-name", "Partner (Osaka)", "--valid-until", "2099-11-27", "--note", "until the end of the project")
	w.add("partner2", "user", "--display-name", "Partner (Kobe)", "--valid-until", "2020-03-31")
	w.add("former", "user", "--display-name", "Former colleague", "--disabled")
	w.add("next.spring", "user", "--display-name", "新入社員", "--valid-from", "2099-04-01")
	w.cli("", "invite", "--uses", "20", "--valid-until", "2099-11-27", "--note", "partner company in Osaka")
	w.cli("", "invite", "--expires", "3d")
	w.meet("taro", password)
	w.wantXMPP("hanako", "not the password", "not-authorized")
	w.wantXMPP("hanako", password, "ok")
	for line := range strings.Lines(w.cli("", "user", "list", "--json")) {
		if found := regexp.MustCompile(`"id":"([0-9a-f-]{36})".*"jid":"([^@"]+)@`).FindStringSubmatch(line); found != nil {
			g.people[found[2]] = "/accounts/users/" + found[1]
		}
	}
	return g
}

// TestTour opens every page in both languages, and looks at each.
func TestTour(t *testing.T) {
	for _, lang := range web.Languages {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			g := newTour(t, lang)
			titles := map[string]string{}
			for _, s := range stops {
				s.reach(g)
				if is := g.tab.lang(); is != lang {
					t.Errorf("%s is in %s", s.name, is)
				}
				if h := g.heading(); h == "" {
					t.Errorf("%s has no heading:\n%s", s.name, g.text())
				}
				for _, text := range g.accessible() {
					t.Errorf("%s: %s", s.name, text)
				}
				if at := g.at(); s.route != "" && (strings.Contains(s.route, ":") || at == s.route) {
					title := eval[string](g.tab, "document.title")
					if other, ok := titles[title]; ok {
						t.Errorf("%s and %s are both called %q", s.name, other, title)
					}
					titles[title] = s.name
				}
				g.takePictures(s.name)
				g.report()
			}
		})
	}
}

// A new page is a new stop.
func TestTourIsComplete(t *testing.T) {
	for _, route := range routes(t) {
		if !slices.ContainsFunc(stops, func(s stop) bool { return s.route == route }) {
			t.Errorf("the tour doesn't come to %s: add it to stops", route)
		}
	}
}

// routes are those of all pages that can be opened.
func routes(t testing.TB) (all []string) {
	t.Helper()
	doc, err := os.ReadFile("../doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range regexp.MustCompile(`(?m)^//\tGET +(/accounts/\S*) `).FindAllStringSubmatch(string(doc), -1) {
		if !strings.HasPrefix(found[1], "/accounts/static/") && found[1] != "/accounts/import/template" { // which is saved
			all = append(all, found[1])
		}
	}
	return all
}
