package authsvc_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

func TestTokenLife(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	admin := b.client(jitsiauth.ScopeAdmin)
	for _, name := range []string{"prosody", "a/b", "x y+z%2F", "日本", "?#", "...", "%2e%2e"} {
		made, err := admin.CreateToken(ctx, api.NewToken{Name: name, Scopes: []string{"users:read", "auth"}, Domains: []string{"Other.Example"}})
		if err != nil || !strings.HasPrefix(made.Secret, jitsiauth.TokenPrefix) || made.Name != name || !slices.Equal(made.Domains, []string{"other.example"}) || !made.ExpiresAt.IsZero() {
			t.Fatalf("%q: %+v %v", name, made, err)
		}
		if _, err := admin.CreateToken(ctx, api.NewToken{Name: name, Scopes: []string{"auth"}}); !errors.Is(err, jitsiauth.ErrExists) {
			t.Errorf("%q: %v", name, err)
		}
		holder := b.clientWith(made.Secret)
		if _, err := holder.UsersPage(ctx, api.UserQuery{}); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		list, err := admin.Tokens(ctx)
		if err != nil || !slices.ContainsFunc(list, func(t api.Token) bool { return t.ID == made.ID && t.Name == name }) {
			t.Errorf("%q: %+v %v", name, list, err)
		}
		ref := name
		if name == "prosody" {
			ref = made.ID
		}
		if err := admin.RevokeToken(ctx, ref); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := holder.UsersPage(ctx, api.UserQuery{}); !errors.Is(err, jitsiauth.ErrBadToken) {
			t.Errorf("%q: %v", name, err)
		}
		if err := admin.RevokeToken(ctx, ref); !errors.Is(err, jitsiauth.ErrNotFound) {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, ref := range []string{"", ".", ".."} {
		if err := admin.RevokeToken(ctx, ref); !errors.Is(err, jitsiauth.ErrInvalid) {
			t.Errorf("%q: %v", ref, err)
		}
	}
}

func TestTokenListShowsNoSecret(t *testing.T) {
	b := newBench(t)
	secret := b.secret(jitsiauth.ScopeAdmin)
	got := b.send(http.MethodGet, "/api/v1/tokens", secret, "")
	if got.StatusCode != http.StatusOK || strings.Contains(got.body, "secret") || strings.Contains(strings.ToLower(got.body), "hash") || !strings.Contains(got.body, `"domains":[]`) {
		t.Error(got.StatusCode, got.body)
	}
}

// An administrator of some domains is none of the tokens.
func TestBoundAdminMakesNoTokens(t *testing.T) {
	b := newBench(t)
	bound := b.clientWith(b.boundSecret([]string{"meet.jitsi"}, jitsiauth.ScopeAdmin))
	if _, err := bound.Tokens(t.Context()); !errors.Is(err, jitsiauth.ErrForbidden) {
		t.Error(err)
	}
	if _, err := bound.CreateToken(t.Context(), api.NewToken{Name: "x", Scopes: []string{"admin"}}); !errors.Is(err, jitsiauth.ErrForbidden) {
		t.Error(err)
	}
}
