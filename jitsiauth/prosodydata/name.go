package prosodydata

// decodeName is the inverse of Prosody's encode (util/datamanager.lua), which
// names folders of hosts and files of accounts: it keeps ASCII letters and
// digits and writes any other byte as "%" and two hexadecimal digits in lower
// case. The name of an account is as Prosody would write it or refused: under
// another one Prosody never looked, and two files must not be one account.
func decodeName(encoded string) (string, error) {
	if encoded == "" {
		return "", errEmptyName
	}
	name := make([]byte, 0, len(encoded))
	for i := 0; i < len(encoded); i++ {
		c := encoded[i]
		if isAlphanumeric(c) {
			name = append(name, c)
			continue
		}
		if c != '%' || len(encoded)-i < 3 {
			return "", errEncodedName
		}
		high, okHigh := hexDigit(encoded[i+1])
		low, okLow := hexDigit(encoded[i+2])
		if c = high<<4 | low; !okHigh || !okLow || isAlphanumeric(c) {
			return "", errEncodedName
		}
		name = append(name, c)
		i += 2
	}
	return string(name), nil
}

// isAlphanumeric is Lua's %w in the locale "C", which Prosody runs in.
func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// hexDigit returns the value of a digit as C's %x writes it.
func hexDigit(c byte) (value byte, ok bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	}
	return 0, false
}
