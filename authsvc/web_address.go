package authsvc

import (
	"net/url"
	"strings"
)

// splitQuery parts an address from its query, which keeps its "?" and is made
// anew, so that nothing else can be in it.
func splitQuery(address string) (path, query string) {
	path, raw, _ := strings.Cut(address, "?")
	values, err := url.ParseQuery(raw)
	if err != nil || len(values) == 0 {
		return path, ""
	}
	return path, "?" + values.Encode()
}

// matches reports whether a path is one of those that a route's pattern stands
// for: the same, with one segment of harmless characters for each ":name".
func matches(pattern, path string) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i, part := range want {
		if strings.HasPrefix(part, ":") {
			if !isSegment(got[i]) {
				return false
			}
		} else if part != got[i] {
			return false
		}
	}
	return true
}

// isSegment reports a segment of a path as url.PathEscape writes it.
func isSegment(text string) bool {
	decoded, err := url.PathUnescape(text)
	return err == nil && decoded != "" && decoded != "." && decoded != ".." &&
		strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%@+!$&'()*,;=:") == ""
}

// nextQuery names in a query where to go on after a page; nothing where that is
// the first page anyway.
func nextQuery(next string) string {
	if next == pagesPath {
		return ""
	}
	return "?" + url.Values{"next": {next}}.Encode()
}
