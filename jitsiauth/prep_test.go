package jitsiauth

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
)

// prepVectors is testdata/prep/vectors.json, which a real Prosody wrote.
type prepVectors struct {
	Cases []struct {
		Kind, Note, In string
		Out            *string // nil: Prosody refuses
		Stricter       bool    // Prosody accepts, we refuse on purpose
	}
	Sweeps []struct {
		Kind, Before, After string
		Blocks              []string // a digest for each 0x1000 code points
	}
	Random struct {
		Seed          uint64
		Texts         int
		Ranges, Marks [][2]rune
		Chunks        []string // a digest for each Texts texts
	}
}

func readPrepVectors(t *testing.T) *prepVectors {
	t.Helper()
	data, err := os.ReadFile("testdata/prep/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	vectors := new(prepVectors)
	if err := json.Unmarshal(data, vectors); err != nil {
		t.Fatal(err)
	}
	return vectors
}

func unhex(t *testing.T, s string) string {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var prepareByKind = map[string]func(string) (string, error){
	"username": PrepareLocal, "password": PreparePassword, "domain": PrepareDomain,
}

func TestPrepareLikeProsody(t *testing.T) {
	for _, c := range readPrepVectors(t).Cases {
		t.Run(c.Kind+"/"+c.Note, func(t *testing.T) {
			in := unhex(t, c.In)
			got, err := prepareByKind[c.Kind](in)
			if c.Out == nil || c.Stricter {
				checkInvalid(t, err, c.Kind, in)
				if got != "" {
					t.Errorf("got %q beside an error", got)
				}
				return
			}
			if err != nil {
				t.Fatalf("refused with %q, Prosody accepts", err)
			}
			if want := unhex(t, *c.Out); got != want {
				t.Errorf("got %+q, Prosody makes %+q of it", got, want)
			}
		})
	}
}

// checkInvalid wants an *InvalidError for field which doesn't repeat the input.
func checkInvalid(t *testing.T, err error, field, input string) {
	t.Helper()
	var invalid *InvalidError
	if !errors.As(err, &invalid) || !errors.Is(err, ErrInvalid) {
		t.Fatalf("error is %v, want an *InvalidError", err)
	}
	if invalid.Field != field || invalid.Rule == "" {
		t.Errorf("error is %q, want a rule of %q", err, field)
	}
	if len(input) > 3 && strings.Contains(err.Error(), input) {
		t.Errorf("error repeats the input: %q", err)
	}
}

// prepDigest collects outputs as vectors.lua does.
type prepDigest struct{ framed []byte }

func (d *prepDigest) add(out string, accepted bool) {
	if !accepted {
		d.framed = append(d.framed, 0xFF, 0xFF)
		return
	}
	d.framed = binary.LittleEndian.AppendUint16(d.framed, uint16(len(out)))
	d.framed = append(d.framed, out...)
}

// sum returns the digest and starts the next one.
func (d *prepDigest) sum() string {
	sum := sha256.Sum256(d.framed)
	d.framed = d.framed[:0]
	return hex.EncodeToString(sum[:8])
}

// nameprepOnly is what Prosody does to domains, without the rules for host
// names that PrepareDomain adds.
func nameprepOnly(s string) (string, error) {
	out, rule := nameprep.prepare(s)
	if rule != "" {
		return "", &InvalidError{Field: "domain", Rule: rule}
	}
	return out, nil
}

// isEmptyPlane reports whether nearly all of r's plane is unassigned or private
// use; -short leaves these out.
func isEmptyPlane(r rune) bool { return r >= 0x40000 && r < 0xE0000 || r >= 0xF0000 }

// Every code point, in several surroundings. A difference shows as a block;
// to see the code points, write the outputs of that block from both sides. Under
// the race detector, which has nothing to find here, the empty planes are left out;
// make test goes through all of it without.
func TestPrepareEveryCodePointLikeProsody(t *testing.T) {
	for _, sweep := range readPrepVectors(t).Sweeps {
		before, after := unhex(t, sweep.Before), unhex(t, sweep.After)
		prepare := prepareByKind[sweep.Kind]
		if sweep.Kind == "domain" {
			prepare = nameprepOnly
		}
		t.Run(sweep.Kind+"/"+before+"_"+after, func(t *testing.T) {
			t.Parallel()
			if len(sweep.Blocks) != 0x110 {
				t.Fatalf("%d blocks, want 0x110", len(sweep.Blocks))
			}
			var digest prepDigest
			for block, want := range sweep.Blocks {
				first := rune(block) * 0x1000
				if (testing.Short() || underRace) && isEmptyPlane(first) {
					continue
				}
				for r := first; r < first+0x1000; r++ {
					if r >= 0xD800 && r <= 0xDFFF {
						continue // no character, and not encodable
					}
					out, err := prepare(before + string(r) + after)
					digest.add(out, err == nil)
				}
				if got := digest.sum(); got != want {
					t.Errorf("U+%04X to U+%04X differ from Prosody", first, first+0xFFF)
				}
			}
		})
	}
}

// prepTexts makes the same random texts as vectors.lua.
type prepTexts struct {
	state         uint64
	ranges, marks [][2]rune
}

func (g *prepTexts) below(n int) int {
	g.state = g.state*6364136223846793005 + 1442695040888963407
	return int(g.state >> 33 % uint64(n))
}

func (g *prepTexts) next() string {
	var pools [3][2]rune
	pools[0] = g.ranges[g.below(len(g.ranges))]
	pools[1] = g.ranges[g.below(len(g.ranges))]
	pools[2] = g.marks[g.below(len(g.marks))]
	var text []rune
	for range 1 + g.below(8) {
		pool := pools[g.below(len(pools))]
		text = append(text, pool[0]+rune(g.below(int(pool[1]-pool[0]+1))))
	}
	return string(text)
}

func TestPrepareRandomTextsLikeProsody(t *testing.T) {
	random := readPrepVectors(t).Random
	texts := &prepTexts{state: random.Seed, ranges: random.Ranges, marks: random.Marks}
	var digest prepDigest
	accepted := 0
	for chunk, want := range random.Chunks {
		for range random.Texts {
			text := texts.next()
			password, err := PreparePassword(text)
			digest.add(password, err == nil)
			local, err := PrepareLocal(text)
			digest.add(local, err == nil)
			if err != nil {
				continue
			}
			accepted++
			if again, err := PrepareLocal(local); err != nil || again != local {
				t.Errorf("%+q prepared again is %+q, %v", local, again, err)
			}
		}
		if got := digest.sum(); got != want {
			t.Errorf("chunk %d differs from Prosody", chunk)
		}
	}
	if all := len(random.Chunks) * random.Texts; accepted < all/10 {
		t.Errorf("only %d of %d random texts are names: the sample tests little", accepted, all)
	}
}

// Prosody sends prepared texts and Verify prepares them again.
func TestPrepareAgainChangesNothing(t *testing.T) {
	for kind, prepare := range prepareByKind {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			for r := rune(0); r <= 0x10FFFF; r++ {
				if testing.Short() && isEmptyPlane(r) {
					continue
				}
				once, err := prepare(string(r))
				if err != nil {
					continue
				}
				if again, err := prepare(once); err != nil || again != once {
					t.Errorf("U+%04X: once %+q, again %+q, %v", r, once, again, err)
				}
			}
		})
	}
}

// The short way for ASCII must not differ from the tables.
func TestPrepareASCIIByTables(t *testing.T) {
	for a := range 0x80 {
		for b := range 0x80 {
			s := "x" + string(rune(a)) + string(rune(b))
			password, rule := saslprep.prepare(s)
			if got, err := PreparePassword(s); got != password || (err == nil) != (rule == "") {
				t.Errorf("PreparePassword(%q) = %q, %v; tables say %q, %q", s, got, err, password, rule)
			}
			local := ""
			if rule == "" {
				local, rule = nodeprep.prepare(password)
			}
			if got, err := PrepareLocal(s); got != local || (err == nil) != (rule == "") {
				t.Errorf("PrepareLocal(%q) = %q, %v; tables say %q, %q", s, got, err, local, rule)
			}
		}
	}
}

func TestPrepareRules(t *testing.T) {
	long := strings.Repeat("x", MaxPreparedBytes)
	tests := []struct {
		kind, in, rule string
	}{
		{"username", "", prepRuleEmpty},
		{"username", "a b", prepRuleNameChar},
		{"username", "a\u3000b", prepRuleNameChar},
		{"username", "a＠b", prepRuleNameChar},
		{"username", "a\x00b", prepRuleSpecial},
		{"username", "a\xff", prepRuleUTF8},
		{"username", "\u00ad", prepRuleVanishes},
		{"username", long + "x", prepRuleTooLong},
		{"username", strings.Repeat("\ufdfa", 340), prepRuleGrows},
		{"username", "aש", prepRuleBidi},
		{"password", "", prepRuleEmpty},
		{"password", "\ue000", prepRuleSpecial},
		{"password", "e" + strings.Repeat("\u0302", 40), prepRuleMarks},
		{"password", long + "x", prepRuleTooLong},
		{"domain", "", prepRuleEmpty},
		{"domain", ".", prepRuleEmpty},
		{"domain", "meet.jitsi:443", prepRuleHostName},
		{"domain", "a..b", prepRuleHostName},
		{"domain", long + "x", prepRuleTooLong},
	}
	for _, test := range tests {
		_, err := prepareByKind[test.kind](test.in)
		var invalid *InvalidError
		if !errors.As(err, &invalid) || invalid.Rule != test.rule || invalid.Field != test.kind {
			t.Errorf("%s %.20q: error is %v, want %q", test.kind, test.in, err, test.rule)
		}
	}
}

func TestPrepareDomainWithoutRootDot(t *testing.T) {
	if got, err := PrepareDomain("Meet.Jitsi."); err != nil || got != "meet.jitsi" {
		t.Errorf("got %q, %v", got, err)
	}
}

// Refusing a text of any length must cost nothing.
func TestPrepareRefusesHugeTextCheaply(t *testing.T) {
	huge := strings.Repeat("ﷺ", 1<<20)
	for kind, prepare := range prepareByKind {
		if allocs := testing.AllocsPerRun(10, func() { _, _ = prepare(huge) }); allocs > 4 {
			t.Errorf("%s: %v allocations for a text that is too long", kind, allocs)
		}
	}
}

func BenchmarkPrepare(b *testing.B) {
	for name, text := range map[string]string{"ascii": "alice.smith-42", "kana": "ﾊﾟｽﾜｰﾄﾞひみつ", "longest": strings.Repeat("あ", 341)} {
		b.Run("local/"+name, func(b *testing.B) {
			for b.Loop() {
				_, _ = PrepareLocal(text)
			}
		})
		b.Run("password/"+name, func(b *testing.B) {
			for b.Loop() {
				_, _ = PreparePassword(text)
			}
		})
	}
}
