package authsvc_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// invite makes a link by the program, as the command line does.
func (b *bench) invite(n jitsiauth.NewInvite) (jitsiauth.Link, string) {
	b.t.Helper()
	l, secret, err := b.svc.CreateInvite(b.t.Context(), n)
	if err != nil {
		b.t.Fatal(err)
	}
	return l, secret
}

func revokeAt(l jitsiauth.Link) string { return "/accounts/invites/" + l.ID.String() + "/revoke" }

// wantNot fails where a text is in the page.
func (got shown) wantNot(t testing.TB, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(got.body, text) {
			t.Errorf("%q is in\n%s", text, got.body)
		}
	}
}

func TestInviteList(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	w.get("/accounts/invites").want(t, http.StatusOK, "There are none.", `aria-current="page">Invites`)
	first, _ := b.invite(jitsiauth.NewInvite{Uses: 5, Note: "first one", ValidFrom: b.Now().Add(time.Hour), ValidUntil: b.Now().Add(48 * time.Hour)})
	b.wind(time.Minute)
	w.post("/accounts/invites/new", "uses", "1", "life", "day", "until", "none", "note", "second one").want(t, http.StatusOK)
	used, secret := b.invite(jitsiauth.NewInvite{Domain: "other.example"})
	if _, err := b.svc.SpendInvite(t.Context(), secret, "guest", jitsiauth.NewPassword{Password: password}); err != nil {
		t.Fatal(err)
	}
	got := w.get("/accounts/invites")
	got.want(t, http.StatusOK, "first one", "5 of 5", "2026-11-23 11:00 UTC", "2026-11-25 10:00 UTC", "2026-11-30 10:00 UTC", "command on the server",
		"second one", "the-manager@meet.jitsi", "0 of 1", "used up", "other.example", "can be used", "(no note)", revokeAt(first))
	if strings.Index(got.body, "second one") > strings.Index(got.body, "first one") {
		t.Error("the newest is not the first")
	}
	got.wantNot(t, secret, revokeAt(used), "jitsiauth_link_")
	w.get("/accounts/invites?open=1").wantNot(t, "used up")
	w.get("/accounts/invites", "Accept-Language", "ja").want(t, http.StatusOK, "招待リンク", "5 / 5", "使用済み", "サーバーのコマンド")
	b.wind(40 * time.Hour)
	w.logIn("the-manager")
	w.get("/accounts/invites").want(t, http.StatusOK, "expired")
}

// What tokens made is said to be theirs, and the link for the first administrator
// is for administrators to see.
func TestInviteListTellsWhoMadeIt(t *testing.T) {
	b := newBench(t)
	manager := b.as(jitsiauth.RoleManager)
	for _, actor := range []jitsiauth.Actor{{Kind: jitsiauth.ActorToken, Name: "import job", Role: jitsiauth.RoleManager}, {Kind: jitsiauth.ActorUID, Name: "1000", Role: jitsiauth.RoleAdmin}} {
		if _, _, err := b.svc.CreateInvite(jitsiauth.WithActor(t.Context(), actor), jitsiauth.NewInvite{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := b.svc.CreateAdminLink(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	got := manager.get("/accounts/invites")
	got.want(t, http.StatusOK, "token import job", "command on the server (uid 1000)")
	got.wantNot(t, "For the first administrator")
	b.as(jitsiauth.RoleAdmin).get("/accounts/invites").want(t, http.StatusOK, "For the first administrator", "void")
}

func TestInviteListPages(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	for i := range 120 {
		b.invite(jitsiauth.NewInvite{Note: fmt.Sprintf("note %03d.", i)})
		b.wind(time.Second)
	}
	for _, query := range []string{"", "?open=1"} {
		path, seen := "/accounts/invites"+query, []string{}
		for pages := 0; path != "" && pages < 9; pages++ {
			got := w.get(path)
			got.want(t, http.StatusOK)
			for i := range 120 {
				if strings.Contains(got.body, fmt.Sprintf("note %03d.", i)) {
					seen = append(seen, fmt.Sprint(i))
				}
			}
			if path != "/accounts/invites"+query {
				got.want(t, http.StatusOK, "First page")
			}
			path = got.next()
		}
		if len(seen) != 120 {
			t.Errorf("%s: %d seen", query, len(seen))
		}
	}
	w.get("/accounts/invites?before="+"00000000-0000-7000-8000-000000000000").want(t, http.StatusOK, "There are no more.")
	w.get("/accounts/invites?before=x").want(t, http.StatusUnprocessableEntity)
}

// next is where the page's "Next page" leads; empty: nowhere.
func (got shown) next() string {
	_, rest, ok := strings.Cut(got.body, `rel="next"`)
	if !ok {
		return ""
	}
	before := got.body[:len(got.body)-len(rest)]
	href := before[strings.LastIndex(before, `href="`)+6:]
	return strings.ReplaceAll(href[:strings.IndexByte(href, '"')], "&amp;", "&")
}

func TestRevokeInvite(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	l, secret := b.invite(jitsiauth.NewInvite{Uses: 3, Note: "for the fair"})
	before := b.snapshot()
	w.get(revokeAt(l)).want(t, http.StatusOK, "Revoke this invite?", "for the fair", "3 of 3", "The link ends at once", "accounts that were made with it stay")
	if b.snapshot() != before {
		t.Error("to ask changes something")
	}
	w.post(revokeAt(l)).wantRedirect(t, "/accounts/invites")
	w.get("/accounts/invites").want(t, http.StatusOK, "The link was revoked", "There are none.")
	w.get("/accounts/link/"+secret).want(t, http.StatusNotFound)
	before = b.snapshot()
	for range 2 { // whoever sends it again, or another who was faster
		w.post(revokeAt(l)).wantRedirect(t, "/accounts/invites")
		w.get("/accounts/invites").want(t, http.StatusOK, "The link is gone already")
	}
	w.get(revokeAt(l)).wantRedirect(t, "/accounts/invites")
	w.get("/accounts/invites/x/revoke").wantRedirect(t, "/accounts/invites")
	if b.snapshot() != before {
		t.Error("revoked again, something changed")
	}
}

// invitePages are all about invites, and what their forms hold.
func invitePages(l jitsiauth.Link) [][]string {
	return [][]string{
		{"GET", "/accounts/invites"},
		{"GET", "/accounts/invites/new"},
		{"POST", "/accounts/invites/new", "uses", "1", "life", "day", "until", "none"},
		{"GET", revokeAt(l)},
		{"POST", revokeAt(l)},
	}
}

func TestInviteRights(t *testing.T) {
	b := newBench(t)
	for _, role := range []jitsiauth.Role{jitsiauth.RoleUser, jitsiauth.RoleManager, jitsiauth.RoleAdmin} {
		w := b.as(role)
		l, _ := b.invite(jitsiauth.NewInvite{})
		for _, p := range invitePages(l) {
			before := b.snapshot()
			got := w.open(p[0], p[1], p[2:])
			if may := role != jitsiauth.RoleUser; may != (got.StatusCode < 400) {
				t.Errorf("%s: %s %s: %d", role, p[0], p[1], got.StatusCode)
			} else if !may {
				got.want(t, http.StatusForbidden, "You are not allowed to do this.")
			}
			if role == jitsiauth.RoleUser && b.snapshot() != before {
				t.Errorf("%s: %s %s changed something", role, p[0], p[1])
			}
		}
		if shows := strings.Contains(w.get("/accounts/").body, `href="/accounts/invites"`); shows != (role != jitsiauth.RoleUser) {
			t.Errorf("%s: in the navigation: %t", role, shows)
		}
	}
}
