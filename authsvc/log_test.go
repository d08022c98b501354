package authsvc_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

func TestLogOfChanges(t *testing.T) {
	b := newBench(t)
	admin := b.client(jitsiauth.ScopeAdmin) // its token is entry 1
	alice := b.addUser("alice@meet.jitsi")  // 2
	b.wind(time.Hour)
	if _, err := admin.UpdateUser(t.Context(), "alice", api.UserPatch{Note: api.Some("n"), Disabled: api.Some(true)}); err != nil { // 3
		t.Fatal(err)
	}
	b.addUser("bob@other.example") // 4
	list := func(query api.LogQuery) string {
		t.Helper()
		var got []string
		for c, err := range admin.Changes(t.Context(), query) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprint(c.Number, c.Action))
		}
		return strings.Join(got, " ")
	}
	for _, limit := range []int{0, 1, 2} {
		for _, test := range []struct {
			q    api.LogQuery
			want string
		}{
			{api.LogQuery{}, "4user.created 3user.updated 2user.created 1token.created"},
			{api.LogQuery{User: "alice"}, "3user.updated 2user.created"},
			{api.LogQuery{User: "ALICE@meet.jitsi"}, "3user.updated 2user.created"},
			{api.LogQuery{User: alice.ID.String(), Action: "user.created"}, "2user.created"},
			{api.LogQuery{User: "bob@other.example"}, "4user.created"},
			{api.LogQuery{User: "nobody"}, ""},
			{api.LogQuery{Since: "2026-11-23T10:30:00Z"}, "4user.created 3user.updated"},
			{api.LogQuery{Until: "2026-11-23T10:30:00Z", Action: "token.created"}, "1token.created"},
			{api.LogQuery{Since: "2026-11-23", Until: "2026-11-23", User: "alice"}, "3user.updated 2user.created"},
			{api.LogQuery{Until: "2026-11-22"}, ""},
		} {
			test.q.Limit = limit
			if got := list(test.q); got != test.want {
				t.Errorf("%+v: %q, want %q", test.q, got, test.want)
			}
		}
	}
	for c, err := range admin.Changes(t.Context(), api.LogQuery{Action: "user.updated"}) {
		if err != nil || c.ID != alice.ID.String() || c.JID != "alice@meet.jitsi" || !slices.Equal(c.Fields, []string{"note", "disabled"}) ||
			c.Actor != "token" || c.ActorName == "" || c.Source != "127.0.0.1" || !c.At.Equal(b.Now()) {
			t.Errorf("%+v %v", c, err)
		}
	}
}

func TestLogOfLogins(t *testing.T) {
	b := newBench(t)
	alice := b.addUser("alice@meet.jitsi")
	prosody, admin := b.client(jitsiauth.ScopeAuth), b.client(jitsiauth.ScopeAdmin)
	ask := func(change func(*api.VerifyRequest)) {
		if _, err := prosody.Verify(t.Context(), question(change)); err != nil && !errors.Is(err, jitsiauth.ErrBadCredentials) {
			t.Fatal(err)
		}
	}
	ask(func(q *api.VerifyRequest) { q.Source, q.Transport, q.Proxy = "192.0.2.7", "bosh", true })
	ask(func(q *api.VerifyRequest) { q.Password = "wrong" })
	ask(func(q *api.VerifyRequest) { q.Username = "my-password-1" })
	if err := b.svc.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	var got []api.Login
	for l, err := range admin.Logins(t.Context(), api.LogQuery{Limit: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		if l.Actor != "token" || l.ActorName == "" || l.Count != 1 || !l.At.Equal(b.Now()) {
			t.Errorf("%+v", l)
		}
		l.At, l.Actor, l.ActorName = time.Time{}, "", ""
		got = append(got, l)
	}
	id := alice.ID.String()
	want := []api.Login{
		{Number: 3, Result: "bad_credentials", JID: "-", Count: 1, Source: got[0].Source, Transport: got[0].Transport},
		{Number: 2, Result: "bad_credentials", ID: id, JID: "alice@meet.jitsi", Count: 1, Source: got[1].Source, Transport: got[1].Transport},
		{Number: 1, Result: "ok", ID: id, JID: "alice@meet.jitsi", Source: "192.0.2.7", Transport: "bosh", Proxy: true, Count: 1},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	n := 0
	for l, err := range admin.Logins(t.Context(), api.LogQuery{User: "alice", Result: "ok"}) {
		if n++; err != nil || l.Number != 1 {
			t.Errorf("%+v %v", l, err)
		}
	}
	user, err := admin.User(t.Context(), "alice")
	if err != nil || n != 1 || !user.LastLoginAt.Equal(b.Now()) || user.Revision != 1 {
		t.Errorf("%d %+v %v", n, user, err)
	}
	tokens, err := admin.Tokens(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range tokens {
		if used := slices.Equal(token.Scopes, []string{"auth"}); used != token.LastUsedAt.Equal(b.Now()) || !used && !token.LastUsedAt.IsZero() {
			t.Errorf("%+v", token)
		}
	}
	if got := b.send(http.MethodGet, "/api/v1/log?kind=logins", b.secret(jitsiauth.ScopeAdmin), ""); strings.Contains(got.body, "my-password") {
		t.Error(got.body)
	}
}

func TestLogRefuses(t *testing.T) {
	b := newBench(t)
	for range 3 {
		b.secret(jitsiauth.ScopeAdmin)
	}
	secret := b.secret(jitsiauth.ScopeAdmin)
	for query, field := range map[string]string{
		"kind=x": "kind", "limit=0": "limit", "limit=1001": "limit", "limit=x": "limit", "action=user.eaten": "action",
		"kind=logins&result=maybe": "result", "user=": "user", "user=a%20b": "user", "since=x": "since", "until=2026-13-01": "until",
		"since=2026-02-02&until=2026-02-01": "until", "cursor=x": "cursor", "cursor=bG9naW5zOjI": "cursor", "cursor=Y2hhbmdlczow": "cursor",
	} {
		got := b.send(http.MethodGet, "/api/v1/log?"+query, secret, "")
		if p := got.problem(t); got.StatusCode != http.StatusUnprocessableEntity || p.Field != field {
			t.Errorf("%s: %s", query, got.body)
		}
	}
	for _, query := range []string{"follow=1", "result=ok", "kind=changes&result=ok", "kind=logins&action=user.created", "kind=logins&kind=changes"} {
		if got := b.send(http.MethodGet, "/api/v1/log?"+query, secret, ""); got.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s", query, got.body)
		}
	}
	bound := b.clientWith(b.boundSecret([]string{"meet.jitsi"}, jitsiauth.ScopeAdmin))
	for _, err := range bound.Changes(t.Context(), api.LogQuery{}) {
		if !errors.Is(err, jitsiauth.ErrForbidden) {
			t.Error(err)
		}
	}
	if got := b.send(http.MethodGet, "/api/v1/log?kind=logins", secret, ""); got.body != `{"kind":"logins","logins":[]}` {
		t.Error(got.body)
	}
}
