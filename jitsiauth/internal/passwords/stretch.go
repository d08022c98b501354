package main

import (
	"strings"
	"unicode/utf8"
)

// shortest is how many characters an entry has at least. It is
// jitsiauth.MinPasswordLength: what is shorter is refused without a list.
const shortest = 12

// endings are what people put behind a word until it is long enough, besides a
// count that just reaches it. The years are those in which passwords were set
// that may still be in use.
var endings = []string{
	"1", "12", "123", "1234", "123456", "123456789", "1234567890", "!", "1!", "123!",
	"2020", "2021", "2022", "2023", "2024", "2025", "2026", "2027",
}

// beyond is how many characters more than needed an ending may add: who has
// reached the length seldom goes on.
const beyond = 3

// stretch returns the ways to make a word long enough that come to mind first:
// written again and again, or with one of the endings behind it. A word that is
// long enough stays as it is, and one with a number at its end gets no other.
func stretch(word string) []string {
	length := utf8.RuneCountInString(word)
	if length >= shortest {
		return []string{word}
	}
	stretched := []string{strings.Repeat(word, (shortest+length-1)/length), word + "12345678901"[:shortest-length]}
	if last := word[len(word)-1]; last >= '0' && last <= '9' {
		return stretched
	}
	for _, ending := range endings {
		if total := length + len(ending); total >= shortest && total <= shortest+beyond {
			stretched = append(stretched, word+ending)
		}
	}
	return stretched
}
