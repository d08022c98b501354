package jitsiauth_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// Deleting an account ends its links. An import that brings the ID back, with another
// hash even, must not bring them back to life.
func TestResetLinkComesBackWithTheID(t *testing.T) {
	b := newBench(t)
	u := b.add(t, jitsiauth.NewUser{}, "ann")
	l, secret := b.reset(t, u.ID)
	if err := b.Delete(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	if got := b.state(t, l.ID); got != jitsiauth.LinkVoid {
		t.Fatalf("after the deletion: %q", got)
	}
	back := line(t, "ann", scram)
	back.ID = u.ID
	b.only(t, jitsiauth.ImportOptions{}, back)
	if got := b.state(t, l.ID); got != jitsiauth.LinkVoid {
		t.Errorf("after the import: %q", got)
	}
	if _, err := b.SpendReset(t.Context(), secret, jitsiauth.NewPassword{Password: "the finder's"}); err == nil {
		t.Error("the link of the deleted account sets the password of the imported one")
	}
}

// A reader of the feed that was away sees no ending of the sessions of an account
// that was deleted and imported again with another password.
func TestFeedAfterTheIDComesBack(t *testing.T) {
	b := newBench(t)
	u := b.add(t, jitsiauth.NewUser{}, "ann")
	from, err := b.FeedHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Delete(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	back := line(t, "ann", scram)
	back.ID = u.ID
	b.only(t, jitsiauth.ImportOptions{}, back)
	events, _, err := b.WaitEndings(t.Context(), from, 0)
	if err != nil {
		t.Fatal(err)
	}
	now := b.record(t, "ann")
	if len(events) == 0 && now.CredentialRevision == u.CredentialRevision && now.SessionRevision == u.SessionRevision {
		t.Error("who logged in with the password of the deleted account stays in: no event, and the revisions are the same")
	}
}

// atBatch is a store in which something happens just before a transaction.
type atBatch struct {
	*memstore.Store
	happens func()
}

func (s *atBatch) Batch(ctx context.Context, work func(jitsiauth.UserTx) error) error {
	if happens := s.happens; happens != nil {
		s.happens = nil
		happens()
	}
	return s.Store.Batch(ctx, work)
}

// An upsert of the password that the account has, while its owner logs in for the
// first time: the hash is renewed between the comparison and the transaction.
func TestUpsertWhileTheHashIsRenewed(t *testing.T) {
	store := &atBatch{Store: memstore.New()}
	b := benchOn(t, store, bcrypt.MinCost)
	b.only(t, jitsiauth.ImportOptions{}, line(t, "ann", scram))
	before := b.record(t, "ann")
	store.happens = func() {
		if err := b.verify(t, "ann", "pencil"); err != nil {
			t.Error(err)
		}
	}
	r := b.only(t, jitsiauth.ImportOptions{Mode: jitsiauth.ImportUpsert}, line(t, "ann", migrated("pencil")))
	if r.Outcome != jitsiauth.ImportUnchanged || b.record(t, "ann").CredentialRevision != before.CredentialRevision {
		t.Errorf("%+v; a login that renews the hash is no change of the password", r)
	}
}

// Migrated is about Password. A manager can't say it, and a generated password has
// no history.
func TestMigratedGenerated(t *testing.T) {
	b := newBench(t)
	l := line(t, "ann", generated)
	l.Migrated = true
	for results, err := range b.Import(as(t, jitsiauth.RoleManager), numbered([]jitsiauth.ImportLine{l}, nil), jitsiauth.ImportOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		if results[0].Err == nil && b.record(t, "ann").PasswordKind != jitsiauth.PasswordSet {
			t.Errorf("a manager's generated password is of kind %q", b.record(t, "ann").PasswordKind)
		}
	}
}

// many makes lines that lie in different chunks, of any size up to 5,000, with the
// two given at the ends.
func many(t *testing.T, first, last jitsiauth.ImportLine) []jitsiauth.ImportLine {
	lines := []jitsiauth.ImportLine{first}
	for i := range 5000 {
		lines = append(lines, line(t, fmt.Sprint("user", i), hashed))
	}
	return append(lines, last)
}

// A dry run of fill that has a name twice, far apart, promises a change that fill
// never makes.
func TestDryFillTwice(t *testing.T) {
	b := newBench(t)
	lines := many(t, line(t, "ann", hashed), line(t, "ann", hashed))
	dry := b.imported(t.Context(), t, jitsiauth.ImportOptions{Mode: jitsiauth.ImportFill, DryRun: true}, lines...)
	real := b.imported(t.Context(), t, jitsiauth.ImportOptions{Mode: jitsiauth.ImportFill}, lines...)
	if n := len(lines) - 1; dry[n] != real[n] {
		t.Errorf("dry run: %s; real run: %s", dry[n], real[n])
	}
}

// A dry run doesn't know IDs again.
func TestDrySameID(t *testing.T) {
	b := newBench(t)
	id := jitsiauth.ID{1, 2, 3}
	withID := func(l *jitsiauth.ImportLine) { l.ID = id }
	lines := many(t, line(t, "ann", hashed, withID), line(t, "zoe", hashed, withID))
	dry := b.imported(t.Context(), t, jitsiauth.ImportOptions{DryRun: true}, lines...)
	real := b.imported(t.Context(), t, jitsiauth.ImportOptions{}, lines...)
	if n := len(lines) - 1; dry[n] != real[n] {
		t.Errorf("dry run: %s; real run: %s", dry[n], real[n])
	}
}

// The same name twice: back to the password that is there. The dry run says
// updated, the real run refuses the line.
func TestUpsertThereAndBack(t *testing.T) {
	b := newBench(t)
	b.add(t, jitsiauth.NewUser{}, "ann")
	lines := []jitsiauth.ImportLine{line(t, "ann", migrated("another one")), line(t, "ann", plain)}
	dry := b.imported(t.Context(), t, jitsiauth.ImportOptions{Mode: jitsiauth.ImportUpsert, DryRun: true}, lines...)
	real := b.imported(t.Context(), t, jitsiauth.ImportOptions{Mode: jitsiauth.ImportUpsert}, lines...)
	if !slices.Equal(dry, real) {
		t.Errorf("dry run: %s; real run: %s", dry, real)
	}
}

// What one instance exports another imports to the same accounts.
func TestExportImportExport(t *testing.T) {
	a, b := newBench(t), newBench(t)
	a.add(t, jitsiauth.NewUser{Note: "n"}, "ann")
	b.clock.Add(24 * time.Hour)
	for r, err := range a.Export(t.Context(), jitsiauth.ExportOptions{Hashes: true}) {
		if err != nil {
			t.Fatal(err)
		}
		b.only(t, jitsiauth.ImportOptions{}, jitsiauth.ImportLine{
			JID: r.JID, PasswordHash: r.PasswordHash, ID: r.ID, Vetted: r.PasswordKind == jitsiauth.PasswordSet, CreatedAt: r.CreatedAt, PasswordChangedAt: r.PasswordChangedAt,
			Fields: jitsiauth.UserChange{Note: &r.Note, Role: &r.Role, Disabled: &r.Disabled},
		})
	}
	x, y := a.record(t, "ann").User, b.record(t, "ann").User
	x.UpdatedAt, x.CredentialRevision, x.SessionRevision = y.UpdatedAt, y.CredentialRevision, y.SessionRevision
	if x != y {
		t.Errorf("%+v became %+v", x, y)
	}
}

// One record has many spellings, and HashOrigin knows each as another password,
// which ends sessions.
func TestSCRAMSpellings(t *testing.T) {
	for name, spelling := range map[string]string{
		"sign":       strings.Replace(pencil, "$4096", "$+4096", 1),
		"zeros":      strings.Replace(pencil, "$4096", "$0000000004096", 1),
		"line break": strings.Replace(pencil, "QSXC", "QS\r\nXC", 1),
		"spare bits": strings.Replace(pencil, "U2g7vK9Y=", "U2g7vK9Z=", 1),
	} {
		b := newBench(t)
		if r := b.only(t, jitsiauth.ImportOptions{}, line(t, "ann", withHash(spelling))); r.Err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// The records of long passwords are made outside of the queue that bounds hashing.
func TestLongMigratedPasswordsQueue(t *testing.T) {
	b := newBench(t)
	b.only(t, jitsiauth.ImportOptions{}, line(t, "ann", migrated(strings.Repeat("x", 80))))
	if n := b.Stats().Lanes["change"].Hashed; n != 1 {
		t.Errorf("%d places of the queue taken, want 1", n)
	}
}

// HashOrigin is made of the hash: who may not have that gets neither.
func TestExportLeavesNoTraceOfHashes(t *testing.T) {
	b := newBench(t)
	b.only(t, jitsiauth.ImportOptions{}, line(t, "ann", scram))
	for r, err := range b.Export(as(t, jitsiauth.RoleManager), jitsiauth.ExportOptions{}) {
		if err != nil || r.HashOrigin != "" {
			t.Errorf("%q, %v", r.HashOrigin, err)
		}
	}
}

// A name twice in a chunk: a hash, and then the password that is there.
func TestUpsertHashAndBack(t *testing.T) {
	b := newBench(t)
	b.add(t, jitsiauth.NewUser{}, "ann")
	lines := []jitsiauth.ImportLine{line(t, "ann", scram), line(t, "ann", plain)}
	dry := b.imported(t.Context(), t, jitsiauth.ImportOptions{Mode: jitsiauth.ImportUpsert, DryRun: true}, lines...)
	real := b.imported(t.Context(), t, jitsiauth.ImportOptions{Mode: jitsiauth.ImportUpsert}, lines...)
	if !slices.Equal(dry, real) {
		t.Errorf("dry run: %s; real run: %s", dry, real)
	}
}

// A password that no policy has seen: the log tells of AllowWeak, and must of this.
func TestLogOfMigrated(t *testing.T) {
	b := benchWith(t, memstore.New(), bcrypt.MinCost, jitsiauth.Options{Policy: jitsiauth.DefaultPolicy()})
	b.only(t, jitsiauth.ImportOptions{AllowWeak: true}, line(t, "ann", func(l *jitsiauth.ImportLine) { l.Password = "x" }))
	b.only(t, jitsiauth.ImportOptions{}, line(t, "bob", migrated("x")))
	log := b.changes(t)
	if !slices.Contains(log[0].Fields, "weak_password") || !slices.Contains(log[1].Fields, "migrated") {
		t.Errorf("%v %v", log[0].Fields, log[1].Fields)
	}
}
