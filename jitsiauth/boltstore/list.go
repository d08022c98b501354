package boltstore

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jitsiauth/server/jitsiauth"
)

// ListUsers implements jitsiauth.UserStore. A call sees one moment; the next
// call sees a later one.
func (s *Store) ListUsers(ctx context.Context, q jitsiauth.ListQuery) (page []jitsiauth.Record, next jitsiauth.JID, more bool, err error) {
	next = q.After
	err = s.view(ctx, func(t txn) (err error) {
		var last []byte
		if page, last, more, err = t.list(&q); err != nil || last == nil {
			return err
		}
		next, err = parseNameKey(last)
		return err
	})
	if err != nil {
		return nil, jitsiauth.JID{}, false, err
	}
	return page, next, more, nil
}

// list also returns the last name that it looked at; nil if none.
func (t txn) list(q *jitsiauth.ListQuery) (page []jitsiauth.Record, last []byte, more bool, err error) {
	limit, mayMatch := q.PageLimit(), rawFilter(q.Text)
	start, prefix := span(q)
	users, names := t.users(), t.names().Cursor()
	name, id := names.Seek(start)
	if !q.After.IsZero() && bytes.Equal(name, nameKey(q.After)) {
		name, id = names.Next()
	}
	for scanned := 0; name != nil && bytes.HasPrefix(name, prefix); scanned++ {
		if len(page) == limit || scanned == jitsiauth.MaxScan {
			return page, last, true, nil
		}
		value := users.Get(id)
		if value == nil {
			return nil, nil, false, errUnindexed(id)
		}
		if mayMatch(value) {
			r, err := decodeUser(id, value)
			if err != nil {
				return nil, nil, false, err
			}
			if q.Match(&r.User) {
				page = append(page, r)
			}
		}
		last = name
		name, id = names.Next()
	}
	return page, last, false, nil
}

// span returns where in the name index the query begins, and what all names
// that it asks for begin with.
func span(q *jitsiauth.ListQuery) (start, prefix []byte) {
	if q.Domain != "" {
		prefix = domainPrefix(q.Domain)
	}
	if q.After.IsZero() {
		return prefix, prefix
	}
	start = nameKey(q.After)
	if bytes.Compare(start, prefix) < 0 {
		start = prefix
	}
	return start, prefix
}

// rawFilter spares a search from decoding each account, which takes ten times
// as long as to look at its JSON: it sorts out records that hold the text
// nowhere. A text with something that JSON writes in another way passes all.
func rawFilter(text string) func(value []byte) bool {
	folded := strings.ToLower(text)
	if strings.ContainsFunc(folded, isEscaped) {
		folded = ""
	}
	sought := []byte(folded)
	return func(value []byte) bool {
		return len(sought) == 0 || bytes.Contains(bytes.ToLower(value), sought)
	}
}

// isEscaped reports what encoding/json writes as an escape.
func isEscaped(r rune) bool {
	return unicode.IsControl(r) || strings.ContainsRune("\"\\<>&\u2028\u2029", r) || r == utf8.RuneError
}

func parseNameKey(name []byte) (jitsiauth.JID, error) {
	domain, local, _ := strings.Cut(string(name), "\x00")
	jid, err := jitsiauth.NewJID(local, domain)
	if err != nil {
		return jid, fmt.Errorf("%w: name %q in the index: %w", ErrDamaged, name, err)
	}
	return jid, nil
}
