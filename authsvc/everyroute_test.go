package authsvc_test

import (
	"context"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

type dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// Every address refuses every method that it doesn't take, and says which it
// takes.
func TestEveryRouteAnswersWrongMethods(t *testing.T) {
	b := newBenchOn(t, memstore.New(), authsvc.Options{CompatAuth: true})
	admin := b.secret(jitsiauth.ScopeAdmin)
	takes := map[string][]string{}
	for _, route := range b.server.Routes() {
		method, path, _ := strings.Cut(route, " ")
		takes[path] = append(takes[path], method)
	}
	for path, taken := range takes {
		slices.Sort(taken)
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} {
			if slices.Contains(taken, method) {
				continue
			}
			got := b.send(method, strings.ReplaceAll(path, ":ref", "alice"), admin, "")
			if method != http.MethodHead && got.problem(t).Code != api.CodeMethodNotAllowed {
				t.Errorf("%s %s: %s", method, path, got.body)
			}
			allowed := strings.FieldsFunc(got.Header.Get("Allow"), func(r rune) bool { return r == ',' || r == ' ' })
			slices.Sort(allowed)
			if got.StatusCode != http.StatusMethodNotAllowed || !slices.Equal(allowed, taken) {
				t.Errorf("%s %s: %d, Allow %q, want %q", method, path, got.StatusCode, allowed, taken)
			}
		}
	}
}

// Every route that takes a body refuses one of another type, one that is
// broken and one that is too large, takes the largest and the example, and
// none of the refused ones changes anything.
func TestEveryRouteAnswersWrongBodies(t *testing.T) {
	b := newBenchOn(t, memstore.New(), authsvc.Options{CompatAuth: true})
	b.addUser("alice@meet.jitsi")
	secrets := map[string]string{"auth": b.secret(jitsiauth.ScopeAuth), "users:write": b.secret(jitsiauth.ScopeUsersWrite), "admin": b.secret(jitsiauth.ScopeAdmin)}
	bodies := 0
	for _, route := range b.server.Routes() {
		if operation := operations(t)[route]; operation != nil && streams(operation) {
			continue // import_test.go
		}
		contentType, good := example(t, route)
		if contentType == "" {
			continue
		}
		bodies++
		most, ok := operations(t)[route].Extensions["x-max-body"].(float64)
		if !ok {
			t.Errorf("%s has no x-max-body in openapi.yaml", route)
			continue
		}
		method, path, _ := strings.Cut(route, " ")
		ref := "alice"
		if method == http.MethodPut && strings.HasSuffix(path, ":ref") {
			ref = "carol"
		}
		send := func(contentType, body string) reply {
			return b.send(method, strings.ReplaceAll(path, ":ref", ref), secrets[scopesOf(t, route)[0]], body, "Content-Type", contentType, "If-None-Match", "*")
		}
		broken := `{"`
		if !strings.HasSuffix(contentType, "json") {
			broken = "user=%zz"
		}
		before := b.snapshot()
		for _, test := range []struct {
			name, contentType, body string
			status                  int
		}{
			{"another type", "application/x-other", good, 415},
			{"no type", "", good, 415},
			{"a broken body", contentType, broken, 400},
			{"a body too large", contentType, filled(contentType, good, int(most)+1), 413},
		} {
			if got := send(test.contentType, test.body); got.StatusCode != test.status || got.problem(t).RequestID == "" {
				t.Errorf("%s with %s: %d %s, want %d", route, test.name, got.StatusCode, got.body, test.status)
			}
		}
		if after := b.snapshot(); after != before {
			t.Errorf("%s changed something:\n%s\n%s", route, before, after)
		}
		if got := send(contentType, filled(contentType, good, int(most))); got.StatusCode > 299 {
			t.Errorf("%s refuses its example in the largest body: %d %s", route, got.StatusCode, got.body)
		}
	}
	if bodies < 8 {
		t.Errorf("only %d routes take bodies", bodies)
	}
}

// filled makes a body as long as size that says the same.
func filled(contentType, body string, size int) string {
	padding := " "
	if !strings.HasSuffix(contentType, "json") {
		body, padding = body+"&pad=", "x"
	}
	return body + strings.Repeat(padding, size-len(body))
}
