package main

import "strings"

// languageFrom returns what a person is told in: "ja" where the locale is
// Japanese, otherwise "en". Of the three variables the first that is set decides
// (POSIX.1-2017, Base Definitions 8.2).
func languageFrom(environ []string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		for _, pair := range environ {
			locale, found := strings.CutPrefix(pair, name+"=")
			if !found || locale == "" {
				continue
			}
			if end := strings.IndexAny(locale, "_.@"); end >= 0 { // ja_JP.UTF-8
				locale = locale[:end]
			}
			if locale == "ja" {
				return "ja"
			}
			return "en"
		}
	}
	return "en"
}
