package lua_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
)

// spellings are names of which some are the same account's and others only look
// so, or would be the same if something took them for a pattern, an escape or a
// key of its own.
var spellings = []string{
	"a", "ab", "abc", "ab.", "ab-", "a_b", "a.b", "a+b", "ab+", "aab", // prefixes, and . + - of Lua's patterns
	"AB", "Ab", "ａｂ", "a\u00adb", "a\u200db", "ABC", // ab and abc: capitals, full width, what is mapped to nothing
	"а", "аb", "аЬ", "αb", "ab\u0301", // Cyrillic, Greek, an accent: others
	`a\26b`, `a\5c26b`, `a\40b`, `ab\2e`, // escapes of XEP-0106, and those of their own
	"a%62", "A%62", "a%2562", "a%b", "%61b", "ab%00", "ab%40meet.jitsi", "%s", "%d%n", // of URLs, of formats
	"ä", "a\u0308", "Ä", "ae", "straße", "strasse", "STRASSE", "stra\u017fse", "ﬁn", "fin", "ss", "ß", // composed, folded, ligatures
	"①", "1", "1.0", "01", "１", "K", "k", "İ", "i", "ı", "i\u0307", // numbers, the sign of Kelvin, the dotted I
	"__index", "__array", "__hash", "null", "nil", "true", "sessions", "focus", "room", "..", "a?b=c", "a#b", "a;b", "a,b", "[ab]", "(ab", "^ab", "ab$",
}

// alike groups the spellings by the account that they mean.
func alike(t *testing.T) map[string][]string {
	t.Helper()
	groups := map[string][]string{}
	for _, spelling := range spellings {
		local, err := jitsiauth.PrepareLocal(spelling)
		if err != nil {
			t.Fatalf("%q: %v", spelling, err)
		}
		groups[local] = append(groups[local], spelling)
	}
	return groups
}

// chooseAlike takes n accounts, among them those that are alike the most.
func chooseAlike(t *testing.T, random *rand.Rand, n int) map[string][]string {
	groups := alike(t)
	names := make([]string, 0, len(groups))
	for name := range groups {
		if name != "ab" {
			names = append(names, name)
		}
	}
	slices.Sort(names) // a map has no order, and the seed is to tell all
	random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	chosen := map[string][]string{"ab": groups["ab"]}
	for _, name := range names[:n-1] {
		chosen[name] = groups[name]
	}
	return chosen
}
