package authsvc

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// pathRef returns what stands for :ref in the path. gin would decode it as a
// query, where "+" is a space.
func pathRef(c *gin.Context) (string, error) {
	ref, err := url.PathUnescape(c.Param("ref"))
	if err != nil {
		return "", &jitsiauth.InvalidError{Field: "id", Rule: "must be percent-encoded in the path"}
	}
	return ref, nil
}

// queryParams reads the query, which may hold the known parameters, each once.
func queryParams(r *http.Request, known ...string) (map[string]string, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, malformed("The query can't be read.")
	}
	params := make(map[string]string, len(query))
	for name, values := range query {
		if !slices.Contains(known, name) {
			return nil, &httpError{
				status: http.StatusBadRequest, code: api.CodeUnknownParameter, field: printable(name, maxShown),
				detail: "The query holds the parameter " + strconv.Quote(printable(name, maxShown)) + "; known here are: " + strings.Join(known, ", ") + ".",
			}
		}
		if len(values) > 1 {
			return nil, malformed("The query holds the parameter " + name + " more than once.")
		}
		params[name] = values[0]
	}
	return params, nil
}

// etag returns the entity tag of an account.
func etag(u *jitsiauth.User) string { return `"` + strconv.FormatUint(u.Revision, 10) + `"` }

// ifMatch makes a condition of the If-Match header (RFC 9110 §13.1.1), or none
// of a header that is missing or "*". A tag that is not one of ours, or weak,
// matches nothing.
func ifMatch(r *http.Request) ([]jitsiauth.Condition, error) {
	lines := r.Header.Values("If-Match")
	value := strings.Trim(strings.Join(lines, ","), " \t")
	if len(lines) == 0 || value == "*" {
		return nil, nil
	}
	var revisions []uint64
	for tag := range strings.SplitSeq(value, ",") {
		tag = strings.Trim(tag, " \t")
		opaque, weak := strings.CutPrefix(tag, "W/")
		if len(opaque) < 2 || opaque[0] != '"' || opaque[len(opaque)-1] != '"' || strings.Contains(opaque[1:len(opaque)-1], `"`) {
			return nil, &httpError{
				status: http.StatusBadRequest, code: api.CodeMalformed, field: "If-Match",
				detail: `The If-Match header must be an ETag in its quotes, such as "7", or *.`,
			}
		}
		revision, err := strconv.ParseUint(opaque[1:len(opaque)-1], 10, 64)
		if err == nil && !weak {
			revisions = append(revisions, revision)
		}
	}
	return []jitsiauth.Condition{anyRevision(revisions)}, nil
}

func anyRevision(revisions []uint64) jitsiauth.Condition {
	return func(u *jitsiauth.User) error {
		for _, revision := range revisions {
			if jitsiauth.IfRevision(revision)(u) == nil {
				return nil
			}
		}
		return jitsiauth.ErrRevision
	}
}
