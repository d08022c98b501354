package authsvc_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// public is by hand, so that no route becomes so by a mistake made everywhere.
var public = []string{"GET /healthz", "HEAD /healthz", "GET /readyz", "HEAD /readyz", "GET /metrics", "GET /openapi.json"}

// documentedScopes returns what the table of doc.go says of each route, with
// the sentence below it applied: admin has the users scopes too.
func documentedScopes(t *testing.T) map[string][]string {
	t.Helper()
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	table := map[string][]string{}
	for line := range strings.Lines(string(doc)) {
		words := strings.Fields(line)
		if len(words) < 6 || !strings.HasPrefix(words[2], "/") {
			continue
		}
		var scopes []string
		for _, word := range words[3 : len(words)-2] {
			if word = strings.Trim(word, ","); word != "anyone" && !strings.HasPrefix(word, "Options.") {
				scopes = append(scopes, word)
			}
		}
		if strings.Contains(strings.Join(scopes, " "), "users:") {
			scopes = append(scopes, "admin")
		}
		table[words[1]+" "+words[2]] = scopes
	}
	return table
}

// kind of caller, and whether it has one of the scopes.
type kind struct {
	name   string
	send   func(method, path, body string, headers ...string) reply
	scopes []string
	code   api.Code // why it is refused everywhere; "": it is known
	bound  bool     // to other.example
}

// kinds returns every kind of caller.
func (b *bench) kinds(t *testing.T) []kind {
	withToken := func(secret string) func(string, string, string, ...string) reply {
		return func(method, path, body string, headers ...string) reply {
			return b.send(method, path, secret, body, headers...)
		}
	}
	_, expired, err := b.svc.CreateToken(t.Context(), jitsiauth.NewToken{
		Name: "expired", Scopes: []jitsiauth.Scope{jitsiauth.ScopeAdmin, jitsiauth.ScopeAuth}, ExpiresAt: b.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, revoked, err := b.svc.CreateToken(t.Context(), jitsiauth.NewToken{Name: "revoked", Scopes: []jitsiauth.Scope{jitsiauth.ScopeAdmin}})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.svc.RevokeToken(t.Context(), "revoked"); err != nil {
		t.Fatal(err)
	}
	b.wind(2 * time.Hour)
	all := []kind{
		{name: "nobody", send: withToken(""), code: api.CodeNoToken},
		{name: "a header that is no token", send: func(method, path, body string, headers ...string) reply {
			return b.send(method, path, "", body, append(headers, "Authorization", "Digest x")...)
		}, code: api.CodeNoToken},
		{name: "an unknown token", send: withToken("jitsiauth_nobodyhasthistoken"), code: api.CodeBadToken},
		{name: "a revoked token", send: withToken(revoked), code: api.CodeBadToken},
		{name: "an expired token", send: withToken(expired), code: api.CodeTokenExpired},
		{name: "a trusted process", send: b.local(t, authsvc.NewLocalListener()), scopes: []string{"users:read", "users:write", "admin"}},
		{name: "a strange process", send: b.local(t, authsvc.Stranger{LocalListener: authsvc.NewLocalListener()}), code: api.CodeNoToken},
	}
	for _, scope := range []jitsiauth.Scope{jitsiauth.ScopeAuth, jitsiauth.ScopeUsersRead, jitsiauth.ScopeUsersWrite, jitsiauth.ScopeAdmin} {
		all = append(all,
			kind{name: "scope " + string(scope), send: withToken(b.secret(scope)), scopes: []string{string(scope)}},
			kind{
				name: "scope " + string(scope) + " in one domain", send: withToken(b.boundSecret([]string{"other.example"}, scope)),
				scopes: []string{string(scope)}, bound: true,
			})
	}
	return all
}

type localListener interface {
	net.Listener
	dialer
}

// local returns a way to send through a listener inside this process.
func (b *bench) local(t *testing.T, listener localListener) func(method, path, body string, headers ...string) reply {
	server := b.server.HTTPServer()
	go func() { _ = server.Serve(listener) }()
	transport := &http.Transport{DialContext: listener.DialContext}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = server.Close()
	})
	wire := newContract(t)
	wire.base = transport
	through := &bench{t: t, url: "http://local", wire: wire}
	return func(method, path, body string, headers ...string) reply {
		return through.send(method, path, "", body, headers...)
	}
}

// Every route, every kind of caller: who gets in is what doc.go, openapi.yaml
// and the list of public routes say.
func TestRights(t *testing.T) {
	b := newBenchOn(t, memstore.New(), authsvc.Options{CompatAuth: true})
	documented, callers := documentedScopes(t), b.kinds(t)
	for _, route := range b.server.Routes() {
		scopes := scopesOf(t, route)
		if inDoc, ok := documented[route]; !ok || !slices.Equal(slices.Sorted(slices.Values(inDoc)), slices.Sorted(slices.Values(scopes))) {
			t.Errorf("doc.go lets %q call %s, and openapi.yaml %q", inDoc, route, scopes)
		}
		if (len(scopes) == 0) != slices.Contains(public, route) {
			t.Errorf("%s is open to %q, which is not what this test says of public routes", route, scopes)
		}
		for _, from := range callers {
			checkRights(t, route, from, scopes)
		}
	}
}

func checkRights(t *testing.T, route string, from kind, scopes []string) {
	t.Helper()
	method, path, _ := strings.Cut(route, " ")
	got := from.send(method, strings.ReplaceAll(path, ":ref", "nobody@meet.jitsi"), "")
	has := slices.ContainsFunc(from.scopes, func(scope string) bool { return slices.Contains(scopes, scope) })
	switch {
	case len(scopes) == 0:
		if got.StatusCode != http.StatusOK {
			t.Errorf("%s by %s: %d %s", route, from.name, got.StatusCode, got.body)
		}
	case from.code != "":
		if got.StatusCode != http.StatusUnauthorized || got.problem(t).Code != from.code || got.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s by %s: %d %s, want 401 %s", route, from.name, got.StatusCode, got.body, from.code)
		}
	case has:
		if got.StatusCode == http.StatusUnauthorized || strings.Contains(got.body, string(api.CodeScopeMissing)) {
			t.Errorf("%s by %s, who may: %d %s", route, from.name, got.StatusCode, got.body)
		}
	default:
		if got.StatusCode != http.StatusForbidden || got.problem(t).Code != api.CodeScopeMissing {
			t.Errorf("%s by %s, who may not: %d %s", route, from.name, got.StatusCode, got.body)
		}
		if !slices.ContainsFunc(scopes, func(scope string) bool { return strings.Contains(got.body, scope) }) {
			t.Errorf("%s by %s: %s doesn't name the scope", route, from.name, got.body)
		}
	}
}

// example returns the content type and body that openapi.yaml shows for a
// route; none where it takes none.
func example(t *testing.T, route string) (contentType, body string) {
	t.Helper()
	operation := operations(t)[route]
	if operation == nil || operation.RequestBody == nil {
		return "", ""
	}
	if streams(operation) {
		return api.NDJSONType, ""
	}
	for contentType, media := range operation.RequestBody.Value.Content {
		switch shown := media.Example.(type) {
		case nil:
			t.Errorf("openapi.yaml has no example for the %s body of %s", contentType, route)
		case string:
			return contentType, shown
		case map[string]any:
			if strings.HasSuffix(contentType, "json") {
				text, err := json.Marshal(shown)
				if err != nil {
					t.Fatal(err)
				}
				return contentType, string(text)
			}
			form := url.Values{}
			for name, value := range shown {
				form.Set(name, fmt.Sprint(value))
			}
			return contentType, form.Encode()
		}
	}
	return "", ""
}

// A caller that is bound to a domain finds nothing in another, and reaches
// nothing that belongs to none, with requests that are right otherwise.
func TestBoundCallersStayInTheirDomain(t *testing.T) {
	b := newBench(t)
	u := b.addUser("alice@meet.jitsi")
	callers := b.kinds(t)
	before := b.snapshot()
	for _, route := range b.server.Routes() {
		method, path, _ := strings.Cut(route, " ")
		isToken := strings.HasPrefix(path, "/api/v1/tokens")
		if !isToken && !strings.HasPrefix(path, "/api/v1/users/:ref") {
			continue
		}
		contentType, body := example(t, route)
		for _, from := range callers {
			if !from.bound || !slices.Contains(scopesOf(t, route), from.scopes[0]) {
				continue
			}
			for _, ref := range []string{"alice", u.ID.String()} {
				headers := []string{"Content-Type", contentType}
				want := http.StatusNotFound
				if route == "PUT /api/v1/users/:ref" {
					headers, want, ref = append(headers, "If-None-Match", "*"), http.StatusForbidden, "alice"
				}
				if isToken {
					want = http.StatusForbidden
				}
				got := from.send(method, strings.ReplaceAll(path, ":ref", ref), body, headers...)
				if got.StatusCode != want || strings.Contains(got.body, string(api.CodeScopeMissing)) {
					t.Errorf("%s of %s by %s: %d %s, want %d", route, ref, from.name, got.StatusCode, got.body, want)
				}
			}
		}
	}
	if after := b.snapshot(); after != before {
		t.Errorf("something changed:\n%s\n%s", before, after)
	}
}
