package csvfile

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jitsiauth/server/jitsiauth"
)

// checkHeader also makes the headings the names of fields.
func (o Options) checkHeader(names []string) error {
	unknown, others := -1, false
	shown := slices.Clone(names)
	for i, name := range names {
		if rule := o.characters(name); rule != "" {
			return &jitsiauth.InvalidError{Field: fieldHeader, Rule: rule}
		}
		if names[i] = fieldOf(strings.TrimSpace(name)); !o.known(names[i]) && unknown < 0 {
			unknown = i
		} else if o.known(strings.ToLower(names[i])) {
			others = true
		}
	}
	if unknown >= 0 {
		return unknownHeading(shown[unknown], unknown, others)
	}
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return &jitsiauth.InvalidError{Field: name, Rule: "must not be named twice in the first row"}
		}
	}
	if !slices.Contains(names, "jid") && !slices.Contains(names, "username") && !slices.Contains(names, FieldLogin) {
		return &jitsiauth.InvalidError{Field: "jid", Rule: "must be named in the first row, or else username"}
	}
	return nil
}

// fieldHeader is the field of an error about the first row as a whole.
const fieldHeader = "header"

// mostHeading is how many letters a heading has at most that an error repeats.
const mostHeading = 40

// unknownHeading repeats the heading only where the row is one of headings: the first
// row of a file without them holds names and passwords of people, or their hashes,
// and errors go to terminals and logs.
func unknownHeading(heading string, column int, othersKnown bool) error {
	if othersKnown && utf8.RuneCountInString(heading) <= mostHeading && !strings.ContainsAny(heading, "${:") {
		return &jitsiauth.InvalidError{Field: heading, Rule: "is not a field of an account; the first row must name the fields, separated by commas"}
	}
	return &jitsiauth.InvalidError{Field: fieldHeader, Rule: fmt.Sprintf("must name the fields, such as username and password, separated by commas: column %d is not a field of an account", column+1)}
}
