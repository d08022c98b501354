package authsvc_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
)

func TestPutMakesAnAccountOnce(t *testing.T) {
	b := newBench(t)
	c := b.client(jitsiauth.ScopeAdmin)
	wanted := api.PutUser{
		Password: password, DisplayName: "Alice", Email: "alice@example.org", Note: "n", Role: "manager", Disabled: true,
		ValidFrom: "2026-11-24", ValidUntil: "2026-11-30",
	}
	made, err := c.PutUser(t.Context(), "ALICE@meet.jitsi", wanted)
	if err != nil {
		t.Fatal(err)
	}
	if made.JID != "alice@meet.jitsi" || made.DisplayName != "Alice" || made.Email != "alice@example.org" || made.Note != "n" ||
		made.Role != "manager" || !made.Disabled || made.ValidFrom.IsZero() || made.ValidUntil.IsZero() || made.Revision != 1 {
		t.Errorf("%+v", made)
	}
	before := b.snapshot()
	_, err = c.PutUser(t.Context(), "alice", api.PutUser{Generate: true})
	var e *client.Error
	if !errors.Is(err, jitsiauth.ErrExists) || !errors.As(err, &e) || e.Status != http.StatusPreconditionFailed {
		t.Errorf("%v", err)
	}
	if after := b.snapshot(); after != before {
		t.Errorf("something changed:\n%s\n%s", before, after)
	}
	if made, err := c.PutUser(t.Context(), "bob", api.PutUser{Generate: true}); err != nil || made.JID != "bob@meet.jitsi" || made.GeneratedPassword == "" {
		t.Errorf("%+v %v", made, err)
	}
}

func TestPutAnswers(t *testing.T) {
	b := newBench(t)
	u := b.addUser("alice@meet.jitsi")
	admin, bound := b.secret(jitsiauth.ScopeAdmin), b.boundSecret([]string{"other.example"}, jitsiauth.ScopeUsersWrite)
	const users, body = "/api/v1/users/", `{"generate":true}`
	before := b.snapshot()
	for _, test := range []struct {
		path, secret, body string
		headers            []string
		status             int
		code               api.Code
		field              string
	}{
		{users + "bob", admin, body, nil, 428, api.CodePreconditionRequired, "If-None-Match"},
		{users + "alice", admin, body, nil, 428, api.CodePreconditionRequired, "If-None-Match"},
		{users + "bob", admin, body, []string{"If-None-Match", `"1"`}, 400, api.CodeMalformed, "If-None-Match"},
		{users + "bob", admin, body, []string{"If-None-Match", "*, *"}, 400, api.CodeMalformed, "If-None-Match"},
		{users + "alice", admin, body, []string{"If-None-Match", "*", "If-Match", `"1"`}, 400, api.CodeMalformed, "If-Match"},
		{users + "alice", admin, body, []string{"If-None-Match", "*"}, 412, api.CodeExists, "If-None-Match"},
		{users + "bob", admin, `{}`, []string{"If-None-Match", "*"}, 422, api.CodeInvalid, "password"},
		{users + "bob", admin, `{"jid":"bob@meet.jitsi","generate":true}`, []string{"If-None-Match", "*"}, 422, api.CodeInvalid, "jid"},
		{users + "bob@elsewhere.example", admin, body, []string{"If-None-Match", "*"}, 422, api.CodeInvalid, "domain"},
		{users + u.ID.String(), admin, body, []string{"If-None-Match", "*"}, 422, api.CodeInvalid, "username"},
		{users + "a%20b", admin, body, []string{"If-None-Match", "*"}, 422, api.CodeInvalid, "username"},
		{users + "alice", bound, body, []string{"If-None-Match", "*"}, 403, api.CodeForbidden, ""},
		{users + "bob", bound, body, []string{"If-None-Match", "*"}, 403, api.CodeForbidden, ""},
	} {
		got := b.send(http.MethodPut, test.path, test.secret, test.body, test.headers...)
		p := got.problem(t)
		if got.StatusCode != test.status || p.Code != test.code || p.Field != test.field {
			t.Errorf("%s %s %v: %d %s", test.path, test.body, test.headers, got.StatusCode, got.body)
		}
	}
	if after := b.snapshot(); after != before {
		t.Errorf("something changed:\n%s\n%s", before, after)
	}
	got := b.send(http.MethodPut, users+"bob", admin, body, "If-None-Match", "*")
	if got.StatusCode != http.StatusCreated || got.Header.Get("ETag") != `"1"` || !strings.HasPrefix(got.Header.Get("Location"), users) {
		t.Errorf("%d %v %s", got.StatusCode, got.Header, got.body)
	}
}

func TestPutInParallelMakesOne(t *testing.T) {
	b := newBench(t)
	c := b.client(jitsiauth.ScopeUsersWrite)
	var made atomic.Int32
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			_, err := c.PutUser(t.Context(), "alice", api.PutUser{Password: password})
			if err == nil {
				made.Add(1)
			} else if !errors.Is(err, jitsiauth.ErrExists) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if made.Load() != 1 {
		t.Errorf("%d accounts", made.Load())
	}
}
