package authsvc_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/boltstore"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// The whole life of an account, through HTTP only, in a real file.
func TestUserLife(t *testing.T) {
	store, err := boltstore.Open(t.TempDir()+"/test.db", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	b := newBenchOn(t, store, authsvc.Options{})
	ctx := t.Context()
	users, auth := b.client(jitsiauth.ScopeUsersWrite), b.client(jitsiauth.ScopeAuth)

	created, err := users.CreateUser(ctx, api.NewUser{Username: "Alice", Password: password, DisplayName: "Alice <A>", Email: "a@example.org", Note: "one\ntwo"})
	if err != nil {
		t.Fatal(err)
	}
	if created.JID != "alice@meet.jitsi" || created.Username != "alice" || created.Domain != "meet.jitsi" || created.Revision != 1 ||
		created.State != "active" || created.GeneratedPassword != "" || created.Role != "user" || !created.CreatedAt.Equal(b.Now()) {
		t.Errorf("%+v", created)
	}
	for _, ref := range []string{created.ID, "alice@meet.jitsi", "ALICE@Meet.jitsi", "alice", "Alice"} {
		if got, err := users.User(ctx, ref); err != nil || got != created.User {
			t.Errorf("%s: %+v %v", ref, got, err)
		}
	}
	if _, err := users.CreateUser(ctx, api.NewUser{JID: "alice@meet.jitsi", Password: password}); !errors.Is(err, jitsiauth.ErrExists) {
		t.Error(err)
	}
	b.wind(time.Minute)
	got, err := users.UpdateUser(ctx, created.ID, api.UserPatch{
		DisplayName: api.Some("A"), Email: api.Null[string](), ValidUntil: api.Some("2026-11-27"), Disabled: api.Some(true),
	}, client.IfRevision(1))
	if err != nil || got.DisplayName != "A" || got.Email != "" || got.Note != "one\ntwo" || got.State != "disabled" || got.Revision != 2 ||
		!got.ValidUntil.Equal(time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)) || !got.UpdatedAt.Equal(b.Now()) {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := auth.Verify(ctx, question()); !errors.Is(err, jitsiauth.ErrDisabled) {
		t.Error(err)
	}
	for name, change := range map[string]func(...client.Condition) error{
		"patch": func(c ...client.Condition) error {
			_, err := users.UpdateUser(ctx, created.ID, api.UserPatch{Note: api.Some("x")}, c...)
			return err
		},
		"password": func(c ...client.Condition) error {
			_, err := users.SetPassword(ctx, created.ID, api.NewPassword{Password: "another one entirely"}, c...)
			return err
		},
		"generate": func(c ...client.Condition) error {
			_, err := users.SetPassword(ctx, created.ID, api.NewPassword{Generate: true}, c...)
			return err
		},
		"delete": func(c ...client.Condition) error { return users.DeleteUser(ctx, created.ID, c...) },
	} {
		if err := change(client.IfRevision(1)); !errors.Is(err, jitsiauth.ErrRevision) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err = users.UpdateUser(ctx, "alice@meet.jitsi", api.UserPatch{Disabled: api.Some(false), ValidUntil: api.Null[string]()}); err != nil || !got.ValidUntil.IsZero() || got.State != "active" {
		t.Errorf("%+v %v", got, err)
	}
	set, err := users.SetPassword(ctx, created.ID, api.NewPassword{Password: "another one entirely"}, client.IfRevision(got.Revision))
	if err != nil || set.CredentialRevision != 2 || set.Revision != 3 || set.GeneratedPassword != "" {
		t.Errorf("%+v %v", set, err)
	}
	if _, err := auth.Verify(ctx, question()); !errors.Is(err, jitsiauth.ErrBadCredentials) {
		t.Error(err)
	}
	made, err := users.SetPassword(ctx, created.ID, api.NewPassword{Generate: true})
	if err != nil || len(made.GeneratedPassword) < 20 || made.CredentialRevision != 3 {
		t.Fatalf("%+v %v", made, err)
	}
	if _, err := auth.Verify(ctx, question(func(q *api.VerifyRequest) { q.Password = made.GeneratedPassword })); err != nil {
		t.Error(err)
	}
	if strings.Contains(b.log.String(), made.GeneratedPassword) || strings.Contains(b.log.String(), "another one") {
		t.Error("the log holds a password")
	}
	if err := users.DeleteUser(ctx, created.ID, client.IfRevision(3)); err != nil {
		t.Error(err)
	}
	if _, err := users.User(ctx, created.ID); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Error(err)
	}
	if err := users.DeleteUser(ctx, created.ID); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Error(err)
	}
}

// A path without a domain means the default one.
func TestPathNamesOneAccount(t *testing.T) {
	b := newBench(t)
	c := b.client(jitsiauth.ScopeUsersWrite)
	first := b.addUser("alice@meet.jitsi")
	b.addUser("alice@other.example")
	b.addUser("bob@other.example")
	for ref, want := range map[string]jitsiauth.ID{
		"alice": first.ID, first.ID.String(): first.ID, "ALICE@Meet.Jitsi": first.ID,
	} {
		if got, err := c.User(t.Context(), ref); err != nil || got.ID != want.String() {
			t.Errorf("%s: %+v %v", ref, got, err)
		}
	}
	if err := c.DeleteUser(t.Context(), "bob"); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Error(err)
	}
}

// The JSON itself, which other programs than the client read.
func TestUserJSON(t *testing.T) {
	b := newBench(t)
	secret := b.secret(jitsiauth.ScopeUsersWrite)
	got := b.send(http.MethodPost, "/api/v1/users", secret, `{"jid":"alice@meet.jitsi","generate":true,"valid_from":null,"valid_until":"2026-12-01T09:00:00+09:00","note":null}`)
	var fields map[string]any
	if err := json.Unmarshal([]byte(got.body), &fields); err != nil || got.StatusCode != http.StatusCreated {
		t.Fatal(got.StatusCode, got.body)
	}
	if got.Header.Get("ETag") != `"1"` || got.Header.Get("Location") != "/api/v1/users/"+fields["id"].(string) {
		t.Errorf("%v", got.Header)
	}
	want := map[string]any{
		"id": fields["id"], "jid": "alice@meet.jitsi", "username": "alice", "domain": "meet.jitsi",
		"display_name": "", "email": "", "note": "", "role": "user", "disabled": false, "state": "active",
		"valid_until": "2026-12-01T00:00:00Z", "password_kind": "set", "revision": 1.0, "credential_revision": 1.0,
		"created_at": "2026-11-23T10:00:00Z", "updated_at": "2026-11-23T10:00:00Z", "password_changed_at": "2026-11-23T10:00:00Z",
		"generated_password": fields["generated_password"],
	}
	if fmt.Sprint(fields) != fmt.Sprint(want) {
		t.Errorf("\n got %v\nwant %v", fields, want)
	}
	for name, value := range map[string]string{
		"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Content-Type": "application/json",
	} {
		if got.Header.Get(name) != value {
			t.Errorf("%s: %q", name, got.Header.Get(name))
		}
	}
	got = b.send(http.MethodGet, got.Header.Get("Location"), secret, "")
	if got.StatusCode != http.StatusOK || strings.Contains(got.body, "password\"") || got.Header.Get("ETag") != `"1"` {
		t.Error(got.StatusCode, got.body)
	}
}

func TestDatesAreOfTheTimezone(t *testing.T) {
	b := newBenchOn(t, memstore.New(), authsvc.Options{Timezone: time.FixedZone("JST", 9*3600)})
	c := b.client(jitsiauth.ScopeAdmin)
	u, err := c.CreateUser(t.Context(), api.NewUser{JID: "a@meet.jitsi", Generate: true, ValidFrom: "2026-11-27", ValidUntil: "2026-11-27"})
	if err != nil || u.ValidFrom.Format(time.RFC3339) != "2026-11-26T15:00:00Z" || u.ValidUntil.Format(time.RFC3339) != "2026-11-27T15:00:00Z" {
		t.Error(u, err)
	}
	token, err := c.CreateToken(t.Context(), api.NewToken{Name: "t", Scopes: []string{"auth"}, ExpiresAt: "2026-11-27"})
	if err != nil || token.ExpiresAt.Format(time.RFC3339) != "2026-11-27T15:00:00Z" {
		t.Error(token, err)
	}
}

func TestIfMatch(t *testing.T) {
	b := newBench(t)
	secret := b.secret(jitsiauth.ScopeUsersWrite)
	b.addUser("alice@meet.jitsi")
	for _, test := range []struct {
		header string
		status int
	}{
		{`"1"`, 200},
		{`"1", "2"`, 200},
		{`"7" ,"1"`, 200},
		{`*`, 200},
		{`"2"`, 412},
		{`"01x"`, 412},
		{`""`, 412},
		{`W/"1"`, 412},
		{`1`, 400},
		{`"1`, 400},
		{`"1""1"`, 400},
		{`"`, 400},
		{``, 400},
		{`*, "1"`, 400},
		{`"1",`, 400},
	} {
		for _, try := range [][3]string{
			{http.MethodPatch, "/api/v1/users/alice@meet.jitsi", `{}`},
			{http.MethodPut, "/api/v1/users/alice@meet.jitsi/password", `{"generate":true}`},
		} {
			got := b.send(try[0], try[1], secret, try[2], "If-Match", test.header)
			if got.StatusCode != test.status {
				t.Errorf("%s If-Match %q: %d %s", try[0], test.header, got.StatusCode, got.body)
			}
			if test.status == 412 && got.problem(t).Code != api.CodeRevision || test.status == 400 && got.problem(t).Field != "If-Match" {
				t.Errorf("%s", got.body)
			}
		}
		if test.status != 200 {
			if got := b.send(http.MethodDelete, "/api/v1/users/alice@meet.jitsi", secret, "", "If-Match", test.header); got.StatusCode != test.status {
				t.Errorf("DELETE If-Match %q: %d", test.header, got.StatusCode)
			}
		}
	}
}

func TestRightsComeThrough(t *testing.T) {
	b := newBench(t)
	boss := b.addUser("boss@meet.jitsi", func(n *jitsiauth.NewUser) { n.Role = jitsiauth.RoleAdmin })
	manager := b.client(jitsiauth.ScopeUsersWrite)
	if err := manager.DeleteUser(t.Context(), boss.ID.String()); !errors.Is(err, jitsiauth.ErrForbidden) {
		t.Error(err)
	}
	if _, err := manager.CreateUser(t.Context(), api.NewUser{JID: "x@meet.jitsi", Generate: true, Role: "admin"}); !errors.Is(err, jitsiauth.ErrForbidden) {
		t.Error(err)
	}
	if _, err := b.client(jitsiauth.ScopeAdmin).CreateUser(t.Context(), api.NewUser{JID: "x@meet.jitsi", Generate: true, Role: "admin"}); err != nil {
		t.Error(err)
	}
	bound := b.clientWith(b.boundSecret([]string{"other.example"}, jitsiauth.ScopeUsersWrite))
	if _, err := bound.User(t.Context(), "boss@meet.jitsi"); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Error(err)
	}
	page, err := bound.UsersPage(t.Context(), api.UserQuery{})
	if err != nil || len(page.Users) != 0 {
		t.Error(page, err)
	}
}

// Names and passwords of all kinds go in, are found by every way, log in and
// go out again.
func TestOddNamesAndPasswords(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	users, auth := b.client(jitsiauth.ScopeUsersWrite), b.client(jitsiauth.ScopeAuth)
	passwords := []string{`"quoted" \ and <&>`, " spaces at both ends ", "パスワードです", "emoji 🐈‍⬛ cat", "%41+%2B?#/..", "ｐａｓｓ１ ① Straße"}
	for i, name := range []string{
		"a", "a+b", "a%b", "a%2Fb", "%", "%41", "a?b=c", "a#b", "a;b", "a,b=c", ".", "..", "...", "-", "~a", "a\\b", "a|b", "[a]", "{a}", "a`b", "^", "*", "$a", "(a)",
		"é", "e\u0301x", "日本語", "ｆｕｌｌ", "Straße", "🐈", "שלום", "привет", strings.Repeat("ü", 500), "nul%00",
	} {
		secret := passwords[i%len(passwords)]
		jid := name + "@meet.jitsi"
		u, err := users.CreateUser(ctx, api.NewUser{JID: jid, Password: secret})
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		for _, ref := range []string{jid, u.JID, u.ID} {
			if got, err := users.User(ctx, ref); err != nil || got.ID != u.ID {
				t.Errorf("%q by %q: %v", name, ref, err)
			}
		}
		if got, err := auth.Verify(ctx, question(func(q *api.VerifyRequest) { q.Username, q.Password = name, secret })); err != nil || got.JID != u.JID {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := users.SetPassword(ctx, jid, api.NewPassword{Password: password}); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := users.UpdateUser(ctx, jid, api.UserPatch{Note: api.Some(name)}); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		page, err := users.UsersPage(ctx, api.UserQuery{Text: u.Username, Limit: 1})
		if err != nil || len(page.Users) == 0 {
			t.Errorf("%q: %+v %v", name, page, err)
		}
		if strings.Contains(b.log.String(), u.JID) && len(name) > 3 {
			t.Errorf("the access log holds the path of %q", name)
		}
		if err := users.DeleteUser(ctx, u.JID); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestListPages(t *testing.T) {
	b := newBench(t)
	c := b.client(jitsiauth.ScopeUsersRead)
	want := 0
	for i := range 23 {
		domain := []string{"meet.jitsi", "other.example"}[i%2]
		b.addUser(fmt.Sprintf("u+%02d@%s", i, domain), func(n *jitsiauth.NewUser) { n.Disabled = i%5 == 0 })
		want++
	}
	for _, limit := range []int{0, 1, 2, 7, 22, 23, 24, 1000} {
		seen := map[string]bool{}
		before := ""
		for u, err := range c.Users(t.Context(), api.UserQuery{Limit: limit}) {
			if err != nil {
				t.Fatal(err)
			}
			if key := u.Domain + "\x00" + u.Username; seen[u.JID] || key <= before {
				t.Errorf("limit %d: %s is twice there or out of order", limit, u.JID)
			} else {
				seen[u.JID], before = true, key
			}
		}
		if len(seen) != want {
			t.Errorf("limit %d: %d users", limit, len(seen))
		}
	}
	count := func(q api.UserQuery) (n int) {
		for _, err := range c.Users(t.Context(), q) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		return n
	}
	for _, test := range []struct {
		query api.UserQuery
		want  int
	}{
		{api.UserQuery{Domain: "OTHER.example"}, 11},
		{api.UserQuery{State: "disabled", Limit: 2}, 5},
		{api.UserQuery{Text: "U+0"}, 10},
		{api.UserQuery{Text: "nobody"}, 0},
		{api.UserQuery{Text: "u+1", Domain: "meet.jitsi", State: "active"}, 4},
	} {
		if got := count(test.query); got != test.want {
			t.Errorf("%+v: %d", test.query, got)
		}
	}
	for u := range c.Users(t.Context(), api.UserQuery{Limit: 2}) { // may be left early
		if u.JID == "u+02@meet.jitsi" {
			break
		}
	}
	if got := b.send(http.MethodGet, "/api/v1/users?q=nobody", b.secret(jitsiauth.ScopeUsersRead), ""); got.body != `{"users":[]}` {
		t.Error(got.body)
	}
}
