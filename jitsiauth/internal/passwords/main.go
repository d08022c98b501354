// Command passwords makes common.txt, the list of common passwords that package
// jitsiauth refuses, from words.txt and what stands in this directory's code.
// README.md tells where the words come from.
package main

import (
	"log"
	"maps"
	"os"
	"slices"
	"strings"
)

//go:generate go run .

func main() {
	words, err := os.ReadFile("words.txt")
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("common.txt", []byte(list(string(words))), 0o644); err != nil { //nolint:gosec // a source file, for everyone to read
		log.Fatal(err)
	}
}

// list returns the sorted list, an entry a line, from words, one a line.
func list(words string) string {
	entries := map[string]struct{}{}
	for _, some := range [][]string{strings.Fields(words), ours} {
		for _, word := range some {
			for _, entry := range stretch(word) {
				entries[entry] = struct{}{}
			}
		}
	}
	for _, entry := range ourPhrases {
		entries[entry] = struct{}{}
	}
	for _, entry := range walked() {
		entries[entry] = struct{}{}
	}
	return strings.Join(slices.Sorted(maps.Keys(entries)), "\n") + "\n"
}
