package main

import (
	"regexp"
	"slices"
	"strings"
)

// plainWord is what no shell makes anything else of.
var plainWord = regexp.MustCompile(`^[\pL\pN_@%+=:,./-]+$`)

// again is the command line of this process once more, for a shell, without the
// flags named, which have values, and with more words.
func (a *app) again(without []string, more ...string) string {
	words := []string{"jitsiauth"}
	for i := 0; i < len(a.args); i++ {
		word := a.args[i]
		flag, _, joined := strings.Cut(word, "=")
		switch {
		case !slices.Contains(without, flag):
			words = append(words, shellWord(word))
		case !joined:
			i++ // its value
		}
	}
	return strings.Join(append(words, more...), " ")
}

// shellWord is a word as a shell has to be given it.
func shellWord(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
