package authsvc

import (
	"net/http"
	"strings"

	"golang.org/x/text/language"
)

// languages are those that a person can be told in what to do. The first is for
// everyone who asks for none of them.
var languages = language.NewMatcher([]language.Tag{language.English, language.Japanese})

// languageOf returns the one that the request likes best, "en" or "ja".
func languageOf(r *http.Request) string {
	tag, _ := language.MatchStrings(languages, strings.Join(r.Header.Values("Accept-Language"), ","))
	base, _ := tag.Base()
	return base.String()
}
