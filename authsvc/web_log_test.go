package authsvc_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/boltstore"
)

// Whatever can stand in a log is said in words.
func TestLogIsInWords(t *testing.T) {
	var keys []string
	for _, action := range jitsiauth.Actions() {
		keys = append(keys, authsvc.ActionKey(string(action)))
	}
	for _, result := range jitsiauth.LoginResults() {
		keys = append(keys, "home.result."+string(result))
	}
	for _, kind := range []jitsiauth.ActorKind{
		jitsiauth.ActorProgram, jitsiauth.ActorToken, jitsiauth.ActorUID, jitsiauth.ActorPerson, jitsiauth.ActorLink, jitsiauth.ActorSystem, jitsiauth.ActorSeed,
	} {
		keys = append(keys, "log.by."+string(kind))
	}
	for _, kind := range []jitsiauth.LinkKind{jitsiauth.LinkAdmin, jitsiauth.LinkInvite, jitsiauth.LinkReset} {
		keys = append(keys, "log.link."+string(kind))
	}
	for _, field := range []string{"display_name", "email", "note", "role", "disabled", "valid_from", "valid_until", "weak_password"} {
		keys = append(keys, "log.field."+field)
	}
	for _, key := range keys {
		if !web.Has(key) {
			t.Errorf("%s has no text", key)
		}
	}
	if len(keys) < 40 {
		t.Errorf("only %d words", len(keys))
	}
}

func TestLogPageIsForAdministrators(t *testing.T) {
	b := newBench(t)
	u := b.person("bob", "")
	for role, status := range map[jitsiauth.Role]int{jitsiauth.RoleUser: 403, jitsiauth.RoleManager: 403, jitsiauth.RoleAdmin: 200} {
		w := b.as(role)
		for _, path := range []string{"/accounts/log", "/accounts/log?kind=logins", "/accounts/log?user=" + u.ID.String()} {
			w.get(path).want(t, status)
		}
		if strings.Contains(w.get("/accounts/").body, `href="/accounts/log"`) != (status == 200) {
			t.Errorf("%s: the navigation is wrong", role)
		}
		if role != jitsiauth.RoleUser && strings.Contains(w.get(at(u)).body, `href="/accounts/log?kind=changes&amp;user=`+u.ID.String()+`"`) != (status == 200) {
			t.Errorf("%s: the page of an account has the wrong links", role)
		}
	}
}

func TestLogPageOfChanges(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleAdmin)
	u := b.person("bob", "")
	w.post(at(u, "/edit"), "revision", "1", "display_name", "Bob", "note", "n").wantRedirect(t, at(u))
	w.post(at(u, "/end")).wantRedirect(t, at(u))
	w.post("/accounts/throttle", "source", "192.0.2.7")
	gone := b.person("gone", "")
	w.post(at(gone, "/delete")).wantRedirect(t, "/accounts/users")
	if _, _, err := b.svc.CreateInvite(t.Context(), jitsiauth.NewInvite{}); err != nil {
		t.Fatal(err)
	}
	b.secret(jitsiauth.ScopeAuth)
	got := w.get("/accounts/log")
	got.want(t, http.StatusOK, "Log of changes", "account added", "account changed", "note", "sessions ended", "account deleted",
		"let try again after wrong passwords", " 192.0.2.7", "invite", "token made", "the program", "not over a network",
		"gone@meet.jitsi <span class=\"hint\">(deleted since)</span>", "the-admin@meet.jitsi <span class=\"hint\">on these pages</span>", "127.0.0.1", "2026-11-23 10:00 UTC")
	if got.link("bob@meet.jitsi") != at(u) || got.link("gone@meet.jitsi") != "" {
		t.Error("the wrong accounts have links")
	}
	if _, table, _ := strings.Cut(got.body, "<tbody>"); strings.Index(table, "token made") > strings.Index(table, "account added") {
		t.Error("the newest is not first")
	}
	w.get("/accounts/log", "Accept-Language", "ja").want(t, http.StatusOK, "変更の記録", "アカウントを削除", "（削除済み）", "表示名", "招待リンク", "操作した人")
}

// rowsOf counts the lines of a table, and those with a text.
func (got shown) rowsOf(text string) (all, with int) {
	_, table, _ := strings.Cut(got.body, "<tbody>")
	table, _, _ = strings.Cut(table, "</tbody>")
	for row := range strings.SplitSeq(table, "</tr>") {
		if strings.Contains(row, "<tr>") {
			all++
			if strings.Contains(row, text) {
				with++
			}
		}
	}
	return all, with
}

func TestLogPageFilters(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleAdmin)
	u := b.person("bob", "")
	b.wind(25 * time.Hour)
	w.logIn("the-admin")
	w.post(at(u, "/disable"))
	w.post(at(u, "/enable"))
	for query, want := range map[string]int{
		"":                                       4,
		"?user=bob":                              3,
		"?user=%20BOB@meet.jitsi%20":             3,
		"?user=" + u.ID.String():                 3,
		"?user=bob&action=user.updated":          2,
		"?action=user.created":                   2,
		"?action=user.deleted":                   0,
		"?user=nobody":                           0,
		"?since=2026-11-24":                      2,
		"?until=2026-11-23":                      2,
		"?since=2026-11-23&until=2026-11-24":     4,
		"?kind=changes&result=ok":                4, // of the other log
		"?kind=odd":                              4,
		"?since=&until=&user=&action=&cursor=":   4,
		"?user=bob&since=2026-11-24&until=":      2,
		"?user=bob&action=user.password_set&x=1": 0,
	} {
		got := w.get("/accounts/log" + query)
		got.want(t, http.StatusOK)
		if all, _ := got.rowsOf(""); all != want {
			t.Errorf("%q: %d entries, want %d", query, all, want)
		}
	}
	w.get("/accounts/log?user="+u.ID.String()).want(t, http.StatusOK, "Of bob@meet.jitsi.", `value="`+u.ID.String()+`"`)
	w.get("/accounts/log?user=nobody").want(t, http.StatusOK, "No entry fits.", "Show all")
	got := w.get("/accounts/log?user=bob&action=user.updated")
	got.want(t, http.StatusOK, `value="user.updated" selected`, `value="bob"`)
	if to := got.link("Log of logins"); to != "/accounts/log?kind=logins&user=bob" {
		t.Error(to)
	}
	for query, says := range map[string]string{
		"user=%40":                          `id="user-error"`,
		"user=a%20b":                        "must be the ID, the JID or the name",
		"action=user.eaten":                 `id="action-error"`,
		"since=yesterday":                   `id="since-error"`,
		"until=31.12.":                      `id="until-error"`,
		"since=2026-11-24&until=2026-11-20": "must be later than since",
		"cursor=%21":                        "must be a next_cursor",
		"kind=logins&result=odd":            `id="result-error"`,
		"kind=logins&cursor=Y2hhbmdlczox":   "must be a next_cursor", // of the other log
	} {
		w.get("/accounts/log?"+query).want(t, http.StatusUnprocessableEntity, says)
	}
	w.get("/accounts/log?user=a%20b", "Accept-Language", "ja").want(t, http.StatusUnprocessableEntity, "アカウントの ID を入力してください。", `value="a b"`)
}

func TestLogPagePages(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleAdmin)
	for i := range 119 {
		b.person(fmt.Sprintf("u%03d", i), "")
	}
	got, seen := w.get("/accounts/log?action=user.created&since=2026-11-01"), 0
	if got.link("Newest") != "" {
		t.Error("the first page links to itself")
	}
	for pages := 1; ; pages++ {
		all, _ := got.rowsOf("")
		seen += all
		next := got.link("Older")
		if next == "" {
			if pages != 3 {
				t.Errorf("%d pages", pages)
			}
			break
		}
		if got = w.get(next); got.link("Newest") != "/accounts/log?action=user.created&kind=changes&since=2026-11-01" {
			t.Error(got.link("Newest"))
		}
	}
	if seen != 120 {
		t.Errorf("%d entries", seen)
	}
}

func TestLogPageOfLogins(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleAdmin)
	u := b.person("bob", "")
	gone := b.person("gone", "")
	for _, name := range []string{"bob", "gone", "gone", "my-secret-1"} {
		w.post("/accounts/login", "name", name, "password", "wrong")
	}
	if err := b.svc.Delete(t.Context(), gone.ID); err != nil {
		t.Fatal(err)
	}
	b.settle()
	w.logIn("the-admin")
	got := w.get("/accounts/log?kind=logins")
	got.want(t, http.StatusOK, "Log of logins", "wrong password", "logged in", "no account of that name", "these pages", "127.0.0.1", "(deleted since)")
	if strings.Contains(got.body, "my-secret-1") {
		t.Error("it shows what was typed into the name field")
	}
	if got.link("bob@meet.jitsi") != at(u) || got.link("gone@meet.jitsi") != "" {
		t.Error("the wrong accounts have links")
	}
	for query, want := range map[string]int{"&result=ok": 1, "&user=bob": 1, "&user=" + u.ID.String(): 1, "&user=bob&result=ok": 0, "&until=2026-11-22": 0} {
		got := w.get("/accounts/log?kind=logins" + query)
		got.want(t, http.StatusOK)
		if all, _ := got.rowsOf(""); all != want {
			t.Errorf("%q: %d entries, want %d", query, all, want)
		}
	}
	w.get("/accounts/log?kind=logins", "Accept-Language", "ja").want(t, http.StatusOK, "ログインの記録", "パスワードが違う", "存在しない ID")
}

func TestLogPageShowsText(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=x>`
	b := newBench(t)
	w := b.as(jitsiauth.RoleAdmin)
	b.addUser("{{.}}=$x@meet.jitsi")
	if _, _, err := b.svc.CreateToken(t.Context(), jitsiauth.NewToken{Name: evil, Scopes: []jitsiauth.Scope{jitsiauth.ScopeAuth}}); err != nil {
		t.Fatal(err)
	}
	ctx := jitsiauth.WithActor(t.Context(), jitsiauth.Actor{Kind: jitsiauth.ActorToken, Name: evil, Role: jitsiauth.RoleAdmin})
	if err := b.svc.Delete(ctx, b.person("x", "").ID); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"/accounts/log", "/accounts/log?user=" + url.QueryEscape(evil), "/accounts/log?kind=" + url.QueryEscape(evil),
		"/accounts/log?since=" + url.QueryEscape(evil) + "&action=" + url.QueryEscape(evil), "/accounts/log?kind=logins&result=" + url.QueryEscape(evil),
		"/accounts/log?cursor=" + url.QueryEscape(evil),
	} {
		if got := w.get(path); strings.Contains(got.body, "<script>") || strings.Contains(got.body, "<img") {
			t.Error(path, got.body)
		}
	}
	w.get("/accounts/log").want(t, http.StatusOK, evil+` <span class="hint">token</span>`)
}

// On the store that people use, and after it was restarted.
func TestLogPageOnAFile(t *testing.T) {
	store, err := boltstore.Open(t.TempDir()+"/x.db", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	b := newBenchOn(t, store, authsvc.Options{})
	w := b.as(jitsiauth.RoleAdmin)
	w.get("/accounts/log").want(t, http.StatusOK, "account added")
	b.settle()
	w.get("/accounts/log?kind=logins").want(t, http.StatusOK, "logged in")
}
