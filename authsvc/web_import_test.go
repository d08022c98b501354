package authsvc_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

func TestImportPages(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	b.addUser("taken@meet.jitsi")
	w.get("/accounts/").want(t, http.StatusOK, `<a href="/accounts/import">Import and export</a>`)
	w.get(importPage).want(t, http.StatusOK, "Import accounts", "5 MB and 10000 lines", `enctype="multipart/form-data"`, `value="create" checked`)
	w.get(importJob).wantRedirect(t, importPage)
	before := b.snapshot()

	file := sjis(t, "ログインID,表示名,パスワード,有効期限,メモ\r\nbob,髙橋①,,2026/12/5,\"二行の\r\nメモ\"\r\ncyd@other.example,\"=Cyd\"\"<b>\","+password+",,\r\ntaken,x,,,\r\na b,x,,,\r\n")
	w.upload(file).wantRedirect(t, importJob)
	got := w.get(importJob)
	got.want(t, http.StatusOK, "Nothing has changed yet", "<dt>New</dt><dd>2</dd>", "<dt>With a problem</dt><dd>2</dd>", "<dd>社員 <b>list.csv</dd>",
		"bob@meet.jitsi", "髙橋①", "end of 2026-12-05 (UTC)", "1 password will be made", "This ID is taken.", "must not contain spaces", `=Cyd"<b>`,
		"2026-11-23 10:15 UTC")
	if strings.Contains(got.body, "horse") || strings.Contains(got.body, "<b>") || b.snapshot() != before {
		t.Errorf("the preview shows a password or markup, or changed something:\n%s", got.body)
	}
	w.get(importPage).want(t, http.StatusOK, "There is an import that you began.")
	w.get(importJob, "Accept-Language", "ja").want(t, http.StatusOK, "まだ何も変わっていません", "この ID はすでに使われています。", "空白と")

	w.begin().wantRedirect(t, importJob)
	got = w.finish()
	got.want(t, http.StatusOK, "Done, and in force now", "<dt>New</dt><dd>2</dd>", "This ID is taken.", "You can download 1 password, only once")
	if u := b.named("bob"); u.DisplayName != "髙橋①" || u.Note != "二行の\nメモ" || u.ValidUntil.IsZero() {
		t.Errorf("%+v", u)
	}
	b.browser().post("/accounts/login", "name", "cyd@other.example", "password", password).wantRedirect(t, "/accounts/")

	file = w.download("/accounts/import/passwords").body
	match := regexp.MustCompile("^\ufeffusername,display_name,password\r\nbob,髙橋①,([2-9a-z-]{23})\r\n$").FindStringSubmatch(file)
	if match == nil {
		t.Fatalf("%q", file)
	}
	b.browser().post("/accounts/login", "name", "bob", "password", match[1]).wantRedirect(t, "/accounts/")
	w.post("/accounts/import/passwords").wantRedirect(t, importJob)
	w.get(importJob).want(t, http.StatusOK, "have been downloaded already", "The passwords have been downloaded.")
	for _, path := range []string{importPage, importJob} {
		if strings.Contains(w.get(path).body, match[1]) {
			t.Errorf("%s shows a password", path)
		}
	}
	if strings.Contains(b.log.String(), match[1]) {
		t.Error("the log has a password")
	}
	w.post("/accounts/import/stop").wantRedirect(t, importPage)
	w.get(importPage).want(t, http.StatusOK, "are forgotten")
	w.get(importJob).wantRedirect(t, importPage)
}

// The log names the person, and where they were.
func TestImportPagesInTheLog(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	w.upload("username\nbob\n")
	w.begin()
	w.finish()
	var c jitsiauth.Change
	head, err := b.store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	head.N-- // of the last entry
	for change, err := range b.svc.Changes(t.Context(), head) {
		if c = change; err != nil {
			t.Fatal(err)
		}
	}
	if c.Action != jitsiauth.UserCreated || c.Actor != jitsiauth.ActorPerson || c.ActorName != "the-manager@meet.jitsi" || !c.Source.IsLoopback() {
		t.Errorf("%+v", c)
	}
}

func TestImportUpdates(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	for _, name := range []string{"bob", "cyd"} {
		b.addUser(name+"@meet.jitsi", func(n *jitsiauth.NewUser) { n.Note, n.Email = "note", "x@mail.example" })
	}
	b.person("boss", jitsiauth.RoleAdmin)
	w.upload("username;note;password\nbob;;"+better+"\ncyd;note;\nboss;x;\nnew;;\n", "mode", "upsert").wantRedirect(t, importJob)
	w.get(importJob).want(t, http.StatusOK, "<dt>Changed</dt><dd>1</dd>", "<dt>As they are</dt><dd>1</dd>", "1 existing account gets another password", "has more rights than yours",
		"must be given for a new account")
	w.begin()
	w.finish().want(t, http.StatusOK, "<dt>Changed</dt><dd>1</dd>", "<dt>New</dt><dd>0</dd>")
	if u := b.named("bob"); u.Note != "" || u.Email != "x@mail.example" || u.CredentialRevision != 2 {
		t.Errorf("%+v", u)
	}
}

func TestImportRefusesFiles(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	before := b.snapshot()
	many := "username,generate\n" + strings.Repeat("u,true\n", 10_001)
	for name, test := range map[string]struct {
		file   string
		fields []string
		says   string
	}{
		"none":       {"", nil, "Choose a file."},
		"a header":   {"username\n", nil, "This must have a line with an account."},
		"too large":  {"username\n" + strings.Repeat("x", 5<<20), nil, "at most 5 MB"},
		"too many":   {many, nil, "This must have at most 10000 lines."},
		"workbook":   {"PK\x03\x04\x14\x00", nil, "this is a workbook"},
		"encoding":   {"username\na\n\xff\xfe\xff\n", nil, "Line 3 has characters that can't be read"},
		"heading":    {"username,社員<b>番号\na,1\n", nil, "Heading “社員<b>番号”: This is not a field of an account"},
		"headless":   {"S3cret,bob\n", nil, "This must name the fields, such as username and password"},
		"no ID":      {"note\na\n", nil, "Heading “ID”: This must be named in the first row"},
		"open quote": {"\"username\na\n", nil, "must close the quote"},
		"mode":       {"username\na\n", []string{"generate", "on"}, "This must be given."},
		"odd mode":   {"username\na\n", []string{"mode", "replace"}, "This must be given."},
	} {
		got := w.upload(test.file, test.fields...)
		got.want(t, http.StatusUnprocessableEntity, test.says)
		if name != "mode" && name != "odd mode" && !strings.Contains(got.body, `aria-describedby="file-error file-hint file-columns"`) {
			t.Errorf("%s: the error is not tied to its field", name)
		}
		if strings.Contains(got.body, "<b>") {
			t.Errorf("%s: markup", name)
		}
		w.get(importJob).wantRedirect(t, importPage)
	}
	w.upload("note\na\n", "mode", "upsert").want(t, http.StatusUnprocessableEntity, `value="upsert" checked`)
	if got := w.upload("note\na\n", "mode", "upsert"); strings.Contains(got.body, `value="on" aria-describedby="generate-hint" checked`) {
		t.Error("the box is ticked again")
	}
	w.headers["Accept-Language"] = "ja"
	w.upload("PK\x03\x04").want(t, http.StatusUnprocessableEntity, "Excel ブック")
	if b.snapshot() != before {
		t.Error("something changed")
	}
}

// Forms that no page has sent.
func TestImportRefusesForms(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	w.post(importPage, "mode", "create").want(t, http.StatusUnsupportedMediaType, "another kind")
	for _, test := range []struct{ contentType, body string }{
		{"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nusername\r\n"},
		{"multipart/form-data; boundary=x", ""},
		{"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"mode\"\r\n\r\n\xff\r\n--x--\r\n"},
		{"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"mode\"\r\n\r\n" + strings.Repeat("y", 2000) + "\r\n--x--\r\n"},
		{"multipart/form-data; boundary=x", strings.Repeat("--x\r\nContent-Disposition: form-data; name=\"mode\"\r\n\r\ny\r\n", 20) + "--x--\r\n"},
	} {
		w.fetch(http.MethodPost, importPage, test.contentType, strings.NewReader(test.body)).want(t, http.StatusBadRequest, "could not be read")
	}
	w.upload("username\nbob\n").wantRedirect(t, importJob)
	for _, id := range []string{"", "ABC"} {
		w.post(importJob, "upload", id).wantRedirect(t, importPage)
		w.get(importPage).want(t, http.StatusOK, "Choose it again")
	}
	w.post("/accounts/import/passwords").wantRedirect(t, importJob)
}

// A file belongs to the session that sent it, and is forgotten with it, or in time.
func TestImportBelongsToItsSession(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	same, other := b.browser(), b.browser()
	same.logIn("the-manager")
	b.person("other", jitsiauth.RoleManager)
	other.logIn("other")
	before := b.snapshot()
	w.upload("username\nbob\n").wantRedirect(t, importJob)
	id := uploadID.FindStringSubmatch(w.get(importJob).body)[1]
	for _, stranger := range []*browser{same, other} {
		stranger.get(importJob).wantRedirect(t, importPage)
		stranger.post(importJob, "upload", id).wantRedirect(t, importPage)
		stranger.post("/accounts/import/passwords").wantRedirect(t, importPage)
		stranger.post("/accounts/import/stop").wantRedirect(t, importPage)
	}
	w.get(importJob).want(t, http.StatusOK, "Nothing has changed yet")
	w.post("/accounts/logout")
	if b.server.Uploads() != 0 {
		t.Error("the file is kept after the logout")
	}
	w.logIn("the-manager")
	w.upload("username\nbob\n").wantRedirect(t, importJob)
	b.wind(15*time.Minute - 1)
	w.get(importJob).want(t, http.StatusOK, "Nothing has changed yet")
	b.wind(1)
	w.get(importJob).wantRedirect(t, importPage)
	if b.server.Uploads() != 0 || b.snapshot() != before {
		t.Error("the file is kept, or something changed")
	}
	// Another file takes the place of one that was not begun.
	w.upload("username\nbob\n").wantRedirect(t, importJob)
	w.upload("username\ncyd\n").wantRedirect(t, importJob)
	w.get(importJob).want(t, http.StatusOK, "cyd@meet.jitsi")
}

// What matters asks for the password again, and comes back to where it was.
func TestImportSudo(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	w.upload("username\nbob\n").wantRedirect(t, importJob)
	b.wind(6 * time.Minute)
	w.begin().wantRedirect(t, "/accounts/confirm?next=%2Faccounts%2Fimport%2Fjob")
	w.post("/accounts/confirm", "password", password, "next", importJob).wantRedirect(t, importJob)
	w.begin()
	w.finish()
	b.wind(6 * time.Minute)
	w.post("/accounts/import/passwords").wantRedirect(t, "/accounts/confirm?next=%2Faccounts%2Fimport%2Fpasswords")
	w.get("/accounts/import/passwords").wantRedirect(t, importJob)
	w.post("/accounts/export", "what", "list").wantRedirect(t, "/accounts/confirm?next=%2Faccounts%2Fexport")
	w.get("/accounts/export").wantRedirect(t, "/accounts/confirm?next=%2Faccounts%2Fexport")
}

func TestImportRoles(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleUser)
	for _, path := range []string{importPage, importJob, "/accounts/import/template", "/accounts/export"} {
		w.get(path).want(t, http.StatusForbidden)
	}
	w.upload("username\nbob\n").want(t, http.StatusForbidden)
	w.post("/accounts/export", "what", "list").want(t, http.StatusForbidden)
	// Roles and hashes are the domain's to give.
	const file = "username,role,password_hash\nbob,admin,\ncyd,,$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy\n"
	b.as(jitsiauth.RoleManager).upload(file).wantRedirect(t, importJob)
	admin := b.as(jitsiauth.RoleAdmin)
	admin.upload(file).wantRedirect(t, importJob)
	admin.get(importJob).want(t, http.StatusOK, "<dt>New</dt><dd>2</dd>")
	manager := b.browser()
	manager.logIn("the-manager")
	manager.upload(file).wantRedirect(t, importJob)
	manager.get(importJob).want(t, http.StatusOK, "<dt>With a problem</dt><dd>2</dd>", "There is nothing in it to add or change.")
}

func TestUploadsAreBounded(t *testing.T) {
	b := newBench(t)
	for i := range 9 {
		name := fmt.Sprint("m", i)
		b.person(name, jitsiauth.RoleManager)
		w := b.browser()
		w.logIn(name)
		if got := w.upload("username\nbob\n"); i < 8 {
			got.wantRedirect(t, importJob)
		} else {
			got.want(t, http.StatusUnprocessableEntity, "Too many people are importing")
		}
	}
}

// The template is filled in by Excel, and its example is nobody.
func TestImportTemplate(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	b := newBenchOn(t, memstore.New(), authsvc.Options{Timezone: zone})
	w := b.as(jitsiauth.RoleManager)
	for lang, begins := range map[string]string{
		"ja": "\ufeffログインID,表示名,メールアドレス,パスワード,有効期限,メモ\r\n例: yamada.taro,山田 太郎,",
		"en": "\ufeffusername,display_name,email,password,valid_until,note\r\nExample: jane.doe,Jane Doe,",
	} {
		w.headers["Accept-Language"] = lang
		got := w.fetch(http.MethodGet, "/accounts/import/template", "", nil)
		if got.Header.Get("Content-Type") != "text/csv; charset=utf-8; header=present" || !strings.HasPrefix(got.body, begins) {
			t.Fatalf("%v %q", got.Header, got.body)
		}
		w.upload(got.body+"bob-"+lang+",,,,,\r\n").wantRedirect(t, importJob)
		w.begin()
		says := map[string]string{"ja": "記入例です", "en": "is the example of the template"}[lang]
		w.finish().want(t, http.StatusOK, says)
		w.post("/accounts/import/stop")
		b.named("bob-" + lang)
	}
	if page, _ := b.svc.List(t.Context(), jitsiauth.ListQuery{}); len(page.Users) != 3 {
		t.Errorf("%+v", page.Users)
	}
}
