package client_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
)

const token = "jitsiauth_hush-hush-hush-hush-hush-hush"

func TestOptions(t *testing.T) {
	for _, test := range []struct {
		opts client.Options
		want string // in the error; "": none
	}{
		{client.Options{Server: "https://auth.example.org", Token: token}, ""},
		{client.Options{Server: "https://auth.example.org:8443/prefix/", Token: token}, ""},
		{client.Options{Server: "http://127.0.0.1:8090", Token: token}, ""},
		{client.Options{Server: "http://[::1]:8090", Token: token}, ""},
		{client.Options{Server: "http://[::ffff:127.0.0.1]:8090", Token: token}, ""},
		{client.Options{Server: "http://LOCALHOST", Token: token}, ""},
		{client.Options{Server: "http://authsvc:8090"}, ""},
		{client.Options{Server: "http://authsvc:8090", Token: token, AllowInsecure: true}, ""},
		{client.Options{Server: "unix:/run/x.sock"}, ""},
		{client.Options{Server: "http://authsvc:8090", Token: token}, "plain http"},
		{client.Options{Server: "http://192.0.2.1:8090", Token: token}, "plain http"},
		{client.Options{Server: "http://localhost.evil.example", Token: token}, "plain http"},
		{client.Options{Server: "http://127.0.0.1.evil.example", Token: token}, "plain http"},
		{client.Options{}, "must look like"},
		{client.Options{Server: "unix:"}, "path"},
		{client.Options{Server: "auth.example.org"}, "must look like"},
		{client.Options{Server: "ftp://auth.example.org"}, "must look like"},
		{client.Options{Server: "https://"}, "must look like"},
		{client.Options{Server: "https://:443"}, "must look like"},
		{client.Options{Server: "https://u:hush-hush@auth.example.org"}, "name or password"},
		{client.Options{Server: "https://u:hush-hush%zz@auth.example.org"}, "must look like"},
		{client.Options{Server: "https://auth.example.org?x=1"}, "query"},
		{client.Options{Server: "https://auth.example.org#x"}, "fragment"},
		{client.Options{Server: "https://auth.example.org", Token: token + "\n"}, "line break"},
		{client.Options{Server: "https://auth.example.org", Token: "hush-hush é"}, "no token has"},
	} {
		_, err := client.New(test.opts)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v", test.opts.Server, err)
		}
		if err != nil && strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: the error holds a secret: %v", test.opts.Server, err)
		}
	}
}

// serving returns a client of a server that answers so.
func serving(t *testing.T, answer http.HandlerFunc) *client.Client {
	t.Helper()
	web := httptest.NewServer(answer)
	t.Cleanup(web.Close)
	c, err := client.New(client.Options{Server: web.URL + "/prefix/", Token: token})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// Whatever stands before the service, or instead of it, is no success and
// nobody's decision.
func TestStrangeAnswers(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"bad gateway":           func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"not found, no problem": func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) },
		"login page": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte("<html>"))
		},
		"redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		"cut off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"id":`))
		},
		"broken problem": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", api.ProblemType)
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"code":`))
		},
		"hangs up": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		c := serving(t, answer)
		ctx := t.Context()
		_, userErr := c.User(ctx, "hush-hush@meet.jitsi")
		_, verifyErr := c.Verify(ctx, api.VerifyRequest{Username: "a", Password: "hush-hush"})
		_, passwordErr := c.SetPassword(ctx, "a@b", api.NewPassword{Password: "hush-hush"})
		for _, err := range []error{userErr, verifyErr, passwordErr, c.Ready(ctx)} {
			if err == nil || errors.Is(err, jitsiauth.ErrNotFound) || errors.Is(err, jitsiauth.ErrBadCredentials) || strings.Contains(err.Error(), "hush") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// An answer that belongs to another question is no verdict.
func TestVerifyChecksTheID(t *testing.T) {
	for _, body := range []string{
		`{"id":"other","result":"ok","user":{"id":"1","jid":"a@b"}}`,
		`{"id":"mine","result":"ok"}`,
		`{"id":"mine","result":"maybe"}`,
		`{"id":"mine"}`,
	} {
		c := serving(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(body))
		})
		if user, err := c.Verify(t.Context(), api.VerifyRequest{ID: "mine"}); err == nil || user != (api.VerifiedUser{}) || errors.Is(err, jitsiauth.ErrBadCredentials) {
			t.Errorf("%s: %v %v", body, user, err)
		}
	}
}

func TestErrorTellsMore(t *testing.T) {
	c := serving(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", api.ProblemType)
		w.Header().Set("Retry-After", "2")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(`{"status":503,"code":"overloaded","detail":"Busy.","request_id":"R1"}`))
	})
	err := c.Ready(t.Context())
	var e *client.Error
	if !errors.As(err, &e) || e.Status != 503 || e.Code != api.CodeOverloaded || e.RetryAfter != 2*time.Second || !strings.Contains(err.Error(), "R1") {
		t.Errorf("%+v", err)
	}
}

// A reason that a newer service has is still a refusal of the password.
func TestPolicyErrors(t *testing.T) {
	for body, want := range map[string]*jitsiauth.PolicyError{
		`"field":"password","rule":"must be at least 14 characters long","reason":"too_short","min":14`: {Reason: jitsiauth.PasswordTooShort, Min: 14},
		`"field":"password","rule":"must not be stolen","reason":"stolen"`:                              {Reason: "stolen"},
		`"field":"password","rule":"must not be empty"`:                                                 nil,
	} {
		c := serving(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", api.ProblemType)
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = w.Write([]byte(`{"status":422,"code":"invalid","detail":"D.",` + body + `}`))
		})
		_, err := c.SetPassword(t.Context(), "a@b", api.NewPassword{Password: "hush-hush"})
		var refused *jitsiauth.PolicyError
		var invalid *jitsiauth.InvalidError
		if !errors.Is(err, jitsiauth.ErrInvalid) || !errors.As(err, &invalid) || invalid.Field != "password" || err.Error() != "D." {
			t.Errorf("%s: %v", body, err)
		}
		if errors.As(err, &refused) != (want != nil) || want != nil && *refused != *want {
			t.Errorf("%s: %+v", body, refused)
		}
	}
}

func TestRequestsAreWhatTheyShouldBe(t *testing.T) {
	var seen *http.Request
	c := serving(t, func(w http.ResponseWriter, r *http.Request) {
		seen = r
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("{}"))
	})
	if _, err := c.UpdateUser(t.Context(), "a+b/c%?#@d", api.UserPatch{}, client.IfRevision(7)); err != nil {
		t.Fatal(err)
	}
	if seen.RequestURI != "/prefix/api/v1/users/a%2Bb%2Fc%25%3F%23@d" || seen.Header.Get("If-Match") != `"7"` ||
		seen.Header.Get("Authorization") != "Bearer "+token || seen.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%s %v", seen.RequestURI, seen.Header)
	}
	if _, err := c.UsersPage(t.Context(), api.UserQuery{Text: "a&b=+ ü"}); err != nil || seen.URL.Query().Get("q") != "a&b=+ ü" {
		t.Error(seen.RequestURI, err)
	}
}

// A server that repeats itself can't keep a caller busy for ever.
func TestUsersEnds(t *testing.T) {
	c := serving(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"users":[],"next_cursor":"x"}`))
	})
	var last error
	for _, err := range c.Users(t.Context(), api.UserQuery{}) {
		last = err
	}
	if last == nil {
		t.Error("no error")
	}
}

func TestContextEndsCall(t *testing.T) {
	release := make(chan struct{})
	c := serving(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Ready(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
