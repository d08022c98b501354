package jitsiauth_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/boltstore"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// goodHash is of "correct horse".
var goodHash = func() string {
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		panic(err)
	}
	return string(hash)
}()

// line makes a line of the default domain.
func line(t testing.TB, name string, change ...func(*jitsiauth.ImportLine)) jitsiauth.ImportLine {
	t.Helper()
	if !strings.Contains(name, "@") {
		name += "@meet.jitsi"
	}
	jid, err := jitsiauth.ParseJID(name)
	if err != nil {
		t.Fatal(err)
	}
	l := jitsiauth.ImportLine{JID: jid}
	for _, f := range change {
		f(&l)
	}
	return l
}

func hashed(l *jitsiauth.ImportLine)    { l.PasswordHash = goodHash }
func plain(l *jitsiauth.ImportLine)     { l.Password = password }
func generated(l *jitsiauth.ImportLine) { l.Generate = true }
func noted(note string) func(*jitsiauth.ImportLine) {
	return func(l *jitsiauth.ImportLine) { l.Fields.Note = &note }
}

func roled(role jitsiauth.Role) func(*jitsiauth.ImportLine) {
	return func(l *jitsiauth.ImportLine) { l.Fields.Role = &role }
}

// numbered yields the lines with their numbers, then the error, if there is one.
func numbered(lines []jitsiauth.ImportLine, err error) iter.Seq2[jitsiauth.ImportLine, error] {
	return func(yield func(jitsiauth.ImportLine, error) bool) {
		for i, l := range lines {
			if l.Line = i + 1; !yield(l, nil) {
				return
			}
		}
		if err != nil {
			yield(jitsiauth.ImportLine{}, err)
		}
	}
}

// imported returns what became of each line, "created", "error: …".
func (b *bench) imported(ctx context.Context, t testing.TB, opts jitsiauth.ImportOptions, lines ...jitsiauth.ImportLine) []string {
	t.Helper()
	var outcomes []string
	for results, err := range b.Import(ctx, numbered(lines, nil), opts) {
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			if r.Line != len(outcomes)+1 {
				t.Errorf("result of line %d, want %d", r.Line, len(outcomes)+1)
			}
			outcome := string(r.Outcome)
			if r.Err != nil {
				outcome += ": " + r.Err.Error()
			}
			outcomes = append(outcomes, outcome)
		}
	}
	return outcomes
}

func wantOutcomes(t testing.TB, got []string, want ...string) {
	t.Helper()
	matches := len(got) == len(want)
	for i := range want {
		matches = matches && strings.HasPrefix(got[i], want[i])
	}
	if !matches {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
}

// head is how many log entries there are.
func (b *bench) head(t testing.TB) uint64 {
	t.Helper()
	head, err := b.store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return head.N
}

func TestImportModes(t *testing.T) {
	b := newBench(t)
	ann := b.add(t, jitsiauth.NewUser{Note: "old"}, "ann")
	lines := []jitsiauth.ImportLine{
		line(t, "zoe", plain), line(t, "ann", plain, noted("new")), line(t, "bob", hashed, roled(jitsiauth.RoleManager)),
		line(t, "bob", hashed), line(t, "cyd", generated), line(t, "dan"),
	}
	wantOutcomes(t, b.imported(t.Context(), t, jitsiauth.ImportOptions{}, lines...),
		"created", "error: already exists", "created", "error: already exists", "created", "error: password: must be given")
	for _, name := range []string{"ann", "bob", "zoe"} {
		if _, err := b.Verify(t.Context(), jitsiauth.Attempt{Username: name, Password: password}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if b.head(t) != 4 {
		t.Errorf("%d log entries", b.head(t))
	}

	// An import leaves alone how often sessions were ended: who is in with a
	// number that is gone could never be told to leave.
	if _, err := b.EndSessions(t.Context(), ann.ID); err != nil {
		t.Fatal(err)
	}

	// Again as an upsert: zoe, ann and bob have these passwords, cyd keeps hers, and
	// whoever is given nothing is unchanged.
	upsert := jitsiauth.ImportOptions{Mode: jitsiauth.ImportUpsert}
	wantOutcomes(t, b.imported(t.Context(), t, upsert, lines...),
		"unchanged", "updated", "unchanged", "unchanged", "unchanged", "error: password: must be given")
	got, err := b.Get(t.Context(), ann.ID)
	if err != nil || got.Note != "new" || got.Revision != 2 || got.CredentialRevision != 1 || got.SessionRevision != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	if b.head(t) != 5+1 { // ann's note
		t.Errorf("%d log entries", b.head(t))
	}
	wantOutcomes(t, b.imported(t.Context(), t, upsert, line(t, "ann"), line(t, "ann", noted("new"))), "unchanged", "unchanged")
	if _, err := jitsiauthImport(b, t.Context(), jitsiauth.ImportOptions{Mode: "replace"}); !errors.Is(err, jitsiauth.ErrInvalid) {
		t.Error(err)
	}
}

// jitsiauthImport returns all results and the error that ended them.
func jitsiauthImport(b *bench, ctx context.Context, opts jitsiauth.ImportOptions, lines ...jitsiauth.ImportLine) (all []jitsiauth.ImportResult, err error) {
	for results, err := range b.Import(ctx, numbered(lines, nil), opts) {
		if err != nil {
			return all, err
		}
		all = append(all, results...)
	}
	return all, nil
}

func TestImportGenerates(t *testing.T) {
	b := newBench(t)
	all, err := jitsiauthImport(b, t.Context(), jitsiauth.ImportOptions{}, line(t, "ann", generated), line(t, "bob", generated))
	if err != nil || all[0].GeneratedPassword == all[1].GeneratedPassword {
		t.Fatalf("%+v, %v", all, err)
	}
	for _, r := range all {
		u, err := b.Verify(t.Context(), jitsiauth.Attempt{Username: r.JID.Local(), Password: r.GeneratedPassword})
		if err != nil || u.ID != r.ID {
			t.Errorf("%s: %v, %v", r.JID, u.ID, err)
		}
	}
}

// Rights are those of Create, Update and SetPassword.
func TestImportRights(t *testing.T) {
	b := newBench(t)
	b.add(t, jitsiauth.NewUser{Role: jitsiauth.RoleAdmin}, "root")
	b.add(t, jitsiauth.NewUser{}, "ann")
	b.add(t, jitsiauth.NewUser{}, "eve@other.example")
	lines := []jitsiauth.ImportLine{
		line(t, "new", plain), line(t, "boss", plain, roled(jitsiauth.RoleManager)), line(t, "root", plain), line(t, "root", noted("x")),
		line(t, "ann", roled(jitsiauth.RoleManager)), line(t, "ann", roled(jitsiauth.RoleUser)), line(t, "ann", hashed),
		line(t, "eve@other.example", noted("x")), line(t, "none@other.example", plain), line(t, "a@third.example", plain),
	}
	as := func(role jitsiauth.Role, domains ...string) context.Context {
		return jitsiauth.WithActor(t.Context(), jitsiauth.Actor{Kind: jitsiauth.ActorToken, Role: role, Domains: domains})
	}
	upsert := jitsiauth.ImportOptions{Mode: jitsiauth.ImportUpsert}
	const no = "error: not allowed"
	wantOutcomes(t, b.imported(as(jitsiauth.RoleUser), t, upsert, lines...), no, no, no, no, no, no, no, no, no, "error: domain")
	wantOutcomes(t, b.imported(as(jitsiauth.RoleManager, "meet.jitsi"), t, upsert, lines...),
		"created", no, no, no, no, "unchanged", no, no, no, no)
	wantOutcomes(t, b.imported(as(jitsiauth.RoleManager), t, upsert, lines...),
		"updated", no, no, no, no, "unchanged", no, "updated", "created", "error: domain")
	wantOutcomes(t, b.imported(as(jitsiauth.RoleAdmin, "meet.jitsi"), t, upsert, lines...),
		"updated", no, "updated", "updated", no, "unchanged", no, no, no, no)
	wantOutcomes(t, b.imported(as(jitsiauth.RoleAdmin), t, upsert, lines...),
		"unchanged", "created", "unchanged", "unchanged", "updated", "updated", "updated", "unchanged", "unchanged", "error: domain")
}

func TestImportBadLines(t *testing.T) {
	b := newBench(t)
	text := func(change func(*jitsiauth.ImportLine, *string), value string) func(*jitsiauth.ImportLine) {
		return func(l *jitsiauth.ImportLine) { change(l, &value) }
	}
	email := func(l *jitsiauth.ImportLine, v *string) { l.Fields.Email = v }
	hash := func(l *jitsiauth.ImportLine, v *string) { l.PasswordHash = *v }
	for _, test := range []struct {
		line  jitsiauth.ImportLine
		field string
	}{
		{jitsiauth.ImportLine{Password: password}, "jid"},
		{line(t, "ann", plain, hashed), "password_hash"},
		{line(t, "ann", plain, generated), "generate"},
		{line(t, "ann", hashed, generated), "generate"},
		{line(t, "ann", plain, text(email, "x")), "email"},
		{line(t, "ann", plain, roled("god")), "role"},
		{line(t, "ann", plain, noted("a\x00b")), "note"},
		{line(t, "ann", func(l *jitsiauth.ImportLine) { l.Password = strings.Repeat("x", 73) }), "password"},
		{line(t, "01234567-89ab-7def-8123-456789abcdef", plain), "username"},
		{line(t, "ann", text(hash, "x")), "password_hash"},
		{line(t, "ann", text(hash, goodHash[:59])), "password_hash"},
		{line(t, "ann", text(hash, goodHash+"x")), "password_hash"},
		{line(t, "ann", text(hash, "$2x$"+goodHash[4:])), "password_hash"},
		{line(t, "ann", text(hash, "$2a$03"+goodHash[6:])), "password_hash"},
		{line(t, "ann", text(hash, "$2a$15"+goodHash[6:])), "password_hash"},
		{line(t, "ann", text(hash, "$2a$1x"+goodHash[6:])), "password_hash"},
		{line(t, "ann", text(hash, goodHash[:59]+"-")), "password_hash"},
		{line(t, "ann", text(hash, goodHash[:20]+" "+goodHash[21:])), "password_hash"},
		{line(t, "ann", text(hash, goodHash[:59]+"/")), "password_hash"}, // bits that bcrypt never sets
	} {
		for _, opts := range []jitsiauth.ImportOptions{{}, {Mode: jitsiauth.ImportUpsert}, {DryRun: true}, {Atomic: true}} {
			all, err := jitsiauthImport(b, t.Context(), opts, test.line)
			var invalid *jitsiauth.InvalidError
			if err != nil || len(all) != 1 || !errors.As(all[0].Err, &invalid) || invalid.Field != test.field {
				t.Errorf("%+v: %+v, %v", test.line, all, err)
			}
		}
	}
	for _, prefix := range []string{"$2a", "$2b", "$2y"} {
		wantOutcomes(t, b.imported(t.Context(), t, jitsiauth.ImportOptions{}, line(t, "ann"+prefix[2:], text(hash, prefix+goodHash[3:]))), "created")
		if _, err := b.Verify(t.Context(), jitsiauth.Attempt{Username: "ann" + prefix[2:], Password: password}); err != nil {
			t.Errorf("%s: %v", prefix, err)
		}
	}
	if b.head(t) != 3 {
		t.Errorf("%d log entries, want 3", b.head(t))
	}
}

// A dry run says what the import then does, and writes nothing.
func TestImportDryRun(t *testing.T) {
	for _, mode := range []jitsiauth.ImportMode{jitsiauth.ImportCreate, jitsiauth.ImportUpsert} {
		for _, atomic := range []bool{false, true} {
			b := newBench(t)
			b.add(t, jitsiauth.NewUser{}, "ann")
			lines := []jitsiauth.ImportLine{
				line(t, "ann", noted("x")), line(t, "bob", plain), line(t, "bob", plain), line(t, "cyd", generated), line(t, "dan"),
				line(t, "ann"),
				{Err: errors.New("can't be read")},
			}
			if atomic && mode == jitsiauth.ImportUpsert {
				lines = lines[:4] // all are right
			}
			before := b.head(t)
			opts := jitsiauth.ImportOptions{Mode: mode, DryRun: true, Atomic: atomic}
			dry := b.imported(t.Context(), t, opts, lines...)
			if b.head(t) != before {
				t.Errorf("%s: a dry run wrote", mode)
			}
			opts.DryRun = false
			if real := b.imported(t.Context(), t, opts, lines...); !slices.Equal(dry, real) {
				t.Errorf("%s:\n dry %q\nreal %q", mode, dry, real)
			}
		}
	}
}

// A dry run knows names again that stand in another chunk.
func TestImportDryRunRemembers(t *testing.T) {
	b := newBench(t)
	var lines []jitsiauth.ImportLine
	for i := range 1200 {
		lines = append(lines, line(t, fmt.Sprint("user", i%1100), hashed))
	}
	dry := b.imported(t.Context(), t, jitsiauth.ImportOptions{DryRun: true}, lines...)
	real := b.imported(t.Context(), t, jitsiauth.ImportOptions{}, lines...)
	if !slices.Equal(dry, real) || real[1099] != "created" || !strings.Contains(real[1100], "exists") {
		t.Errorf("%q", real[1099:1102])
	}
}

func TestImportAtomic(t *testing.T) {
	b := newBench(t)
	b.add(t, jitsiauth.NewUser{}, "ann")
	before := b.head(t)
	atomic := jitsiauth.ImportOptions{Atomic: true, Mode: jitsiauth.ImportUpsert}
	wantOutcomes(t, b.imported(t.Context(), t, atomic, line(t, "bob", plain), line(t, "ann", noted("x")), line(t, "cyd"), line(t, "dan", plain)),
		"error: not applied", "error: not applied", "error: password", "error: not applied")
	if b.head(t) != before {
		t.Error("something was written")
	}
	wantOutcomes(t, b.imported(t.Context(), t, atomic, line(t, "bob", plain), line(t, "ann", noted("x"), plain)), "created", "updated")

	var many []jitsiauth.ImportLine
	for i := range jitsiauth.MaxAtomicImport + 1 {
		many = append(many, line(t, fmt.Sprint("user", i), hashed))
	}
	before = b.head(t)
	all, err := jitsiauthImport(b, t.Context(), atomic, many...)
	if len(all) != 0 || !errors.Is(err, jitsiauth.ErrInvalid) || b.head(t) != before {
		t.Errorf("%d results, %v", len(all), err)
	}
	all, err = jitsiauthImport(b, t.Context(), atomic, many[1:]...)
	if len(all) != jitsiauth.MaxAtomicImport || err != nil || b.head(t) != before+jitsiauth.MaxAtomicImport {
		t.Errorf("%d results, %v", len(all), err)
	}
}

// What was read before the input broke is written, but not of an atomic import.
func TestImportBrokenInput(t *testing.T) {
	broken := errors.New("the caller hung up")
	for _, atomic := range []bool{false, true} {
		b := newBench(t)
		n, last := 0, error(nil)
		for results, err := range b.Import(t.Context(), numbered([]jitsiauth.ImportLine{line(t, "ann", plain), line(t, "bob", hashed)}, broken),
			jitsiauth.ImportOptions{Atomic: atomic}) {
			n += len(results)
			last = err
		}
		want := map[bool]int{false: 2, true: 0}[atomic]
		if n != want || b.head(t) != uint64(want) || !errors.Is(last, broken) { //nolint:gosec // small
			t.Errorf("atomic %t: %d results, %d entries, %v", atomic, n, b.head(t), last)
		}
	}
}

// failing is a store whose transactions fail at the end.
type failing struct{ *memstore.Store }

var errDisk = errors.New("disk full")

func (s failing) Batch(ctx context.Context, work func(jitsiauth.UserTx) error) error {
	return s.Store.Batch(ctx, func(tx jitsiauth.UserTx) error {
		if err := work(tx); err != nil {
			return err
		}
		return errDisk
	})
}

// A failure is not the fault of a line.
func TestImportFailure(t *testing.T) {
	b := benchOn(t, failing{memstore.New()}, bcrypt.MinCost)
	if all, err := jitsiauthImport(b, t.Context(), jitsiauth.ImportOptions{}, line(t, "ann", plain)); len(all) != 0 || !errors.Is(err, errDisk) {
		t.Errorf("%+v, %v", all, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if all, err := jitsiauthImport(newBench(t), ctx, jitsiauth.ImportOptions{}, line(t, "ann", plain)); len(all) != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("%+v, %v", all, err)
	}
}

// Many lines take no more memory than some do.
func TestImportExportMany(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 100,000 accounts")
	}
	const accounts, bound = 100_000, 96 << 20
	store, err := boltstore.Open(filepath.Join(t.TempDir(), "test.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	b := benchOn(t, store, bcrypt.MinCost)
	lines := func(yield func(jitsiauth.ImportLine, error) bool) {
		for i := range accounts {
			l := line(t, fmt.Sprintf("user%06d", i*7919%accounts), hashed, noted(strings.Repeat("x", 100)))
			if l.Line = i + 1; !yield(l, nil) {
				return
			}
		}
	}
	var most uint64
	heap := func() {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		most = max(most, m.HeapAlloc)
	}
	created, seen := 0, 0
	for results, err := range b.Import(t.Context(), lines, jitsiauth.ImportOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			if r.Outcome != jitsiauth.ImportCreated {
				t.Fatalf("%+v", r)
			}
			created++
		}
		heap()
	}
	for r, err := range b.Export(t.Context(), jitsiauth.ExportOptions{}) {
		if err != nil || r.PasswordHash != "" {
			t.Fatal(err)
		}
		if seen++; seen%1000 == 0 {
			heap()
		}
	}
	if created != accounts || seen != accounts {
		t.Errorf("%d created, %d exported", created, seen)
	}
	t.Logf("heap of at most %d MiB", most>>20)
	if most > bound {
		t.Errorf("heap of %d MiB", most>>20)
	}
}

func BenchmarkImportHashed(b *testing.B) {
	store, err := boltstore.Open(filepath.Join(b.TempDir(), "test.db"), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	svc := benchOn(b, store, bcrypt.MinCost)
	lines := func(yield func(jitsiauth.ImportLine, error) bool) {
		for i := 0; b.Loop(); i++ {
			l := line(b, fmt.Sprintf("user%09d", i), hashed)
			if l.Line = i + 1; !yield(l, nil) {
				return
			}
		}
	}
	for _, err := range svc.Import(b.Context(), lines, jitsiauth.ImportOptions{}) {
		if err != nil {
			b.Fatal(err)
		}
	}
}
