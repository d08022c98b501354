package boltstore

import (
	"encoding/json"
	"errors"
	"net/netip"
	"strconv"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// Accounts and entries of the log are written by hand: of an import's time in
// its transactions, in which other writers wait, encoding/json took a quarter.
// What is written is byte for byte what json.Marshal would; a test holds them to
// that for every field. Reading is left to encoding/json.

// appendJSON is json.Marshal.
func (u *userRecord) appendJSON(to []byte) ([]byte, error) {
	o := object{text: append(to, '{')}
	o.string("jid", u.JID.String())
	o.stringIf("display_name", u.DisplayName)
	o.stringIf("email", u.Email)
	o.stringIf("note", u.Note)
	o.string("role", string(u.Role))
	if u.Disabled {
		o.name("disabled")
		o.text = append(o.text, "true"...)
	}
	o.timeIf("valid_from", u.ValidFrom)
	o.timeIf("valid_until", u.ValidUntil)
	o.number("revision", u.Revision)
	o.number("credential_revision", u.CredentialRevision)
	o.number("session_revision", u.SessionRevision)
	o.timeIf("created_at", u.CreatedAt)
	o.timeIf("updated_at", u.UpdatedAt)
	o.timeIf("password_changed_at", u.PasswordChangedAt)
	o.timeIf("last_login_at", u.LastLoginAt)
	o.stringIf("password_hash", u.PasswordHash)
	o.stringIf("password_kind", string(u.PasswordKind))
	o.stringIf("hash_origin", u.HashOrigin)
	return o.end()
}

// appendJSON is json.Marshal.
func (r *changeRecord) appendJSON(to []byte) ([]byte, error) {
	o := object{text: append(to, '{')}
	o.time("at", r.At)
	o.string("action", string(r.Action))
	o.string("subject", r.Subject.String())
	if r.JID != (jitsiauth.JID{}) {
		o.string("jid", r.JID.String())
	}
	o.stringIf("name", r.Name)
	if len(r.Fields) > 0 {
		o.name("fields")
		for i, field := range r.Fields {
			o.text = append(o.text, "[,"[min(i, 1)])
			o.value(field)
		}
		o.text = append(o.text, ']')
	}
	o.stringIf("actor", string(r.Actor))
	o.stringIf("actor_name", r.ActorName)
	if r.Source != (netip.Addr{}) {
		o.string("source", r.Source.String())
	}
	return o.end()
}

// object is a JSON object that grows at its end.
type object struct {
	text []byte
	more bool // it has a member
	err  error
}

func (o *object) name(name string) {
	if o.more {
		o.text = append(o.text, ',')
	}
	o.more = true
	o.text = append(append(append(o.text, '"'), name...), `":`...)
}

func (o *object) string(name, value string) {
	o.name(name)
	o.value(value)
}

func (o *object) stringIf(name, value string) {
	if value != "" {
		o.string(name, value)
	}
}

func (o *object) number(name string, n uint64) {
	o.name(name)
	o.text = strconv.AppendUint(o.text, n, 10)
}

// time takes one in UTC.
func (o *object) time(name string, at time.Time) {
	if year := at.Year(); year < 0 || year > 9999 { // RFC 3339 has no others
		o.err = errors.Join(o.err, errors.New("boltstore: "+name+" lies outside of the years 0 to 9999"))
		return
	}
	o.name(name)
	o.text = append(at.AppendFormat(append(o.text, '"'), time.RFC3339Nano), '"')
}

func (o *object) timeIf(name string, at time.Time) {
	if !at.IsZero() {
		o.time(name, at)
	}
}

// value leaves to encoding/json what it might write in another way.
func (o *object) value(s string) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, err := json.Marshal(s)
			o.text, o.err = append(o.text, quoted...), errors.Join(o.err, err)
			return
		}
	}
	o.text = append(append(append(o.text, '"'), s...), '"')
}

func (o *object) end() ([]byte, error) { return append(o.text, '}'), o.err }
