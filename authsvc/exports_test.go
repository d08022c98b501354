package authsvc_test

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/boltstore"
)

// export reads a whole export.
func export(t *testing.T, c *client.Client, query api.ExportQuery) string {
	t.Helper()
	answer, err := c.Export(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Close()
	text, err := io.ReadAll(answer)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What was exported can be imported as it is, hashes and formulas included: by
// a service that has the accounts it changes nothing, by another it makes them.
func TestExportRoundTrip(t *testing.T) {
	first := newBench(t)
	first.addUser("plain@meet.jitsi")
	first.addUser("=cmd@meet.jitsi", func(n *jitsiauth.NewUser) {
		n.DisplayName, n.Email, n.Note = "=1+1", "+x@mail.example", "-\n'=\t\"a\",\nb"
		n.Role, n.Disabled = jitsiauth.RoleAdmin, true
		n.ValidFrom, n.ValidUntil = first.Now().Add(time.Microsecond), first.Now().Add(time.Hour)
	})
	first.addUser("山田@other.example", func(n *jitsiauth.NewUser) { n.DisplayName, n.Note = "''＝山田", "'quoted'" })
	for _, format := range []string{"ndjson", "csv"} {
		kind := map[string]string{"ndjson": api.NDJSONType, "csv": api.CSVType}[format]
		exported := export(t, first.client(jitsiauth.ScopeAdmin), api.ExportQuery{Format: format, Hashes: true})
		again := imports(t, first.client(jitsiauth.ScopeAdmin), kind, exported, api.ImportQuery{Mode: "upsert"})
		if s := again[len(again)-1].Summary; s.Unchanged != 3 || s.Lines != 3 {
			t.Errorf("%s: %+v", format, again)
		}
		second := newBench(t)
		made := imports(t, second.client(jitsiauth.ScopeAdmin), kind, exported, api.ImportQuery{})
		if s := made[len(made)-1].Summary; s.Created != 3 || s.Lines != 3 {
			t.Errorf("%s: %+v", format, made)
		}
		before, err := first.svc.List(t.Context(), jitsiauth.ListQuery{})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range before.Users {
			got, err := second.svc.GetByJID(t.Context(), want.JID)
			got.Revision, got.UpdatedAt, got.CredentialRevision, got.SessionRevision = want.Revision, want.UpdatedAt, want.CredentialRevision, want.SessionRevision
			if err != nil || got != want {
				t.Errorf("%s:\n got %+v, %v\nwant %+v", format, got, err, want)
			}
		}
		if _, err := second.svc.Verify(t.Context(), jitsiauth.Attempt{Username: "plain", Password: password}); err != nil {
			t.Error(err)
		}
	}
}

func TestExportCSV(t *testing.T) {
	b := newBench(t)
	b.addUser("a@meet.jitsi", func(n *jitsiauth.NewUser) { n.DisplayName, n.Note = "=HYPERLINK(1)", "\t+" })
	c := b.client(jitsiauth.ScopeUsersRead)
	text := export(t, c, api.ExportQuery{Format: "csv"})
	body, marked := strings.CutPrefix(text, "\ufeff")
	if !marked || strings.Count(text, "\r\n") != 2 || strings.Contains(text, "$2") {
		t.Errorf("%q", text)
	}
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][1] != "a@meet.jitsi" || rows[1][2] != "'=HYPERLINK(1)" || rows[1][4] != "'\t+" || rows[1][8] != "" {
		t.Errorf("%q, %v", rows, err)
	}
	if got := b.send(http.MethodGet, "/api/v1/exports?format=csv", b.secret(jitsiauth.ScopeUsersRead), ""); got.Header.Get("Content-Type") != "text/csv; charset=utf-8; header=present" {
		t.Error(got.Header)
	}
}

func TestExportRights(t *testing.T) {
	b := newBench(t)
	b.addUser("a@meet.jitsi")
	b.addUser("b@other.example")
	names := func(secret string, hashes bool) string {
		var all []string
		for u, err := range b.clientWith(secret).ExportUsers(t.Context(), hashes) {
			if err != nil {
				return err.Error()
			}
			if (u.PasswordHash != "") != hashes {
				t.Errorf("hash %q", u.PasswordHash)
			}
			all = append(all, u.JID)
		}
		return strings.Join(all, " ")
	}
	bound := []string{"other.example"}
	for _, test := range []struct {
		secret string
		hashes bool
		want   string
	}{
		{b.secret(jitsiauth.ScopeUsersRead), false, "a@meet.jitsi b@other.example"},
		{b.secret(jitsiauth.ScopeAdmin), true, "a@meet.jitsi b@other.example"},
		{b.boundSecret(bound, jitsiauth.ScopeUsersRead), false, "b@other.example"},
		{b.secret(jitsiauth.ScopeUsersRead), true, "Not allowed."},
		{b.secret(jitsiauth.ScopeUsersWrite), true, "Not allowed."},
	} {
		if got := names(test.secret, test.hashes); got != test.want {
			t.Errorf("%+v: %q", test, got)
		}
	}
	for query, field := range map[string]string{"?format=xml": "format", "?hashes=1": "hashes", "?limit=1": "limit"} {
		if got := b.send(http.MethodGet, "/api/v1/exports"+query, b.secret(jitsiauth.ScopeAdmin), ""); got.problem(t).Field != field {
			t.Errorf("%s: %s", query, got.body)
		}
	}
	// A token that is bound to a domain imports into that one only.
	c := b.clientWith(b.boundSecret(bound, jitsiauth.ScopeUsersWrite))
	if got := brief(imports(t, c, api.CSVType, "jid,generate\na@meet.jitsi,true\nx@meet.jitsi,true\nx@other.example,true\n", api.ImportQuery{Mode: "upsert"})); got != "2 forbidden, 3 forbidden, 4 created, = 1 0 0 2 true" {
		t.Error(got)
	}
}

// An export that fails in the middle can't be taken for a whole one.
func TestExportCutOff(t *testing.T) {
	b := newBench(t)
	fillStore(t, b, 2000)
	pages := 0
	b.store.set(func(method string) error {
		if method == "ListUsers" {
			if pages++; pages > 2 {
				return errors.New("disk on fire")
			}
		}
		return nil
	})
	var last error
	n := 0
	for _, err := range b.client(jitsiauth.ScopeAdmin).ExportUsers(t.Context(), false) {
		if last = err; err == nil {
			n++
		}
	}
	if last == nil || n == 0 || n > 1000 {
		t.Errorf("%d accounts, %v", n, last)
	}
}

// fillStore adds accounts through an import.
func fillStore(t *testing.T, b *bench, n int) {
	t.Helper()
	var body strings.Builder
	fmt.Fprint(&body, "username,password_hash,note\n")
	for i := range n {
		fmt.Fprintf(&body, "user%06d,$2a$04$%s,%s\n", i, strings.Repeat("a", 53)[:52]+"u", strings.Repeat("n", 1000))
	}
	made := imports(t, b.client(jitsiauth.ScopeAdmin), api.CSVType, body.String(), api.ImportQuery{})
	if s := made[len(made)-1].Summary; s.Created != n {
		t.Fatalf("%+v", made[0])
	}
}

// Somebody who asks for an export and doesn't read it holds up nobody.
func TestStalledExportDelaysNobody(t *testing.T) {
	store, err := boltstore.Open(filepath.Join(t.TempDir(), "test.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	b := newBenchOn(t, store, authsvc.Options{})
	b.server.SetStall(2 * time.Second)
	fillStore(t, b, 20_000) // 20 MB, more than sockets take unread
	secret := b.secret(jitsiauth.ScopeAdmin)
	conn, err := net.Dial("tcp", strings.TrimPrefix(b.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.(*net.TCPConn).SetReadBuffer(4096)
	_ = conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(conn, "GET /api/v1/exports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", secret)
	if _, err := bufio.NewReaderSize(conn, 16).ReadString('\n'); err != nil { // it has begun
		t.Fatal(err)
	}
	c := b.clientWith(secret)
	slowest := time.Duration(0)
	for i := range 30 {
		begin := time.Now()
		if _, err := c.UpdateUser(t.Context(), fmt.Sprintf("user%06d", i), api.UserPatch{Disabled: api.Some(true)}); err != nil {
			t.Fatal(err)
		}
		slowest = max(slowest, time.Since(begin))
	}
	if slowest > 10*time.Second {
		t.Errorf("a disable took %s", slowest)
	}
	t.Logf("slowest disable %s", slowest)
	// In the end it is the reader who is cut off.
	waitUntil(t, func() bool { return strings.Contains(b.log.String(), "export cut off") })
}

// Accounts that exist throughout are exported once, whatever else comes and goes.
func TestExportWhileChanging(t *testing.T) {
	b := newBench(t)
	fillStore(t, b, 3000)
	c := b.client(jitsiauth.ScopeAdmin)
	var seen []string
	for u, err := range c.ExportUsers(t.Context(), false) {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(u.JID, "-") {
			seen = append(seen, u.JID)
		}
		if n := len(seen); n%100 == 0 && !strings.Contains(u.JID, "-") {
			b.addUser(fmt.Sprintf("user%06d-@meet.jitsi", n+700))
		}
	}
	if len(seen) != 3000 || !slices.IsSorted(seen) {
		t.Errorf("%d accounts", len(seen))
	}
}

// Accounts that Prosody's records, and none, are in go through an export too.
func TestExportOfOtherPasswords(t *testing.T) {
	const pencil = "SCRAM-SHA-1$4096:QSXCR+Q6sek8bf92$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:D+CSWLOshSulAsxiupA+qs2/fTE="
	first := newBench(t)
	admin := first.client(jitsiauth.ScopeAdmin)
	lines := `{"username":"ann","password_hash":"` + pencil + `"}` + "\n" + `{"username":"bob","password_kind":"none"}` + "\n"
	if got := imports(t, admin, api.NDJSONType, lines, api.ImportQuery{}); got[2].Summary.Created != 2 || got[2].Summary.WithoutPassword != 1 || !got[1].NoPassword {
		t.Fatalf("%+v", got)
	}
	for format, kind := range map[string]string{"ndjson": api.NDJSONType, "csv": api.CSVType} {
		exported := export(t, admin, api.ExportQuery{Format: format, Hashes: true})
		second := newBench(t)
		imports(t, second.client(jitsiauth.ScopeAdmin), kind, exported, api.ImportQuery{})
		if again := export(t, second.client(jitsiauth.ScopeAdmin), api.ExportQuery{Format: format, Hashes: true}); again != exported {
			t.Errorf("%s:\n%s\n%s", format, exported, again)
		}
		if _, err := second.svc.Verify(t.Context(), jitsiauth.Attempt{Username: "ann", Password: "pencil"}); err != nil {
			t.Error(err)
		}
	}
	page, err := admin.UsersPage(t.Context(), api.UserQuery{PasswordKind: "none"})
	if err != nil || len(page.Users) != 1 || page.Users[0].JID != "bob@meet.jitsi" || page.Users[0].PasswordKind != "none" {
		t.Errorf("%+v, %v", page, err)
	}
	for _, bad := range []string{`"id":"17"`, `"created_at":"yesterday"`, `"password_changed_at":"2026-11-24"`} {
		got := imports(t, admin, api.NDJSONType, `{"username":"cyd","password_hash":"`+pencil+`",`+bad+`}`, api.ImportQuery{})
		if field, _, _ := strings.Cut(strings.Trim(bad, `"`), `"`); got[0].Field != field {
			t.Errorf("%s: %+v", bad, got)
		}
	}
}

// What can't be verified comes in without a password where the caller says so.
func TestImportWithoutPassword(t *testing.T) {
	b := newBench(t)
	const rows = "username,password_hash\nann,$apr1$o9fqPCAc$xNrEEa9VDnsmjzBOvGrNq1\n"
	admin := b.client(jitsiauth.ScopeAdmin)
	if got := imports(t, admin, api.CSVType, rows, api.ImportQuery{}); got[0].Field != "password_hash" || got[1].Summary.Errors != 1 {
		t.Errorf("%+v", got)
	}
	got := imports(t, admin, api.CSVType, rows, api.ImportQuery{Mode: "fill", WithoutPassword: true})
	if got[0].Result != "created" || !got[0].NoPassword || !strings.Contains(got[0].Notice, "$apr1$)") || got[1].Summary.WithoutPassword != 1 {
		t.Errorf("%+v", got)
	}
	if got := imports(t, admin, api.CSVType, "username,password,migrated\nann,short,true\n", api.ImportQuery{Mode: "fill"}); got[0].Result != "updated" || !slices.Equal(got[0].Changed, []string{"password"}) {
		t.Errorf("%+v", got)
	}
	if _, err := b.svc.Verify(t.Context(), jitsiauth.Attempt{Username: "ann", Password: "short"}); err != nil {
		t.Error(err)
	}
}
