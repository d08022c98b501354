package jitsiauth

import (
	"context"
	"iter"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Change is one entry of the log of changes: who did what to whom, when and
// from where. The store writes it in the same transaction as the change
// itself. It never holds a secret.
type Change struct {
	Position  Position // given by the store
	At        time.Time
	Action    Action
	Subject   ID       // the account, token or link; zero for what is about none
	JID       JID      // of an account, as it was then, also one that a link is for or has made; zero otherwise
	Name      string   // of a token; the kind of a link
	Fields    []string // what is different now, in the words of the JSON API
	Actor     ActorKind
	ActorName string     // the token's name, the uid, the link's ID; empty for the program
	Source    netip.Addr // invalid where the request came over no network
}

// Action says what a Change did.
type Action string

// The actions.
const (
	UserCreated     Action = "user.created"
	UserUpdated     Action = "user.updated"
	UserPasswordSet Action = "user.password_set"
	UserDeleted     Action = "user.deleted"
	UserBecameValid Action = "user.became_valid" // ValidFrom came
	UserExpired     Action = "user.expired"      // ValidUntil came
	// UserSessionsEnded: somebody ended the account's sessions, see
	// Service.EndSessions. The account itself is as it was.
	UserSessionsEnded Action = "user.sessions_ended"
	TokenCreated      Action = "token.created"
	TokenRevoked      Action = "token.revoked"
	// LinkUsed stands behind the entry of what the link did.
	LinkCreated Action = "link.created"
	LinkUsed    Action = "link.used"
	LinkRevoked Action = "link.revoked"
	// ThrottleCleared is about an account, or else about the source that Name is.
	ThrottleCleared Action = "throttle.cleared"
	// BackupMade and BackupRestored are about the whole store: they have
	// neither a Subject nor a JID. The first is in the log of the store that was
	// copied, the second in that of the copy, at its new place.
	BackupMade     Action = "backup.made"
	BackupRestored Action = "backup.restored"
	// HashesExported is about an export of all accounts with their password hashes,
	// and stands there before the first was given away.
	HashesExported Action = "hashes.exported"
)

// Position is a place in the log of changes. Its text form is opaque to
// callers. The epoch is random and new whenever the log begins anew (a file
// created or restored), so that a position of one log never fits another.
// The zero Position lies before the first entry of any log.
type Position struct {
	Epoch string
	N     uint64
}

// IsZero reports whether p is the place before the first entry.
func (p Position) IsZero() bool { return p == Position{} }

// String returns the text form; "" for the zero Position.
func (p Position) String() string {
	if p.IsZero() {
		return ""
	}
	return p.Epoch + ":" + strconv.FormatUint(p.N, 10)
}

// ParsePosition reads what String wrote. It returns an *InvalidError for
// anything else.
func ParsePosition(s string) (Position, error) {
	if s == "" {
		return Position{}, nil
	}
	epoch, n, ok := strings.Cut(s, ":")
	number, err := strconv.ParseUint(n, 10, 64)
	if !ok || err != nil || epoch == "" || len(epoch) > 64 {
		return Position{}, invalid("after", "must be a position that this service gave out")
	}
	return Position{Epoch: epoch, N: number}, nil
}

// changesPage is how many entries Changes reads at a time.
const changesPage = 500

// Changes yields the entries behind a position, oldest first, up to the newest
// one at the time it gets there, and reads them in short transactions. To go
// on later, pass the Position of the last one seen. An error ends it:
// ErrForbidden, ErrPositionLost, or a failure.
func (s *Service) Changes(ctx context.Context, after Position) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		if err := ActorFrom(ctx).mayAdminister(); err != nil {
			yield(Change{}, err)
			return
		}
		for {
			page, err := s.store.ListChanges(ctx, after, changesPage)
			if err != nil {
				yield(Change{}, err)
				return
			}
			for _, c := range page {
				if !yield(c, nil) {
					return
				}
				after = c.Position
			}
			if len(page) < changesPage {
				return
			}
		}
	}
}
