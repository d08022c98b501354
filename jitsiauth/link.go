package jitsiauth

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"io"
	"strings"
	"time"
)

// Link lets whoever holds its secret do one thing without an account or a
// password: make an account, or set the password of one. The secret is shown
// once, when the link is made; the store keeps its SHA-256, which is enough for
// 160 random bits.
type Link struct {
	ID     ID
	Kind   LinkKind
	Domain string // prepared: of the accounts that it makes, or of the one it is for
	// Account and JID are whose password a LinkReset sets, Role and
	// CredentialRevision what that account had when the link was made; zero for
	// other kinds.
	Account            ID
	JID                JID
	Role               Role
	CredentialRevision uint64
	Uses               int       // how often it can be spent in all, 1 to MaxInviteUses
	Left               int       // how often yet
	ValidFrom          time.Time // of the accounts that a LinkInvite makes, as is ValidUntil
	ValidUntil         time.Time
	// Note is for administrators. The accounts that a LinkInvite makes get it.
	Note      string
	CreatedAt time.Time
	ExpiresAt time.Time // exclusive; always set
	Actor     ActorKind // who made it, as in Change
	ActorName string
	Hash      [sha256.Size]byte // of the whole secret
}

// LinkKind says what a link does.
type LinkKind string

// The kinds.
const (
	// LinkAdmin makes the first administrator. It is void as soon as there is an
	// account with RoleAdmin.
	LinkAdmin LinkKind = "admin"
	// LinkInvite makes an account with RoleUser, of a name that its holder chooses.
	LinkInvite LinkKind = "invite"
	// LinkReset sets another password. It is void while the account is disabled,
	// and from when the account's password was changed otherwise, or the account
	// got more rights or was deleted.
	LinkReset LinkKind = "reset"
)

// Bounds of links.
const (
	MaxInviteUses     = 1000
	MaxInviteLife     = 90 * 24 * time.Hour
	DefaultInviteLife = 7 * 24 * time.Hour
	MaxResetLife      = 24 * time.Hour // which is also the default
	MinResetLife      = time.Minute
	AdminLinkLife     = time.Hour
	// MaxLinks is how many links can be open in all: neither used up nor expired.
	// Each is a key that lies about somewhere, and more than a list is read of are
	// more than anybody looks after. Those that only a change of an account has made
	// void count until they expire.
	MaxLinks = 1000
)

// LinkState says whether a link can be spent, and if not, why.
type LinkState string

// The states of a link.
const (
	LinkActive  LinkState = "active"
	LinkUsedUp  LinkState = "used_up"
	LinkExpired LinkState = "expired" // or the accounts that it would make have
	LinkVoid    LinkState = "void"    // what it is for is no longer as it was; see LinkKind
)

// LinkPrefix begins every secret, so that one found in a log says what it is.
const LinkPrefix = "jitsiauth_link_"

// linkLetters are small letters and digits, so that whatever makes a link of a
// text takes it whole: none is punctuation.
var linkLetters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// linkBytes is 160 bits, which is a whole number of letters.
const linkBytes = 20

func newLinkSecret(random io.Reader) (string, error) {
	var bits [linkBytes]byte
	if _, err := io.ReadFull(random, bits[:]); err != nil {
		return "", err
	}
	return LinkPrefix + linkLetters.EncodeToString(bits[:]), nil
}

// premises is where it is looked up whether a link is void: in the store, or in
// a transaction.
type premises struct {
	user     func(ID) (Record, error)
	hasAdmin func() (bool, error)
}

func (s *Service) premises(ctx context.Context) premises {
	return premises{
		user:     func(id ID) (Record, error) { return s.store.User(ctx, id) },
		hasAdmin: func() (bool, error) { return s.store.HasAdmin(ctx) },
	}
}

func premisesOf(tx UserTx) premises { return premises{user: tx.User, hasAdmin: tx.HasAdmin} }

// linkEntry is entry for a link.
func linkEntry(ctx context.Context, now time.Time, action Action, l *Link) Change {
	c := entry(ctx, now, action)
	c.Subject, c.Name, c.JID = l.ID, string(l.Kind), l.JID
	return c
}

// isLinkSecret tells what can be one from what people mistype.
func isLinkSecret(secret string) bool {
	letters, ok := strings.CutPrefix(secret, LinkPrefix)
	return ok && len(letters) == linkLetters.EncodedLen(linkBytes)
}
