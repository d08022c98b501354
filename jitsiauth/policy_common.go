package jitsiauth

import (
	_ "embed"
	"strings"
)

// commonPasswords is sorted, an entry a line, in small letters. It is looked
// through as it is: a map would cost each program a megabyte at its start.
//
//go:embed internal/passwords/common.txt
var commonPasswords string

// maxPeriod is how many characters may be repeated to make a password that
// counts as common: "aaaaaaaaaaaa", "121212121212", "abcdabcdabcd".
const maxPeriod = 4

// isCommon reports a prepared password that many people use. Capitals make no
// difference: "Password1234" is as easily guessed.
func isCommon(password string) bool {
	folded := strings.ToLower(password)
	return repeats([]rune(folded), maxPeriod) || hasLine(commonPasswords, folded)
}

// repeats reports whether the text is its first characters, up to most of them,
// again and again; the last time they may be cut off.
func repeats(text []rune, most int) bool {
	for period := 1; period <= most && 2*period <= len(text); period++ {
		same := true
		for i := period; i < len(text) && same; i++ {
			same = text[i] == text[i-period]
		}
		if same {
			return true
		}
	}
	return false
}

// hasLine reports whether the sorted lines, each of which has its line end,
// hold this one.
func hasLine(lines, line string) bool {
	for from, to := 0, len(lines); from < to; { // both at the beginning of a line
		middle := from + (to-from)/2
		start := from + strings.LastIndexByte(lines[from:middle], '\n') + 1
		end := start + strings.IndexByte(lines[start:to], '\n')
		switch strings.Compare(lines[start:end], line) {
		case 0:
			return true
		case -1:
			from = end + 1
		default:
			to = start
		}
	}
	return false
}
