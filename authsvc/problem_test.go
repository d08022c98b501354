package authsvc_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"strings"
	"testing"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

var sentinels = map[string]error{
	"ErrInvalid":        jitsiauth.ErrInvalid,
	"ErrNotFound":       jitsiauth.ErrNotFound,
	"ErrExists":         jitsiauth.ErrExists,
	"ErrTooManyLinks":   jitsiauth.ErrTooManyLinks,
	"ErrRevision":       jitsiauth.ErrRevision,
	"ErrForbidden":      jitsiauth.ErrForbidden,
	"ErrPositionLost":   jitsiauth.ErrPositionLost,
	"ErrNotApplied":     jitsiauth.ErrNotApplied,
	"ErrBadCredentials": jitsiauth.ErrBadCredentials,
	"ErrDisabled":       jitsiauth.ErrDisabled,
	"ErrExpired":        jitsiauth.ErrExpired,
	"ErrNotYetValid":    jitsiauth.ErrNotYetValid,
	"ErrUnknownDomain":  jitsiauth.ErrUnknownDomain,
	"ErrThrottled":      jitsiauth.ErrThrottled,
	"ErrOverloaded":     jitsiauth.ErrOverloaded,
	"ErrBadToken":       jitsiauth.ErrBadToken,
	"ErrTokenExpired":   jitsiauth.ErrTokenExpired,
	"ErrNoBackup":       jitsiauth.ErrNoBackup,
}

// A sentinel that is new in the domain must get a line in the tables.
func TestEverySentinelIsKnown(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../jitsiauth/errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for _, name := range spec.Names {
			if strings.HasPrefix(name.Name, "Err") {
				found++
				if err, ok := sentinels[name.Name]; !ok || !authsvc.TableHas(err) {
					t.Errorf("%s is not in the table of problem.go or in this test", name.Name)
				}
			}
		}
		return true
	})
	if found != len(sentinels) {
		t.Errorf("%d sentinels found, %d expected", found, len(sentinels))
	}
}

// Whatever the store of a domain call returns comes out of the client again.
func TestErrorsComeThroughHTTP(t *testing.T) {
	b := newBench(t)
	b.wire.off.Store(true) // a list never answers most of these
	c := b.client(jitsiauth.ScopeAdmin)
	for name, sentinel := range sentinels {
		b.store.set(func(method string) error {
			if method == "ListUsers" {
				return fmt.Errorf("wrapped: %w", sentinel)
			}
			return nil
		})
		_, err := c.UsersPage(t.Context(), api.UserQuery{})
		if !errors.Is(err, sentinel) {
			t.Errorf("%s came back as %v", name, err)
		}
		for other, wrong := range sentinels {
			if other != name && errors.Is(err, wrong) {
				t.Errorf("%s came back as %s too", name, other)
			}
		}
	}
	b.store.set(func(method string) error {
		if method == "ListUsers" {
			return &jitsiauth.InvalidError{Field: "limit", Rule: "must be \"pretty\" <small>"}
		}
		return nil
	})
	_, err := c.UsersPage(t.Context(), api.UserQuery{})
	var invalid *jitsiauth.InvalidError
	if !errors.As(err, &invalid) || invalid.Field != "limit" || invalid.Rule != "must be \"pretty\" <small>" {
		t.Errorf("%v", err)
	}
}

func TestCauseOfFailureIsLoggedAndNotSent(t *testing.T) {
	b := newBench(t)
	secret := b.secret(jitsiauth.ScopeAdmin)
	for _, test := range []struct {
		name string
		hook func(string) error
	}{
		{"error", func(string) error { return errors.New("disk /dev/sdq is on fire") }},
		{"panic", func(string) error { panic("disk /dev/sdq is on fire") }},
	} {
		for _, broken := range []string{"Head", "ListUsers"} {
			b.store.set(func(method string) error {
				if method == broken {
					return test.hook(method)
				}
				return nil
			})
			got := b.send(http.MethodGet, "/api/v1/users", secret, "")
			problem := got.problem(t)
			if got.StatusCode != http.StatusInternalServerError || problem.Code != api.CodeInternal || strings.Contains(got.body, "sdq") {
				t.Errorf("%s in %s: %d %s", test.name, broken, got.StatusCode, got.body)
			}
			found := false
			for line := range strings.Lines(b.log.String()) {
				found = found || strings.Contains(line, problem.RequestID) && strings.Contains(line, "sdq")
			}
			if !found {
				t.Errorf("%s in %s: the log doesn't hold the cause under the request's ID", test.name, broken)
			}
		}
	}
	b.store.set(nil)
	if got := b.send(http.MethodGet, "/api/v1/users", secret, ""); got.StatusCode != http.StatusOK {
		t.Error("the service doesn't recover:", got.StatusCode)
	}
}
