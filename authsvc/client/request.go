package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/jitsiauth/server/jitsiauth"
)

// maxAnswer bounds an answer in bytes: a page of 1,000 accounts with the
// longest notes, escaped, fits.
const maxAnswer = 64 << 20

// Condition makes a change depend on what the account is like by then.
type Condition struct{ header, value string }

// ifNone lets only that through which makes something new.
var ifNone = Condition{header: "If-None-Match", value: "*"}

// IfRevision lets a change through only while the account has this revision;
// otherwise the call returns jitsiauth.ErrRevision.
func IfRevision(revision uint64) Condition {
	return Condition{header: "If-Match", value: `"` + strconv.FormatUint(revision, 10) + `"`}
}

// call is one request.
type call struct {
	method     string
	path       string // escaped
	query      url.Values
	body       any       // nil: none
	stream     io.Reader // instead of body, as it is
	kind       string    // content type of stream
	conditions []Condition
	answer     any // where the JSON goes; nil: nowhere
}

// do sends the request and reads the answer.
func (c *Client) do(ctx context.Context, call call) error {
	request, err := c.newRequest(ctx, call)
	if err != nil {
		return err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return withoutURL(err)
	}
	defer response.Body.Close() //nolint:errcheck // everything that matters has been read
	body := io.LimitReader(response.Body, maxAnswer)
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return readError(response, body)
	}
	if call.answer == nil {
		return nil
	}
	kind, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return fmt.Errorf("the answer with status %d is not JSON: is that the service, or something before it?", response.StatusCode)
	}
	if err := json.NewDecoder(body).Decode(call.answer); err != nil {
		return fmt.Errorf("the answer can't be read: %w", err)
	}
	return nil
}

func (c *Client) newRequest(ctx context.Context, call call) (*http.Request, error) {
	address := c.base + call.path
	if len(call.query) > 0 {
		address += "?" + call.query.Encode()
	}
	var body io.Reader
	if call.body != nil {
		encoded, err := json.Marshal(call.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(encoded)
	}
	if call.stream != nil {
		body = io.NopCloser(call.stream) // it is the caller's to close
	}
	request, err := http.NewRequestWithContext(ctx, call.method, address, body)
	if err != nil {
		return nil, withoutURL(err)
	}
	request.Header.Set("Accept", "application/json, application/problem+json")
	if call.body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if call.stream != nil {
		request.Header.Set("Content-Type", call.kind)
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	for _, condition := range call.conditions {
		request.Header.Set(condition.header, condition.value)
	}
	return request, nil
}

// withoutURL takes out the address, whose query may hold what people search for.
func withoutURL(err error) error {
	var withURL *url.Error
	if errors.As(err, &withURL) {
		return withURL.Err
	}
	return err
}

// pathOf appends what names an account or token. "." and ".." can't be the
// last part of a path: programs on the way would take them out.
func pathOf(collection, ref string) (string, error) {
	if ref == "" || ref == "." || ref == ".." {
		return "", &jitsiauth.InvalidError{Field: "id", Rule: "must not be empty, \".\" or \"..\"; use the ID"}
	}
	// A "+" needs no escape in a path, but some programs on the way take it
	// for a space.
	return collection + "/" + strings.ReplaceAll(url.PathEscape(ref), "+", "%2B"), nil
}
