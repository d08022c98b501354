package authsvc_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

func TestInviteLife(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	manager := b.client(jitsiauth.ScopeUsersWrite)
	if list, err := manager.Invites(ctx); err != nil || list == nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	made, err := manager.CreateInvite(ctx, api.NewInvite{Uses: 2, Days: 3, ValidUntil: "2026-12-24", Note: "partner"})
	if err != nil {
		t.Fatal(err)
	}
	end := time.Date(2026, 12, 25, 0, 0, 0, 0, time.UTC)
	if made.Kind != "invite" || made.State != "active" || made.Uses != 2 || made.Left != 2 || made.Domain != "meet.jitsi" || made.Note != "partner" ||
		!made.ValidUntil.Equal(end) || !made.ExpiresAt.Equal(b.Now().AddDate(0, 0, 3)) || made.Actor != "token" || made.ActorName == "" {
		t.Errorf("%+v", made.Link)
	}
	if made.Path != "/accounts/link/"+made.Secret || !strings.HasPrefix(made.Secret, jitsiauth.LinkPrefix) || made.URL != "" {
		t.Errorf("path %d characters, URL %q", len(made.Path), made.URL)
	}
	u, err := b.svc.SpendInvite(ctx, made.Secret, "alice", jitsiauth.NewPassword{Password: "four words of mine"})
	if err != nil || !u.ValidUntil.Equal(end) {
		t.Fatalf("%+v, %v", u, err)
	}
	list, err := manager.Invites(ctx)
	if want := made.Link; err != nil || len(list) != 1 || list[0].ID != want.ID || list[0].Left != 1 {
		t.Errorf("%+v, %v", list, err)
	}
	if err := manager.RevokeResetLink(ctx, made.ID); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Errorf("as a reset link: %v", err)
	}
	if err := manager.RevokeInvite(ctx, made.ID); err != nil {
		t.Error(err)
	}
	if err := manager.RevokeInvite(ctx, made.ID); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Errorf("again: %v", err)
	}
	if err := manager.RevokeInvite(ctx, "alice"); !errors.Is(err, jitsiauth.ErrInvalid) {
		t.Errorf("what is no ID: %v", err)
	}
	if _, err := b.svc.LookUpLink(ctx, made.Secret); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Errorf("revoked: %v", err)
	}
}

func TestResetLinkLife(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	u := b.addUser("alice@other.example")
	manager := b.clientWith(b.boundSecret([]string{"other.example"}, jitsiauth.ScopeUsersWrite))
	for _, ref := range []string{"Alice@other.example", u.ID.String()} {
		made, err := manager.CreateResetLink(ctx, api.NewResetLink{User: ref, Hours: 2})
		if err != nil || made.Kind != "reset" || made.JID != "alice@other.example" || made.UserID != u.ID.String() || !made.ExpiresAt.Equal(b.Now().Add(2*time.Hour)) {
			t.Fatalf("%+v, %v", made.Link, err)
		}
		if ref == u.ID.String() {
			if _, err := b.svc.SpendReset(ctx, made.Secret, jitsiauth.NewPassword{Password: "four words of mine"}); err != nil {
				t.Error(err)
			}
		}
	}
	list, err := manager.ResetLinks(ctx)
	if err != nil || len(list) != 2 || list[0].State == "active" || list[1].State == "active" || list[0].State == list[1].State {
		t.Errorf("%+v, %v", list, err)
	}
	if invites, err := manager.Invites(ctx); err != nil || len(invites) != 0 {
		t.Errorf("%+v, %v", invites, err)
	}
	if err := manager.RevokeInvite(ctx, list[0].ID); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Errorf("as an invite: %v", err)
	}
	if err := manager.RevokeResetLink(ctx, list[0].ID); err != nil {
		t.Error(err)
	}
	if _, err := manager.CreateResetLink(ctx, api.NewResetLink{User: "alice"}); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Errorf("in another domain: %v", err)
	}
}

// The first administrator: by the socket or by an administrator's token, seen by
// neither managers nor administrators of some domains.
func TestAdminLinkLife(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	admin, manager := b.client(jitsiauth.ScopeAdmin), b.client(jitsiauth.ScopeUsersWrite)
	bound := b.clientWith(b.boundSecret([]string{"meet.jitsi"}, jitsiauth.ScopeAdmin))
	made, err := admin.CreateAdminLink(ctx, api.NewAdminLink{Domain: "other.example"})
	if err != nil || made.Kind != "admin" || made.Domain != "other.example" || !made.ExpiresAt.Equal(b.Now().Add(time.Hour)) {
		t.Fatalf("%+v, %v", made.Link, err)
	}
	if _, err := bound.CreateAdminLink(ctx, api.NewAdminLink{}); !errors.Is(err, jitsiauth.ErrForbidden) {
		t.Error(err)
	}
	for _, c := range []*client.Client{bound, manager} {
		if err := c.RevokeInvite(ctx, made.ID); !errors.Is(err, jitsiauth.ErrNotFound) {
			t.Error(err)
		}
	}
	if list, err := manager.Invites(ctx); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := b.svc.SpendAdmin(ctx, made.Secret, "root", jitsiauth.NewPassword{Password: "four words of mine"}); err != nil {
		t.Error(err)
	}
	if _, err := admin.CreateAdminLink(ctx, api.NewAdminLink{}); !errors.Is(err, jitsiauth.ErrExists) {
		t.Errorf("the second: %v", err)
	}
	if list, err := admin.Invites(ctx); err != nil || len(list) != 1 || list[0].State != "used_up" {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestLinkBodies(t *testing.T) {
	b := newBench(t)
	b.addUser("alice@meet.jitsi")
	b.addUser("root@meet.jitsi", func(n *jitsiauth.NewUser) { n.Role = jitsiauth.RoleAdmin })
	secret := b.secret(jitsiauth.ScopeUsersWrite)
	before := b.snapshot()
	for _, test := range []struct {
		path, body string
		status     int
		field      string
	}{
		{"invites", `{"uses":-1}`, 422, "uses"},
		{"invites", `{"uses":1001}`, 422, "uses"},
		{"invites", `{"uses":1.5}`, 422, "uses"},
		{"invites", `{"uses":"2"}`, 422, "uses"},
		{"invites", `{"days":91}`, 422, "days"},
		{"invites", `{"days":-1}`, 422, "days"},
		{"invites", `{"days":9223372036854775807}`, 422, "days"},
		{"invites", `{"days":3,"expires_at":"2026-12-01"}`, 422, "days"},
		{"invites", `{"expires_at":"2027-12-01"}`, 422, "expires_at"},
		{"invites", `{"expires_at":"2026-01-01"}`, 422, "expires_at"},
		{"invites", `{"expires_at":"soon"}`, 422, "expires_at"},
		{"invites", `{"valid_from":"soon"}`, 422, "valid_from"},
		{"invites", `{"valid_until":"2026-01-01"}`, 422, "valid_until"},
		{"invites", `{"domain":"nowhere.example"}`, 422, "domain"},
		{"invites", `{"role":"admin"}`, 422, "role"},
		{"reset-links", `{}`, 422, "user"},
		{"reset-links", `{"user":""}`, 422, "username"},
		{"reset-links", `{"user":"alice","hours":25}`, 422, "hours"},
		{"reset-links", `{"user":"alice","hours":-1}`, 422, "hours"},
		{"reset-links", `{"user":"alice","hours":9223372036854775807}`, 422, "hours"},
		{"reset-links", `{"user":"nobody"}`, 404, ""},
		{"reset-links", `{"user":"root"}`, 403, ""},
	} {
		got := b.send(http.MethodPost, "/api/v1/"+test.path, secret, test.body, "Content-Type", "application/json")
		if p := got.problem(t); got.StatusCode != test.status || p.Field != test.field {
			t.Errorf("%s %s: %d %s", test.path, test.body, got.StatusCode, got.body)
		}
	}
	if after := b.snapshot(); after != before {
		t.Errorf("something changed:\n%s\n%s", before, after)
	}
}

// Where the service knows its address, links have it. A list has no secret.
func TestLinkURL(t *testing.T) {
	b := newBenchOn(t, memstore.New(), authsvc.Options{PublicURL: "https://meet.example.org"})
	made, err := b.client(jitsiauth.ScopeAdmin).CreateInvite(t.Context(), api.NewInvite{})
	if err != nil || made.URL != "https://meet.example.org/accounts/link/"+made.Secret {
		t.Errorf("%q, %v", made.URL, err)
	}
	b = newBenchOn(t, memstore.New(), authsvc.Options{PublicURL: "https://meet.example.org", PagesURL: "https://accounts.example.org"})
	made, err = b.client(jitsiauth.ScopeAdmin).CreateInvite(t.Context(), api.NewInvite{})
	if err != nil || made.URL != "https://accounts.example.org/accounts/link/"+made.Secret {
		t.Errorf("%q, %v", made.URL, err)
	}
	got := b.send(http.MethodGet, "/api/v1/invites", b.secret(jitsiauth.ScopeAdmin), "")
	if got.StatusCode != http.StatusOK || strings.Contains(got.body, "secret") || strings.Contains(strings.ToLower(got.body), "hash") || strings.Contains(got.body, made.Secret) {
		t.Error(got.StatusCode, got.body)
	}
}
