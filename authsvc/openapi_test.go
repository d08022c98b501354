package authsvc_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

func visit(doc *openapi3.T, schema string, body []byte) error {
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return err
	}
	return doc.Components.Schemas[schema].Value.VisitJSON(value, openapi3.EnableJSONSchema2020())
}

func TestOpenAPIIsServedAndValid(t *testing.T) {
	b := newBench(t)
	got := b.send(http.MethodGet, "/openapi.json", "", "")
	if got.StatusCode != http.StatusOK || got.Header.Get("Content-Type") != "application/json" {
		t.Fatal(got.StatusCode, got.Header)
	}
	doc, err := openapi3.NewLoader().LoadFromData([]byte(got.body))
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	if !doc.IsOpenAPI31OrLater() {
		t.Error(doc.OpenAPI)
	}
}

// operations returns what the document says of each "METHOD /path/:param".
func operations(t *testing.T) map[string]*openapi3.Operation {
	t.Helper()
	all := map[string]*openapi3.Operation{}
	for path, item := range document(t).Paths.Map() {
		for method, operation := range item.Operations() {
			all[method+" "+strings.NewReplacer("{", ":", "}", "").Replace(path)] = operation
		}
	}
	return all
}

func TestOpenAPIListsTheRoutes(t *testing.T) {
	routes := newBenchOn(t, memstore.New(), authsvc.Options{CompatAuth: true}).server.Routes()
	documented := operations(t)
	for _, route := range routes {
		if documented[route] == nil {
			t.Errorf("the route %s is missing in openapi.yaml", route)
		}
	}
	names := map[string]bool{}
	for route, operation := range documented {
		if !slices.Contains(routes, route) {
			t.Errorf("openapi.yaml has %s, which is no route", route)
		}
		if operation.OperationID == "" || operation.Summary == "" || len(operation.Tags) != 1 || names[operation.OperationID] {
			t.Errorf("%s needs an operationId of its own, a summary and a tag", route)
		}
		names[operation.OperationID] = true
	}
}

// What every route that needs a token can answer must be said of it.
func TestOpenAPINamesTheProblems(t *testing.T) {
	for route, operation := range operations(t) {
		want := []int{http.StatusInternalServerError, http.StatusServiceUnavailable, http.StatusUnauthorized, http.StatusForbidden}
		if len(scopesOf(t, route)) == 0 {
			want = nil
		}
		if operation.RequestBody != nil {
			want = append(want, http.StatusBadRequest, http.StatusUnsupportedMediaType)
		}
		if operation.RequestBody != nil && !streams(operation) {
			want = append(want, http.StatusRequestEntityTooLarge)
		}
		for _, status := range want {
			if operation.Responses.Status(status) == nil {
				t.Errorf("openapi.yaml doesn't say that %s can answer %d", route, status)
			}
		}
		for status, response := range operation.Responses.Map() {
			isProblem := response.Value.Content["application/problem+json"] != nil
			if isProblem != (status[0] == '4' || status[0] == '5') || response.Value.Headers["X-Request-Id"] == nil {
				t.Errorf("%s, %s: content or headers are wrong", route, status)
			}
		}
	}
}

// streams reports the extension x-streams: a body of any size, line by line,
// whose lines are answered one by one.
func streams(operation *openapi3.Operation) bool {
	yes, _ := operation.Extensions["x-streams"].(bool)
	return yes
}

// scopesOf returns the x-scopes of a route.
func scopesOf(t *testing.T, route string) []string {
	t.Helper()
	operation := operations(t)[route]
	if operation == nil {
		t.Errorf("the route %s is missing in openapi.yaml", route)
		return nil
	}
	list, ok := operation.Extensions["x-scopes"].([]any)
	if !ok {
		t.Errorf("%s has no x-scopes in openapi.yaml", route)
	}
	var scopes []string
	for _, scope := range list {
		scopes = append(scopes, fmt.Sprint(scope))
	}
	return scopes
}

// Fields, and which of them must be there, are the same in openapi.yaml and in
// package api. Requests take nothing else.
func TestOpenAPIHasTheTypes(t *testing.T) {
	schemas := document(t).Components.Schemas
	parsed := parseAPI(t)
	for name, fields := range parsed {
		schema := schemas[name]
		if schema == nil {
			t.Errorf("the type api.%s is missing in the schemas of openapi.yaml", name)
			continue
		}
		documented, required := properties(schema.Value)
		var wanted []string
		for field, kind := range fields {
			if kind.required {
				wanted = append(wanted, field)
			}
			if property := documented[field]; property == nil {
				t.Errorf("%s.%s is missing in openapi.yaml", name, field)
			} else if !fits(property.Value, kind.types) {
				t.Errorf("%s.%s is of type %v in openapi.yaml, want %v", name, field, property.Value.Type, kind.types)
			}
		}
		for field := range documented {
			if _, there := fields[field]; !there {
				t.Errorf("openapi.yaml has %s.%s, package api has not", name, field)
			}
		}
		slices.Sort(wanted)
		slices.Sort(required)
		if !slices.Equal(wanted, required) {
			t.Errorf("%s requires %q in openapi.yaml and %q in package api", name, required, wanted)
		}
	}
	for route, operation := range operations(t) {
		if operation.RequestBody == nil || strings.Contains(route, "/auth/check_password") || strings.Contains(route, "/auth/user_exists") {
			continue
		}
		for kind, media := range operation.RequestBody.Value.Content {
			if more := media.Schema.Value.AdditionalProperties.Has; !streams(operation) && strings.HasSuffix(kind, "json") && (more == nil || *more) {
				t.Errorf("%s: the schema of its %s body needs additionalProperties: false", route, kind)
			}
		}
	}
}

func fits(schema *openapi3.Schema, types []string) bool {
	if schema.Type == nil { // const
		return slices.Equal(types, []string{"string"})
	}
	for _, typ := range *schema.Type {
		if !slices.Contains(types, typ) && typ != openapi3.TypeNull {
			return false
		}
	}
	return true
}

func properties(schema *openapi3.Schema) (openapi3.Schemas, []string) {
	all, required := openapi3.Schemas{}, slices.Clone(schema.Required)
	for name, property := range schema.Properties {
		all[name] = property
	}
	for _, part := range schema.AllOf {
		more, needed := properties(part.Value)
		for name, property := range more {
			all[name] = property
		}
		required = append(required, needed...)
	}
	return all, required
}

// Every code of package api is in the document, and no other.
func TestOpenAPIHasTheCodes(t *testing.T) {
	var documented []string
	for _, code := range document(t).Components.Schemas["Code"].Value.Enum {
		documented = append(documented, fmt.Sprint(code))
	}
	found := 0
	inspectAPI(t, func(n ast.Node) {
		spec, ok := n.(*ast.ValueSpec)
		if ident, isIdent := specType(spec, ok); !isIdent || ident != "Code" {
			return
		}
		for _, value := range spec.Values {
			found++
			if code := strings.Trim(value.(*ast.BasicLit).Value, `"`); !slices.Contains(documented, code) {
				t.Errorf("the code %s of package api is missing in openapi.yaml", code)
			}
		}
	})
	if found != len(documented) {
		t.Errorf("openapi.yaml has %d codes, package api has %d", len(documented), found)
	}
}

func specType(spec *ast.ValueSpec, ok bool) (string, bool) {
	if !ok || spec.Type == nil {
		return "", false
	}
	ident, ok := spec.Type.(*ast.Ident)
	if !ok {
		return "", false
	}
	return ident.Name, true
}

// The contract itself must be able to fail.
func TestContractNotices(t *testing.T) {
	doc := document(t)
	k := &contract{doc: doc}
	user := `{"jid":"a@meet.jitsi","generate":true}`
	problem := `{"type":"about:blank","title":"x","status":409,"detail":"x","code":"exists","request_id":"1"}`
	for name, test := range map[string]struct {
		method, path, sent, kind, answered string
		status                             int
		wrong                              bool
	}{
		"right":             {"POST", "/api/v1/users", user, api.ProblemType, problem, 409, false},
		"no such route":     {"POST", "/api/v1/nothing", user, "application/json", "{}", 200, true},
		"unknown status":    {"POST", "/api/v1/users", user, api.ProblemType, problem, 418, true},
		"another code":      {"POST", "/api/v1/users", user, api.ProblemType, strings.Replace(problem, "exists", "expired", 1), 409, true},
		"no problem":        {"POST", "/api/v1/users", user, "application/json", problem, 409, true},
		"an empty answer":   {"POST", "/auth/verify", `{"id":"1","username":"a","password":"b"}`, "application/json", "{}", 200, true},
		"a right answer":    {"POST", "/auth/verify", `{"id":"1","username":"a","password":"b"}`, "application/json", `{"id":"1","result":"ok"}`, 200, false},
		"a field too many":  {"POST", "/auth/verify", `{"id":"1","username":"a","password":"b","x":1}`, "application/json", `{"id":"1","result":"ok"}`, 200, true},
		"a wrong parameter": {"GET", "/api/v1/users?limit=0", "", "application/json", `{"users":[]}`, 200, true},
	} {
		request, err := http.NewRequestWithContext(t.Context(), test.method, "http://x"+test.path, strings.NewReader(test.sent))
		if err != nil {
			t.Fatal(err)
		}
		if test.sent != "" {
			request.Header.Set("Content-Type", "application/json")
		}
		response := &http.Response{StatusCode: test.status, Request: request, Header: http.Header{"Content-Type": {test.kind}, "X-Request-Id": {"1"}}}
		if err := k.check(request, []byte(test.sent), response, []byte(test.answered)); (err != nil) != test.wrong {
			t.Errorf("%s: %v", name, err)
		}
	}
}
