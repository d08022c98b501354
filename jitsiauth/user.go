package jitsiauth

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// User is an account as administrators see it. It holds no secret.
type User struct {
	ID          ID
	JID         JID // never changes; a name removed and made again is another person
	DisplayName string
	Email       string
	Note        string // for administrators only
	Role        Role
	Disabled    bool
	ValidFrom   time.Time // zero: no beginning
	ValidUntil  time.Time // exclusive; zero: no end
	// PasswordKind says where the password comes from.
	PasswordKind PasswordKind
	// Revision counts changes of the fields above. It starts at 1.
	Revision uint64
	// CredentialRevision counts passwords that people set. It starts at 1 or, with
	// SessionRevision, of an account that was imported with its ID, at the milliseconds
	// since 1970: sessions and links of an account of that ID that was deleted before
	// must not become valid again. A hash that is renewed for the same password leaves it alone.
	CredentialRevision uint64
	// SessionRevision counts how often somebody ended the account's sessions;
	// see Service.EndSessions. It starts at 1. Who logged in with an earlier one
	// was told to leave.
	SessionRevision   uint64
	CreatedAt         time.Time
	UpdatedAt         time.Time // when Revision last grew
	PasswordChangedAt time.Time // when CredentialRevision last grew
	// LastLoginAt is when a login was last let through; zero: never. It is
	// kept a second or so later, by Service.Run, and is no change of the
	// account: no revision, no log entry.
	LastLoginAt time.Time
}

// State says whether an account may log in, and if not, why.
type State string

// The states of an account. Disabled wins over the dates.
const (
	StateActive      State = "active"
	StateDisabled    State = "disabled"
	StateNotYetValid State = "not_yet_valid"
	StateExpired     State = "expired"
)

// StateAt returns the state of the account at a moment.
func (u *User) StateAt(now time.Time) State {
	switch {
	case u.Disabled:
		return StateDisabled
	case !u.ValidUntil.IsZero() && !now.Before(u.ValidUntil):
		return StateExpired
	case now.Before(u.ValidFrom):
		return StateNotYetValid
	}
	return StateActive
}

// NewUser is what Service.Create takes. JID and Password must be given.
type NewUser struct {
	JID         JID
	Password    string
	AllowWeak   bool // as in NewPassword
	DisplayName string
	Email       string
	Note        string
	Role        Role // default RoleUser
	Disabled    bool
	ValidFrom   time.Time
	ValidUntil  time.Time
}

// UserChange is what Service.Update takes: nil leaves a field as it is, a
// pointer to the zero time clears a date.
type UserChange struct {
	DisplayName *string
	Email       *string
	Note        *string
	Role        *Role
	Disabled    *bool
	ValidFrom   *time.Time
	ValidUntil  *time.Time
}

// apply makes the change on u and returns the names of the fields that are
// different now, in the words of the JSON API.
func (c UserChange) apply(u *User) []string {
	var changed []string
	set(&changed, "display_name", &u.DisplayName, c.DisplayName)
	set(&changed, "email", &u.Email, c.Email)
	set(&changed, "note", &u.Note, c.Note)
	set(&changed, "role", &u.Role, c.Role)
	set(&changed, "disabled", &u.Disabled, c.Disabled)
	setTime(&changed, "valid_from", &u.ValidFrom, c.ValidFrom)
	setTime(&changed, "valid_until", &u.ValidUntil, c.ValidUntil)
	return changed
}

func set[T comparable](changed *[]string, field string, to, from *T) {
	if from != nil && *from != *to {
		*to = *from
		*changed = append(*changed, field)
	}
}

func setTime(changed *[]string, field string, to, from *time.Time) {
	if from != nil && !from.Equal(*to) {
		*to = from.UTC()
		*changed = append(*changed, field)
	}
}

// Bounds of the free texts, in bytes.
const (
	maxDisplayName = 256
	maxEmail       = 254 // RFC 5321 §4.5.3.1.3: a path of 256 with its brackets
	maxNote        = 4096
)

// checkNew is check for an account that is to be made.
func (u *User) checkNew() error {
	if u.JID.IsZero() {
		return invalid("jid", "must be given")
	}
	if _, err := ParseID(u.JID.Local()); err == nil {
		return invalid("username", "must not look like an account's ID")
	}
	return u.check()
}

// check holds an account to the rules that need nothing but itself. Names
// were checked when the JID was made.
func (u *User) check() error {
	if err := checkText("display_name", u.DisplayName, maxDisplayName, false); err != nil {
		return err
	}
	if err := checkText("email", u.Email, maxEmail, false); err != nil {
		return err
	}
	if u.Email != "" {
		if at := strings.LastIndexByte(u.Email, '@'); at < 1 || at == len(u.Email)-1 || strings.ContainsAny(u.Email, " <>,") {
			return invalid("email", "must look like name@example.org")
		}
	}
	if err := checkText("note", u.Note, maxNote, true); err != nil {
		return err
	}
	if !u.Role.valid() {
		return invalid("role", "must be one of user, manager, admin")
	}
	return checkWindow(u.ValidFrom, u.ValidUntil)
}

// checkWindow holds the dates that are set to their bounds.
func checkWindow(from, until time.Time) error {
	if !from.IsZero() {
		if err := checkMoment("valid_from", from); err != nil {
			return err
		}
	}
	if !until.IsZero() {
		if err := checkMoment("valid_until", until); err != nil {
			return err
		}
	}
	if !from.IsZero() && !until.IsZero() && !from.Before(until) {
		return invalid("valid_until", "must be later than valid_from, which is %s", describe(from))
	}
	return nil
}

func checkText(field, s string, most int, lines bool) error {
	if len(s) > most {
		return invalid(field, "must be at most %d bytes long", most)
	}
	if !utf8.ValidString(s) {
		return invalid(field, "must be valid UTF-8")
	}
	for _, r := range s {
		layout := lines && (r == '\n' || r == '\t')
		if (unicode.IsControl(r) || reorders(r)) && !layout {
			return invalid(field, "must not hold control characters, or such as change the direction or break lines unseen")
		}
	}
	return nil
}

// reorders reports characters with which a text can make a list show something
// else than it holds (Unicode TR36 §2.1, bidirectional overrides; line and
// paragraph separator).
func reorders(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x2028 || r == 0x2029
}
