package authsvc

import "strings"

// What browsers and systems call themselves, the more special ones first: most
// claim to be others as well.
var (
	browserNames = [][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}}
	systemNames  = [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"CrOS", "ChromeOS"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"}}
)

// agentName makes of a User-Agent header a name by which people know their
// browsers again; of one that is none of those, its beginning.
func agentName(header string) string {
	browser, system := firstIn(header, browserNames), firstIn(header, systemNames)
	switch {
	case header == "":
		return "-"
	case browser == "":
		return printable(header, maxShown)
	case system == "":
		return browser
	}
	return browser + ", " + system
}

func firstIn(text string, names [][2]string) string {
	for _, name := range names {
		if strings.Contains(text, name[0]) {
			return name[1]
		}
	}
	return ""
}
