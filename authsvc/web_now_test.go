package authsvc_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
)

// tell sends a report.
func (b *bench) tell(c *client.Client, report api.SessionReport) {
	b.t.Helper()
	if err := c.ReportSessions(b.t.Context(), report); err != nil {
		b.t.Fatal(err)
	}
}

func TestNowPage(t *testing.T) {
	b := newBench(t)
	w, boss := b.as(jitsiauth.RoleManager), b.as(jitsiauth.RoleAdmin)
	u := b.addUser("bob@meet.jitsi", func(n *jitsiauth.NewUser) { n.DisplayName = "Bob B." })
	ann := b.person("ann", "")
	secret := b.named("the-admin")
	prosody := b.client(jitsiauth.ScopeAuth)
	w.get("/accounts/now").want(t, http.StatusOK, "not known at the moment: no Prosody reports", "does not mean that nobody is in", "As of <time datetime=\"2026-11-23T10:00:00Z\"", `href="/accounts/now">Refresh`)
	b.tell(prosody, b.report())
	got := w.get("/accounts/now")
	got.want(t, http.StatusOK, "0 accounts are in, with 0 sessions.", "Nobody is in.", "Of these domains it is not known, because no Prosody reports: other.example")

	guest := b.in(u, "den", 3)
	guest.Guest, guest.Source, guest.Proxy = true, "198.51.100.4", true
	b.tell(prosody, b.report(b.in(u, "lounge", 60), guest, b.in(ann, "hall", 30), b.in(secret, "boardroom", 5)))
	other := b.report()
	other.Domain = "other.example"
	b.tell(prosody, other)
	got = w.get("/accounts/now")
	got.want(t, http.StatusOK, "3 accounts are in, with 4 sessions.", "Bob B.", "lounge@muc.meet.jitsi", "den@muc.meet.jitsi", "hall@muc.meet.jitsi",
		"as a guest", "198.51.100.4 (a proxy)", "203.0.113.9", "2026-11-23 09:59 UTC", "End all sessions of bob@meet.jitsi",
		"the-admin@meet.jitsi", "Administrator", "you don't see where it is")
	if rows := strings.Join(got.rows(), " "); rows != "ann bob the-admin" {
		t.Error(rows)
	}
	for _, hidden := range []string{"boardroom", "other.example", "End all sessions of the-admin"} {
		if strings.Contains(got.body, hidden) {
			t.Errorf("a manager sees %s", hidden)
		}
	}
	boss.get("/accounts/now").want(t, http.StatusOK, "boardroom@muc.meet.jitsi", "End all sessions of the-admin@meet.jitsi")
	w.get("/accounts/now", "Accept-Language", "ja").want(t, http.StatusOK, "いま Jitsi に接続中の人", "接続中のアカウント: 3件（接続: 4件）", "ゲストとして接続中", "最新の状態にする")

	before := b.named("bob").SessionRevision
	w.post(at(u, "/end")).wantRedirect(t, at(u))
	if b.named("bob").SessionRevision != before+1 {
		t.Error("nothing was ended")
	}
	b.wind(11 * time.Second)
	w.get("/accounts/now").want(t, http.StatusOK, "not known at the moment")
}

func TestNowPageIsForManagers(t *testing.T) {
	b := newBench(t)
	for role, status := range map[jitsiauth.Role]int{jitsiauth.RoleUser: 403, jitsiauth.RoleManager: 200, jitsiauth.RoleAdmin: 200} {
		w := b.as(role)
		w.get("/accounts/now").want(t, status)
		if strings.Contains(w.get("/accounts/").body, `href="/accounts/now"`) != (status == 200) {
			t.Errorf("%s: the navigation is wrong", role)
		}
	}
}

// An account that is gone may be in for a moment; only administrators see where.
func TestNowPageOfWhoIsGone(t *testing.T) {
	b := newBench(t)
	w, boss := b.as(jitsiauth.RoleManager), b.as(jitsiauth.RoleAdmin)
	u := b.person("bob", "")
	b.reportIn(u, "lounge")
	if err := b.svc.Delete(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	got := w.get("/accounts/now")
	got.want(t, http.StatusOK, "An account that was deleted ("+u.ID.String()+")", "It is told to leave.")
	if strings.Contains(got.body, "lounge") || strings.Contains(got.body, at(u)) {
		t.Error(got.body)
	}
	boss.get("/accounts/now").want(t, http.StatusOK, "lounge@muc.meet.jitsi", "An account that was deleted")
}

func TestNowPageIsBounded(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	u := b.person("bob", "")
	var many []api.ReportedSession
	for i := range authsvc.MaxCrowdSessions + 2 {
		many = append(many, b.in(u, fmt.Sprint("room", i), i))
	}
	for i := range authsvc.MaxCrowd + 3 {
		one := b.in(jitsiauth.User{ID: jitsiauth.ID{9, byte(i >> 8), byte(i)}}, fmt.Sprint("x", i), 500+i)
		many = append(many, one)
	}
	prosody := b.client(jitsiauth.ScopeAuth)
	first := true
	for len(many) > 0 {
		n := min(len(many), api.MaxReportedSessions)
		report := b.report(many[:n]...)
		report.First, many, first = first, many[n:], false
		b.tell(prosody, report)
	}
	got := w.get("/accounts/now")
	got.want(t, http.StatusOK, fmt.Sprintf("%d accounts are in", authsvc.MaxCrowd+4), "And 2 more sessions.", "And 4 more accounts.", "Search the list of users")
	if n := strings.Count(got.body, "<section"); n != authsvc.MaxCrowd {
		t.Errorf("%d are shown", n)
	}
}

func TestNowPageShowsText(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=x>{{.}}`
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	u := b.addUser("{{.}}=$x@meet.jitsi", func(n *jitsiauth.NewUser) { n.DisplayName = evil })
	b.reportIn(u, evil)
	got := w.get("/accounts/now")
	got.want(t, http.StatusOK, evil, "{{.}}=$x@meet.jitsi")
	if strings.Contains(got.body, "<script>") || strings.Contains(got.body, "<img") {
		t.Error(got.body)
	}
}
