package authsvc_test

import (
	"encoding/base64"
	"errors"
	"net/http"
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

func TestDocListsTheRoutes(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for line := range strings.Lines(string(doc)) {
		if words := strings.Fields(line); len(words) > 4 && strings.HasPrefix(words[2], "/") {
			listed = append(listed, words[1]+" "+words[2])
			if file, err := os.ReadFile(words[len(words)-1]); err != nil || !strings.Contains(string(file), ") "+words[len(words)-2]+"(c *gin.Context)") {
				t.Errorf("%s: %v", line, err)
			}
		}
	}
	server := newBenchOn(t, memstore.New(), authsvc.Options{CompatAuth: true}).server
	routes := slices.Concat(server.Routes(), server.PageRoutes())
	if len(routes) < 18 {
		t.Errorf("only %d routes", len(routes))
	}
	for _, route := range routes {
		if !slices.Contains(listed, route) {
			t.Errorf("the route %s is missing in the table of doc.go", route)
		}
	}
	for _, route := range listed {
		if !slices.Contains(routes, route) {
			t.Errorf("doc.go lists %s, which is no route", route)
		}
	}
}

func TestCredentials(t *testing.T) {
	b := newBench(t)
	secret := b.secret(jitsiauth.ScopeUsersRead)
	basic := func(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }
	for _, test := range []struct {
		header string
		code   api.Code
	}{
		{"Bearer " + secret, ""},
		{"bearer  " + secret, ""},
		{basic("prosody:" + secret), ""},
		{basic(":" + secret), ""},
		{basic(secret + ":"), api.CodeNoToken},
		{basic("prosody:" + secret + "x"), api.CodeBadToken},
		{"Basic ***", api.CodeNoToken},
		{"Bearer", api.CodeNoToken},
		{"Bearer ", api.CodeNoToken},
		{secret, api.CodeNoToken},
		{"Digest " + secret, api.CodeNoToken},
		{"Bearer " + secret[:len(secret)-1], api.CodeBadToken},
	} {
		got := b.send(http.MethodGet, "/api/v1/users", "", "", "Authorization", test.header)
		if test.code == "" {
			if got.StatusCode != http.StatusOK {
				t.Errorf("%q: %d %s", test.header, got.StatusCode, got.body)
			}
			continue
		}
		if got.StatusCode != http.StatusUnauthorized || got.problem(t).Code != test.code {
			t.Errorf("%q: %d %s", test.header, got.StatusCode, got.body)
		}
	}
	if !strings.Contains(b.log.String(), `"msg":"caller refused"`) {
		t.Error("refused callers are not logged")
	}
}

// A token that is too narrow is no stranger's, but worth a line too.
func TestNarrowTokenIsLogged(t *testing.T) {
	b := newBench(t)
	if got := b.send(http.MethodGet, "/api/v1/tokens", b.secret(jitsiauth.ScopeUsersRead), ""); got.problem(t).Code != api.CodeScopeMissing {
		t.Error(got.body)
	}
	if log := b.log.String(); !strings.Contains(log, `"msg":"caller refused"`) || !strings.Contains(log, `"caller":"token:`) {
		t.Errorf("not logged:\n%s", log)
	}
}

func TestTokenExpires(t *testing.T) {
	b := newBench(t)
	_, secret, err := b.svc.CreateToken(t.Context(), jitsiauth.NewToken{
		Name: "short", Scopes: []jitsiauth.Scope{jitsiauth.ScopeUsersRead}, ExpiresAt: b.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	c := b.clientWith(secret)
	if _, err := c.UsersPage(t.Context(), api.UserQuery{}); err != nil {
		t.Fatal(err)
	}
	b.wind(time.Hour)
	if _, err := c.UsersPage(t.Context(), api.UserQuery{}); !errors.Is(err, jitsiauth.ErrTokenExpired) {
		t.Error(err)
	}
}

func TestActorIsLogged(t *testing.T) {
	b := newBench(t)
	c := b.client(jitsiauth.ScopeUsersWrite)
	if _, err := c.CreateUser(t.Context(), api.NewUser{JID: "alice@meet.jitsi", Password: password}); err != nil {
		t.Fatal(err)
	}
	var last jitsiauth.Change
	for change, err := range b.svc.Changes(t.Context(), jitsiauth.Position{}) {
		if err != nil {
			t.Fatal(err)
		}
		last = change
	}
	if last.Actor != jitsiauth.ActorToken || last.ActorName == "" || last.Source.String() != "127.0.0.1" {
		t.Errorf("%+v", last)
	}
}

func TestForwardedHeadersAreNotTrusted(t *testing.T) {
	b := newBench(t)
	c := b.secret(jitsiauth.ScopeUsersWrite)
	got := b.send(http.MethodPost, "/api/v1/users", c, `{"jid":"a@meet.jitsi","generate":true}`,
		"X-Forwarded-For", "203.0.113.9", "X-Real-IP", "203.0.113.9", "X-Request-Id", "forged")
	if got.StatusCode != http.StatusCreated || got.Header.Get("X-Request-Id") == "forged" {
		t.Fatal(got.StatusCode, got.body)
	}
	for change := range b.svc.Changes(t.Context(), jitsiauth.Position{}) {
		if change.Source.IsValid() && change.Source.String() != "127.0.0.1" {
			t.Errorf("%+v", change)
		}
	}
	if strings.Contains(b.log.String(), "forged") {
		t.Error("the log holds the caller's request ID")
	}
}
