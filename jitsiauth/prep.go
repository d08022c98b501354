package jitsiauth

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/xdg-go/stringprep"
	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
)

// MaxPreparedBytes is the longest name, domain or password in bytes of UTF-8.
// Prosody holds it twice, for the text as typed and for the text as prepared
// (util-src/encodings.c: input_len >= 1024 and output_len < 1024), and so do
// we: 342 full-width letters (1,026 bytes) are refused although they would
// become 342 bytes.
const MaxPreparedBytes = 1023

// PrepareLocal turns a typed user name into the bytes that Prosody asks about
// when that person logs in: SASLprep (RFC 4013), then nodeprep (RFC 3920
// appendix A), as util/sasl/plain.lua does. Capitals fold, full-width becomes
// half-width, "Straße" becomes "strasse". An already prepared name stays as
// it is. The error is an *InvalidError with field "username".
func PrepareLocal(name string) (string, error) {
	if isPlainASCII(name, prepNotInNames) {
		return strings.ToLower(name), nil
	}
	typed, rule := saslprep.prepare(name)
	if rule != "" {
		return "", &InvalidError{Field: "username", Rule: rule}
	}
	local, rule := nodeprep.prepare(typed)
	if rule != "" {
		return "", &InvalidError{Field: "username", Rule: rule}
	}
	return local, nil
}

// PreparePassword turns a typed password into the bytes that Prosody sends
// when that person logs in: SASLprep (RFC 4013). Spaces at both ends are part
// of the password. An already prepared password stays as it is. The error is
// an *InvalidError with field "password".
func PreparePassword(password string) (string, error) {
	if isPlainASCII(password, "") {
		return password, nil
	}
	prepared, rule := saslprep.prepare(password)
	if rule != "" {
		return "", &InvalidError{Field: "password", Rule: rule}
	}
	return prepared, nil
}

// PrepareDomain turns the name of a Prosody VirtualHost into the form that
// Prosody gives it: nameprep (RFC 3491), without the root's dot at the end
// (util/jid.lua, prepped_split). It is stricter than Prosody, which takes
// almost any text: of ASCII only letters, digits, "-", "_" and single dots are
// allowed, so that a URL or "host:port" typed by mistake is refused. Punycode
// ("xn--…") is kept, as Prosody keeps it. The error is an *InvalidError with
// field "domain".
func PrepareDomain(domain string) (string, error) {
	domain = strings.TrimSuffix(domain, ".")
	if isPlainASCII(domain, "") && isHostName(strings.ToLower(domain)) {
		return strings.ToLower(domain), nil
	}
	prepared, rule := nameprep.prepare(domain)
	if rule == "" && !isHostName(prepared) {
		rule = prepRuleHostName
	}
	if rule != "" {
		return "", &InvalidError{Field: "domain", Rule: rule}
	}
	return prepared, nil
}

const (
	prepNotInNames = ` "&'/:<>@` // RFC 3920 A.5 and the space
	prepMaxMarks   = 30          // what norm.NFKC leaves in one piece (UAX #15, Stream-Safe Text)
)

var (
	prepRuleEmpty    = "must not be empty"
	prepRuleVanishes = "must not consist of invisible characters only"
	prepRuleUTF8     = "must be valid UTF-8"
	prepRuleTooLong  = fmt.Sprintf("must be at most %d bytes", MaxPreparedBytes)
	prepRuleGrows    = fmt.Sprintf("must be at most %d bytes after preparation (SASLprep)", MaxPreparedBytes)
	prepRuleNameChar = `must not contain spaces or any of " & ' / : < > @`
	prepRuleSpecial  = "must not contain control, private-use or formatting characters or others that XMPP forbids"
	prepRuleBidi     = "must not mix right-to-left letters (Hebrew, Arabic) with left-to-right ones, and must start and end with a right-to-left letter if it has any"
	prepRuleMarks    = fmt.Sprintf("must not have more than %d combining marks in a row", prepMaxMarks)
	prepRuleHostName = `must be a host name such as meet.example.org: letters, digits, "-", "_" and single dots between them`
)

// prepProfile is one stringprep profile (RFC 3454) as Prosody's ICU build runs
// it. It is not a stringprep.Profile, because that normalises and checks
// directions in other ways than ICU; see normalizeRuns and isBidiSafe.
type prepProfile struct {
	mapping    stringprep.Mapping
	prohibited stringprep.Set
	ascii      stringprep.Set // prohibited ASCII beside control characters
}

// saslprep: RFC 4013. Non-ASCII spaces come before table B.1, because U+200B
// is in both and Prosody makes it a space.
var saslprep = &prepProfile{
	mapping:    joinMappings(nonASCIISpaces(), missingInLibrary, normalizationOf32, stringprep.TableB1),
	prohibited: joinSets(append(prohibitedEverywhere(), stringprep.TableC2_1)),
}

// nodeprep: RFC 3920 appendix A.
var nodeprep = &prepProfile{
	mapping:    joinMappings(missingInLibrary, normalizationOf32, stringprep.TableB1, stringprep.TableB2),
	prohibited: joinSets(append(prohibitedEverywhere(), stringprep.TableC2_1)),
	ascii:      setOf(prepNotInNames),
}

// nameprep: RFC 3491. It allows ASCII spaces and controls; PrepareDomain
// refuses them.
var nameprep = &prepProfile{
	mapping:    joinMappings(missingInLibrary, normalizationOf32, stringprep.TableB1, stringprep.TableB2),
	prohibited: joinSets(prohibitedEverywhere()),
}

// missingInLibrary: table B.1 of RFC 3454 has U+1806, the library's TableB1
// (v1.0.4) lacks it.
var missingInLibrary = stringprep.Mapping{0x1806: {}}

// normalizationOf32: stringprep means the normalisation of Unicode 3.2, and
// ICU keeps to it. These five are all that was corrected since (Unicode's
// NormalizationCorrections.txt); left is the character, right what 3.2 made
// of it.
var normalizationOf32 = stringprep.Mapping{
	0x2F868: {0x2136A},
	0x2F874: {0x5F33},
	0x2F91F: {0x43AB},
	0x2F95F: {0x7AAE},
	0x2F9BF: {0x4D57},
}

// prohibitedEverywhere lists what all three profiles prohibit. Table A.1
// (unassigned in Unicode 3.2, today's emoji among them) is left out, because
// Prosody allows it (USPREP_ALLOW_UNASSIGNED).
func prohibitedEverywhere() []stringprep.Set {
	return []stringprep.Set{
		stringprep.TableC1_2, stringprep.TableC2_2, stringprep.TableC3,
		stringprep.TableC4, stringprep.TableC5, stringprep.TableC6,
		stringprep.TableC7, stringprep.TableC8, stringprep.TableC9,
	}
}

// prepare returns the prepared text, or the rule that s broke. Preparing the
// result again gives the same result.
func (p *prepProfile) prepare(s string) (prepared, rule string) {
	switch {
	case s == "":
		return "", prepRuleEmpty
	case len(s) > MaxPreparedBytes: // before any work, s may be huge
		return "", prepRuleTooLong
	case !utf8.ValidString(s):
		return "", prepRuleUTF8
	}
	out := normalizeRuns(p.mapRunes(s))
	switch {
	case out == "":
		return "", prepRuleVanishes
	case strings.ContainsRune(out, '\u034F'):
		// Table B.1 took away any that was typed. norm.NFKC puts this
		// character where it cuts a long run of marks; ICU never cuts.
		return "", prepRuleMarks
	case len(out) > MaxPreparedBytes:
		return "", prepRuleGrows
	}
	if rule := p.check(out); rule != "" {
		return "", rule
	}
	return out, ""
}

func (p *prepProfile) mapRunes(s string) []rune {
	mapped := make([]rune, 0, len(s))
	for _, r := range s {
		if to, ok := p.mapping[r]; ok {
			mapped = append(mapped, to...)
		} else {
			mapped = append(mapped, r)
		}
	}
	return mapped
}

// normalizeRuns is NFKC as ICU's usprep does it: runs of characters that
// Unicode 3.2 knew are normalised, each by itself; later characters stay as
// they are and nothing composes or reorders across them. So the bytes do not depend on
// the Unicode version of either side.
func normalizeRuns(runes []rune) string {
	var out strings.Builder
	for len(runes) > 0 {
		later := stringprep.TableA1.Contains(runes[0])
		n := 1
		for n < len(runes) && stringprep.TableA1.Contains(runes[n]) == later {
			n++
		}
		run := string(runes[:n])
		if !later {
			run = norm.NFKC.String(run)
		}
		out.WriteString(run)
		runes = runes[n:]
	}
	return out.String()
}

func (p *prepProfile) check(s string) (rule string) {
	for _, r := range s {
		if p.ascii.Contains(r) {
			return prepRuleNameChar
		}
		if p.prohibited.Contains(r) {
			return prepRuleSpecial
		}
	}
	if !isBidiSafe(s) {
		return prepRuleBidi
	}
	return ""
}

// isBidiSafe is section 6 of RFC 3454 with the directions of current Unicode,
// as ICU has it, instead of tables D.1 and D.2: Adlam and N'Ko count as
// right-to-left, emoji as neither.
func isBidiSafe(s string) bool {
	var anyLeft, anyRight, firstRight, lastRight bool
	for i, r := range s {
		properties, _ := bidi.LookupRune(r)
		class := properties.Class()
		lastRight = class == bidi.R || class == bidi.AL
		if i == 0 {
			firstRight = lastRight
		}
		anyRight = anyRight || lastRight
		anyLeft = anyLeft || class == bidi.L
	}
	return !anyRight || (!anyLeft && firstRight && lastRight)
}

// isPlainASCII reports whether s is a text that SASLprep leaves as it is:
// printable ASCII of an allowed length, with nothing of forbidden in it.
func isPlainASCII(s, forbidden string) bool {
	if s == "" || len(s) > MaxPreparedBytes {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' || strings.IndexByte(forbidden, s[i]) >= 0 {
			return false
		}
	}
	return true
}

func isHostName(s string) bool {
	for _, label := range strings.Split(s, ".") {
		if label == "" {
			return false
		}
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		letterOrDigit := 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
		if c < utf8.RuneSelf && !letterOrDigit && !strings.ContainsRune("-_.", rune(c)) {
			return false
		}
	}
	return true
}

// joinMappings makes one mapping of several; the first that has a character wins.
func joinMappings(mappings ...stringprep.Mapping) stringprep.Mapping {
	joined := stringprep.Mapping{}
	for _, m := range mappings {
		for from, to := range m {
			if _, ok := joined[from]; !ok {
				joined[from] = to
			}
		}
	}
	return joined
}

// joinSets makes one set of several that may overlap: Set.Contains wants its
// ranges in order and apart.
func joinSets(sets []stringprep.Set) stringprep.Set {
	all := slices.Concat(sets...)
	slices.SortFunc(all, func(a, b stringprep.RuneRange) int { return cmp.Compare(a[0], b[0]) })
	joined := all[:1]
	for _, next := range all[1:] {
		last := &joined[len(joined)-1]
		if next[0] <= last[1]+1 {
			last[1] = max(last[1], next[1])
		} else {
			joined = append(joined, next)
		}
	}
	return joined
}

func nonASCIISpaces() stringprep.Mapping {
	spaces := stringprep.Mapping{}
	for _, span := range stringprep.TableC1_2 {
		for r := span[0]; r <= span[1]; r++ {
			spaces[r] = []rune{' '}
		}
	}
	return spaces
}

// setOf makes a set of characters given in ascending order.
func setOf(ascending string) stringprep.Set {
	var set stringprep.Set
	for _, r := range ascending {
		set = append(set, stringprep.RuneRange{r, r})
	}
	return set
}
