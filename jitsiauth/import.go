package jitsiauth

import (
	"cmp"
	"context"
	"errors"
	"hash/maphash"
	"iter"
	"slices"
	"strings"
	"time"
)

// MaxAtomicImport bounds the lines of an import with ImportOptions.Atomic.
const MaxAtomicImport = 1000

// ImportLine is one account of an import.
type ImportLine struct {
	Line int   // where it stands in the input; the result repeats it
	Err  error // why it can't be read, if it can't; the rest does not matter then
	JID  JID
	// Password, PasswordHash and Generate exclude each other; a new account
	// needs one, or NoPassword. An account that exists keeps its password unless
	// Password or PasswordHash is given: Generate is for those that have none (with
	// ImportUpsert for new ones alone), so that an import can be repeated. PasswordHash needs an administrator. It is a bcrypt hash of
	// cost MinBcryptCost to MaxBcryptCost, or a SCRAM-SHA-1 or SCRAM-SHA-256 record of
	// up to 100,000 iterations in the form of RFC 5803; an account has it already
	// whose password came from that hash, also if a login has made another of it.
	Password     string
	PasswordHash string
	Generate     bool
	// Migrated says that people have Password already, from elsewhere, so that the
	// Policy is not asked, and it may be longer than MaxPasswordBytes: then it
	// becomes a SCRAM record. It needs an administrator.
	Migrated bool
	// NoPassword makes a new account that nobody can log in to yet, where the line
	// has no password.
	NoPassword bool
	// Vetted says that PasswordHash is bcrypt's of a password that another instance held
	// to its Policy: the account's PasswordKind is PasswordSet.
	Vetted bool
	// ID, CreatedAt and PasswordChangedAt are of an account of another instance. A new
	// account keeps them, if an administrator imports it with PasswordHash, Migrated
	// or NoPassword; zero: a new ID, now.
	ID                ID
	CreatedAt         time.Time
	PasswordChangedAt time.Time
	Fields            UserChange // nil: default of a new account, or what it is
}

// ImportMode says what to do about accounts that exist.
type ImportMode string

// The modes.
const (
	ImportCreate ImportMode = "create" // ErrExists
	ImportUpsert ImportMode = "upsert" // give them the fields that the line has
	// ImportFill leaves them as they are, but gives one that has no password the
	// line's. It is for an import that is repeated, or goes on where one stopped.
	ImportFill ImportMode = "fill"
)

// ImportOptions says how to import.
type ImportOptions struct {
	Mode ImportMode // "": ImportCreate
	// DryRun gives the results and writes nothing. It makes no passwords and
	// no IDs, and remembers eight bytes for each new name and ID, to know them again.
	// Of a name that is there twice, far apart, it gives the second as updated with
	// ImportUpsert and as unchanged with ImportFill, whatever it would be.
	DryRun bool
	// Atomic writes all lines in one transaction or, where one is refused,
	// none. It takes up to MaxAtomicImport lines.
	Atomic bool
	// AllowWeak sets plain passwords although the Policy refuses them, as
	// NewPassword.AllowWeak does, and takes bcrypt hashes of a cost below
	// MinBcryptCost, which the first login renews. It needs an administrator.
	AllowWeak bool
	// WithoutPassword takes a line whose PasswordHash can't be compared with as one
	// without a password, instead of refusing it; ImportResult.Notice says why.
	WithoutPassword bool
}

// Check returns what Import would end with at once: an *InvalidError,
// ErrForbidden, or nil.
func (o ImportOptions) Check(ctx context.Context) error {
	switch o.Mode {
	case "", ImportCreate, ImportUpsert, ImportFill:
	default:
		return invalid("mode", "must be one of create, upsert, fill")
	}
	if o.AllowWeak {
		return ActorFrom(ctx).mayAdminister()
	}
	return nil
}

// ImportOutcome says what became of a line.
type ImportOutcome string

// The outcomes.
const (
	ImportCreated   ImportOutcome = "created"
	ImportUpdated   ImportOutcome = "updated"
	ImportUnchanged ImportOutcome = "unchanged"
	ImportError     ImportOutcome = "error" // nothing of the line was written
)

// ImportResult is what became of a line.
type ImportResult struct {
	Line              int
	Outcome           ImportOutcome
	JID               JID // zero if the line's can't be read
	ID                ID  // zero with ImportError, and of a new account in a dry run
	GeneratedPassword string
	// Changed are the names of the fields that ImportUpdated is about, in the words of
	// the JSON API, and "password".
	Changed []string
	// NoPassword says that the account has no password, or of a dry run that it would
	// have none: give it one, or a reset link. Notice is why the line's hash was
	// dropped, with ImportOptions.WithoutPassword: an *InvalidError.
	NoPassword bool
	Notice     error
	// Err, with ImportError, is what Create, Update or SetPassword would return:
	// an *InvalidError, a *PolicyError, ErrExists, ErrForbidden; or ErrNotApplied; or ErrRevision
	// where the account was removed while its line was worked on.
	Err error
}

// Import writes accounts, as Create, Update and SetPassword would, with the
// same rights for each. It yields the results in the order of the lines, up to
// 32,000 at a time, as soon as those are durable; memory stays flat (about a kilobyte
// for each of these) however many lines there are. Each line succeeds or fails alone and leaves a whole
// account with its log entries, or nothing. Passwords are hashed before the
// transaction, as many at once as Options.Hashers allows, and while logins wait,
// which go before, only each fourth. With ImportUpsert, a password that the account
// has already makes no change if an administrator imports it, which takes as long as
// hashing it; others could guess passwords that way, so theirs is set again.
//
// An error ends it: that of ImportOptions.Check, that of lines, an *InvalidError
// for too many lines, or a failure. What was yielded before stays; what was read before
// an error of lines is written first, except if Atomic. If the caller stops, the
// lines not yielded yet are not written; behind a failure, some may be.
func (s *Service) Import(ctx context.Context, lines iter.Seq2[ImportLine, error], opts ImportOptions) iter.Seq2[[]ImportResult, error] {
	return func(yield func([]ImportResult, error) bool) {
		im, err := s.newImporter(ctx, opts)
		if err != nil {
			yield(nil, err)
			return
		}
		for line, err := range lines {
			if err != nil {
				if opts.Atomic || im.flush(yield) {
					yield(nil, err)
				}
				return
			}
			if opts.Atomic && len(im.items) == MaxAtomicImport {
				yield(nil, invalid("atomic", "must not be set for more than %d lines", MaxAtomicImport))
				return
			}
			if im.add(line); im.full() && !im.flush(yield) {
				return
			}
		}
		im.flush(yield)
	}
}

// importer is one Import.
type importer struct {
	s      *Service
	ctx    context.Context //nolint:containedctx // of the one call that it lives for
	opts   ImportOptions
	admin  bool                // of the whole service
	items  []*importItem       // read, not written
	size   int                 // of items; see ImportLine.Size
	since  time.Time           // when the first of items was added
	window int                 // how many lines are read before some are written
	chunk  int                 // how many lines are written in one transaction at most
	toHash int                 // how many of them hold a plain password, or want one
	seen   map[uint64]struct{} // names that a dry run would have made by now
	seed   maphash.Seed
}

// importItem is a line on its way.
type importItem struct {
	ImportLine          // Password is prepared
	noted      []string // what the log says of Password
	hash       string   // of Password, or PasswordHash
	same       *Record  // the account, if it has Password
	repeated   bool     // the name stands in the chunk more than once
	notice     error    // why PasswordHash was dropped
	result     ImportResult
}

func (s *Service) newImporter(ctx context.Context, opts ImportOptions) (*importer, error) {
	if err := opts.Check(ctx); err != nil {
		return nil, err
	}
	if opts.Mode == "" {
		opts.Mode = ImportCreate
	}
	admin := ActorFrom(ctx).mayAdminister() == nil
	return &importer{s: s, ctx: ctx, opts: opts, admin: admin, window: chunkLeast, chunk: chunkLeast, seen: map[uint64]struct{}{}, seed: maphash.MakeSeed()}, nil
}

// add takes a line that nobody else will change. One that is refused already
// is kept without its fields.
func (im *importer) add(line ImportLine) {
	it := &importItem{ImportLine: line}
	if err := im.checkLine(it); err != nil {
		it.ImportLine = ImportLine{Line: line.Line, JID: line.JID, Err: err}
	} else if it.plain() && (!im.opts.DryRun || im.compares()) {
		im.toHash++
	}
	if len(im.items) == 0 {
		im.since = im.s.now()
	}
	im.items, im.size = append(im.items, it), im.size+it.Size()
}

// flush writes what was added and reports whether to go on.
func (im *importer) flush(yield func([]ImportResult, error) bool) bool {
	items := im.items
	im.items, im.toHash, im.size = nil, 0, 0
	if len(items) == 0 {
		return true
	}
	if err := im.write(items); err != nil {
		yield(nil, err)
		return false
	}
	im.widen(im.s.now().Sub(im.since))
	results := make([]ImportResult, 0, len(items))
	for _, it := range items {
		results = append(results, it.result)
		if im.opts.DryRun && it.result.Outcome == ImportCreated {
			im.remember(it)
		}
	}
	return yield(results, nil)
}

// errRollBack ends a transaction that must leave nothing behind.
var errRollBack = errors.New("rolled back")

// write gives each of the items its result.
func (im *importer) write(items []*importItem) error {
	order := inOrder(items)
	markRepeated(items)
	if im.compares() {
		if err := im.each(items, im.compareItem); err != nil {
			return err
		}
	}
	if im.opts.DryRun || im.opts.Atomic {
		refused, err := im.transact(order, true)
		if err != nil || im.opts.DryRun || refused {
			return err
		}
	}
	if err := im.each(items, im.hashItem); err != nil {
		return err
	}
	for len(order) > 0 {
		chunk := im.nextChunk(order)
		if _, err := im.transact(chunk, false); err != nil {
			return err
		}
		order = order[len(chunk):]
	}
	return nil
}

// inOrder returns the items in the order of their names, in which stores keep them.
func inOrder(items []*importItem) []*importItem {
	order := slices.Clone(items)
	slices.SortStableFunc(order, func(a, b *importItem) int {
		return cmp.Or(strings.Compare(a.JID.domain, b.JID.domain), strings.Compare(a.JID.local, b.JID.local))
	})
	return order
}

// transact applies the items. refused reports that one of them was.
func (im *importer) transact(items []*importItem, dry bool) (refused bool, err error) {
	now := im.s.now().UTC()
	err = im.s.store.Batch(im.ctx, func(tx UserTx) error {
		refused = false
		for _, it := range items {
			if err := it.settle(im.apply(tx, it, now, dry)); err != nil {
				return err
			}
			refused = refused || it.result.Err != nil
		}
		if dry || refused && im.opts.Atomic {
			return errRollBack
		}
		return nil
	})
	im.pace(im.s.now().Sub(now))
	if errors.Is(err, errRollBack) {
		err = nil
	}
	if refused && im.opts.Atomic {
		for _, it := range items {
			if it.result.Err == nil {
				it.result = ImportResult{Line: it.Line, JID: it.JID, Outcome: ImportError, Err: ErrNotApplied}
			}
		}
	}
	return refused, err
}

// settle notes the result, or the decision against it. Other errors it returns.
func (it *importItem) settle(result ImportResult, err error) error {
	if err != nil && it.Err == nil && !isDecision(err) {
		return err
	}
	it.result = result
	if err != nil {
		it.result = ImportResult{Outcome: ImportError, Err: err}
	}
	if it.result.Line, it.result.JID = it.Line, it.JID; it.result.Err == nil {
		it.result.Notice = it.notice
	}
	return nil
}

func isDecision(err error) bool {
	for _, decision := range []error{ErrInvalid, ErrExists, ErrNotFound, ErrForbidden, ErrRevision} {
		if errors.Is(err, decision) {
			return true
		}
	}
	return false
}
