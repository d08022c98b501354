package authsvc_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// as returns a browser in which a new account of the role is logged in.
func (b *bench) as(role jitsiauth.Role) *browser {
	b.t.Helper()
	b.person("the-"+string(role), role)
	w := b.browser()
	w.logIn("the-" + string(role))
	return w
}

// named returns the account of the default domain as it is now.
func (b *bench) named(name string) jitsiauth.User {
	b.t.Helper()
	jid, err := b.svc.ParseJID(name)
	if err != nil {
		b.t.Fatal(err)
	}
	u, err := b.svc.GetByJID(b.t.Context(), jid)
	if err != nil {
		b.t.Fatalf("%s: %v", name, err)
	}
	return u
}

var generated = regexp.MustCompile(`id="password" value="([2-9a-z]{5}(?:-[2-9a-z]{5}){3})"`)

// secretIn returns the password that a page shows.
func (got shown) secretIn(t testing.TB) string {
	t.Helper()
	found := generated.FindStringSubmatch(got.body)
	if found == nil {
		t.Fatalf("no password in %d\n%s", got.StatusCode, got.body)
	}
	return found[1]
}

func TestAddUser(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	w.get("/accounts/users/new").want(t, http.StatusOK, "Add an account", "meet.jitsi", "other.example", "end of 2026-11-29")
	got := w.post("/accounts/users/new", "username", " Bob ", "domain", "meet.jitsi", "display_name", "Bob B.", "email", "b@example.org", "note", "one\r\ntwo", "until", "none")
	got.want(t, http.StatusOK, "The account was added", "bob@meet.jitsi", "only this once", "Saved, and in force now",
		"Jitsi Meet（オンライン会議）のアカウントをご用意しました。", "You have an account for Jitsi Meet", "ID: bob\n", "(the address of your Jitsi)")
	secret := got.secretIn(t)
	for _, text := range []string{"Password: " + secret, "パスワード: " + secret} {
		got.want(t, http.StatusOK, text)
	}
	if strings.Contains(got.body, "/accounts/language") {
		t.Error("the switch of languages leads away from a password that is shown once")
	}
	u := b.named("bob")
	if u.DisplayName != "Bob B." || u.Email != "b@example.org" || u.Note != "one\ntwo" || u.Role != jitsiauth.RoleUser || !u.ValidUntil.IsZero() {
		t.Errorf("%+v", u)
	}
	b.browser().post("/accounts/login", "name", "bob", "password", secret).wantRedirect(t, "/accounts/")
	for _, path := range []string{"/accounts/users", "/accounts/users/new", "/accounts/users?q=bob"} {
		if strings.Contains(w.get(path).body, secret) {
			t.Errorf("%s shows the password", path)
		}
	}
	if strings.Contains(b.log.String(), secret) {
		t.Error("the log has the password")
	}
}

// A password that was typed is shown like one that was made, and kept in no form.
// The text to send names the address where that is known.
func TestAddUserTellsTheAddress(t *testing.T) {
	b := newBenchOn(t, memstore.New(), authsvc.Options{PublicURL: "https://meet.example.org"})
	got := b.as(jitsiauth.RoleManager).post("/accounts/users/new", "username", "bob", "domain", "meet.jitsi", "until", "none")
	got.want(t, http.StatusOK, "Address: https://meet.example.org\n")
}

func TestAddUserWithPassword(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleAdmin)
	w.post("/accounts/users/new", "username", "bob", "domain", "other.example", "password", password, "until", "none").
		want(t, http.StatusOK, "bob@other.example", "ID: bob@other.example\n", `value="`+password+`"`)
	b.browser().post("/accounts/login", "name", "bob@other.example", "password", password).wantRedirect(t, "/accounts/")
}

func TestAddUserEnds(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	b := newBenchOn(t, memstore.New(), authsvc.Options{Timezone: zone})
	b.wind(6 * time.Hour) // Tuesday, 01:00 in Tokyo, and Monday yet in UTC
	w := b.as(jitsiauth.RoleManager)
	for _, test := range []struct{ name, until, date, want, says string }{
		{"none", "none", "", "0001-01-01T00:00:00Z", "no end"},
		{"today", "today", "", "2026-11-25T00:00:00+09:00", "end of 2026-11-24 (JST)"},
		{"week", "week", "", "2026-11-30T00:00:00+09:00", "end of 2026-11-29 (JST)"},
		{"month", "month", "", "2026-12-25T00:00:00+09:00", "end of 2026-12-24 (JST)"},
		{"date", "date", "2027-02-28", "2027-03-01T00:00:00+09:00", "2027年2月28日の終わりまで（JST）"},
		{"past", "date", "2026-01-01", "2026-01-02T00:00:00+09:00", "Nobody can log in with this account at the moment"},
	} {
		w.post("/accounts/users/new", "username", test.name, "until", test.until, "date", test.date).want(t, http.StatusOK, test.says)
		want, _ := time.Parse(time.RFC3339, test.want)
		if u := b.named(test.name); !u.ValidUntil.Equal(want) {
			t.Errorf("%s: %s, want %s", test.name, u.ValidUntil, want)
		}
	}
	b.wind(5 * 24 * time.Hour) // Sunday
	w.logIn("the-manager")
	w.post("/accounts/users/new", "username", "sunday", "until", "week").want(t, http.StatusOK, "end of 2026-11-29 (JST)")
}

func TestAddUserRefused(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	for _, test := range []struct{ field, value, says string }{
		{"username", "", "This must not be empty."},
		{"username", "the-manager", "the-manager@meet.jitsi is taken. Choose another ID."},
		{"username", "a b", "must not contain spaces"},
		{"username", "bob@elsewhere.example", "must be one that this service serves"},
		{"username", "bob@x@y", "exactly one"},
		{"domain", "elsewhere.example", "must be one that this service serves"},
		{"email", "nobody", "must look like name@example.org"},
		{"display_name", strings.Repeat("x", 300), "must be at most 256 bytes long"},
		{"note", "a\x00b", "must not hold control characters"},
		{"password", strings.Repeat("horse", 15), "must be at most 72 bytes long"},
		{"until", "", "This must be given."},
		{"until", "never", "This must be given."},
		{"until", "date", "This must be given."},
		{"date", "2026-12-24", "choose the date, or empty it"},
	} {
		form := map[string]string{"username": "bob", "domain": "meet.jitsi", "display_name": "Typed Name", "email": "", "note": "typed note", "password": password, "until": "today", "date": ""}
		form[test.field] = test.value
		var fields []string
		for name, value := range form {
			fields = append(fields, name, value)
		}
		before := b.snapshot()
		got := w.post("/accounts/users/new", fields...)
		got.want(t, http.StatusUnprocessableEntity, test.says)
		if test.field != "display_name" {
			got.want(t, http.StatusUnprocessableEntity, `value="Typed Name"`)
		}
		if strings.Contains(got.body, "horse") {
			t.Errorf("%s=%q: the form has the password", test.field, test.value)
		}
		if b.snapshot() != before {
			t.Errorf("%s=%q changed something", test.field, test.value)
		}
	}
	w.post("/accounts/users/new", "username", "bob", "until", "date", "date", "31.12.2026").
		want(t, http.StatusUnprocessableEntity, "must be a date like", `value="31.12.2026"`, `value="date" checked`)
	w.headers["Accept-Language"] = "ja"
	w.post("/accounts/users/new", "username", "bob", "until", "none", "date", "2026-12-31").
		want(t, http.StatusUnprocessableEntity, "日付が入力されていますが")
}

func TestAddUserHoldsThePolicy(t *testing.T) {
	b := newBenchWith(t, memstore.New(), jitsiauth.DefaultPolicy(), authsvc.Options{})
	w := b.as(jitsiauth.RoleManager)
	w.post("/accounts/users/new", "username", "bob", "until", "none", "password", "short").want(t, http.StatusUnprocessableEntity, `id="password-error"`)
	w.post("/accounts/users/new", "username", "bob", "until", "none").want(t, http.StatusOK)
}
