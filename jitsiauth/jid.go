package jitsiauth

import "strings"

// JID is the address of an account, "local@domain", prepared and without a
// resource (a "bare JID", RFC 6122). Only NewJID, ParseJID and UnmarshalText
// make one, so two JIDs are the same account exactly if they are equal with
// ==; a JID may be the key of a map. The zero JID is no address. A JID is
// immutable and safe for concurrent use.
type JID struct{ local, domain string }

// NewJID prepares both parts, see PrepareLocal and PrepareDomain. The error is
// an *InvalidError with field "username" or "domain".
func NewJID(local, domain string) (JID, error) {
	local, err := PrepareLocal(local)
	if err != nil {
		return JID{}, err
	}
	domain, err = PrepareDomain(domain)
	if err != nil {
		return JID{}, err
	}
	return JID{local: local, domain: domain}, nil
}

// ParseJID reads "local@domain" and prepares both parts as NewJID does. It
// refuses an address with a resource ("local@domain/phone") and one without a
// local part. The error is an *InvalidError with field "jid", or "username" or
// "domain" if that part breaks a rule.
//
// The parts are split before they are prepared, as RFC 7622 section 3.1 wants
// it: a full-width "＠" doesn't separate them.
func ParseJID(s string) (JID, error) {
	if strings.Contains(s, "/") {
		return JID{}, &InvalidError{Field: "jid", Rule: `must not have a resource or any other "/": write name@domain`}
	}
	local, domain, found := strings.Cut(s, "@")
	if !found || local == "" || domain == "" || strings.Contains(domain, "@") {
		return JID{}, &InvalidError{Field: "jid", Rule: `must be name@domain with exactly one "@"`}
	}
	return NewJID(local, domain)
}

// Local returns the prepared part before the "@", without the domain.
func (j JID) Local() string { return j.local }

// Domain returns the prepared part after the "@".
func (j JID) Domain() string { return j.domain }

// IsZero reports whether j is the zero JID, which is no address.
func (j JID) IsZero() bool { return j == JID{} }

// String returns "local@domain", which ParseJID turns into the same JID, or
// "" for the zero JID.
func (j JID) String() string {
	if j.IsZero() {
		return ""
	}
	return j.local + "@" + j.domain
}

// MarshalText returns the same as String, for encoding/json and others. It
// never fails.
func (j JID) MarshalText() ([]byte, error) { return []byte(j.String()), nil }

// UnmarshalText reads what MarshalText wrote, and prepares it like ParseJID.
// Empty text gives the zero JID, so where an address is required, check IsZero.
// On error j stays as it was.
func (j *JID) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*j = JID{}
		return nil
	}
	parsed, err := ParseJID(string(text))
	if err != nil {
		return err
	}
	*j = parsed
	return nil
}
