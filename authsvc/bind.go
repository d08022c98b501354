package authsvc

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"
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
	into := reflect.ValueOf(dst).Elem()
	names, required := jsonFields(into.Type())
	given := make(map[string]bool, len(names))
	in := json.NewDecoder(bytes.NewReader(body))
	if open, err := in.Token(); err != nil || open != json.Delim('{') {
		return malformed("The body must be a JSON object.")
	}
	for in.More() {
		name, value, err := nextField(in)
		if err != nil {
			return err
		}
		index, known := names[name]
		if !known {
			return &jitsiauth.InvalidError{Field: printable(name, maxShown), Rule: "is not a field that can be given here"}
		}
		if given[name] {
			return malformed("The body holds the field " + name + " more than once.")
		}
		given[name] = true
		if err := setField(into.Field(index), name, value, slices.Contains(required, name)); err != nil {
			return err
		}
	}
	if err := atEnd(in); err != nil {
		return err
	}
	for _, name := range required {
		if !given[name] {
			return &jitsiauth.InvalidError{Field: name, Rule: "must be given"}
		}
	}
	return nil
}

func nextField(in *json.Decoder) (name string, value json.RawMessage, err error) {
	key, err := in.Token()
	if err == nil {
		err = in.Decode(&value)
	}
	name, isName := key.(string)
	if err != nil || !isName {
		return "", nil, malformed("The body is not valid JSON.")
	}
	return name, value, nil
}

// atEnd expects the object's end and nothing behind it.
func atEnd(in *json.Decoder) error {
	if _, err := in.Token(); err != nil {
		return malformed("The body is not valid JSON.")
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return malformed("The body holds more than one JSON object.")
	}
	return nil
}

// jsonFields returns the index of each field of a flat struct by its name in
// JSON, and the names of those that must be given.
func jsonFields(t reflect.Type) (names map[string]int, required []string) {
	names = make(map[string]int, t.NumField())
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		names[name] = i
		if options != "omitzero" {
			required = append(required, name)
		}
	}
	return names, required
}

// setField sets one field. A null leaves it as it is, unless it wants to know
// itself (api.Optional) or must be given.
func setField(field reflect.Value, name string, value json.RawMessage, required bool) error {
	_, own := field.Addr().Interface().(json.Unmarshaler)
	if string(value) == "null" && !own && !required {
		return nil
	}
	err := json.Unmarshal(value, field.Addr().Interface())
	if err == nil && (own || string(value) != "null") {
		return nil
	}
	kind := field.Kind()
	var wrong *json.UnmarshalTypeError
	if own && errors.As(err, &wrong) {
		kind = wrong.Type.Kind()
	}
	return &jitsiauth.InvalidError{Field: name, Rule: mustBe(kind)}
}

func mustBe(kind reflect.Kind) string {
	switch kind {
	case reflect.String:
		return "must be a string"
	case reflect.Bool:
		return "must be true or false"
	case reflect.Slice:
		return "must be a list of strings"
	}
	return "has the wrong type"
}
