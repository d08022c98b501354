package authsvc_test

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

// tokenIn returns the secret that a page shows.
func (got shown) tokenIn(t testing.TB) string {
	t.Helper()
	found := regexp.MustCompile(`id="secret" value="(jitsiauth_[A-Za-z0-9_-]{43})"`).FindStringSubmatch(got.body)
	if found == nil {
		t.Fatalf("no token in %d\n%s", got.StatusCode, got.body)
	}
	return found[1]
}

// token returns the one with the name; its zero value: there is none.
func (b *bench) token(name string) jitsiauth.Token {
	b.t.Helper()
	all, err := b.svc.Tokens(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	if i := slices.IndexFunc(all, func(t jitsiauth.Token) bool { return t.Name == name }); i >= 0 {
		return all[i]
	}
	return jitsiauth.Token{}
}

func TestScopesAreInWords(t *testing.T) {
	for _, scope := range []jitsiauth.Scope{jitsiauth.ScopeAuth, jitsiauth.ScopeUsersRead, jitsiauth.ScopeUsersWrite, jitsiauth.ScopeAdmin} {
		if !web.Has(authsvc.ScopeKey(scope)) {
			t.Errorf("%s has no text", scope)
		}
	}
}

func TestMakeToken(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleAdmin)
	w.get("/accounts/tokens").want(t, http.StatusOK, "There are no tokens yet.", "JITSIAUTH_PROSODY_TOKEN")
	w.get("/accounts/tokens/new").want(t, http.StatusOK, "users:write", "what a manager may", "meet.jitsi", "other.example", "1 year", "2027-11-23")
	got := w.post("/accounts/tokens/new", "name", " Portal 1 ", "scope", "users:read", "scope", "users:write", "domain", "meet.jitsi", "until", "year")
	got.want(t, http.StatusOK, "The token was made", "only this once", "cat > Portal1.token", "curl --fail", "end of 2027-11-23 (UTC)")
	secret := got.tokenIn(t)
	if strings.Contains(got.body, "http_auth_token_file") || strings.Contains(got.body, `action="/accounts/language"`) {
		t.Error("it shows what it should not")
	}
	made := b.token("Portal 1")
	if !slices.Equal(made.Scopes, []jitsiauth.Scope{"users:read", "users:write"}) || !slices.Equal(made.Domains, []string{"meet.jitsi"}) || !made.ExpiresAt.Equal(time.Date(2027, 11, 24, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", made)
	}
	if answer := b.send(http.MethodGet, "/api/v1/users", secret, ""); answer.StatusCode != http.StatusOK {
		t.Error(answer.StatusCode, answer.body)
	}
	b.settle()
	got = w.get("/accounts/tokens")
	got.want(t, http.StatusOK, "Portal 1", "users:read, users:write", "the-admin@meet.jitsi <span class=\"hint\">on these pages</span>", secret[:14]+"…", "end of 2027-11-23", "2026-11-23 10:00 UTC")
	if strings.Contains(got.body, secret) || strings.Contains(got.body, "never") {
		t.Error(got.body)
	}
	got = w.post("/accounts/tokens/new", "name", "prosody2", "scope", "auth", "until", "none")
	got.want(t, http.StatusOK, `http_auth_token_file = "/etc/prosody/prosody2.token"`, "no end")
	if strings.Contains(got.body, "curl") {
		t.Error("Prosody's token opens no API")
	}
	b.secret(jitsiauth.ScopeAdmin)
	w.get("/accounts/tokens").want(t, http.StatusOK, "the program")
	b.wind(366 * 24 * time.Hour)
	w.logIn("the-admin")
	w.get("/accounts/tokens").want(t, http.StatusOK, `<span class="state expired">expired</span>`)
	w.get("/accounts/tokens", "Accept-Language", "ja").want(t, http.StatusOK, "トークンを作成する", "許可する操作", "作成者")
}

func TestMakeTokenRefused(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleAdmin)
	w.post("/accounts/tokens/new", "name", "taken", "scope", "auth", "until", "none").want(t, http.StatusOK)
	for _, test := range []struct{ field, value, says, ja string }{
		{"name", "", "This must not be empty.", "入力してください。"},
		{"name", "taken", "taken is taken.", "すでに使われています"},
		{"name", strings.Repeat("n", 65), "at most 64 bytes", "64バイト以内"},
		{"name", "a\u202eb", "control characters", "使用できない文字"},
		{"name", "01900000-0000-7000-8000-000000000000", "must not look like a token's ID", "内部の番号"},
		{"scope", "", "must be of auth", "選択肢の中から"},
		{"scope", "god", "must be of auth", "選択肢の中から"},
		{"domain", "elsewhere.example", "this service serves", "このサービスのドメイン"},
		{"until", "", "This must be given.", "入力してください。"},
		{"until", "never", "This must be given.", "入力してください。"},
		{"date", "2026-12-24", "choose the date, or empty it", "別の期限が選ばれています"},
	} {
		form := map[string]string{"name": "typed", "scope": "users:read", "domain": "other.example", "until": "month", "date": ""}
		form[test.field] = test.value
		var fields []string
		for name, value := range form {
			fields = append(fields, name, value)
		}
		before := b.snapshot()
		w.headers["Accept-Language"] = "ja"
		w.post("/accounts/tokens/new", fields...).want(t, http.StatusUnprocessableEntity, test.ja)
		w.headers["Accept-Language"] = "en"
		got := w.post("/accounts/tokens/new", fields...)
		got.want(t, http.StatusUnprocessableEntity, test.says)
		if test.field != "name" {
			got.want(t, http.StatusUnprocessableEntity, `value="typed"`)
		}
		if test.field != "scope" {
			got.want(t, http.StatusUnprocessableEntity, `value="users:read" checked`)
		}
		if b.snapshot() != before {
			t.Errorf("%s=%q changed something", test.field, test.value)
		}
	}
	w.post("/accounts/tokens/new", "name", "typed", "until", "none").want(t, http.StatusUnprocessableEntity, "must name at least one", `id="scopes-error"`)
	w.post("/accounts/tokens/new", "name", "typed", "scope", "auth", "until", "date", "date", "2026-01-01").want(t, http.StatusUnprocessableEntity, "must lie in the future", `id="valid_until-error"`)
}

func TestRevokeToken(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleAdmin)
	secret := w.post("/accounts/tokens/new", "name", "prosody", "scope", "auth", "until", "none").tokenIn(t)
	w.post("/accounts/tokens/new", "name", "portal", "scope", "users:read", "until", "none").want(t, http.StatusOK)
	path := func(name string) string { return "/accounts/tokens/" + b.token(name).ID.String() + "/revoke" }
	w.get(path("prosody")).want(t, http.StatusOK, "Revoke prosody?", "NO ONE can log in to Jitsi", "ask about logins")
	got := w.get(path("portal"))
	got.want(t, http.StatusOK, "Revoke portal?", "list and show accounts")
	if strings.Contains(got.body, "NO ONE") {
		t.Error("it warns of what does not happen")
	}
	w.get(path("prosody"), "Accept-Language", "ja").want(t, http.StatusOK, "だれも Jitsi にログインできなくなります")
	before := b.snapshot()
	w.get("/accounts/tokens/prosody/revoke").want(t, http.StatusNotFound)
	w.post("/accounts/tokens/prosody/revoke").want(t, http.StatusNotFound)
	w.post("/accounts/tokens/01900000-0000-7000-8000-000000000000/revoke").want(t, http.StatusNotFound)
	if b.snapshot() != before {
		t.Error("something changed")
	}
	gone := path("prosody")
	w.post(gone).wantRedirect(t, "/accounts/tokens")
	w.get("/accounts/tokens").want(t, http.StatusOK, "prosody was revoked", "portal")
	w.post(gone).want(t, http.StatusNotFound)
	if _, err := b.svc.Authenticate(t.Context(), secret); !errors.Is(err, jitsiauth.ErrBadToken) {
		t.Errorf("a revoked token lets in: %v", err)
	}
	w.get("/accounts/log").want(t, http.StatusOK, "token revoked", "token prosody")
}

// Tokens are for administrators, who typed their password a moment ago.
func TestTokenRights(t *testing.T) {
	b := newBench(t)
	b.secret(jitsiauth.ScopeAuth)
	all, _ := b.svc.Tokens(t.Context())
	revoke := "/accounts/tokens/" + all[0].ID.String() + "/revoke"
	pages := []struct {
		method, path string
		sudo         bool
	}{
		{"GET", "/accounts/tokens", false},
		{"GET", "/accounts/tokens/new", true},
		{"POST", "/accounts/tokens/new", true},
		{"GET", revoke, true},
		{"POST", revoke, true},
	}
	fields := []string{"name", "x", "scope", "admin", "until", "none"}
	for _, role := range []jitsiauth.Role{jitsiauth.RoleUser, jitsiauth.RoleManager} {
		w := b.as(role)
		before := b.snapshot()
		for _, p := range pages {
			w.open(p.method, p.path, fields).want(t, http.StatusForbidden, "You are not allowed to do this.")
		}
		if strings.Contains(w.get("/accounts/").body, `href="/accounts/tokens"`) {
			t.Errorf("%s is offered tokens", role)
		}
		if b.snapshot() != before {
			t.Errorf("%s changed something", role)
		}
	}
	w := b.as(jitsiauth.RoleAdmin)
	before := b.snapshot()
	b.wind(5 * time.Minute)
	for _, p := range pages {
		got := w.open(p.method, p.path, fields)
		if !p.sudo {
			got.want(t, http.StatusOK)
		} else if to := got.Header.Get("Location"); got.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "/accounts/confirm?next=") {
			t.Errorf("%s %s: %d to %s", p.method, p.path, got.StatusCode, to)
		}
	}
	if b.snapshot() != before {
		t.Error("something changed")
	}
}

func TestTokenPagesShowText(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=x>{{.}}`
	b := newBench(t)
	w := b.as(jitsiauth.RoleAdmin)
	got := w.post("/accounts/tokens/new", "name", evil, "scope", "auth", "scope", "admin", "until", "none")
	got.want(t, http.StatusOK, evil, "cat > scriptalert1scriptimgsrcx.token")
	id := b.token(evil).ID.String()
	for name, page := range map[string]shown{
		"made":    got,
		"list":    w.get("/accounts/tokens"),
		"revoke":  w.get("/accounts/tokens/" + id + "/revoke"),
		"refused": w.post("/accounts/tokens/new", "name", evil, "scope", evil, "domain", evil, "until", evil, "date", evil),
		"taken":   w.post("/accounts/tokens/new", "name", evil, "scope", "auth", "until", "none"),
	} {
		if strings.Contains(page.body, "<script>") || strings.Contains(page.body, "<img") {
			t.Errorf("%s: %s", name, page.body)
		}
	}
	w.post("/accounts/tokens/"+id+"/revoke").wantRedirect(t, "/accounts/tokens")
	w.get("/accounts/tokens").want(t, http.StatusOK, evil+" was revoked")
}
