package storetest

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// now is the moment of all fixtures: whole microseconds, another zone than UTC.
var now = time.Date(2026, 2, 3, 4, 5, 6, 789_123_000, time.FixedZone("", 9*60*60))

var serial atomic.Uint64

// newID returns IDs that grow, as those of jitsiauth do.
func newID() jitsiauth.ID {
	id := jitsiauth.ID{0: 1, 6: 0x70, 8: 0x80}
	binary.BigEndian.PutUint32(id[12:], uint32(serial.Add(1))) //nolint:gosec // some thousand
	return id
}

func parse(t testing.TB, name string) jitsiauth.JID {
	t.Helper()
	jid, err := jitsiauth.ParseJID(name)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return jid
}

// newUser returns an account with all fields set.
func newUser(t testing.TB, name string) jitsiauth.Record {
	t.Helper()
	return jitsiauth.Record{
		PasswordHash: "$2a$10$" + name, HashOrigin: "origin of " + name,
		User: jitsiauth.User{
			ID: newID(), JID: parse(t, name),
			DisplayName: "Ünï “日本” 🦊 <&>", Email: "someone@mail.example", Note: "two\nlines\tand a tab",
			Role: jitsiauth.RoleManager, Disabled: true,
			ValidFrom: now.Add(-time.Hour), ValidUntil: now.Add(time.Hour),
			Revision: 1 << 63, CredentialRevision: 1<<53 + 1, SessionRevision: 1<<53 + 3, // more than a float64 holds
			CreatedAt: now, UpdatedAt: now.Add(time.Microsecond), PasswordChangedAt: now.Add(time.Second),
			LastLoginAt: now.Add(time.Minute), PasswordKind: jitsiauth.PasswordImported,
		},
	}
}

func userChange(action jitsiauth.Action, r jitsiauth.Record, fields ...string) jitsiauth.Change {
	return jitsiauth.Change{
		At: now, Action: action, Subject: r.ID, JID: r.JID, Fields: fields,
		Actor: jitsiauth.ActorToken, ActorName: "test", Source: netip.MustParseAddr("2001:db8::1"),
	}
}

func newToken(name string) jitsiauth.Token {
	id := newID()
	t := jitsiauth.Token{
		ID: id, Name: name, Scopes: []jitsiauth.Scope{jitsiauth.ScopeUsersRead, jitsiauth.ScopeUsersWrite},
		Domains: []string{"a.example", "b.example"}, ExpiresAt: now.Add(time.Hour), CreatedAt: now, LastUsedAt: now, Prefix: "jitsiauth_ABCD",
	}
	copy(t.Hash[16:], id[:])
	return t
}

func tokenChange(action jitsiauth.Action, t jitsiauth.Token) jitsiauth.Change {
	return jitsiauth.Change{At: now, Action: action, Subject: t.ID, Name: t.Name, Actor: jitsiauth.ActorUID, ActorName: "0"}
}

// create adds an account by that name, with its log entry.
func create(t testing.TB, s jitsiauth.Store, name string) jitsiauth.Record {
	t.Helper()
	r := newUser(t, name)
	ok(t, s.CreateUser(t.Context(), r, userChange(jitsiauth.UserCreated, r)))
	return r
}

func createToken(t testing.TB, s jitsiauth.Store, name string) jitsiauth.Token {
	t.Helper()
	token := newToken(name)
	ok(t, s.CreateToken(t.Context(), token, tokenChange(jitsiauth.TokenCreated, token)))
	return token
}

func remove(t testing.TB, s jitsiauth.Store, r jitsiauth.Record) {
	t.Helper()
	ok(t, s.DeleteUser(t.Context(), r.ID, deleted))
}

// deleted is the least that DeleteUser takes.
func deleted(old jitsiauth.Record) (jitsiauth.Change, error) {
	return userChange(jitsiauth.UserDeleted, old), nil
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func fails(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error %v, want %v", what, err, want)
	}
}

// log returns the whole log.
func log(t testing.TB, s jitsiauth.Store) []jitsiauth.Change {
	t.Helper()
	entries, err := s.ListChanges(t.Context(), jitsiauth.Position{}, 1<<20)
	ok(t, err)
	return entries
}

// image is all that a store shows.
type image struct {
	Users   []jitsiauth.Record
	Tokens  []jitsiauth.Token
	Links   []jitsiauth.Link
	Log     []jitsiauth.Change
	Head    jitsiauth.Position
	Logins  []jitsiauth.Login
	Sources [][]jitsiauth.KnownSource // of the Users
}

func imageOf(t testing.TB, s jitsiauth.Store) image {
	t.Helper()
	users, err := listAll(t.Context(), s, jitsiauth.ListQuery{Limit: jitsiauth.MaxPage})
	ok(t, err)
	tokens, err := s.ListTokens(t.Context())
	ok(t, err)
	links, err := s.ListLinks(t.Context())
	ok(t, err)
	head, err := s.Head(t.Context())
	ok(t, err)
	logins, err := s.ListLogins(t.Context(), 0, 1<<20)
	ok(t, err)
	var sources [][]jitsiauth.KnownSource
	for _, r := range users {
		known, err := s.KnownSources(t.Context(), r.ID)
		ok(t, err)
		sources = append(sources, known)
	}
	return image{users, tokens, links, log(t, s), head, logins, sources}
}

// listAll follows next to the end.
func listAll(ctx context.Context, s jitsiauth.Store, q jitsiauth.ListQuery) (all []jitsiauth.Record, err error) {
	for {
		page, next, more, err := s.ListUsers(ctx, q)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if !more {
			return all, nil
		}
		if next == q.After {
			return nil, errors.New("ListUsers says more, but next goes nowhere")
		}
		q.After = next
	}
}

// same compares values as stores keep them: times by the moment, nil slices
// like empty ones.
func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if g, w := plain(reflect.ValueOf(got)), plain(reflect.ValueOf(want)); !reflect.DeepEqual(g, w) {
		t.Errorf("%s:\n got %v\nwant %v", what, g, w)
	}
}

// plain makes a value of maps, slices and texts.
func plain(v reflect.Value) any {
	switch x := v.Interface().(type) {
	case time.Time:
		return x.UTC().Format(time.RFC3339Nano)
	case interface{ String() string }: // ID, JID, Position, netip.Addr
		return x.String()
	}
	switch v.Kind() { //nolint:exhaustive // the rest is as it is
	case reflect.Struct:
		fields := map[string]any{}
		for i := range v.NumField() {
			fields[v.Type().Field(i).Name] = plain(v.Field(i))
		}
		return fields
	case reflect.Slice:
		items := []any{}
		for i := range v.Len() {
			items = append(items, plain(v.Index(i)))
		}
		return items
	}
	return v.Interface()
}
