package authsvc_test

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// pairs are the fields of a form for post.
func pairs(form map[string]string) (fields []string) {
	for name, value := range form {
		fields = append(fields, name, value)
	}
	return fields
}

func values(form map[string]string) url.Values {
	all := url.Values{}
	for name, value := range form {
		all.Set(name, value)
	}
	return all
}

// From the account's page to the new password.
func TestMakeResetLink(t *testing.T) {
	b := newBench(t)
	u := b.person("alice", jitsiauth.RoleUser)
	w := b.as(jitsiauth.RoleManager)
	w.get(at(u)).want(t, http.StatusOK, at(u, "/reset-link"), "the present one stays good until then", "the present one is void at once")
	w.get(at(u)).wantNot(t, "Reset links that can be used")
	w.get(at(u, "/reset-link")).want(t, http.StatusOK, "Make a reset link for alice@meet.jitsi", `value="24" checked`, "1 hour", "2026-11-24 10:00 UTC")
	got := w.post(at(u, "/reset-link"), "hours", "8")
	got.want(t, http.StatusOK, "The reset link was made", "alice@meet.jitsi", "only this once", "password of your account alice at", "アカウント「alice」のパスワード",
		"The link can be used until: 2026-11-23 18:00 UTC", "It can be used once.")
	got.wantNot(t, "/accounts/language")
	_, path := got.linkShown(t)
	for _, page := range []string{at(u), "/accounts/invites"} {
		got := w.get(page)
		got.want(t, http.StatusOK, "Reset links that can be used", "2026-11-23 18:00 UTC", "the-manager@meet.jitsi", revokeAt(b.newest().Link))
		got.wantNot(t, path)
	}
	guest := b.browser()
	guest.post(path, "new", "another horse battery", "again", "another horse battery").want(t, http.StatusOK, "Your password is changed")
	guest.post("/accounts/login", "name", "alice", "password", "another horse battery").wantRedirect(t, "/accounts/")
	w.get(at(u)).wantNot(t, "Reset links that can be used")
	if strings.Contains(b.log.String(), path) {
		t.Error("the log has the secret")
	}
}

func TestMakeResetLinkRefused(t *testing.T) {
	b := newBench(t)
	u := b.person("alice", jitsiauth.RoleUser)
	w := b.as(jitsiauth.RoleManager)
	before := b.snapshot()
	for _, hours := range []string{"", "0", "2", "25", "-1", "day", "99999999999999999999"} {
		w.post(at(u, "/reset-link"), "hours", hours).want(t, http.StatusUnprocessableEntity, "This must be given.", `id="hours-error"`)
	}
	if b.snapshot() != before {
		t.Error("something changed")
	}
	off := b.addUser("off@meet.jitsi", func(n *jitsiauth.NewUser) { n.Disabled = true })
	before = b.snapshot()
	w.get(at(off, "/reset-link")).want(t, http.StatusOK, "The account is disabled")
	w.post(at(off, "/reset-link"), "hours", "1").want(t, http.StatusUnprocessableEntity, "Enable it first.")
	w.get("/accounts/users/alice/reset-link").want(t, http.StatusNotFound)
	if b.snapshot() != before {
		t.Error("something changed")
	}
	b.fillLinks()
	before = b.snapshot()
	w.post(at(u, "/reset-link"), "hours", "1").want(t, http.StatusUnprocessableEntity, "Revoke those that are not needed", `value="1" checked`)
	if b.snapshot() != before {
		t.Error("something changed")
	}
}

// Whoever has left the browser alone is asked for the password first.
func TestResetLinkAsksForThePassword(t *testing.T) {
	b := newBench(t)
	u := b.person("alice", jitsiauth.RoleUser)
	w := b.as(jitsiauth.RoleManager)
	b.wind(20 * time.Minute)
	before := b.snapshot()
	confirm := "/accounts/confirm?" + url.Values{"next": {at(u, "/reset-link")}}.Encode()
	w.get(at(u, "/reset-link")).wantRedirect(t, confirm)
	w.post(at(u, "/reset-link"), "hours", "1").wantRedirect(t, confirm)
	if b.snapshot() != before {
		t.Error("something changed")
	}
	w.post("/accounts/confirm", "password", password, "next", at(u, "/reset-link")).wantRedirect(t, at(u, "/reset-link"))
	w.post(at(u, "/reset-link"), "hours", "1").want(t, http.StatusOK)
}

// One's own password needs no link, and the page says so.
func TestResetLinkOfOneself(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	own := b.named("the-manager")
	w.get(at(own)).wantNot(t, "/reset-link")
	w.get(at(own, "/reset-link")).want(t, http.StatusOK, "You need no link to change its password.")
}

func TestRevokeResetLink(t *testing.T) {
	b := newBench(t)
	u, boss := b.person("alice", jitsiauth.RoleUser), b.person("boss", jitsiauth.RoleAdmin)
	w := b.as(jitsiauth.RoleManager)
	reset := func(id jitsiauth.ID) jitsiauth.Link {
		l, _, err := b.svc.CreateResetLink(t.Context(), id, 0)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	l, above := reset(u.ID), reset(boss.ID)
	w.get(revokeAt(l)).want(t, http.StatusOK, "Revoke this reset link?", "alice@meet.jitsi", "its password stay as they are", `href="`+at(u)+`">Cancel`)
	w.post(revokeAt(l)).wantRedirect(t, at(u))
	w.get(at(u)).want(t, http.StatusOK, "The link was revoked")
	before := b.snapshot()
	got := w.get("/accounts/invites")
	got.want(t, http.StatusOK, "boss@meet.jitsi")
	got.wantNot(t, revokeAt(above))
	w.get(revokeAt(above)).want(t, http.StatusForbidden)
	w.post(revokeAt(above)).want(t, http.StatusForbidden)
	if b.snapshot() != before {
		t.Error("something changed")
	}
	gone := reset(u.ID)
	if err := b.svc.Delete(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	w.get(revokeAt(gone)).want(t, http.StatusOK, `href="/accounts/invites">Cancel`)
	w.post(revokeAt(gone)).wantRedirect(t, "/accounts/invites")
}

// Whatever somebody typed is text, on every page about links.
func TestLinkPagesShowText(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleAdmin)
	const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>{{.}}`
	l, _ := b.invite(jitsiauth.NewInvite{Note: "</textarea>" + evil})
	odd := b.addUser("{{.}}=$x@meet.jitsi")
	tokens := jitsiauth.WithActor(t.Context(), jitsiauth.Actor{Kind: jitsiauth.ActorToken, Name: evil, Role: jitsiauth.RoleAdmin})
	if _, _, err := b.svc.CreateResetLink(tokens, odd.ID, 0); err != nil {
		t.Fatal(err)
	}
	all := []string{"uses", evil, "life", evil, "life_date", evil, "domain", evil, "valid_from", evil, "until", evil, "date", evil, "note", "</textarea>" + evil}
	for name, got := range map[string]shown{
		"list":    w.get("/accounts/invites"),
		"query":   w.get("/accounts/invites?open=%22%3E%3Cscript%3E&before=%3Cscript%3E"),
		"revoke":  w.get(revokeAt(l)),
		"refused": w.post("/accounts/invites/new", all...),
		"made":    w.post("/accounts/invites/new", "uses", "1", "life", "day", "until", "none", "note", "</textarea>"+evil),
		"account": w.get(at(odd)),
		"reset":   w.post(at(odd, "/reset-link"), "hours", evil),
		"link":    w.post(at(odd, "/reset-link"), "hours", "1"),
	} {
		got.wantNot(t, "<script>", "<img")
		if name == "list" && strings.Count(html.UnescapeString(got.body), evil) != 2 {
			t.Errorf("%s lacks a text", name)
		}
	}
}
