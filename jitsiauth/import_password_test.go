package jitsiauth_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// pencil is the example of RFC 5802 §5, whose password is "pencil".
const pencil = "SCRAM-SHA-1$4096:QSXCR+Q6sek8bf92$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:D+CSWLOshSulAsxiupA+qs2/fTE="

func scram(l *jitsiauth.ImportLine)      { l.PasswordHash = pencil }
func noPassword(l *jitsiauth.ImportLine) { l.NoPassword = true }

func withHash(hash string) func(*jitsiauth.ImportLine) {
	return func(l *jitsiauth.ImportLine) { l.PasswordHash = hash }
}

func migrated(password string) func(*jitsiauth.ImportLine) {
	return func(l *jitsiauth.ImportLine) { l.Password, l.Migrated = password, true }
}

// only imports one line and returns its result.
func (b *bench) only(t testing.TB, opts jitsiauth.ImportOptions, l jitsiauth.ImportLine) jitsiauth.ImportResult {
	t.Helper()
	all, err := jitsiauthImport(b, t.Context(), opts, l)
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	return all[0]
}

func (b *bench) record(t testing.TB, name string) jitsiauth.Record {
	t.Helper()
	jid, err := b.ParseJID(name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := b.store.UserByJID(t.Context(), jid)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// An import that fills in leaves everybody alone who has a password.
func TestImportFills(t *testing.T) {
	b := newBench(t)
	b.add(t, jitsiauth.NewUser{Note: "mine"}, "ann")
	fill := jitsiauth.ImportOptions{Mode: jitsiauth.ImportFill}
	lines := []jitsiauth.ImportLine{
		line(t, "ann", scram, noted("theirs")), line(t, "bob", scram), line(t, "cyd", noPassword), line(t, "dan", migrated("short")), line(t, "eve"),
	}
	first := []string{"unchanged", "created", "created", "created", "error: password: must be given"}
	dry := fill
	dry.DryRun = true
	wantOutcomes(t, b.imported(t.Context(), t, dry, lines...), first...)
	wantOutcomes(t, b.imported(t.Context(), t, fill, lines...), first...)
	head := b.head(t)
	wantOutcomes(t, b.imported(t.Context(), t, fill, lines[:4]...), "unchanged", "unchanged", "unchanged", "unchanged")
	if b.head(t) != head {
		t.Error("a second run left entries in the log")
	}
	if ann := b.record(t, "ann"); ann.Note != "mine" || ann.PasswordKind != jitsiauth.PasswordSet {
		t.Errorf("%+v", ann)
	}
	if err := b.verify(t, "ann", password); err != nil {
		t.Error(err)
	}
	// A password that is missing is filled in, and nothing else.
	r := b.only(t, fill, line(t, "cyd", generated, noted("theirs")))
	if r.Outcome != jitsiauth.ImportUpdated || !slices.Equal(r.Changed, []string{"password"}) || b.record(t, "cyd").Note != "" {
		t.Errorf("%+v", r)
	}
	if err := b.verify(t, "cyd", r.GeneratedPassword); err != nil {
		t.Error(err)
	}
}

func TestPasswordKinds(t *testing.T) {
	b := newBench(t)
	long := strings.Repeat("x", 73)
	for name, want := range map[string]struct {
		change func(*jitsiauth.ImportLine)
		kind   jitsiauth.PasswordKind
	}{
		"ann": {plain, jitsiauth.PasswordSet},
		"bob": {generated, jitsiauth.PasswordSet},
		"cyd": {hashed, jitsiauth.PasswordImported},
		"dan": {scram, jitsiauth.PasswordSCRAM},
		"eve": {migrated("short"), jitsiauth.PasswordImported},
		"fay": {migrated(long), jitsiauth.PasswordSCRAM},
		"gus": {noPassword, jitsiauth.PasswordNone},
	} {
		r := b.only(t, jitsiauth.ImportOptions{}, line(t, name, want.change))
		if got := b.record(t, name); got.PasswordKind != want.kind || r.NoPassword != (want.kind == jitsiauth.PasswordNone) || (got.PasswordHash == "") != r.NoPassword {
			t.Errorf("%s: %+v, %+v", name, got, r)
		}
	}
	for name, password := range map[string]string{"cyd": password, "dan": "pencil", "eve": "short", "fay": long} {
		if err := b.verify(t, name, password); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for kind, want := range map[jitsiauth.PasswordKind]int{jitsiauth.PasswordImported: 3, jitsiauth.PasswordSCRAM: 1, jitsiauth.PasswordNone: 1} {
		if page, err := b.List(t.Context(), jitsiauth.ListQuery{PasswordKind: kind}); err != nil || len(page.Users) != want {
			t.Errorf("%s: %+v, %v", kind, page.Users, err)
		}
	}
	if _, err := b.List(t.Context(), jitsiauth.ListQuery{PasswordKind: "good"}); !errors.Is(err, jitsiauth.ErrInvalid) {
		t.Error(err)
	}
	if err := b.verify(t, "gus", ""); !errors.Is(err, jitsiauth.ErrBadCredentials) {
		t.Error(err)
	}
	gus := b.record(t, "gus")
	if _, err := b.SetPassword(t.Context(), gus.ID, jitsiauth.NewPassword{Password: "new"}); err != nil || b.record(t, "gus").PasswordKind != jitsiauth.PasswordSet {
		t.Errorf("%v, %+v", err, b.record(t, "gus"))
	}
}

// What an account has already makes no change, whatever a login made of it.
func TestUpsertOfTheSamePassword(t *testing.T) {
	b := newBench(t)
	upsert := jitsiauth.ImportOptions{Mode: jitsiauth.ImportUpsert}
	dry := jitsiauth.ImportOptions{Mode: jitsiauth.ImportUpsert, DryRun: true}
	low, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	lines := []jitsiauth.ImportLine{line(t, "ann", scram), line(t, "bob", withHash(string(low))), line(t, "cyd", plain), line(t, "dan", migrated("pencil"))}
	b.imported(t.Context(), t, upsert, lines...)
	dearer := benchOn(t, b.store, bcrypt.MinCost+1)
	for name, password := range map[string]string{"ann": "pencil", "bob": password, "cyd": password, "dan": "pencil"} {
		if err := dearer.verify(t, name, password); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if cost, err := bcrypt.Cost([]byte(b.record(t, name).PasswordHash)); err != nil || cost != bcrypt.MinCost+1 {
			t.Fatalf("%s was not renewed: %v, %v", name, cost, err)
		}
	}
	head := b.head(t)
	for _, opts := range []jitsiauth.ImportOptions{dry, upsert} {
		wantOutcomes(t, b.imported(t.Context(), t, opts, lines...), "unchanged", "unchanged", "unchanged", "unchanged")
	}
	if b.head(t) != head {
		t.Error("nothing was changed, and the log grew")
	}
	// Another password is one.
	for i, l := range []jitsiauth.ImportLine{line(t, "ann", hashed), line(t, "bob", scram), line(t, "cyd", migrated("other")), line(t, "dan", migrated("other"))} {
		for _, opts := range []jitsiauth.ImportOptions{dry, upsert} {
			if r := b.only(t, opts, l); !slices.Equal(r.Changed, []string{"password"}) || r.Outcome != jitsiauth.ImportUpdated {
				t.Errorf("%d: %+v", i, r)
			}
		}
	}
}

// Whoever may not see hashes must not find out passwords by guessing.
func TestUpsertIsNoOracle(t *testing.T) {
	b := newBench(t)
	b.add(t, jitsiauth.NewUser{}, "ann")
	for _, ctx := range []context.Context{as(t, jitsiauth.RoleManager), as(t, jitsiauth.RoleAdmin, "meet.jitsi")} {
		for _, dry := range []bool{true, false} {
			wantOutcomes(t, b.imported(ctx, t, jitsiauth.ImportOptions{Mode: jitsiauth.ImportUpsert, DryRun: dry}, line(t, "ann", plain)), "updated")
		}
	}
}

func TestImportNamesWhatChanges(t *testing.T) {
	b := newBench(t)
	b.add(t, jitsiauth.NewUser{Note: "old", Email: "a@example.org"}, "ann")
	email, until := "", time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	l := line(t, "ann", noted("new"), migrated("other"))
	l.Fields.Email, l.Fields.ValidUntil = &email, &until
	want := []string{"email", "note", "valid_until", "password"}
	for _, dry := range []bool{true, false} {
		r := b.only(t, jitsiauth.ImportOptions{Mode: jitsiauth.ImportUpsert, DryRun: dry}, l)
		if r.Outcome != jitsiauth.ImportUpdated || !slices.Equal(r.Changed, want) {
			t.Errorf("dry %v: %+v", dry, r)
		}
	}
}

// A hash that can't be compared with makes an account without a password, where
// the caller says so, and touches none that has one.
func TestImportWithoutPassword(t *testing.T) {
	b := newBench(t)
	b.add(t, jitsiauth.NewUser{}, "ann")
	apache := withHash("$apr1$o9fqPCAc$xNrEEa9VDnsmjzBOvGrNq1")
	lines := []jitsiauth.ImportLine{line(t, "ann", apache), line(t, "bob", apache), line(t, "cyd", scram)}
	wantOutcomes(t, b.imported(t.Context(), t, jitsiauth.ImportOptions{}, lines...), "error: password_hash", "error: password_hash", "created")
	opts := jitsiauth.ImportOptions{Mode: jitsiauth.ImportUpsert, WithoutPassword: true}
	all, err := jitsiauthImport(b, t.Context(), opts, lines...)
	if err != nil || all[0].Outcome != jitsiauth.ImportUnchanged || all[0].NoPassword || all[1].Outcome != jitsiauth.ImportCreated || !all[1].NoPassword {
		t.Fatalf("%+v, %v", all, err)
	}
	for _, r := range all[:2] {
		if !errors.Is(r.Notice, jitsiauth.ErrInvalid) || !strings.Contains(r.Notice.Error(), "$apr1$") {
			t.Errorf("%+v", r)
		}
	}
	if all[2].Notice != nil || b.verify(t, "ann", password) != nil {
		t.Errorf("%+v", all[2])
	}
	again := b.only(t, opts, lines[1])
	if again.Outcome != jitsiauth.ImportUnchanged || !again.NoPassword {
		t.Errorf("%+v", again)
	}
}

// An account of another instance stays the account that it is.
func TestImportKeepsIDs(t *testing.T) {
	b := newBench(t)
	ann := b.add(t, jitsiauth.NewUser{}, "ann")
	id := jitsiauth.ID{1, 2, 3, 4, 5, 6, 0x70, 8, 0x80, 10, 11, 12, 13, 14, 15, 16}
	then := b.clock.Now().Add(-time.Hour)
	from := func(id jitsiauth.ID) func(*jitsiauth.ImportLine) {
		return func(l *jitsiauth.ImportLine) {
			l.ID, l.CreatedAt, l.PasswordChangedAt = id, then, then.Add(time.Minute)
		}
	}
	lines := []jitsiauth.ImportLine{
		line(t, "bob", scram, from(id)),                    // kept
		line(t, "cyd", scram, from(id)),                    // taken by bob
		line(t, "dan", scram, from(ann.ID)),                // taken before
		line(t, "eve", plain, from(jitsiauth.ID{9, 0x70})), // somebody new, by a spreadsheet
		line(t, "ann", noted("x"), from(id)),               // is who she is
		line(t, "fay", noPassword, from(jitsiauth.ID{8, 0x70})),
	}
	upsert := jitsiauth.ImportOptions{Mode: jitsiauth.ImportUpsert}
	const taken = "error: id: must not be that of another account"
	wantOutcomes(t, b.imported(t.Context(), t, upsert, lines...), "created", taken, taken, "created", "updated", "created")
	bob, eve := b.record(t, "bob"), b.record(t, "eve")
	if bob.ID != id || !bob.CreatedAt.Equal(then) || !bob.PasswordChangedAt.Equal(then.Add(time.Minute)) {
		t.Errorf("%+v", bob)
	}
	if eve.ID == lines[3].ID || !eve.CreatedAt.Equal(b.clock.Now()) || b.record(t, "ann").ID != ann.ID || b.record(t, "fay").ID != lines[5].ID {
		t.Errorf("%+v", eve)
	}
	wantOutcomes(t, b.imported(as(t, jitsiauth.RoleManager), t, upsert, line(t, "gus", noPassword, from(jitsiauth.ID{7, 0x70}))), "created")
	if b.record(t, "gus").ID == (jitsiauth.ID{7, 0x70}) {
		t.Error("a manager chose an ID")
	}
	future := b.only(t, upsert, line(t, "hal", scram, func(l *jitsiauth.ImportLine) { l.CreatedAt = b.clock.Now().Add(time.Hour) }))
	if future.Outcome != jitsiauth.ImportCreated || !b.record(t, "hal").CreatedAt.Equal(b.clock.Now()) {
		t.Errorf("%+v", future)
	}
}

// An account that comes back with its ID and another password is not let in with
// the old one, which was proven a moment ago.
func TestProofOfAnIDThatComesAgain(t *testing.T) {
	b := newBench(t)
	ann := b.add(t, jitsiauth.NewUser{}, "ann")
	if err := errors.Join(b.verify(t, "ann", password), b.Delete(t.Context(), ann.ID)); err != nil {
		t.Fatal(err)
	}
	wantOutcomes(t, b.imported(t.Context(), t, jitsiauth.ImportOptions{}, line(t, "ann", scram, func(l *jitsiauth.ImportLine) { l.ID = ann.ID })), "created")
	if got := b.record(t, "ann"); got.ID != ann.ID {
		t.Fatalf("%+v", got)
	}
	if err := b.verify(t, "ann", password); !errors.Is(err, jitsiauth.ErrBadCredentials) {
		t.Errorf("the password of before: %v", err)
	}
}

// Passwords that people have already are for administrators to bring.
func TestMigratedRights(t *testing.T) {
	b := benchWith(t, memstore.New(), bcrypt.MinCost, jitsiauth.Options{Policy: jitsiauth.DefaultPolicy()})
	wantOutcomes(t, b.imported(as(t, jitsiauth.RoleManager), t, jitsiauth.ImportOptions{}, line(t, "ann", migrated("short"))), "error: not allowed")
	wantOutcomes(t, b.imported(t.Context(), t, jitsiauth.ImportOptions{}, line(t, "ann", migrated("short")), line(t, "bob", migrated("a\x00b"))), "created", "error: password")
	wantOutcomes(t, b.imported(t.Context(), t, jitsiauth.ImportOptions{AllowWeak: true}, line(t, "cyd", hashed)), "created")
}

// Whoever came in without a password gets one by a link.
func TestResetLinkForNoPassword(t *testing.T) {
	b := newBench(t)
	id := b.only(t, jitsiauth.ImportOptions{}, line(t, "ann", noPassword)).ID
	_, secret := b.reset(t, id)
	if u, err := b.SpendReset(t.Context(), secret, typed("my own")); err != nil || u.PasswordKind != jitsiauth.PasswordSet {
		t.Errorf("%+v, %v", u, err)
	}
	if err := b.verify(t, "ann", "my own"); err != nil {
		t.Error(err)
	}
}
