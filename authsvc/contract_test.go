package authsvc_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/api"
)

// openAPI is the document as it is served.
var openAPI = sync.OnceValues(func() (*openapi3.T, error) {
	text, err := authsvc.OpenAPIJSON()
	if err != nil {
		return nil, err
	}
	return openapi3.NewLoader().LoadFromData(text)
})

func document(t testing.TB) *openapi3.T {
	t.Helper()
	doc, err := openAPI()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// contract carries requests of tests, and holds each and its answer to
// openapi.yaml. A request that gets a 4xx may be wrong, the answer may not.
// Bodies other than JSON pass by unread, so that streams remain streams.
type contract struct {
	t    testing.TB
	doc  *openapi3.T
	base http.RoundTripper
	off  atomic.Bool // for tests that make the service answer what it never does
}

func newContract(t testing.TB) *contract {
	return &contract{t: t, doc: document(t), base: http.DefaultTransport}
}

func (k *contract) RoundTrip(r *http.Request) (*http.Response, error) {
	if k.off.Load() {
		return k.base.RoundTrip(r)
	}
	sent, err := rereadable(r.Header, &r.Body)
	if err != nil {
		return nil, err
	}
	response, err := k.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answered, err := rereadable(response.Header, &response.Body)
	if err != nil {
		return nil, err
	}
	if err := k.check(r, sent, response, answered); err != nil {
		k.t.Errorf("openapi.yaml and %s %s with status %d differ: %v", r.Method, r.URL.Path, response.StatusCode, err)
	}
	return response, nil
}

// rereadable returns the whole body if it is JSON, and leaves another reader
// of it.
func rereadable(header http.Header, body *io.ReadCloser) ([]byte, error) {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if *body == nil || err != nil || kind != "application/json" && !strings.HasSuffix(kind, "+json") && kind != "text/plain" {
		return nil, nil
	}
	all, err := io.ReadAll(*body)
	if err != nil {
		return nil, err
	}
	_ = (*body).Close()
	*body = io.NopCloser(bytes.NewReader(all))
	return all, nil
}

func (k *contract) check(r *http.Request, sent []byte, response *http.Response, answered []byte) error {
	route, params := findRoute(k.doc, r.Method, r.URL.EscapedPath())
	if route == nil {
		return k.checkNoRoute(response, answered)
	}
	request := r.Clone(context.WithoutCancel(r.Context()))
	request.Body = io.NopCloser(bytes.NewReader(sent))
	options := &openapi3filter.Options{
		IncludeResponseStatus: true, SkipSettingDefaults: true, RejectWhenRequestBodyNotSpecified: true,
		AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, ExcludeRequestBody: sent == nil && r.Body != nil && r.Body != http.NoBody,
	}
	input := &openapi3filter.RequestValidationInput{Request: request, PathParams: params, Route: route, Options: options}
	if response.StatusCode < 400 || response.StatusCode > 499 {
		if err := openapi3filter.ValidateRequest(request.Context(), input); err != nil {
			return fmt.Errorf("the request: %w", err)
		}
	}
	streamed := answered == nil
	return openapi3filter.ValidateResponse(request.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: response.StatusCode, Header: response.Header,
		Body:    io.NopCloser(bytes.NewReader(answered)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, ExcludeResponseBody: streamed},
	})
}

// checkNoRoute is for what the document doesn't know: then the service must
// not know it either.
func (k *contract) checkNoRoute(response *http.Response, answered []byte) error {
	if response.StatusCode != http.StatusNotFound && response.StatusCode != http.StatusMethodNotAllowed {
		return fmt.Errorf("the route is missing in openapi.yaml")
	}
	if got := response.Header.Get("Content-Type"); got != api.ProblemType {
		return fmt.Errorf("the Content-Type is %q", got)
	}
	if response.Request.Method == http.MethodHead {
		return nil
	}
	return visit(k.doc, "Problem", answered)
}

// findRoute returns the operation for a path; one that is literally there wins
// over one with parameters.
func findRoute(doc *openapi3.T, method, path string) (*routers.Route, map[string]string) {
	var found *routers.Route
	var foundParams map[string]string
	for pattern, item := range doc.Paths.Map() {
		params, ok := matchPath(pattern, path)
		operation := item.Operations()[method]
		if ok && operation != nil && (found == nil || len(params) < len(foundParams)) {
			found = &routers.Route{Spec: doc, Path: pattern, PathItem: item, Method: method, Operation: operation}
			foundParams = params
		}
	}
	return found, foundParams
}

func matchPath(pattern, path string) (map[string]string, bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	params := map[string]string{}
	for i, part := range want {
		name, isParam := strings.CutPrefix(part, "{")
		if !isParam && part != got[i] || isParam && got[i] == "" {
			return nil, false
		}
		if isParam {
			value, err := url.PathUnescape(got[i])
			if err != nil {
				return nil, false
			}
			params[strings.TrimSuffix(name, "}")] = value
		}
	}
	return params, true
}
