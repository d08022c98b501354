package jitsiauth_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/jitsiauth"
)

func mustJID(t testing.TB, name string) jitsiauth.JID {
	t.Helper()
	jid, err := jitsiauth.ParseJID(name)
	if err != nil {
		t.Fatal(err)
	}
	return jid
}

func TestDefaultPolicy(t *testing.T) {
	const tooShort, common, ownName = jitsiauth.PasswordTooShort, jitsiauth.PasswordCommon, jitsiauth.PasswordOwnName
	for _, test := range []struct {
		name, jid, password string
		reason              jitsiauth.PolicyReason // "": none
	}{
		{"a few words", "", "correct horse", ""},
		{"no composition rules", "", "abcdefghzyxw", ""},
		{"12 characters", "", "zebra-lemons", ""},
		{"11 characters", "", "zebra-lemon", tooShort},
		{"12 kana", "", "うまのこころはしらない夜", ""},
		{"11 kana", "", "うまのこころはしらない", tooShort},
		{"half-width kana joins its mark", "", "ｶﾞｷﾞｸﾞｹﾞｺﾞｻﾞ", tooShort},
		{"12 letters in full width", "", "ｚｅｂｒａ－ｌｅｍｏｎｓ", ""},
		{"12 emoji", "", "🍣🍶🍙🍵🍡🍘🍢🍱🍜🍛🍤🍥", ""},
		{"one character", "", "a", tooShort},
		{"short and common", "", "password", tooShort},
		{"short and the name", "", "alice", tooShort},

		{"the name", "christopher-robin@meet.jitsi", "christopher-robin", ownName},
		{"the name in capitals", "christopher-robin@meet.jitsi", "Christopher-ROBIN", ownName},
		{"the name in full width", "christopher-robin@meet.jitsi", "ＣＨＲＩＳＴＯＰＨＥＲ－ｒｏｂｉｎ", ownName},
		{"a name with sharp s", "hauptstrasse-12@meet.jitsi", "Hauptstraße-12", ownName},
		{"the address", "", "alice@meet.jitsi", ownName},
		{"the address in capitals", "", "Alice@Meet.Jitsi", ownName},
		{"again and again", "", "alicealicealice", ownName},
		{"again and again, with capitals", "", "AliceAliceAlice", ownName},
		{"again, and cut off", "", "alicealiceali", ownName},
		{"a kana name again", "さくら@meet.jitsi", "さくらさくらさくらさくら", ownName},
		{"a part of the name", "christopher-robin@meet.jitsi", "christopher-r", ""},
		{"the name and more", "", "alice likes horses", ""},
		{"someone else's address", "", "bob@meet.jitsi.example", ""},

		{"on the list", "", "passwordpassword", common},
		{"on the list, with capitals", "", "PassWord1234", common},
		{"on the list, in full width", "", "ｐａｓｓｗｏｒｄ１２３４", common},
		{"a year", "", "Football2026", common},
		{"a row of keys", "", "qwertyuiop12", common},
		{"columns of keys", "", "1qaz2wsx3edc", common},
		{"counted", "", "123456789012", common},
		{"romaji", "", "sakura123456", common},
		{"kana in order", "", "あいうえおかきくけこさし", common},
		{"katakana in half width", "", "ﾊﾟｽﾜｰﾄﾞﾊﾟｽﾜｰﾄﾞﾊﾟｽﾜｰﾄﾞ", common},
		{"one character", "", strings.Repeat("x", 40), common},
		{"two in turn", "", "xyxyxyxyxyxyxyx", common},
		{"three in turn, with capitals", "", "xyzXYZxyzXYZ", common},
		{"four in turn", "", "2580258025802580", common},
		{"five in turn", "", "2580#2580#2580#", ""},
		{"one emoji", "", strings.Repeat("🍣", 12), common},
		{"famous", "", "correct horse battery staple", common},
		{"nearly famous", "", "correct horse battery", ""},
	} {
		if test.jid == "" {
			test.jid = "alice@meet.jitsi"
		}
		prepared, err := jitsiauth.PreparePassword(test.password)
		if err != nil {
			t.Fatal(test.name, err)
		}
		err = jitsiauth.DefaultPolicy().Check(prepared, mustJID(t, test.jid))
		var refused *jitsiauth.PolicyError
		if errors.As(err, &refused) != (err != nil) || reasonOf(err) != test.reason {
			t.Errorf("%s: %v, want %q", test.name, err, test.reason)
		}
	}
}

func reasonOf(err error) jitsiauth.PolicyReason {
	var refused *jitsiauth.PolicyError
	if errors.As(err, &refused) {
		return refused.Reason
	}
	return ""
}

// An account without a name can't be, but a Policy must not fall over it.
func TestDefaultPolicyWithoutName(t *testing.T) {
	if err := jitsiauth.DefaultPolicy().Check("zebra-lemons", jitsiauth.JID{}); err != nil {
		t.Error(err)
	}
}

func TestPolicyError(t *testing.T) {
	for _, e := range []*jitsiauth.PolicyError{
		{Reason: jitsiauth.PasswordTooShort, Min: 12}, {Reason: jitsiauth.PasswordCommon}, {Reason: jitsiauth.PasswordOwnName}, {Reason: "house_rule"},
	} {
		var invalid *jitsiauth.InvalidError
		if !errors.Is(e, jitsiauth.ErrInvalid) || !errors.As(e, &invalid) || invalid.Field != "password" || invalid.Error() != e.Error() {
			t.Errorf("%s: %v is no error of a field", e.Reason, e)
		}
		english, japanese := e.Text("en"), e.Text("ja")
		if english != e.Text("") || english != e.Text("de") || !strings.Contains(english, invalid.Rule) || !strings.Contains(english, "generated") {
			t.Errorf("%s: %s", e.Reason, english)
		}
		if !strings.ContainsFunc(japanese, func(r rune) bool { return unicode.Is(unicode.Hiragana, r) }) || !strings.Contains(japanese, "自動で作成") {
			t.Errorf("%s: %s", e.Reason, japanese)
		}
		if number := strings.Contains(english, "12") && strings.Contains(japanese, "12"); number != (e.Min == 12) {
			t.Errorf("%s: %s %s", e.Reason, english, japanese)
		}
	}
}

// holding is a service with the default policy, or another.
func holding(t testing.TB, policy jitsiauth.Policy) *bench {
	t.Helper()
	b := newBench(t)
	svc, err := jitsiauth.New(b.store, jitsiauth.Options{
		Domains: []string{"meet.jitsi", "other.example"}, BcryptCost: bcrypt.MinCost, Now: b.clock.Now, Policy: policy,
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Service = svc
	return b
}

// weak is a way to set a weak password of the account alice.
type weak func(ctx context.Context, b *bench, allow bool) error

// weakWays are all ways to set one.
func weakWays(t *testing.T) map[string]weak {
	const password = "passwordpassword"
	importing := func(mode jitsiauth.ImportMode) weak {
		return func(ctx context.Context, b *bench, allow bool) error {
			l := line(t, "alice", func(l *jitsiauth.ImportLine) { l.Password = password })
			for results, err := range b.Import(ctx, numbered([]jitsiauth.ImportLine{l}, nil), jitsiauth.ImportOptions{Mode: mode, AllowWeak: allow}) {
				if err != nil {
					return err
				}
				return results[0].Err
			}
			return errors.New("no result")
		}
	}
	return map[string]weak{
		"Create": func(ctx context.Context, b *bench, allow bool) error {
			_, err := b.Create(ctx, jitsiauth.NewUser{JID: mustJID(t, "alice@meet.jitsi"), Password: password, AllowWeak: allow})
			return err
		},
		"SetPassword": func(ctx context.Context, b *bench, allow bool) error {
			u := b.add(t, jitsiauth.NewUser{Password: "zebra-lemons"}, "alice")
			_, err := b.SetPassword(ctx, u.ID, jitsiauth.NewPassword{Password: password, AllowWeak: allow})
			return err
		},
		"Import": importing(jitsiauth.ImportCreate),
		"Import of one that exists": func(ctx context.Context, b *bench, allow bool) error {
			b.add(t, jitsiauth.NewUser{Password: "zebra-lemons"}, "alice")
			return importing(jitsiauth.ImportUpsert)(ctx, b, allow)
		},
	}
}

// On each way in a weak password is refused, an administrator may set it all
// the same, and then the log says so.
func TestWeakPassword(t *testing.T) {
	for name, set := range weakWays(t) {
		b := holding(t, nil)
		before := len(b.changes(t))
		err := set(as(t, jitsiauth.RoleAdmin), b, false)
		if reasonOf(err) != jitsiauth.PasswordCommon || strings.Contains(err.Error(), "passwordpassword") {
			t.Errorf("%s: %v", name, err)
		}
		if err := b.verify(t, "alice", "passwordpassword"); !errors.Is(err, jitsiauth.ErrBadCredentials) {
			t.Errorf("%s: was set all the same: %v", name, err)
		}
		for _, c := range b.changes(t)[before:] {
			if len(c.Fields) > 0 {
				t.Errorf("%s: %+v", name, c)
			}
		}

		b = holding(t, nil)
		if err := set(as(t, jitsiauth.RoleAdmin), b, true); err != nil {
			t.Errorf("%s by an administrator: %v", name, err)
		}
		if err := b.verify(t, "alice", "passwordpassword"); err != nil {
			t.Errorf("%s by an administrator: %v", name, err)
		}
		changes := b.changes(t)
		if last := changes[len(changes)-1]; !slices.Equal(last.Fields, []string{"weak_password"}) {
			t.Errorf("%s by an administrator is in the log as %+v", name, last)
		}
		events, _, err := b.WaitEvents(t.Context(), jitsiauth.Position{}, 0)
		for _, e := range events {
			if len(e.Fields) > 0 {
				t.Errorf("%s: Prosody hears of %q", name, e.Fields)
			}
		}
		if err != nil || len(events) != len(changes) {
			t.Errorf("%s: %d events, %v", name, len(events), err)
		}
	}
}

// Who may not allow weak passwords may not ask for it either, also where the
// password is a good one.
func TestAllowWeakNeedsAnAdministrator(t *testing.T) {
	for name, set := range weakWays(t) {
		for _, ctx := range []context.Context{as(t, jitsiauth.RoleManager), as(t, jitsiauth.RoleAdmin, "meet.jitsi")} {
			for _, policy := range []jitsiauth.Policy{nil, jitsiauth.AnyPassword} {
				b := holding(t, policy)
				if err := set(ctx, b, true); !errors.Is(err, jitsiauth.ErrForbidden) {
					t.Errorf("%s: %v", name, err)
				}
				if err := b.verify(t, "alice", "passwordpassword"); !errors.Is(err, jitsiauth.ErrBadCredentials) {
					t.Errorf("%s: was set all the same: %v", name, err)
				}
			}
		}
	}
}

// The log speaks of an override only where there was something to override.
func TestAllowWeakThatWasNotNeeded(t *testing.T) {
	b := holding(t, nil)
	u := b.add(t, jitsiauth.NewUser{Password: "zebra-lemons", AllowWeak: true}, "alice")
	if _, err := b.SetPassword(t.Context(), u.ID, jitsiauth.NewPassword{Password: "lemons-zebra", AllowWeak: true}); err != nil {
		t.Fatal(err)
	}
	for _, c := range b.changes(t) {
		if len(c.Fields) > 0 {
			t.Errorf("%+v", c)
		}
	}
}

// What bcrypt can't read, and what Prosody would refuse, nobody can allow.
func TestAllowWeakHasItsBounds(t *testing.T) {
	for _, policy := range []jitsiauth.Policy{nil, jitsiauth.AnyPassword} {
		b := holding(t, policy)
		for _, password := range []string{strings.Repeat("ab c", 18) + "d", strings.Repeat("あ", 25), "", "zebra\nlemons"} {
			_, err := b.Create(t.Context(), jitsiauth.NewUser{JID: mustJID(t, "alice@meet.jitsi"), Password: password, AllowWeak: true})
			if !errors.Is(err, jitsiauth.ErrInvalid) || reasonOf(err) != "" {
				t.Errorf("%q: %v", password, err)
			}
		}
	}
}

func TestAnyPassword(t *testing.T) {
	b := holding(t, jitsiauth.AnyPassword)
	b.add(t, jitsiauth.NewUser{Password: "alice"}, "alice")
	if err := b.verify(t, "alice", "alice"); err != nil {
		t.Error(err)
	}
}

// Passwords that are there, and hashes that come in, are let alone.
func TestPolicyIsForNewPasswords(t *testing.T) {
	b := holding(t, jitsiauth.AnyPassword)
	old := b.add(t, jitsiauth.NewUser{Password: "alice"}, "alice")
	strict := refusing{&jitsiauth.PolicyError{Reason: "house_rule"}}
	svc, err := jitsiauth.New(b.store, jitsiauth.Options{BcryptCost: bcrypt.MinCost + 1, Policy: strict})
	if err != nil {
		t.Fatal(err)
	}
	b.Service = svc
	for range 2 { // the first login renews the hash
		if err := b.verify(t, "alice", "alice"); err != nil {
			t.Error(err)
		}
	}
	if _, err := b.Update(t.Context(), old.ID, jitsiauth.UserChange{Note: new("x")}); err != nil {
		t.Error(err)
	}
	got := b.imported(t.Context(), t, jitsiauth.ImportOptions{}, line(t, "bob", hashed), line(t, "carol", generated), line(t, "dave", plain))
	if !slices.Equal(got[:2], []string{"created", "created"}) || !strings.Contains(got[2], "must be harder to guess") {
		t.Errorf("%q", got)
	}
}

// refusing is a Policy of an embedder's own.
type refusing struct{ err error }

func (r refusing) Check(string, jitsiauth.JID) error { return r.err }

// An embedder's policy has its own words; only what is a refusal can be
// overridden, a failure can't.
func TestOwnPolicy(t *testing.T) {
	refusal := &jitsiauth.InvalidError{Field: "password", Rule: "must not be a pet's name"}
	failure := errors.New("the list of pets does not answer")
	for _, test := range []struct {
		err  error
		weak bool // can be overridden
	}{
		{refusal, true},
		{&jitsiauth.PolicyError{Reason: "house_rule"}, true},
		{failure, false},
	} {
		b := holding(t, refusing{test.err})
		n := jitsiauth.NewUser{JID: mustJID(t, "alice@meet.jitsi"), Password: password}
		if _, err := b.Create(t.Context(), n); !errors.Is(err, test.err) {
			t.Errorf("%v came as %v", test.err, err)
		}
		n.AllowWeak = true
		if _, err := b.Create(t.Context(), n); (err == nil) != test.weak || err != nil && !errors.Is(err, test.err) {
			t.Errorf("%v, overridden: %v", test.err, err)
		}
	}
}

// asked notes what a Policy is asked.
type asked struct {
	password string
	jid      jitsiauth.JID
}

func (a *asked) Check(password string, jid jitsiauth.JID) error {
	a.password, a.jid = password, jid
	return nil
}

func TestPolicySeesThePreparedPassword(t *testing.T) {
	a := new(asked)
	b := holding(t, a)
	b.add(t, jitsiauth.NewUser{Password: "ｐａｓｓ　１"}, "Alice")
	if a.password != "pass 1" || a.jid != mustJID(t, "alice@meet.jitsi") {
		t.Errorf("asked about %q of %s", a.password, a.jid)
	}
}

// Rights and names come first: a password is not judged for someone who may
// not set it.
func TestPolicyComesLast(t *testing.T) {
	b := holding(t, nil)
	admin := b.add(t, jitsiauth.NewUser{Password: "zebra-lemons", Role: jitsiauth.RoleAdmin}, "root")
	manager := as(t, jitsiauth.RoleManager)
	if _, err := b.SetPassword(manager, admin.ID, jitsiauth.NewPassword{Password: "weak"}); !errors.Is(err, jitsiauth.ErrForbidden) {
		t.Error(err)
	}
	if _, err := b.SetPassword(manager, jitsiauth.ID{}, jitsiauth.NewPassword{Password: "weak", AllowWeak: true}); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Error(err)
	}
	if _, err := b.Create(manager, jitsiauth.NewUser{Password: "weak"}); !errors.Is(err, jitsiauth.ErrInvalid) || reasonOf(err) != "" {
		t.Error(err)
	}
}

func TestImportOptionsCheck(t *testing.T) {
	admin, manager := as(t, jitsiauth.RoleAdmin), as(t, jitsiauth.RoleManager)
	for _, test := range []struct {
		ctx  context.Context
		opts jitsiauth.ImportOptions
		want error
	}{
		{manager, jitsiauth.ImportOptions{}, nil},
		{manager, jitsiauth.ImportOptions{Mode: jitsiauth.ImportUpsert, DryRun: true, Atomic: true}, nil},
		{admin, jitsiauth.ImportOptions{AllowWeak: true}, nil},
		{manager, jitsiauth.ImportOptions{AllowWeak: true}, jitsiauth.ErrForbidden},
		{admin, jitsiauth.ImportOptions{Mode: "replace"}, jitsiauth.ErrInvalid},
	} {
		got := test.opts.Check(test.ctx)
		if !errors.Is(got, test.want) || test.want == nil && got != nil {
			t.Errorf("%+v: %v, want %v", test.opts, got, test.want)
		}
		var began error
		svc := holding(t, nil)
		for _, err := range svc.Import(test.ctx, numbered(nil, nil), test.opts) {
			began = err
		}
		if !errors.Is(began, test.want) || test.want == nil && began != nil {
			t.Errorf("Import with %+v: %v, want %v", test.opts, began, test.want)
		}
	}
}

// A dry run says what the policy says.
func TestImportDryRunAsksThePolicy(t *testing.T) {
	b := holding(t, nil)
	lines := []jitsiauth.ImportLine{line(t, "alice", plain), line(t, "bob", func(l *jitsiauth.ImportLine) { l.Password = "short" })}
	for _, dry := range []bool{true, false} {
		got := b.imported(t.Context(), t, jitsiauth.ImportOptions{DryRun: dry}, lines...)
		if got[0] != "created" || !strings.Contains(got[1], "at least 12 characters") {
			t.Errorf("dry %v: %q", dry, got)
		}
	}
}
