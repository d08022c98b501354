package jitsiauth_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

func TestTokens(t *testing.T) {
	b := newBench(t)
	made, secret, err := b.CreateToken(t.Context(), jitsiauth.NewToken{
		Name: "prosody", Scopes: []jitsiauth.Scope{jitsiauth.ScopeAuth}, Domains: []string{"Meet.Jitsi"},
		ExpiresAt: b.clock.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(secret, jitsiauth.TokenPrefix) || len(secret) != len(jitsiauth.TokenPrefix)+43 {
		t.Errorf("secret of %d characters", len(secret))
	}
	if made.Prefix != secret[:len(jitsiauth.TokenPrefix)+4] {
		t.Errorf("prefix %q of %d characters", made.Prefix, len(made.Prefix))
	}
	adopted, err := b.AdoptToken(t.Context(), jitsiauth.NewToken{Name: "own", Scopes: []jitsiauth.Scope{jitsiauth.ScopeAuth}}, strings.Repeat("s", 32))
	if err != nil || adopted.Prefix != "" {
		t.Errorf("a secret of one's own shows %q, %v", adopted.Prefix, err)
	}
	if err := b.RevokeToken(t.Context(), "own"); err != nil {
		t.Error(err)
	}
	if !slices.Equal(made.Domains, []string{"meet.jitsi"}) {
		t.Errorf("domains %q", made.Domains)
	}
	got, err := b.Authenticate(t.Context(), secret)
	if err != nil || got.ID != made.ID || !got.Has(jitsiauth.ScopeAuth) || got.Has(jitsiauth.ScopeAdmin) {
		t.Errorf("Authenticate = %+v, %v", got, err)
	}
	for _, wrong := range []string{"", secret[:len(secret)-1], secret + "x", strings.ToUpper(secret)} {
		if _, err := b.Authenticate(t.Context(), wrong); !errors.Is(err, jitsiauth.ErrBadToken) {
			t.Errorf("a wrong secret: %v", err)
		}
	}
	b.clock.Add(time.Hour)
	if _, err := b.Authenticate(t.Context(), secret); !errors.Is(err, jitsiauth.ErrTokenExpired) {
		t.Errorf("an expired one: %v", err)
	}
	if err := b.RevokeToken(t.Context(), "prosody"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Authenticate(t.Context(), secret); !errors.Is(err, jitsiauth.ErrBadToken) {
		t.Errorf("a revoked one: %v", err)
	}
	if err := b.RevokeToken(t.Context(), "prosody"); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Errorf("revoking again: %v", err)
	}
	log := b.changes(t)
	if len(log) != 4 || log[0].Action != jitsiauth.TokenCreated || log[3].Action != jitsiauth.TokenRevoked || log[3].Name != "prosody" {
		t.Errorf("log %+v", log)
	}
}

func TestCreateTokenRefuses(t *testing.T) {
	b := newBench(t)
	auth := []jitsiauth.Scope{jitsiauth.ScopeAuth}
	for _, test := range []struct {
		name  string
		n     jitsiauth.NewToken
		field string
	}{
		{"no name", jitsiauth.NewToken{Scopes: auth}, "name"},
		{"long name", jitsiauth.NewToken{Name: strings.Repeat("n", 65), Scopes: auth}, "name"},
		{"control character", jitsiauth.NewToken{Name: "a\n", Scopes: auth}, "name"},
		{"no scope", jitsiauth.NewToken{Name: "n"}, "scopes"},
		{"unknown scope", jitsiauth.NewToken{Name: "n", Scopes: []jitsiauth.Scope{"root"}}, "scopes"},
		{"domain not served", jitsiauth.NewToken{Name: "n", Scopes: auth, Domains: []string{"nowhere.example"}}, "domains"},
		{"an ID for a name", jitsiauth.NewToken{Name: "017f22e2-79b0-7cc3-98c4-dc0c0c07398f", Scopes: auth}, "name"},
		{"year 10000", jitsiauth.NewToken{Name: "n", Scopes: auth, ExpiresAt: b.clock.Now().AddDate(8000, 0, 0)}, "expires_at"},
		{"expired", jitsiauth.NewToken{Name: "n", Scopes: auth, ExpiresAt: b.clock.Now()}, "expires_at"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := b.CreateToken(t.Context(), test.n)
			var invalid *jitsiauth.InvalidError
			if !errors.As(err, &invalid) || invalid.Field != test.field {
				t.Errorf("CreateToken = %v; want an error of %s", err, test.field)
			}
		})
	}
	for range 2 {
		_, _, err := b.CreateToken(t.Context(), jitsiauth.NewToken{Name: "twice", Scopes: auth})
		if err != nil && !errors.Is(err, jitsiauth.ErrExists) {
			t.Error(err)
		}
	}
	if tokens, err := b.Tokens(t.Context()); err != nil || len(tokens) != 1 {
		t.Errorf("%d tokens, %v", len(tokens), err)
	}
}

func TestTokensNeedAnAdmin(t *testing.T) {
	b := newBench(t)
	manager := as(t, jitsiauth.RoleManager)
	if _, err := b.Tokens(manager); !errors.Is(err, jitsiauth.ErrForbidden) {
		t.Errorf("list: %v", err)
	}
	if _, _, err := b.CreateToken(manager, jitsiauth.NewToken{Name: "n", Scopes: []jitsiauth.Scope{jitsiauth.ScopeAdmin}}); !errors.Is(err, jitsiauth.ErrForbidden) {
		t.Errorf("create: %v", err)
	}
	if err := b.RevokeToken(manager, "n"); !errors.Is(err, jitsiauth.ErrForbidden) {
		t.Errorf("revoke: %v", err)
	}
	for _, err := range b.Changes(manager, jitsiauth.Position{}) {
		if !errors.Is(err, jitsiauth.ErrForbidden) {
			t.Errorf("changes: %v", err)
		}
	}
}

func TestTokenActor(t *testing.T) {
	for _, test := range []struct {
		scopes []jitsiauth.Scope
		want   jitsiauth.Role
	}{
		{[]jitsiauth.Scope{jitsiauth.ScopeAuth}, jitsiauth.RoleUser},
		{[]jitsiauth.Scope{jitsiauth.ScopeUsersRead}, jitsiauth.RoleUser},
		{[]jitsiauth.Scope{jitsiauth.ScopeUsersRead, jitsiauth.ScopeUsersWrite}, jitsiauth.RoleManager},
		{[]jitsiauth.Scope{jitsiauth.ScopeAdmin}, jitsiauth.RoleAdmin},
	} {
		token := jitsiauth.Token{Name: "n", Scopes: test.scopes}
		if a := token.Actor(); a.Role != test.want || a.Kind != jitsiauth.ActorToken || a.Name != "n" {
			t.Errorf("%q acts as %+v", test.scopes, a)
		}
	}
}

func TestFixedToken(t *testing.T) {
	const fixed = "0123456789abcdef0123456789abcdef"
	svc, err := jitsiauth.New(memstore.New(), jitsiauth.Options{ProsodyToken: fixed})
	if err != nil {
		t.Fatal(err)
	}
	got, err := svc.Authenticate(t.Context(), fixed)
	if err != nil || !slices.Equal(got.Scopes, []jitsiauth.Scope{jitsiauth.ScopeAuth}) {
		t.Errorf("Authenticate = %+v, %v", got, err)
	}
	without, err := jitsiauth.New(memstore.New(), jitsiauth.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{fixed, ""} {
		if _, err := without.Authenticate(t.Context(), secret); !errors.Is(err, jitsiauth.ErrBadToken) {
			t.Errorf("without a fixed token: %v", err)
		}
	}
}
