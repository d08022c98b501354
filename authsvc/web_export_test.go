package authsvc_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

func TestExportPages(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	b := newBenchOn(t, memstore.New(), authsvc.Options{Timezone: zone})
	b.wind(6 * time.Hour) // the next day in Tokyo
	w := b.as(jitsiauth.RoleManager)
	b.addUser("=bob@meet.jitsi", func(n *jitsiauth.NewUser) {
		n.DisplayName, n.Note, n.ValidUntil = "=1+1 髙橋", "a\n\"b\"", time.Date(2026, 12, 5, 15, 0, 0, 0, time.UTC)
	})
	if got := w.get("/accounts/export"); strings.Contains(got.body, `value="all"`) {
		t.Error("a manager is offered hashes")
	}
	got := w.download("/accounts/export", "what", "list")
	if got.Header.Get("Content-Disposition") != `attachment; filename="jitsiauth-accounts-2026-11-24.csv"` || got.Header.Get("Content-Type") != "text/csv; charset=utf-8; header=present" {
		t.Error(got.Header)
	}
	text, marked := strings.CutPrefix(got.body, "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || !marked || len(rows) != 3 || rows[0][1] != "jid" || rows[1][1] != "'=bob@meet.jitsi" || rows[1][2] != "'=1+1 髙橋" || rows[1][9] != "2026-12-06T00:00:00+09:00" {
		t.Errorf("%v %q", err, rows)
	}
	if strings.Contains(got.body, "$2") || strings.Contains(got.body, "hash") {
		t.Error("hashes in the list")
	}
	w.headers["Accept-Language"] = "ja"
	ja := w.download("/accounts/export", "what", "list").body
	if !strings.HasPrefix(ja, "\ufeff内部番号,アカウント,表示名,メールアドレス,メモ,権限,停止,状態,利用開始日時,有効期限,作成日時,更新日時,パスワード変更日時,パスワードの種類\r\n") {
		t.Errorf("%.200q", ja)
	}
	// It can be imported as it is, and changes nothing.
	for _, file := range []string{ja, sjis(t, strings.TrimPrefix(ja, "\ufeff"))} {
		w.upload(file, "mode", "upsert").wantRedirect(t, importJob)
		w.get(importJob, "Accept-Language", "en").want(t, http.StatusOK, "<dt>As they are</dt><dd>2</dd>", "<dt>With a problem</dt><dd>0</dd>")
	}
	w.post("/accounts/export", "what", "all").want(t, http.StatusForbidden)
	w.post("/accounts/export", "what", "").want(t, http.StatusBadRequest)
}

// Everything goes to another instance, by an administrator.
func TestExportEverything(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleAdmin)
	b.person("bob", jitsiauth.RoleManager)
	w.get("/accounts/export").want(t, http.StatusOK, `value="all"`, "data-again")
	got := w.download("/accounts/export", "what", "all")
	if got.Header.Get("Content-Disposition") != `attachment; filename="jitsiauth-accounts-2026-11-23.ndjson"` || strings.Count(got.body, "\n") != 2 || strings.Count(got.body, `"password_hash":"$2`) != 2 {
		t.Errorf("%v\n%s", got.Header, got.body)
	}
	w.upload(got.body, "mode", "upsert").wantRedirect(t, importJob)
	w.get(importJob).want(t, http.StatusOK, "<dt>As they are</dt><dd>2</dd>")

	other := newBench(t)
	there := other.as(jitsiauth.RoleAdmin)
	there.upload(got.body).wantRedirect(t, importJob)
	there.begin()
	there.finish().want(t, http.StatusOK, "<dt>New</dt><dd>1</dd>", "This ID is taken.")
	if u := other.named("bob"); u.Role != jitsiauth.RoleManager {
		t.Errorf("%+v", u)
	}
	other.browser().logIn("bob")
}
