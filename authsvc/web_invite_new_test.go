package authsvc_test

import (
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

var linkIn = regexp.MustCompile(`id="link" value="([^"]*)(/accounts/link/jitsiauth_link_[a-z2-7]{32})"`)

// linkShown returns the address that a page shows once, in two parts.
func (got shown) linkShown(t testing.TB) (base, path string) {
	t.Helper()
	found := linkIn.FindStringSubmatch(got.body)
	if found == nil {
		t.Fatalf("no link in %d\n%s", got.StatusCode, got.body)
	}
	return found[1], found[2]
}

// newest returns the link that was made last.
func (b *bench) newest() jitsiauth.ListedLink {
	b.t.Helper()
	links, err := b.svc.ListLinks(b.t.Context())
	if err != nil || len(links) == 0 {
		b.t.Fatalf("%d links, %v", len(links), err)
	}
	return links[len(links)-1]
}

// From the form to the account of whoever was invited.
func TestMakeInvite(t *testing.T) {
	b := newBenchOn(t, memstore.New(), authsvc.Options{PublicURL: "https://meet.example.org"})
	w := b.as(jitsiauth.RoleManager)
	w.get("/accounts/invites/new").want(t, http.StatusOK, "Make an invite", "meet.jitsi", "other.example", `name="uses" type="text" value="1"`, `value="days" checked`, "2026-11-30 10:00 UTC")
	got := w.post("/accounts/invites/new", "uses", " 2 ", "life", "date", "life_date", "2026-12-01", "domain", "other.example",
		"valid_from", "2026-11-24", "until", "date", "date", "2026-12-24", "note", "one\r\ntwo")
	got.want(t, http.StatusOK, "The invite was made", "only this once", "The first 2 can make an account with it.", "先着 2名がアカウントを作成できます。",
		"The link can be used until: end of 2026-12-01 (UTC)", "アカウントの有効期限: 2026年12月24日の終わりまで（UTC）", "The account is valid from: 2026-11-24 00:00 UTC",
		`<svg class="qr" role="img" aria-label="QR code of the link"`, `data-copy="link"`, `data-copy="send-ja"`)
	got.wantNot(t, "/accounts/language", "JITSIAUTH_PUBLIC_URL", "pass the link on to nobody")
	base, path := got.linkShown(t)
	if base != "https://meet.example.org" || strings.Count(got.body, base+path) != 3 { // the field, and two texts
		t.Errorf("%q %q", base, path)
	}
	l := b.newest()
	if l.Uses != 2 || l.Domain != "other.example" || l.Note != "one\ntwo" || l.Actor != jitsiauth.ActorPerson || l.ActorName != "the-manager@meet.jitsi" ||
		!l.ExpiresAt.Equal(day(12, 2)) || !l.ValidFrom.Equal(day(11, 24)) || !l.ValidUntil.Equal(day(12, 25)) {
		t.Errorf("%+v", l.Link)
	}
	guest := b.browser()
	guest.get(path).want(t, http.StatusOK, "Make your account", "valid from:", "2026-11-24 00:00 UTC")
	guest.post(path, "name", "guest", "new", password, "again", password).
		want(t, http.StatusOK, "guest@other.example", "from its beginning on", "2026-11-24 00:00 UTC", "end of 2026-12-24", `href="https://meet.example.org/"`, "When you open a room")
	for _, page := range []string{"/accounts/invites", "/accounts/invites/new"} {
		w.get(page).wantNot(t, path)
	}
	if strings.Contains(b.log.String(), path) {
		t.Error("the log has the secret")
	}
}

func day(month time.Month, day int) time.Time {
	return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC)
}

func TestMakeInviteLives(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	begin := b.Now()
	for _, test := range []struct {
		life, date, says string
		want             time.Time
	}{
		{"day", "", "2026-11-24 10:00 UTC", b.Now().AddDate(0, 0, 1)},
		{"days", "", "2026-11-30 10:00 UTC", b.Now().AddDate(0, 0, 7)},
		{"month", "", "2026-12-23 10:00 UTC", b.Now().AddDate(0, 0, 30)},
		{"date", "2026-11-23", "end of 2026-11-23 (UTC)", day(11, 24)},
		{"date", "2027-02-20", "end of 2027-02-20 (UTC)", time.Date(2027, 2, 21, 0, 0, 0, 0, time.UTC)},
	} {
		b.wind(time.Second) // IDs tell the order
		if test.date == "" {
			test.want = test.want.Add(b.Now().Sub(begin))
		}
		got := w.post("/accounts/invites/new", "uses", "1", "life", test.life, "life_date", test.date, "until", "none")
		got.want(t, http.StatusOK, test.says, "It can be used once.", "pass the link on to nobody")
		if l := b.newest(); !l.ExpiresAt.Equal(test.want) || !l.ValidUntil.IsZero() || l.Uses != 1 || l.Domain != "meet.jitsi" {
			t.Errorf("%s %s: %+v", test.life, test.date, l.Link)
		}
	}
}

func TestMakeInviteRefused(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	for _, test := range []struct{ field, value, says, beside, ja string }{
		{"uses", "", "must be 1 to 1000", "uses", "1から1000まで"},
		{"uses", "0", "must be 1 to 1000", "uses", "1から1000まで"},
		{"uses", "1001", "must be 1 to 1000", "uses", "1から1000まで"},
		{"uses", "-1", "must be 1 to 1000", "uses", "1から1000まで"},
		{"uses", "ten", "must be 1 to 1000", "uses", "1から1000まで"},
		{"uses", "99999999999999999999", "must be 1 to 1000", "uses", "1から1000まで"},
		{"life", "", "This must be given.", "expires_at", "入力してください。"},
		{"life", "year", "This must be given.", "expires_at", "入力してください。"},
		{"life", "date", "This must be given.", "expires_at", "入力してください。"},
		{"life_date", "2026-12-01", "choose the date, or empty it", "expires_at", "日付を空にしてください"},
		{"valid_from", "tomorrow", "must be a date like", "valid_from", "日付（例:"},
		{"until", "", "This must be given.", "valid_until", "入力してください。"},
		{"date", "2026-12-01", "choose the date, or empty it", "valid_until", "日付を空にしてください"},
		{"note", "a\x00b", "must not hold control characters", "note", "使用できない文字"},
		{"note", strings.Repeat("x", 5000), "must be at most 4096 bytes long", "note", "4096バイト以内"},
		{"domain", "elsewhere.example", "must be one that this service serves", "domain", "このサービスのドメインではありません"},
	} {
		form := map[string]string{"uses": "7", "life": "days", "life_date": "", "domain": "other.example", "valid_from": "", "until": "today", "date": "", "note": "typed note"}
		form[test.field] = test.value
		before := b.snapshot()
		got := w.post("/accounts/invites/new", pairs(form)...)
		got.want(t, http.StatusUnprocessableEntity, test.says, `id="`+test.beside+`-error"`)
		if test.field != "note" {
			got.want(t, http.StatusUnprocessableEntity, "typed note")
		}
		if test.field != "uses" {
			got.want(t, http.StatusUnprocessableEntity, `value="7"`)
		}
		w.send(http.MethodPost, "/accounts/invites/new", values(form), "Accept-Language", "ja").want(t, http.StatusUnprocessableEntity, test.ja)
		if b.snapshot() != before {
			t.Errorf("%s=%q changed something", test.field, test.value)
		}
	}
	for _, date := range []string{"2026-11-22", "2027-02-22", "31.12.2026"} {
		w.post("/accounts/invites/new", "uses", "1", "life", "date", "life_date", date, "until", "none").
			want(t, http.StatusUnprocessableEntity, `id="expires_at-error"`, `value="`+date+`"`, `value="date" checked`)
	}
	w.post("/accounts/invites/new", "uses", "1", "life", "day", "valid_from", "2026-12-24", "until", "today").
		want(t, http.StatusUnprocessableEntity, "must be later than valid_from", `id="valid_until-error"`)
}

func TestMakeInviteTooMany(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	last := b.fillLinks()
	before := b.snapshot()
	got := w.post("/accounts/invites/new", "uses", "3", "life", "day", "until", "none", "note", "typed note")
	got.want(t, http.StatusUnprocessableEntity, "Revoke those that are not needed", "typed note")
	if b.snapshot() != before {
		t.Error("something changed")
	}
	w.post(revokeAt(last)).wantRedirect(t, "/accounts/invites")
	w.post("/accounts/invites/new", "uses", "3", "life", "day", "until", "none").want(t, http.StatusOK)
}

// Where nobody has named the address, the page says where it took it from.
func TestLinkAddress(t *testing.T) {
	proxied := authsvc.Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	named := proxied
	named.PublicURL = "https://meet.example.org"
	for _, test := range []struct {
		name       string
		opts       authsvc.Options
		https      bool
		host, base string
		says       string // empty: nothing
		qr         bool
	}{
		{"named", named, true, "other.example.org", "https://meet.example.org", "", true},
		{"named, and local", named, false, "localhost", "https://meet.example.org", "", true},
		{"by https", proxied, true, "Meet.example.com:8443", "https://meet.example.com:8443", "see that it is that of your Jitsi", true},
		{"local", proxied, false, "localhost:8090", "http://localhost:8090", "works only on this very computer", false},
		{"a host that is none", proxied, true, "a*b", "", "put the address (https://…) before it", false},
		{"markup", proxied, true, "a'b(c)", "", "Put the address (https://…) before it", false},
	} {
		b := newBenchOn(t, memstore.New(), test.opts)
		w := b.browser()
		if test.https {
			w = b.https()
		}
		b.person("boss", jitsiauth.RoleManager)
		// By hand, as the jar keeps it from http and from other hosts.
		w.headers["Cookie"], _, _ = strings.Cut(w.logIn("boss").Header.Get("Set-Cookie"), ";")
		got := w.send(http.MethodPost, "/accounts/invites/new", values(map[string]string{"uses": "1", "life": "day", "until": "none"}), "Host", test.host)
		got.want(t, http.StatusOK, "The invite was made")
		base, path := got.linkShown(t)
		if base != test.base || strings.Contains(got.body, "<svg") != test.qr {
			t.Errorf("%s: %q, QR code: %t", test.name, base, !test.qr)
		}
		if test.says == "" {
			got.wantNot(t, "JITSIAUTH_PUBLIC_URL")
		} else if !strings.Contains(strings.ToLower(got.body), strings.ToLower(test.says)) {
			t.Errorf("%s: no warning in\n%s", test.name, got.body)
		}
		if base == "" {
			got.want(t, http.StatusOK, "(the address of your Jitsi)"+path)
		}
	}
}
