package authsvc

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// Bounds of a body in bytes.
const (
	maxLoginBody = 16 << 10 // name and password of 1,023 bytes each, written as \u escapes: 12 KiB
	maxBody      = 64 << 10
)

// bind reads the body, one JSON object of at most limit bytes, into the struct
// that dst points to, by the rules of package api. other names content types
// that are as good as application/json.
func bind(c *gin.Context, dst any, limit int64, other ...string) error {
	if err := wantType(c.Request, append([]string{jsonType}, other...)); err != nil {
		return err
	}
	body, err := readBody(c, limit)
	if err != nil {
		return err
	}
	return decode(body, dst)
}

// wantType refuses a body of another content type or charset.
func wantType(r *http.Request, types []string) error {
	got, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset, named := params["charset"]
	if err != nil || !slices.Contains(types, got) || named && !strings.EqualFold(charset, "utf-8") {
		return &httpError{
			status: http.StatusUnsupportedMediaType, code: api.CodeMediaType, field: "Content-Type",
			detail: "The body must be sent in UTF-8 with the header Content-Type: " + strings.Join(types, " or ") + ".",
		}
	}
	return nil
}

func readBody(c *gin.Context, limit int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, limit))
	return body, bodyError(err)
}

// bodyError tells a body that is too large from one that did not come.
func bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &tooLarge):
		return &httpError{status: http.StatusRequestEntityTooLarge, code: api.CodeTooLarge, detail: "The body is too large."}
	}
	return malformed("The body did not come through whole.")
}

// decode is the part of bind that needs no request. encoding/json alone would
// take what comes behind the object, fields of no name that it knows, the last
// of two of one name, names in other capitals, and any bytes for a string.
func decode(body []byte, dst any) error {
	if !utf8.Valid(body) {
		return malformed("The body is not valid UTF-8.")
	}
	if !json.Valid(body) {
		return malformed("The body is not one valid JSON object.")
	}
	into := reflect.ValueOf(dst).Elem()
	known := jsonFields(into.Type())
	given := make([]bool, into.NumField())
	for name, value := range members(body) {
		index, ok := known.index[name]
		if !ok {
			return &jitsiauth.InvalidError{Field: printable(name, maxShown), Rule: "is not a field that can be given here"}
		}
		if given[index] {
			return malformed("The body holds the field " + name + " more than once.")
		}
		given[index] = true
		if err := setField(into.Field(index), name, value, slices.Contains(known.required, name)); err != nil {
			return err
		}
	}
	if text := bytes.TrimLeft(body, jsonSpace); text[0] != '{' {
		return malformed("The body must be a JSON object.")
	}
	for _, name := range known.required {
		if !given[known.index[name]] {
			return &jitsiauth.InvalidError{Field: name, Rule: "must be given"}
		}
	}
	return nil
}

const jsonSpace = " \t\r\n"

// members yields the members of a JSON object that is known to be valid, with
// their values as they stand there; nothing of another value.
func members(object []byte) iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		rest := bytes.TrimLeft(object, jsonSpace)
		for rest[0] == '{' || rest[0] == ',' {
			rest = bytes.TrimLeft(rest[1:], jsonSpace)
			if rest[0] == '}' {
				return
			}
			key := rest[:valueEnd(rest)]
			rest = bytes.TrimLeft(rest[len(key):], jsonSpace+":")
			value := rest[:valueEnd(rest)]
			rest = bytes.TrimLeft(rest[len(value):], jsonSpace)
			name, ok := plainString(key)
			if !ok {
				_ = json.Unmarshal(key, &name) // a valid string
			}
			if !yield(name, json.RawMessage(value)) {
				return
			}
		}
	}
}

// valueEnd returns where the value ends that valid JSON begins with.
func valueEnd(text []byte) int {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			if quoted = !quoted; !quoted && depth == 0 {
				return i + 1
			}
		case quoted:
		case c == '{' || c == '[':
			depth++
		case depth > 0 && (c == '}' || c == ']'):
			if depth--; depth == 0 {
				return i + 1
			}
		case depth == 0 && (c == ',' || c == '}' || c == ']' || strings.IndexByte(jsonSpace, c) >= 0):
			return i
		}
	}
	return len(text)
}

// fields are those of a flat struct: the index of each by its name in JSON, and
// the names of those that must be given.
type fields struct {
	index    map[string]int
	required []string
}

// knownFields holds the fields of each type, which every login asks for.
var knownFields sync.Map // reflect.Type: *fields

func jsonFields(t reflect.Type) *fields {
	if known, ok := knownFields.Load(t); ok {
		return known.(*fields)
	}
	f := &fields{index: make(map[string]int, t.NumField())}
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		f.index[name] = i
		if options != "omitzero" {
			f.required = append(f.required, name)
		}
	}
	knownFields.Store(t, f)
	return f
}

// setField sets one field. A null leaves it as it is, unless it wants to know
// itself (api.Optional) or must be given.
func setField(field reflect.Value, name string, value json.RawMessage, required bool) error {
	if setOptional(field.Addr().Interface(), value) {
		return nil
	}
	_, own := field.Addr().Interface().(json.Unmarshaler)
	if text, ok := plainString(value); ok && !own && field.Kind() == reflect.String {
		field.SetString(text)
		return nil
	}
	if string(value) == "null" && !own && !required {
		return nil
	}
	err := json.Unmarshal(value, field.Addr().Interface())
	if err == nil && (own || string(value) != "null") {
		return nil
	}
	kind := field.Type()
	var wrong *json.UnmarshalTypeError
	if own && errors.As(err, &wrong) {
		kind = wrong.Type
	}
	return &jitsiauth.InvalidError{Field: name, Rule: mustBe(kind)}
}

// setOptional does for the values that most fields of an import have what
// json.Unmarshal would: it took most of the time of a line. It reports whether the
// value is one of those.
func setOptional(field any, value json.RawMessage) bool {
	switch to := field.(type) {
	case *api.Optional[string]:
		if text, ok := plainString(value); ok {
			*to = api.Some(text)
			return true
		}
		if string(value) == "null" {
			*to = api.Null[string]()
			return true
		}
	case *api.Optional[bool]:
		switch string(value) {
		case "true", "false":
			*to = api.Some(string(value) == "true")
			return true
		case "null":
			*to = api.Null[bool]()
			return true
		}
	}
	return false
}

// plainString reads a JSON string without escapes, which is known to be valid.
func plainString(value json.RawMessage) (string, bool) {
	if len(value) < 2 || value[0] != '"' || bytes.IndexByte(value, '\\') >= 0 {
		return "", false
	}
	return string(value[1 : len(value)-1]), true
}

func mustBe(kind reflect.Type) string {
	if kind == reflect.TypeFor[time.Time]() {
		return "must be a moment in RFC 3339, such as 2026-11-24T10:00:00Z"
	}
	switch kind.Kind() {
	case reflect.String:
		return "must be a string"
	case reflect.Bool:
		return "must be true or false"
	case reflect.Int:
		return "must be a whole number"
	case reflect.Slice:
		if kind.Elem().Kind() != reflect.String {
			return "must be a list of objects"
		}
		return "must be a list of strings"
	}
	return "has the wrong type"
}
