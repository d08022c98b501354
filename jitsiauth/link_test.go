package jitsiauth_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// invite makes a link for accounts of the default domain.
func (b *bench) invite(t testing.TB, n jitsiauth.NewInvite) (jitsiauth.Link, string) {
	t.Helper()
	l, secret, err := b.CreateInvite(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return l, secret
}

// reset makes a link for the password of an account.
func (b *bench) reset(t testing.TB, id jitsiauth.ID) (jitsiauth.Link, string) {
	t.Helper()
	l, secret, err := b.CreateResetLink(t.Context(), id, 0)
	if err != nil {
		t.Fatal(err)
	}
	return l, secret
}

// state is that of the link in the list; empty: it is not there.
func (b *bench) state(t testing.TB, id jitsiauth.ID) jitsiauth.LinkState {
	t.Helper()
	links, err := b.ListLinks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		if l.ID == id {
			return l.State
		}
	}
	return ""
}

func typed(text string) jitsiauth.NewPassword { return jitsiauth.NewPassword{Password: text} }

func TestInvite(t *testing.T) {
	b := newBench(t)
	from, until := b.clock.Now().Add(time.Hour), b.clock.Now().Add(48*time.Hour)
	l, secret := b.invite(t, jitsiauth.NewInvite{Uses: 2, ValidFrom: from, ValidUntil: until, Note: "partner"})
	if !regexp.MustCompile(`^jitsiauth_link_[a-z2-7]{32}$`).MatchString(secret) {
		t.Errorf("a secret of %d characters", len(secret))
	}
	if l.Kind != jitsiauth.LinkInvite || l.Domain != "meet.jitsi" || l.Left != 2 || !l.ExpiresAt.Equal(b.clock.Now().Add(7*24*time.Hour)) || l.Actor != jitsiauth.ActorProgram {
		t.Errorf("link %+v", l)
	}
	offer, err := b.LookUpLink(t.Context(), secret)
	want := jitsiauth.LinkOffer{Kind: jitsiauth.LinkInvite, Domain: "meet.jitsi", ValidFrom: from, ValidUntil: until, ExpiresAt: l.ExpiresAt}
	if err != nil || offer != want {
		t.Errorf("LookUpLink = %+v, %v", offer, err)
	}
	u, err := b.SpendInvite(t.Context(), secret, "Ａlice", typed("ｃorrect horse"))
	if err != nil || u.JID.String() != "alice@meet.jitsi" || u.Role != jitsiauth.RoleUser || u.Note != "partner" || !u.ValidFrom.Equal(from) || !u.ValidUntil.Equal(until) || u.Revision != 1 {
		t.Fatalf("SpendInvite = %+v, %v", u, err)
	}
	if kept, err := b.Get(t.Context(), u.ID); err != nil || kept != u {
		t.Errorf("kept %+v, %v", kept, err)
	}
	b.clock.Add(2 * time.Hour)
	if err := b.verify(t, "alice", "correct horse"); err != nil {
		t.Errorf("the first login: %v", err)
	}
	if _, err := b.SpendInvite(t.Context(), secret, "bob", typed(password)); err != nil {
		t.Error(err)
	}
	if state := b.state(t, l.ID); state != jitsiauth.LinkUsedUp {
		t.Errorf("state %q", state)
	}
	if _, err := b.SpendInvite(t.Context(), secret, "carol", typed(password)); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Errorf("used up: %v", err)
	}
}

// The log tells who did what by which link, and never the secret.
func TestLinkLog(t *testing.T) {
	b := newBench(t)
	l, secret := b.invite(t, jitsiauth.NewInvite{})
	u, err := b.SpendInvite(as(t, ""), secret, "alice", typed(password))
	if err != nil {
		t.Fatal(err)
	}
	r, secret2 := b.reset(t, u.ID)
	if err := b.RevokeLink(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	want := []struct {
		action  jitsiauth.Action
		subject jitsiauth.ID
		jid     jitsiauth.JID
		name    string
		actor   jitsiauth.ActorKind
		by      string
	}{
		{jitsiauth.LinkCreated, l.ID, jitsiauth.JID{}, "invite", jitsiauth.ActorProgram, ""},
		{jitsiauth.UserCreated, u.ID, u.JID, "", jitsiauth.ActorLink, l.ID.String()},
		{jitsiauth.LinkUsed, l.ID, u.JID, "invite", jitsiauth.ActorLink, l.ID.String()},
		{jitsiauth.LinkCreated, r.ID, u.JID, "reset", jitsiauth.ActorProgram, ""},
		{jitsiauth.LinkRevoked, r.ID, u.JID, "reset", jitsiauth.ActorProgram, ""},
	}
	log := b.changes(t)
	if len(log) != len(want) {
		t.Fatalf("log %+v", log)
	}
	for i, w := range want {
		c := log[i]
		if c.Action != w.action || c.Subject != w.subject || c.JID != w.jid || c.Name != w.name || c.Actor != w.actor || c.ActorName != w.by {
			t.Errorf("entry %d is %+v, want %+v", i, c, w)
		}
		for _, s := range []string{secret, secret2} {
			if strings.Contains(c.Name+c.ActorName+strings.Join(c.Fields, ""), s[len(jitsiauth.LinkPrefix):]) {
				t.Errorf("entry %d holds the secret", i)
			}
		}
	}
	for _, action := range []jitsiauth.Action{jitsiauth.LinkCreated, jitsiauth.LinkUsed, jitsiauth.LinkRevoked} {
		if page, err := b.ChangeLog(t.Context(), jitsiauth.LogQuery{Action: action}); err != nil || len(page.Entries) == 0 {
			t.Errorf("%s: %+v, %v", action, page, err)
		}
	}
	// Prosody hears of the account, not of links.
	events, _, err := b.WaitEvents(t.Context(), jitsiauth.Position{}, 0)
	if err != nil || len(events) != 1 || events[0].Action != jitsiauth.UserCreated {
		t.Errorf("events %+v, %v", events, err)
	}
}

func TestCreateInviteRefuses(t *testing.T) {
	b := newBench(t)
	now := b.clock.Now()
	for _, test := range []struct {
		name  string
		n     jitsiauth.NewInvite
		field string // "": taken
	}{
		{"nothing", jitsiauth.NewInvite{}, ""},
		{"most", jitsiauth.NewInvite{Uses: 1000, ExpiresAt: now.Add(90 * 24 * time.Hour), Domain: "Other.Example"}, ""},
		{"no use", jitsiauth.NewInvite{Uses: -1}, "uses"},
		{"too many uses", jitsiauth.NewInvite{Uses: 1001}, "uses"},
		{"expired", jitsiauth.NewInvite{ExpiresAt: now}, "expires_at"},
		{"far away", jitsiauth.NewInvite{ExpiresAt: now.Add(90*24*time.Hour + 1)}, "expires_at"},
		{"another domain", jitsiauth.NewInvite{Domain: "nowhere.example"}, "domain"},
		{"no domain", jitsiauth.NewInvite{Domain: "a b"}, "domain"},
		{"ended", jitsiauth.NewInvite{ValidUntil: now}, "valid_until"},
		{"backwards", jitsiauth.NewInvite{ValidFrom: now.Add(2 * time.Hour), ValidUntil: now.Add(time.Hour)}, "valid_until"},
		{"year 10000", jitsiauth.NewInvite{ValidUntil: now.AddDate(9000, 0, 0)}, "valid_until"},
		{"note", jitsiauth.NewInvite{Note: strings.Repeat("n", 4097)}, "note"},
		{"note that turns around", jitsiauth.NewInvite{Note: "a\u202eb"}, "note"},
	} {
		before := len(b.changes(t))
		_, secret, err := b.CreateInvite(t.Context(), test.n)
		var invalid *jitsiauth.InvalidError
		switch {
		case test.field == "" && err != nil:
			t.Errorf("%s: %v", test.name, err)
		case test.field != "" && (!errors.As(err, &invalid) || invalid.Field != test.field || secret != ""):
			t.Errorf("%s: %v; want an error of %s", test.name, err, test.field)
		case test.field != "" && len(b.changes(t)) != before:
			t.Errorf("%s: refused, but logged", test.name)
		}
	}
}

// Bad input spends nothing and makes nothing.
func TestInviteRefuses(t *testing.T) {
	b := benchWithPolicy(t)
	b.add(t, jitsiauth.NewUser{Password: "four words of mine"}, "taken")
	l, secret := b.invite(t, jitsiauth.NewInvite{})
	before := len(b.changes(t))
	for _, test := range []struct {
		name, local string
		password    jitsiauth.NewPassword
		want        error
		field       string
	}{
		{"taken", "Taken", typed("four words of mine"), jitsiauth.ErrExists, ""},
		{"no name", "", typed("four words of mine"), jitsiauth.ErrInvalid, "username"},
		{"an address", "a@meet.jitsi", typed("four words of mine"), jitsiauth.ErrInvalid, "username"},
		{"an ID", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f", typed("four words of mine"), jitsiauth.ErrInvalid, "username"},
		{"no password", "alice", typed(""), jitsiauth.ErrInvalid, "password"},
		{"short", "alice", typed("short"), jitsiauth.ErrInvalid, "password"},
		{"own name", "alicealicealice", typed("alicealicealice"), jitsiauth.ErrInvalid, "password"},
		{"long", "alice", typed(strings.Repeat("x y ", 19)), jitsiauth.ErrInvalid, "password"},
		{"weak, as an administrator may", "alice", jitsiauth.NewPassword{Password: "short", AllowWeak: true}, jitsiauth.ErrForbidden, ""},
	} {
		_, err := b.SpendInvite(t.Context(), secret, test.local, test.password)
		var invalid *jitsiauth.InvalidError
		if !errors.Is(err, test.want) || test.field != "" && (!errors.As(err, &invalid) || invalid.Field != test.field) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	if len(b.changes(t)) != before || b.state(t, l.ID) != jitsiauth.LinkActive {
		t.Errorf("log %+v, link %s", b.changes(t)[before:], b.state(t, l.ID))
	}
	if _, err := b.SpendInvite(t.Context(), secret, "alice", typed("four words of mine")); err != nil {
		t.Error(err)
	}
}

func benchWithPolicy(t testing.TB) *bench {
	t.Helper()
	b := newBench(t)
	svc, err := jitsiauth.New(b.store, jitsiauth.Options{BcryptCost: 4, Now: b.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	b.Service = svc
	return b
}

func TestReset(t *testing.T) {
	b := newBench(t)
	u := b.add(t, jitsiauth.NewUser{Role: jitsiauth.RoleManager}, "alice")
	l, secret := b.reset(t, u.ID)
	if !l.ExpiresAt.Equal(b.clock.Now().Add(24*time.Hour)) || l.JID != u.JID || l.Account != u.ID {
		t.Errorf("link %+v", l)
	}
	if offer, err := b.LookUpLink(t.Context(), secret); err != nil || offer.Kind != jitsiauth.LinkReset || offer.JID != u.JID || offer.Domain != "meet.jitsi" {
		t.Errorf("LookUpLink = %+v, %v", offer, err)
	}
	got, err := b.SpendReset(as(t, jitsiauth.RoleUser, "other.example"), secret, typed("another one"))
	if err != nil || got.CredentialRevision != 2 || got.Revision != 1 || got.Role != jitsiauth.RoleManager || !got.PasswordChangedAt.Equal(b.clock.Now()) {
		t.Fatalf("SpendReset = %+v, %v", got, err)
	}
	if err := b.verify(t, "alice", "another one"); err != nil {
		t.Error(err)
	}
	if err := b.verify(t, "alice", password); !errors.Is(err, jitsiauth.ErrBadCredentials) {
		t.Errorf("the old password: %v", err)
	}
	if _, err := b.SpendReset(t.Context(), secret, typed("a third one")); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Errorf("spent again: %v", err)
	}
}

func TestCreateResetLinkRefuses(t *testing.T) {
	b := newBench(t)
	u := b.add(t, jitsiauth.NewUser{}, "alice")
	off := b.add(t, jitsiauth.NewUser{Disabled: true}, "bob")
	for _, test := range []struct {
		name string
		id   jitsiauth.ID
		life time.Duration
		want error
	}{
		{"a moment", u.ID, time.Minute, nil},
		{"a day", u.ID, 24 * time.Hour, nil},
		{"too short", u.ID, time.Minute - 1, jitsiauth.ErrInvalid},
		{"below 0", u.ID, -time.Hour, jitsiauth.ErrInvalid},
		{"too long", u.ID, 24*time.Hour + 1, jitsiauth.ErrInvalid},
		{"disabled", off.ID, 0, jitsiauth.ErrInvalid},
		{"nobody", jitsiauth.ID{1}, 0, jitsiauth.ErrNotFound},
	} {
		if _, _, err := b.CreateResetLink(t.Context(), test.id, test.life); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	if links, err := b.ListLinks(t.Context()); err != nil || len(links) != 2 {
		t.Errorf("%d links, %v", len(links), err)
	}
}

func TestFirstAdministrator(t *testing.T) {
	b := newBench(t)
	b.add(t, jitsiauth.NewUser{Role: jitsiauth.RoleManager}, "manager")
	l, secret, err := b.CreateAdminLink(t.Context(), "")
	if err != nil || l.Kind != jitsiauth.LinkAdmin || !l.ExpiresAt.Equal(b.clock.Now().Add(time.Hour)) || l.Domain != "meet.jitsi" {
		t.Fatalf("CreateAdminLink = %+v, %v", l, err)
	}
	other, otherSecret, err := b.CreateAdminLink(t.Context(), "Other.Example")
	if err != nil || other.Domain != "other.example" {
		t.Fatalf("%+v, %v", other, err)
	}
	u, err := b.SpendAdmin(t.Context(), secret, "root", typed(password))
	if err != nil || u.Role != jitsiauth.RoleAdmin || u.JID.String() != "root@meet.jitsi" {
		t.Fatalf("SpendAdmin = %+v, %v", u, err)
	}
	if _, err := b.SpendAdmin(t.Context(), otherSecret, "root", typed(password)); !errors.Is(err, jitsiauth.ErrNotFound) || b.state(t, other.ID) != jitsiauth.LinkVoid {
		t.Errorf("the second one: %v, %s", err, b.state(t, other.ID))
	}
	if _, _, err := b.CreateAdminLink(t.Context(), ""); !errors.Is(err, jitsiauth.ErrExists) {
		t.Errorf("a link while there is an administrator: %v", err)
	}
	if _, _, err := b.CreateAdminLink(t.Context(), "nowhere.example"); !errors.Is(err, jitsiauth.ErrInvalid) {
		t.Errorf("another domain: %v", err)
	}
}

// A link of one kind is none of another.
func TestLinkKindsStayApart(t *testing.T) {
	b := newBench(t)
	u := b.add(t, jitsiauth.NewUser{}, "alice")
	_, invite := b.invite(t, jitsiauth.NewInvite{})
	_, reset := b.reset(t, u.ID)
	_, admin, err := b.CreateAdminLink(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{invite, reset, admin, "", "x", jitsiauth.LinkPrefix, strings.ToUpper(invite), invite + "a", jitsiauth.LinkPrefix + strings.Repeat("a", 32)} {
		for name, spend := range map[string]func() error{
			invite: func() error { _, err := b.SpendInvite(t.Context(), secret, "bob", typed(password)); return err },
			reset:  func() error { _, err := b.SpendReset(t.Context(), secret, typed(password)); return err },
			admin:  func() error { _, err := b.SpendAdmin(t.Context(), secret, "bob", typed(password)); return err },
		} {
			if secret == name {
				continue
			}
			if err := spend(); !errors.Is(err, jitsiauth.ErrNotFound) {
				t.Errorf("a wrong secret: %v", err)
			}
		}
		if _, err := b.Authenticate(t.Context(), secret); !errors.Is(err, jitsiauth.ErrBadToken) {
			t.Errorf("as a token: %v", err)
		}
	}
	if page, err := b.List(t.Context(), jitsiauth.ListQuery{}); err != nil || len(page.Users) != 1 {
		t.Errorf("%+v, %v", page, err)
	}
}
