package authsvc_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/boltstore"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

const importsPath = "/api/v1/imports"

// imports returns the results of an import, the last of which is the summary.
func imports(t *testing.T, c *client.Client, format, body string, query api.ImportQuery) (results []api.ImportResult) {
	t.Helper()
	for r, err := range c.Import(t.Context(), strings.NewReader(body), format, query) {
		if err != nil {
			t.Fatalf("%v, after %+v", err, results)
		}
		results = append(results, r)
	}
	return results
}

// brief renders results in a line: number, outcome, field.
func brief(results []api.ImportResult) string {
	var texts []string
	for _, r := range results {
		switch s := r.Summary; {
		case s != nil:
			texts = append(texts, fmt.Sprintf("= %d %d %d %d %t", s.Created, s.Updated, s.Unchanged, s.Errors, s.Done))
		case r.Field != "":
			texts = append(texts, fmt.Sprintf("%d %s %s", r.Line, r.Code, r.Field))
		case r.Code != "":
			texts = append(texts, fmt.Sprintf("%d %s", r.Line, r.Code))
		default:
			texts = append(texts, fmt.Sprintf("%d %s", r.Line, r.Result))
		}
	}
	return strings.Join(texts, ", ")
}

func TestImportLines(t *testing.T) {
	const secret = `,"password":"` + password + `"}`
	for name, test := range map[string]struct{ kind, body, want string }{
		"good":                    {api.NDJSONType, `{"jid":"a@meet.jitsi"` + secret + "\n" + `{"username":"b","domain":"other.example"` + secret, "1 created, 2 created, = 2 0 0 0 true"},
		"BOM, CR LF, empty lines": {api.NDJSONType, "\ufeff\r\n" + `{"jid":"a@meet.jitsi"` + secret + "\r\n\r\n  \n" + `{"username":"b","generate":true}` + "\r\n", "2 created, 5 created, = 2 0 0 0 true"},
		"nothing":                 {api.NDJSONType, "", "= 0 0 0 0 true"},
		"bad lines": {api.NDJSONType, strings.Join([]string{
			`{"jid":"a@meet.jitsi"` + secret, `{`, `[]`, `null`, `"x"`, `{"jid":"b@meet.jitsi"}{}`, `{"jid":"b@meet.jitsi","jid":"c@meet.jitsi"}`, "{\"jid\":\"\xff\"}",
			`{"jid":"b@meet.jitsi","is_admin":true}`, `{"jid":7}`, `{}`, `{"jid":"b","username":"b"` + secret, `{"jid":"b@meet.jitsi"}`,
			`{"jid":"b@meet.jitsi","role":null` + secret, `{"jid":"b@meet.jitsi","valid_until":"tomorrow"` + secret, `{"jid":"a@meet.jitsi"` + secret,
			`{"jid":"b@meet.jitsi","note":"` + strings.Repeat("x", 70_000) + `"}`, `{"jid":"b@meet.jitsi","password_hash":"x"}`, `{"username":"z"` + secret,
		}, "\n"), "1 created, 2 malformed, 3 malformed, 4 malformed, 5 malformed, 6 malformed, 7 malformed, 8 malformed, " +
			"9 invalid is_admin, 10 invalid jid, 11 invalid jid, 12 invalid jid, 13 invalid password, 14 invalid role, 15 invalid valid_until, 16 exists, " +
			"17 invalid line, 18 invalid password_hash, 19 created, = 2 0 0 17 true"},
		"CSV": {api.CSVType, "\ufeffusername, password ,note\r\na," + password + ",\"two\r\nlines\"\r\nb," + password + ",\r\n", "2 created, 4 created, = 2 0 0 0 true"},
		"bad rows": {
			api.CSVType, "username,generate,disabled,valid_until\na,TRUE,False,2099-01-01\nb,yes,,\nc,true\nd,true,,,\ne,true,\"x\"y,\n,true,,\nf\xff,true,,\ng,true,,soon\nh,true,,\n\"i,true,,\nj,true,,\n",
			"2 created, 3 invalid generate, 4 invalid line, 5 invalid line, 6 invalid line, 7 invalid jid, 8 invalid username, 9 invalid valid_until, 10 created, 11 invalid line, = 2 0 0 8 true",
		},
		"only a header": {api.CSVType, "jid", "= 0 0 0 0 true"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			results := imports(t, b.client(jitsiauth.ScopeAdmin), test.kind, test.body, api.ImportQuery{})
			if got := brief(results); got != test.want {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
			for _, r := range results {
				if strings.Contains(r.Rule, "horse") || r.Result == api.ImportError && r.Code == "" || r.Code == api.CodeInvalid && r.Rule == "" {
					t.Errorf("%+v", r)
				}
			}
		})
	}
}

// Requests that are wrong as a whole change nothing.
func TestImportRequests(t *testing.T) {
	b := newBench(t)
	admin := b.secret(jitsiauth.ScopeAdmin)
	before := b.snapshot()
	good := "username,password\na," + password
	for _, test := range []struct {
		query, kind, body string
		status            int
		field             string
	}{
		{"", "application/json", "{}", 415, "Content-Type"},
		{"", "", "{}", 415, "Content-Type"},
		{"", "text/csv; charset=euc-jp", good, 415, "Content-Type"},
		{"", api.NDJSONType + "; charset=shift_jis", "{}", 415, "Content-Type"},
		{"?mode=replace", api.CSVType, good, 422, "mode"},
		{"?dry_run=yes", api.CSVType, good, 422, "dry_run"},
		{"?atomic=1", api.CSVType, good, 422, "atomic"},
		{"?dryrun=true", api.CSVType, good, 400, "dryrun"},
		{"", api.CSVType, "", 422, "header"},
		{"", api.CSVType, "\"username\n", 422, "header"},
		{"", api.CSVType, "username|password\na|b", 422, "header"},
		{"", api.CSVType, "username;password,note\na;b,c", 422, "password,note"},
		{"", api.CSVType, "ログインID,ID\na,b", 422, "ログインID"},
		{"", api.CSVType, "ログイン,メモ\na,b", 422, "ログイン"},
		{"", api.CSVType, "username,Password\na,b", 422, "Password"},
		{"", api.CSVType, "username,note,note\na,b,c", 422, "note"},
		{"", api.CSVType, "note\na", 422, "jid"},
		{"", api.CSVType, strings.Repeat("x", 1<<20), 422, "header"},
	} {
		got := b.send(http.MethodPost, importsPath+test.query, admin, test.body, "Content-Type", test.kind)
		if p := got.problem(t); got.StatusCode != test.status || p.Field != test.field || strings.Contains(got.body, "horse") {
			t.Errorf("%s %s %.20q: %d %s", test.query, test.kind, test.body, got.StatusCode, got.body)
		}
	}
	if got := b.send(http.MethodPost, importsPath+"?dry_run=true", admin, good, "Content-Type", "text/csv; charset=utf-8"); !strings.Contains(got.body, `"dry_run":true`) {
		t.Error(got.body)
	}
	if after := b.snapshot(); after != before {
		t.Errorf("something changed:\n%s\n%s", before, after)
	}
}

func TestImportUpsertAndAtomic(t *testing.T) {
	b := newBench(t)
	c := b.client(jitsiauth.ScopeUsersWrite)
	a := b.addUser("a@meet.jitsi", func(n *jitsiauth.NewUser) {
		n.Note, n.Email, n.ValidUntil = "note", "a@mail.example", b.Now().Add(time.Hour)
	})
	upsert := api.ImportQuery{Mode: "upsert"}
	got := imports(t, c, api.NDJSONType, `{"username":"a","note":null,"disabled":true}`+"\n"+`{"username":"a"}`+"\n"+`{"username":"a","role":"admin"}`, upsert)
	if brief(got) != "1 updated, 2 unchanged, 3 forbidden, = 0 1 1 1 true" || got[0].ID != a.ID.String() || got[0].JID != "a@meet.jitsi" {
		t.Errorf("%+v", got)
	}
	// A column clears with an empty cell, what has no column stays.
	if got := brief(imports(t, c, api.CSVType, "jid,valid_until,disabled,password\na@meet.jitsi,,,\n", upsert)); got != "2 updated, = 0 1 0 0 true" {
		t.Error(got)
	}
	u, err := b.svc.Get(t.Context(), a.ID)
	if err != nil || u.Note != "" || u.Email != "a@mail.example" || !u.Disabled || !u.ValidUntil.IsZero() || u.CredentialRevision != 1 {
		t.Errorf("%+v, %v", u, err)
	}

	before := b.snapshot()
	atomically := api.ImportQuery{Mode: "upsert", Atomic: true}
	body := "username,generate,disabled\nb,true,\nc,,\na,,false\n"
	if got := brief(imports(t, c, api.CSVType, body, atomically)); got != "2 not_applied, 3 invalid password, 4 not_applied, = 0 0 0 3 true" {
		t.Error(got)
	}
	var many strings.Builder
	for i := range jitsiauth.MaxAtomicImport + 1 {
		fmt.Fprintf(&many, "{\"username\":\"u%d\",\"generate\":true}\n", i)
	}
	var last error
	for r, err := range c.Import(t.Context(), strings.NewReader(many.String()), api.NDJSONType, atomically) {
		if last = err; err == nil && (r.Summary == nil || r.Summary.Done) {
			t.Errorf("%+v", r)
		}
	}
	var invalid *jitsiauth.InvalidError
	if !errors.As(last, &invalid) || invalid.Field != "atomic" {
		t.Error(last)
	}
	if after := b.snapshot(); after != before {
		t.Errorf("something changed:\n%s\n%s", before, after)
	}
	if got := brief(imports(t, c, api.CSVType, strings.Replace(body, "c,,", "c,true,", 1), atomically)); got != "2 created, 3 created, 4 updated, = 2 1 0 0 true" {
		t.Error(got)
	}
}

// rawImport sends the head of an import and returns the connection.
func rawImport(t *testing.T, b *bench, secret string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(b.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: 1000000\r\n\r\n",
		importsPath, secret, api.NDJSONType)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// A caller that goes in the middle of a line leaves the lines before it, whole,
// and its place is free again.
func TestImportDisconnect(t *testing.T) {
	b := newBench(t)
	secret := b.secret(jitsiauth.ScopeUsersWrite)
	for i := range 3 { // more often than there are places
		conn := rawImport(t, b, secret)
		fmt.Fprintf(conn, "{\"username\":\"a%d\",\"password\":%q}\n{\"username\":\"b%d\",\"password\":%q}\n{\"username\":\"c", i, password, i, password)
		_ = conn.Close()
		name := fmt.Sprintf("b%d@meet.jitsi", i)
		waitUntil(t, func() bool {
			_, err := b.svc.Verify(t.Context(), jitsiauth.Attempt{Username: name[:2], Password: password})
			return err == nil
		})
	}
	head, err := b.store.Head(t.Context())
	if page, _ := b.svc.List(t.Context(), jitsiauth.ListQuery{}); len(page.Users) != 6 || err != nil || head.N != 1+6 {
		t.Errorf("%d accounts, head %v, %v", len(page.Users), head, err)
	}
	waitUntil(t, func() bool {
		return b.send(http.MethodPost, importsPath, secret, `{}`, "Content-Type", api.NDJSONType).StatusCode == http.StatusOK
	})
}

func waitUntil(t *testing.T, met func() bool) {
	t.Helper()
	for begin := time.Now(); !met(); time.Sleep(10 * time.Millisecond) {
		if time.Since(begin) > patience {
			t.Fatal("it didn't happen")
		}
	}
}

// A caller that stops sending is told so, and what it sent is written.
func TestImportStalls(t *testing.T) {
	b := newBenchOn(t, memstore.New(), authsvc.Options{})
	b.server.SetStall(200 * time.Millisecond)
	conn := rawImport(t, b, b.secret(jitsiauth.ScopeUsersWrite))
	defer conn.Close()
	fmt.Fprintf(conn, "{\"username\":\"a\",\"password\":%q}\n", password)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(response.Body)
	if text := string(body); !strings.Contains(text, `"result":"created"`) || !strings.Contains(text, `"done":false`) || !strings.Contains(text, "stalled") {
		t.Error(text)
	}
}

// Only so many at once; the next is told when to come again.
// TestStopEndsAnImport: a server that is told to stop writes the lines that came,
// says that it went no further, and does not wait for more.
func TestStopEndsAnImport(t *testing.T) {
	b := newBench(t)
	listener := listen(t)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- b.server.Serve(ctx, listener) }()
	c, err := client.New(client.Options{Server: "http://" + listener.Addr().String(), Token: b.secret(jitsiauth.ScopeUsersWrite)})
	if err != nil {
		t.Fatal(err)
	}
	body, pipe := io.Pipe()
	defer pipe.Close()
	type outcome struct {
		created int
		err     error
	}
	ended := make(chan outcome, 1)
	go func() {
		var o outcome
		for r, err := range c.Import(context.Background(), body, api.NDJSONType, api.ImportQuery{}) {
			if r.Result == api.ImportCreated {
				o.created++
			}
			o.err = err
		}
		ended <- o
	}()
	for i := range 3 {
		if _, err := fmt.Fprintf(pipe, "{\"username\":\"user%d\",\"generate\":true}\n", i); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(100 * time.Millisecond) // for the last line to cross the network
	stop()
	if err := <-served; err != nil {
		t.Errorf("Serve: %v", err)
	}
	o := <-ended
	var refused *client.Error
	if o.created != 3 || !errors.As(o.err, &refused) || refused.Code != api.CodeOverloaded {
		t.Errorf("%d created, then %v", o.created, o.err)
	}
	if page, err := b.svc.List(t.Context(), jitsiauth.ListQuery{}); err != nil || len(page.Users) != 3 {
		t.Errorf("%d accounts, %v", len(page.Users), err)
	}
}

// A token that is revoked while an import or a long poll goes on is of no use
// from then on.
func TestRevokedMeanwhile(t *testing.T) {
	b := newBench(t)
	_, writer, err := b.svc.CreateToken(t.Context(), jitsiauth.NewToken{Name: "writer", Scopes: []jitsiauth.Scope{jitsiauth.ScopeUsersWrite}})
	if err != nil {
		t.Fatal(err)
	}
	body, pipe := io.Pipe()
	last := make(chan error, 1)
	go func() {
		var end error
		for _, err := range b.clientWith(writer).Import(context.Background(), body, api.NDJSONType, api.ImportQuery{}) {
			end = err
		}
		last <- end
	}()
	if _, err := io.WriteString(pipe, "{\"username\":\"before\",\"generate\":true}\n"); err != nil {
		t.Fatal(err)
	}
	_, prosody, err := b.svc.CreateToken(t.Context(), jitsiauth.NewToken{Name: "prosody", Scopes: []jitsiauth.Scope{jitsiauth.ScopeAuth}})
	if err != nil {
		t.Fatal(err)
	}
	reader := b.clientWith(prosody)
	head, err := reader.FeedHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	polled := make(chan error, 1)
	go func() {
		_, err := reader.WaitChanges(context.Background(), head, 50*time.Second)
		polled <- err
	}()
	for _, name := range []string{"writer", "prosody"} {
		if err := b.svc.RevokeToken(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	_, _ = io.WriteString(pipe, "{\"username\":\"after\",\"generate\":true}\n")
	_ = pipe.Close()
	if err := <-last; !errors.Is(err, jitsiauth.ErrBadToken) {
		t.Errorf("the import ended with %v", err)
	}
	after, err := b.svc.ParseJID("after")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.svc.GetByJID(t.Context(), after); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Errorf("a line sent after the revocation: %v", err)
	}
	b.addUser("carol@meet.jitsi") // wakes the reader
	if err := <-polled; !errors.Is(err, jitsiauth.ErrBadToken) {
		t.Errorf("the poll ended with %v", err)
	}
}

func TestBulkPlaces(t *testing.T) {
	b := newBench(t)
	secret := b.secret(jitsiauth.ScopeAdmin)
	c := b.clientWith(secret)
	var pipes []*io.PipeWriter
	done := make(chan error, 2)
	for range 2 {
		body, pipe := io.Pipe()
		pipes = append(pipes, pipe)
		go func() {
			var last error
			for _, err := range c.Import(context.Background(), body, api.NDJSONType, api.ImportQuery{}) {
				last = err
			}
			done <- last
		}()
		if _, err := io.WriteString(pipe, "{\"username\":\"a\"}\n"); err != nil {
			t.Fatal(err)
		}
	}
	var refused *client.Error
	waitUntil(t, func() bool {
		export, err := c.Export(t.Context(), api.ExportQuery{})
		if err == nil {
			_ = export.Close()
		}
		return errors.As(err, &refused)
	})
	if refused.Status != http.StatusServiceUnavailable || refused.Code != api.CodeOverloaded || refused.RetryAfter != 10*time.Second {
		t.Errorf("%+v", refused)
	}
	for _, pipe := range pipes {
		_ = pipe.Close()
	}
	if err := errors.Join(<-done, <-done); err != nil {
		t.Error(err)
	}
	waitUntil(t, func() bool {
		export, err := c.Export(t.Context(), api.ExportQuery{})
		if err == nil {
			_ = export.Close()
		}
		return err == nil
	})
}

// An answer without a summary is noticed, and a failure is in it.
func TestImportFailures(t *testing.T) {
	b := newBench(t)
	c := b.client(jitsiauth.ScopeUsersWrite)
	b.store.set(func(method string) error {
		if method == "UserByJID" {
			return errors.New("disk on fire")
		}
		return nil
	})
	var last error
	for _, err := range c.Import(t.Context(), strings.NewReader(`{"username":"a","generate":true}`), api.NDJSONType, api.ImportQuery{}) {
		last = err
	}
	var failure *client.Error
	if !errors.As(last, &failure) || failure.Code != api.CodeInternal || strings.Contains(last.Error(), "fire") || !strings.Contains(b.log.String(), "fire") {
		t.Error(last)
	}
}

// Many lines over the network: flat memory, both ways.
func TestImportMany(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 100,000 accounts")
	}
	const accounts, bound = 100_000, 128 << 20
	store, err := boltstore.Open(filepath.Join(t.TempDir(), "test.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	b := newBenchOn(t, store, authsvc.Options{})
	c := b.client(jitsiauth.ScopeAdmin)
	hash, err := bcrypt.GenerateFromPassword([]byte("x"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	body, pipe := io.Pipe()
	go func() {
		out := bufio.NewWriter(pipe)
		for i := range accounts {
			fmt.Fprintf(out, "{\"username\":\"user%06d\",\"password_hash\":%q,\"note\":\"%0100d\"}\n", i, hash, i)
		}
		_ = out.Flush()
		_ = pipe.Close()
	}()
	var most uint64
	heap := func(n int) {
		if n%1000 == 0 {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
	}
	var summary *api.ImportSummary
	for r, err := range c.Import(t.Context(), body, api.NDJSONType, api.ImportQuery{}) {
		if err != nil {
			t.Fatal(err)
		}
		heap(r.Line)
		summary = r.Summary
	}
	if summary == nil || summary.Created != accounts || !summary.Done {
		t.Fatalf("%+v", summary)
	}
	exported := 0
	for _, err := range c.ExportUsers(t.Context(), true) {
		if err != nil {
			t.Fatal(err)
		}
		exported++
		heap(exported)
	}
	t.Logf("heap of at most %d MiB", most>>20)
	if exported != accounts || most > bound {
		t.Errorf("%d exported, heap of %d MiB", exported, most>>20)
	}
}

// Two imports of the same names at once: each name is created once.
func TestImportRace(t *testing.T) {
	b := newBench(t)
	var body strings.Builder
	for i := range 50 {
		fmt.Fprintf(&body, "{\"username\":\"u%d\",\"generate\":true}\n", i)
	}
	var created atomic.Int64
	done := make(chan []string, 2)
	for range 2 {
		c := b.client(jitsiauth.ScopeUsersWrite)
		go func() {
			var codes []string
			for r, err := range c.Import(context.Background(), strings.NewReader(body.String()), api.NDJSONType, api.ImportQuery{}) {
				if err != nil {
					codes = append(codes, err.Error())
				} else if r.Result == api.ImportCreated {
					created.Add(1)
				} else if r.Code != "" {
					codes = append(codes, string(r.Code))
				}
			}
			done <- codes
		}()
	}
	codes := append(<-done, <-done...)
	if slices.Sort(codes); created.Load() != 50 || len(codes) != 50 || codes[0] != "exists" || codes[49] != "exists" {
		t.Errorf("%d created, %v", created.Load(), codes)
	}
}
