package authsvc_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// inputs are the routes that take a body, and one that is right.
var inputs = []struct {
	method, path, good string
	limit              int
	scope              jitsiauth.Scope
}{
	{"POST", "/auth/verify", `{"id":"1","username":"alice","password":"` + password + `"}`, 16 << 10, jitsiauth.ScopeAuth},
	{"POST", "/api/v1/users", `{"jid":"new@meet.jitsi","password":"` + password + `"}`, 64 << 10, jitsiauth.ScopeAdmin},
	{"PATCH", "/api/v1/users/alice@meet.jitsi", `{"note":"` + password + `"}`, 64 << 10, jitsiauth.ScopeAdmin},
	{"PUT", "/api/v1/users/alice@meet.jitsi/password", `{"password":"` + password + `"}`, 64 << 10, jitsiauth.ScopeAdmin},
	{"POST", "/api/v1/tokens", `{"name":"horse","scopes":["auth"]}`, 64 << 10, jitsiauth.ScopeAdmin},
}

// Bodies that are wrong everywhere change nothing, and neither the answer nor
// the log repeats what was in them.
func TestBadBodies(t *testing.T) {
	b := newBench(t)
	b.addUser("alice@meet.jitsi")
	secrets := map[jitsiauth.Scope]string{}
	for _, scope := range []jitsiauth.Scope{jitsiauth.ScopeAuth, jitsiauth.ScopeAdmin} {
		secrets[scope] = b.secret(scope)
	}
	for _, in := range inputs {
		inner := in.good[1 : len(in.good)-1]
		first, _, _ := strings.Cut(inner, ",")
		before := b.snapshot()
		for name, test := range map[string]struct {
			body, kind string
			status     int
		}{
			"no body":        {"", "application/json", 400},
			"no type":        {in.good, "", 415},
			"form":           {in.good, "application/x-www-form-urlencoded", 415},
			"text":           {in.good, "text/plain", 415},
			"latin 1":        {in.good, "application/json; charset=iso-8859-1", 415},
			"broken type":    {in.good, "application/json; charset", 415},
			"cut off":        {in.good[:len(in.good)-3], "application/json", 400},
			"list":           {"[" + in.good + "]", "application/json", 400},
			"null":           {"null", "application/json", 400},
			"text as JSON":   {password, "application/json", 400},
			"trailing":       {in.good + "x", "application/json", 400},
			"two objects":    {in.good + in.good, "application/json", 400},
			"twice":          {"{" + inner + "," + first + "}", "application/json", 400},
			"invalid UTF-8":  {strings.Replace(in.good, "horse", "horse\xff", 1) + "\xff", "application/json", 400},
			"unknown field":  {"{" + inner + `,"is_admin":"` + password + `"}`, "application/json", 422},
			"capital field":  {`{"PASSWORD":"` + password + `",` + inner + "}", "application/json", 422},
			"too large":      {"{" + strings.Repeat(" ", in.limit) + inner + "}", "application/json", 413},
			"largest, empty": {"{" + strings.Repeat(" ", in.limit-2) + "]", "application/json", 400},
		} {
			got := b.send(in.method, in.path, secrets[in.scope], test.body, "Content-Type", test.kind)
			p := got.problem(t)
			if got.StatusCode != test.status || strings.Contains(got.body, "horse") {
				t.Errorf("%s %s, %s: %d %s", in.method, in.path, name, got.StatusCode, got.body)
			}
			if name == "unknown field" && (p.Field != "is_admin" || p.Code != api.CodeInvalid) {
				t.Errorf("%s", got.body)
			}
		}
		if after := b.snapshot(); after != before {
			t.Errorf("%s %s changed something:\n%s\n%s", in.method, in.path, before, after)
		}
		if got := b.send(in.method, in.path, secrets[in.scope], in.good, "Content-Type", "application/json; charset=UTF-8"); got.StatusCode > 299 {
			t.Errorf("%s %s refuses what is right: %d %s", in.method, in.path, got.StatusCode, got.body)
		}
	}
}

// Fields that are wrong name themselves and change nothing.
func TestBadFields(t *testing.T) {
	b := newBench(t)
	b.addUser("alice@meet.jitsi")
	admin, auth := b.secret(jitsiauth.ScopeAdmin), b.secret(jitsiauth.ScopeAuth)
	before := b.snapshot()
	const verify, users, alice, tokens = "POST /auth/verify", "POST /api/v1/users", "PATCH /api/v1/users/alice@meet.jitsi", "POST /api/v1/tokens"
	const passwd = "PUT /api/v1/users/alice@meet.jitsi/password"
	for _, test := range []struct{ route, body, field, rule string }{
		{verify, `{"username":"a","password":"x"}`, "id", "must be given"},
		{verify, `{"id":"","username":"a","password":"x"}`, "id", "1 to 128"},
		{verify, `{"id":"` + strings.Repeat("x", 129) + `","username":"a","password":"x"}`, "id", "1 to 128"},
		{verify, `{"id":"a\nb","username":"a","password":"x"}`, "id", "printable"},
		{verify, `{"id":7,"username":"a","password":"x"}`, "id", "string"},
		{verify, `{"id":"1","password":"x"}`, "username", "must be given"},
		{verify, `{"id":"1","username":"a"}`, "password", "must be given"},
		{verify, `{"id":"1","username":"a","password":null}`, "password", "string"},
		{verify, `{"id":"1","username":"a","password":"x","proxy":"yes"}`, "proxy", "true or false"},
		{verify, `{"id":"1","username":"a","password":"x","source":1}`, "source", "string"},
		{users, `{"password":"` + password + `"}`, "jid", "must be given"},
		{users, `{"jid":"a@meet.jitsi","username":"a","generate":true}`, "jid", "together"},
		{users, `{"jid":"a@meet.jitsi","domain":"meet.jitsi","generate":true}`, "jid", "together"},
		{users, `{"jid":"a","generate":true}`, "jid", "name@domain"},
		{users, `{"jid":"a@meet.jitsi/x","generate":true}`, "jid", "resource"},
		{users, `{"username":"a@meet.jitsi","generate":true}`, "username", "must not contain"},
		{users, `{"username":"a b","generate":true}`, "username", "must not contain"},
		{users, `{"jid":"a@elsewhere.example","generate":true}`, "domain", "serves"},
		{users, `{"jid":"a@meet.jitsi"}`, "password", "must be given"},
		{users, `{"jid":"a@meet.jitsi","generate":false}`, "password", "must be given"},
		{users, `{"jid":"a@meet.jitsi","password":"` + password + `","generate":true}`, "generate", "together"},
		{users, `{"jid":"a@meet.jitsi","password":"` + strings.Repeat("x", 73) + `"}`, "password", "72"},
		{users, `{"jid":"a@meet.jitsi","generate":true,"role":"god"}`, "role", "one of"},
		{users, `{"jid":"a@meet.jitsi","generate":true,"email":"x"}`, "email", "look like"},
		{users, `{"jid":"a@meet.jitsi","generate":true,"display_name":"a\u0000"}`, "display_name", "control"},
		{users, `{"jid":"a@meet.jitsi","generate":true,"note":"` + strings.Repeat("x", 5000) + `"}`, "note", "4096"},
		{users, `{"jid":"a@meet.jitsi","generate":true,"valid_from":"tomorrow"}`, "valid_from", "2026-11-27"},
		{users, `{"jid":"a@meet.jitsi","generate":true,"valid_until":1790000000}`, "valid_until", "string"},
		{users, `{"jid":"a@meet.jitsi","generate":true,"valid_from":"2026-11-27","valid_until":"2026-11-26"}`, "valid_until", "later"},
		{users, `{"jid":"a@meet.jitsi","generate":true,"state":"active"}`, "state", "not a field"},
		{alice, `{"jid":"bob@meet.jitsi"}`, "jid", "can't be changed"},
		{alice, `{"id":"x"}`, "id", "can't be changed"},
		{alice, `{"revision":7}`, "revision", "can't be changed"},
		{alice, `{"state":"active"}`, "state", "can't be changed"},
		{alice, `{"created_at":"2026-11-27"}`, "created_at", "can't be changed"},
		{alice, `{"password":"` + password + `"}`, "password", "PUT"},
		{alice, `{"role":null}`, "role", "null"},
		{alice, `{"disabled":null}`, "disabled", "null"},
		{alice, `{"disabled":"true"}`, "disabled", "true or false"},
		{alice, `{"role":"god"}`, "role", "one of"},
		{alice, `{"valid_until":""}`, "valid_until", "2026-11-27"},
		{alice, `{"valid_until":"0000-01-01"}`, "valid_until", "1970"},
		{alice, `{"note":["x"]}`, "note", "string"},
		{passwd, `{}`, "password", "must be given"},
		{passwd, `{"password":"` + password + `","generate":true}`, "generate", "together"},
		{passwd, `{"password":"horse\u0000"}`, "password", "control"},
		{tokens, `{"scopes":["auth"]}`, "name", "must be given"},
		{tokens, `{"name":"","scopes":["auth"]}`, "name", "empty"},
		{tokens, `{"name":"x"}`, "scopes", "must be given"},
		{tokens, `{"name":"x","scopes":[]}`, "scopes", "at least one"},
		{tokens, `{"name":"x","scopes":["all"]}`, "scopes", "must be of"},
		{tokens, `{"name":"x","scopes":"auth"}`, "scopes", "list"},
		{tokens, `{"name":"x","scopes":["auth"],"domains":["elsewhere.example"]}`, "domains", "serves"},
		{tokens, `{"name":"x","scopes":["auth"],"expires_at":"2026-11-01"}`, "expires_at", "future"},
		{tokens, `{"name":"x","scopes":["auth"],"secret":"jitsiauth_mine"}`, "secret", "not a field"},
	} {
		method, path, _ := strings.Cut(test.route, " ")
		secret := admin
		if test.route == verify {
			secret = auth
		}
		got := b.send(method, path, secret, test.body)
		p := got.problem(t)
		if got.StatusCode != 422 || p.Code != api.CodeInvalid || p.Field != test.field || !strings.Contains(p.Rule, test.rule) || strings.Contains(got.body, "horse") {
			t.Errorf("%s %.100s: %d %s", test.route, test.body, got.StatusCode, got.body)
		}
	}
	if after := b.snapshot(); after != before {
		t.Errorf("something changed:\n%s\n%s", before, after)
	}
}

func TestBadAddresses(t *testing.T) {
	b := newBench(t)
	b.addUser("alice@meet.jitsi")
	admin := b.secret(jitsiauth.ScopeAdmin)
	before := b.snapshot()
	for _, test := range []struct {
		method, path string
		status       int
		code         api.Code
		field        string
	}{
		{"GET", "/", 404, api.CodeNoRoute, ""},
		{"GET", "/api/v1/users/", 404, api.CodeNoRoute, ""},
		{"GET", "/API/v1/users", 404, api.CodeNoRoute, ""},
		{"GET", "//api/v1/users", 404, api.CodeNoRoute, ""},
		{"GET", "/api/v1/../v1/users", 404, api.CodeNoRoute, ""},
		{"GET", "/api/v1/users/alice@meet.jitsi/", 404, api.CodeNoRoute, ""},
		{"GET", "/api/v1/users/a/b/c", 404, api.CodeNoRoute, ""},
		{"GET", "/healthz/", 404, api.CodeNoRoute, ""},
		{"GET", "/auth/verify", 405, api.CodeMethodNotAllowed, ""},
		{"PUT", "/api/v1/users", 405, api.CodeMethodNotAllowed, ""},
		{"POST", "/api/v1/users/alice@meet.jitsi", 405, api.CodeMethodNotAllowed, ""},
		{"GET", "/api/v1/users/alice@meet.jitsi/password", 405, api.CodeMethodNotAllowed, ""},
		{"PATCH", "/api/v1/tokens/x", 405, api.CodeMethodNotAllowed, ""},
		{"OPTIONS", "/api/v1/users", 405, api.CodeMethodNotAllowed, ""},
		{"BREW", "/healthz", 405, api.CodeMethodNotAllowed, ""},
		{"GET", "/api/v1/users/bob", 404, api.CodeNotFound, ""},
		{"GET", "/api/v1/users/%20", 422, api.CodeInvalid, "username"},
		{"GET", "/api/v1/users/01234567-89ab-7def-8123-456789abcdeg", 404, api.CodeNotFound, ""},
		{"GET", "/api/v1/users/01234567-89ab-7def-8123-456789abcdef", 404, api.CodeNotFound, ""},
		{"GET", "/api/v1/users/bob@meet.jitsi", 404, api.CodeNotFound, ""},
		{"GET", "/api/v1/users/@meet.jitsi", 422, api.CodeInvalid, "jid"},
		{"GET", "/api/v1/users/a%2Fb@meet.jitsi", 422, api.CodeInvalid, "jid"},
		{"GET", "/api/v1/users/%FF@meet.jitsi", 422, api.CodeInvalid, "username"},
		{"GET", "/api/v1/users/%00@meet.jitsi", 422, api.CodeInvalid, "username"},
		{"DELETE", "/api/v1/users/bob@meet.jitsi", 404, api.CodeNotFound, ""},
		{"DELETE", "/api/v1/tokens/nobody", 404, api.CodeNotFound, ""},
		{"GET", "/api/v1/users?Limit=1", 400, api.CodeUnknownParameter, "Limit"},
		{"GET", "/api/v1/users?limit=1&offset=2", 400, api.CodeUnknownParameter, "offset"},
		{"GET", "/api/v1/tokens?limit=1", 400, api.CodeUnknownParameter, "limit"},
		{"GET", "/api/v1/users?limit=1&limit=2", 400, api.CodeMalformed, ""},
		{"GET", "/api/v1/users?q=%zz", 400, api.CodeMalformed, ""},
		{"GET", "/api/v1/users?limit=0", 422, api.CodeInvalid, "limit"},
		{"GET", "/api/v1/users?limit=-1", 422, api.CodeInvalid, "limit"},
		{"GET", "/api/v1/users?limit=1001", 422, api.CodeInvalid, "limit"},
		{"GET", "/api/v1/users?limit=ten", 422, api.CodeInvalid, "limit"},
		{"GET", "/api/v1/users?limit=", 422, api.CodeInvalid, "limit"},
		{"GET", "/api/v1/users?limit=99999999999999999999", 422, api.CodeInvalid, "limit"},
		{"GET", "/api/v1/users?state=gone", 422, api.CodeInvalid, "state"},
		{"GET", "/api/v1/users?domain=a%20b", 422, api.CodeInvalid, "domain"},
		{"GET", "/api/v1/users?cursor=***", 422, api.CodeInvalid, "cursor"},
		{"GET", "/api/v1/users?cursor=YWJj", 422, api.CodeInvalid, "cursor"},
	} {
		got := b.send(test.method, test.path, admin, "")
		p := got.problem(t)
		if got.StatusCode != test.status || p.Code != test.code || test.field != "" && p.Field != test.field {
			t.Errorf("%s %s: %d %s", test.method, test.path, got.StatusCode, got.body)
		}
		if test.status == 405 && got.Header.Get("Allow") == "" {
			t.Errorf("%s %s: no Allow", test.method, test.path)
		}
	}
	if after := b.snapshot(); after != before {
		t.Errorf("something changed:\n%s\n%s", before, after)
	}
}

// What only a raw connection can send.
func TestRawRequests(t *testing.T) {
	b := newBench(t)
	for _, raw := range []string{
		"GET /healthz\r\n\r\n",
		"CONNECT meet.jitsi:443 HTTP/1.1\r\nHost: x\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		"GET http://elsewhere/api/v1/users HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		"POST /auth/verify HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
		"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 64<<10) + "\r\n\r\n",
		"\x16\x03\x01\x02\x00\x01\x00",
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(b.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(patience))
		_, _ = fmt.Fprint(conn, raw)
		_ = conn.(*net.TCPConn).CloseWrite()
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err == nil && response.StatusCode < 300 && !strings.HasPrefix(raw, "OPTIONS") {
			t.Errorf("%.40q: %d", raw, response.StatusCode)
		}
		_ = conn.Close()
	}
	if got := b.send(http.MethodGet, "/healthz", "", ""); got.StatusCode != http.StatusOK {
		t.Error(got.StatusCode)
	}
	if strings.Contains(b.log.String(), `"msg":"panic"`) {
		t.Error("a handler panicked")
	}
}
