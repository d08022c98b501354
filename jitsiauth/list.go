package jitsiauth

import (
	"strings"
	"time"
)

// MaxScan bounds how many accounts one ListUsers call of a store looks at,
// found or not.
const MaxScan = 10_000

// DefaultPage and MaxPage bound ListQuery.Limit.
const (
	DefaultPage = 100
	MaxPage     = 1000
)

// ListQuery says which accounts to list. The zero value lists all, a page at
// a time.
type ListQuery struct {
	Domain string // prepared; empty: all
	Text   string // must occur in local part, display name, e-mail or note; case is folded
	State  State  // at Now; empty: all
	// PasswordKind lists those alone; empty: all. There is no way to list PasswordSet.
	PasswordKind PasswordKind
	Now          time.Time
	After        JID // list what comes behind this name; it need not exist any more
	Limit        int // 1 to MaxPage; 0: DefaultPage
}

// Match reports whether the account is one that the query asks for, wherever
// it lies in the order. Stores call it.
func (q *ListQuery) Match(u *User) bool {
	if q.Domain != "" && u.JID.Domain() != q.Domain {
		return false
	}
	if q.State != "" && u.StateAt(q.Now) != q.State {
		return false
	}
	if q.PasswordKind != "" && u.PasswordKind != q.PasswordKind {
		return false
	}
	if q.Text == "" {
		return true
	}
	text := strings.ToLower(q.Text)
	for _, field := range []string{u.JID.Local(), u.DisplayName, u.Email, u.Note} {
		if strings.Contains(strings.ToLower(field), text) {
			return true
		}
	}
	return false
}

// PageLimit is how many accounts a store puts on a page: Limit, but DefaultPage
// where that is below 1 and MaxPage where it is above.
func (q *ListQuery) PageLimit() int {
	if q.Limit < 1 {
		return DefaultPage
	}
	return min(q.Limit, MaxPage)
}

// check holds the query to its bounds.
func (q *ListQuery) check() error {
	if q.Limit < 0 || q.Limit > MaxPage {
		return invalid("limit", "must be 1 to %d", MaxPage)
	}
	q.Limit = q.PageLimit()
	if !q.PasswordKind.valid() {
		return invalid("password_kind", "must be one of imported, scram, none")
	}
	switch q.State {
	case "", StateActive, StateDisabled, StateNotYetValid, StateExpired:
		return nil
	}
	return invalid("state", "must be one of active, disabled, not_yet_valid, expired")
}
