package jitsiauth

import (
	"regexp"
	"strings"
)

// foreignHashes are kinds of password hashes that other programs keep and that
// can't be compared with here, by how they begin: crypt(5), Apache's htpasswd,
// LDAP's userPassword (RFC 2307), Django.
var foreignHashes = []struct{ prefix, name string }{
	{"$apr1$", "MD5 of Apache's htpasswd ($apr1$)"},
	{"$1$", "MD5-crypt ($1$)"},
	{"$2x$", "a faulty bcrypt ($2x$)"},
	{"$2$", "an early bcrypt ($2$)"},
	{"$3$", "an NT hash ($3$)"},
	{"$5$", "SHA-256-crypt ($5$)"},
	{"$6$", "SHA-512-crypt ($6$)"},
	{"$7$", "scrypt ($7$)"},
	{"$y$", "yescrypt ($y$)"},
	{"$gy$", "gost-yescrypt ($gy$)"},
	{"$argon2", "Argon2"},
	{"$scrypt$", "scrypt"},
	{"$pbkdf2", "PBKDF2"},
	{"pbkdf2_", "PBKDF2 of Django"},
	{"$P$", "a phpass hash ($P$)"},
	{"$H$", "a phpass hash ($H$)"},
	{"$sha1$", "SHA-1-crypt ($sha1$)"},
	{"$md5", "SunMD5 ($md5)"},
	{"{SHA}", "SHA-1 without a salt ({SHA})"},
	{"{SSHA", "salted SHA of LDAP ({SSHA})"},
	{"{SHA", "SHA of LDAP"},
	{"{MD5}", "MD5 ({MD5})"},
	{"{SMD5}", "salted MD5 ({SMD5})"},
	{"{CRYPT}", "crypt of LDAP ({CRYPT})"},
	{"{PLAIN}", "plain text ({PLAIN})"},
}

// Kinds that say nothing of themselves.
var (
	desCrypt  = regexp.MustCompile(`^[./0-9A-Za-z]{13}$`)
	hexDigest = regexp.MustCompile(`^(?:[0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{128})$`)
)

// foreignHash names the kind of a hash that can't be compared with here; empty:
// it is not known.
func foreignHash(stored string) string {
	for _, foreign := range foreignHashes {
		if len(stored) >= len(foreign.prefix) && strings.EqualFold(stored[:len(foreign.prefix)], foreign.prefix) {
			return foreign.name
		}
	}
	switch {
	case desCrypt.MatchString(stored):
		return "crypt of old Unix (DES)"
	case hexDigest.MatchString(stored):
		return "a digest in hex (MD5, SHA-1 or SHA-2)"
	}
	return ""
}
