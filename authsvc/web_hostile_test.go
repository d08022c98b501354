package authsvc_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// hostile is what somebody may put wherever a text can go.
var hostile = map[string]string{
	"markup":       `"'><script>alert(1)</script>`,
	"invalid":      "\xff\xfe\xc3(",
	"direction":    "a\u202eb\u2066c",
	"controls":     "a\x00\r\nb\t",
	"long":         strings.Repeat("長", 1000),
	"surrogate":    "\xed\xa0\x80",
	"template":     `{{.}}{{template "base"}}`,
	"percent":      "%s%d%!v(MISSING)",
	"other site":   "//evil.example/",
	"formula":      "=cmd|' /C calc'!A0",
	"zone":         "fe80::1%<b>",
	"just a blank": " ",
}

// Whatever stands in an address or a form: no failure, no markup, no redirect to
// another site, and a page that can be read.
func TestPagesTakeAnything(t *testing.T) {
	b := newBenchOn(t, memstore.New(), authsvc.Options{})
	w := b.as(jitsiauth.RoleAdmin)
	u := b.person("bob", "")
	fields := map[string][]string{
		"/accounts/users": {"q", "state", "cursor"}, "/accounts/invites": {"before", "open"}, "/accounts/now": {"x"}, "/accounts/status": {"x"},
		"/accounts/log": {"user", "action", "since", "until", "cursor", "kind"}, "/accounts/log?kind=logins": {"user", "result", "since", "until", "cursor"},
		"/accounts/users?state=throttled": {"q", "cursor"}, "/accounts/login": {"next", "said"}, "/accounts/confirm": {"next"},
	}
	forms := map[string][]string{
		"/accounts/language": {"lang", "back"}, "/accounts/throttle": {"source"}, "/accounts/import/job": {"upload"}, "/accounts/export": {"what"},
		"/accounts/invites/new":                            {"uses", "life", "life_date", "domain", "valid_from", "until", "date", "note"},
		"/accounts/tokens/new":                             {"name", "scope", "domain", "until", "date"},
		"/accounts/users/" + u.ID.String() + "/reset-link": {"hours"},
	}
	check := func(where string, got shown) {
		t.Helper()
		if got.StatusCode >= http.StatusInternalServerError || strings.Contains(got.body, "<script>") || !utf8.ValidString(got.body) {
			t.Errorf("%s: %d\n%s", where, got.StatusCode, got.body)
		}
		if to := got.Header.Get("Location"); to != "" && !strings.HasPrefix(to, "/accounts/") {
			t.Errorf("%s: sent to %q", where, to)
		}
	}
	for kind, text := range hostile {
		for path, names := range fields {
			for _, name := range names {
				query := "?"
				if strings.Contains(path, "?") {
					query = "&"
				}
				check(path+" "+name+" "+kind, w.get(path+query+url.Values{name: {text}}.Encode()))
			}
		}
		for path, names := range forms {
			for _, name := range names {
				check(path+" "+name+" "+kind, w.post(path, name, text))
			}
		}
		contentType, body := multipartForm("username\nbob\n", "mode", text, "generate", text)
		check("upload "+kind, w.fetch(http.MethodPost, importPage, contentType, body))
		check("file "+kind, w.upload(text))
		check("heading "+kind, w.upload("username,"+text+"\nbob,x\n"))
		check("row "+kind, w.upload("username,display_name\nbob"+kind[:1]+","+text+"\n"))
		check("preview "+kind, w.get(importJob))
		w.post("/accounts/import/stop")
	}
}
