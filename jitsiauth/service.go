package jitsiauth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Options says how a Service works. The zero value works.
type Options struct {
	// Domains are the XMPP domains (Prosody VirtualHosts) served. The first is
	// the default where a caller names none. Default: meet.jitsi, which is what
	// docker-jitsi-meet calls its own.
	Domains []string
	// BcryptCost is MinBcryptCost to MaxBcryptCost; 0 means DefaultBcryptCost.
	// Accounts with a lower cost are moved up at their next good login.
	BcryptCost int
	// Policy says which passwords may be set. Default: DefaultPolicy().
	Policy Policy
	// Hashers is how many passwords are hashed at once, at least 1. 0 means one
	// less than there are processors, as Jitsi's video bridge often shares them.
	Hashers int
	// NoLoginCache makes every login be hashed. Otherwise one whose password was
	// proven right in the last 15 minutes is recognised by a keyed hash, in
	// memory.
	NoLoginCache bool
	// ProsodyToken, if not empty, is let in with ScopeAuth without being in
	// the store: a secret that Compose hands to both sides. At least
	// MinFixedToken characters.
	ProsodyToken string
	// ChangesRetention and LoginsRetention say how long Run keeps entries of
	// the two logs, at least MinRetention. 0 means DefaultChangesRetention and
	// DefaultLoginsRetention.
	ChangesRetention time.Duration
	LoginsRetention  time.Duration
	// MaxLogins is how many entries of the log of logins Run keeps, however
	// young they are, at least MinMaxLogins. 0 means DefaultMaxLogins.
	MaxLogins int
	// Now is the clock. Default: time.Now.
	Now func() time.Time
	// Random is the source of IDs, tokens and generated passwords, and must be
	// safe for concurrent use. Default: crypto/rand.Reader.
	Random io.Reader
	// ObserveHash, if not nil, hears how long each making or comparing of a
	// password hash took. It must be quick and safe for concurrent use.
	ObserveHash func(took time.Duration)
	// Logger hears of what fails without failing a call. Default: nobody.
	Logger *slog.Logger
}

// DefaultDomain is served where Options names none.
const DefaultDomain = "meet.jitsi"

// Service holds the rules for accounts, tokens and links over a Store. It is safe for
// concurrent use and starts no goroutine: what is to happen by itself, such as
// log entries of dates that come, happens in Run, which the caller runs. The
// store remains the caller's to close, after Close.
type Service struct {
	store    Store
	domains  []string
	hasher   *hasher
	policy   Policy
	fixed    [sha256.Size]byte // SHA-256 of Options.ProsodyToken
	isFixed  bool
	now      func() time.Time
	random   io.Reader
	log      *slog.Logger
	feed     *broadcast // of changes of accounts
	logins   *loginLog
	tokens   tokenMemory
	accounts accountMemory
	turns    linkTurns

	throttle throttle
	queue    *queue
	flights  flights
	proofs   *proofs
	refusals refusals

	keepChanges time.Duration
	keepLogins  time.Duration
	maxLogins   int
}

// New returns a Service over the store. It returns an *InvalidError for
// options out of their bounds.
func New(store Store, opts Options) (*Service, error) {
	feed := new(broadcast)
	s := &Service{store: wakingStore{store, feed}, feed: feed, logins: newLoginLog(), now: opts.Now, random: opts.Random, log: opts.Logger}
	if s.now == nil {
		s.now = time.Now
	}
	if s.random == nil {
		s.random = rand.Reader
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.policy = opts.Policy; s.policy == nil {
		s.policy = DefaultPolicy()
	}
	if len(opts.Domains) == 0 {
		opts.Domains = []string{DefaultDomain}
	}
	var err error
	if s.domains, err = prepareDomains(opts.Domains); err != nil {
		return nil, err
	}
	if s.hasher, err = newHasher(opts.BcryptCost, s.random); err != nil {
		return nil, err
	}
	if err = s.boundLogins(&opts); err != nil {
		return nil, err
	}
	if s.keepChanges, err = checkRetention("changes_retention", opts.ChangesRetention, DefaultChangesRetention); err != nil {
		return nil, err
	}
	if s.keepLogins, err = checkRetention("logins_retention", opts.LoginsRetention, DefaultLoginsRetention); err != nil {
		return nil, err
	}
	if s.maxLogins, err = checkMaxLogins(opts.MaxLogins); err != nil {
		return nil, err
	}
	if opts.ProsodyToken != "" {
		if len(opts.ProsodyToken) < MinFixedToken {
			return nil, invalid("prosody_token", "must be at least %d characters long", MinFixedToken)
		}
		s.fixed, s.isFixed = sha256.Sum256([]byte(opts.ProsodyToken)), true
	}
	return s, nil
}

// boundLogins makes what a login passes around its hash.
func (s *Service) boundLogins(opts *Options) (err error) {
	if opts.Hashers < 0 {
		return invalid("hashers", "must be at least 1")
	}
	if opts.Hashers == 0 {
		opts.Hashers = max(1, runtime.GOMAXPROCS(0)-1)
	}
	if opts.ObserveHash != nil {
		s.hasher.took = opts.ObserveHash
	}
	s.queue = newQueue(opts.Hashers, s.hasher.guess)
	s.refusals.log = s.log
	s.proofs, err = newProofs(s.random, opts.NoLoginCache)
	return err
}

// prepareDomains also drops repetitions.
func prepareDomains(names []string) ([]string, error) {
	var domains []string
	for _, name := range names {
		domain, err := PrepareDomain(name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(domains, domain) {
			domains = append(domains, domain)
		}
	}
	return domains, nil
}

// Domains returns the domains served, prepared, the default first.
func (s *Service) Domains() []string { return slices.Clone(s.domains) }

// ParseJID reads local@domain, or a local part alone, which gets the default
// domain. It returns an *InvalidError.
func (s *Service) ParseJID(text string) (JID, error) {
	if strings.Contains(text, "@") {
		return ParseJID(text)
	}
	return NewJID(text, s.domains[0])
}

// GeneratePassword makes a password of 99 random bits that can be read aloud:
// small letters and digits that look like no other, in groups.
func (s *Service) GeneratePassword() (string, error) { return generatePassword(s.random) }

// Condition makes a change depend on what the account is like by then.
type Condition func(*User) error

// IfRevision lets a change through only while the account has this revision;
// otherwise it returns ErrRevision.
func IfRevision(revision uint64) Condition {
	return func(u *User) error {
		if u.Revision != revision {
			return ErrRevision
		}
		return nil
	}
}

// admit is asked about each account that is to be changed, with the account as
// the store holds it at that moment. One in a domain that the actor does not
// reach is not there for it.
func admit(ctx context.Context, u *User, conditions []Condition) error {
	actor := ActorFrom(ctx)
	if !actor.reaches(u.JID.Domain()) {
		return ErrNotFound
	}
	if err := actor.mayManage(u); err != nil {
		return err
	}
	for _, met := range conditions {
		if err := met(u); err != nil {
			return err
		}
	}
	return nil
}

// admitOwner is admit for what people may do to their own account as well.
func admitOwner(ctx context.Context, u *User, conditions []Condition) error {
	if !ActorFrom(ctx).owns(u.ID) {
		return admit(ctx, u, conditions)
	}
	for _, met := range conditions {
		if err := met(u); err != nil {
			return err
		}
	}
	return nil
}

// entry begins a log entry for what the actor of ctx does now.
func entry(ctx context.Context, now time.Time, action Action, fields ...string) Change {
	a := ActorFrom(ctx)
	return Change{At: now, Action: action, Fields: fields, Actor: a.Kind, ActorName: a.Name, Source: a.Source}
}

// userEntry is entry for an account.
func userEntry(ctx context.Context, now time.Time, action Action, u *User, fields ...string) Change {
	c := entry(ctx, now, action, fields...)
	c.Subject, c.JID = u.ID, u.JID
	return c
}

// Ready reports whether the store answers: nil, or why it does not.
func (s *Service) Ready(ctx context.Context) error {
	_, err := s.store.Head(ctx)
	return err
}
