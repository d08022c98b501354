package authsvc_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

const better = "zebra lemons on horseback"

func TestChangePassword(t *testing.T) {
	b := newBenchWith(t, memstore.New(), nil, authsvc.Options{})
	u := b.person("alice", jitsiauth.RoleUser)
	here, there := b.browser(), b.browser()
	before := here.logIn("alice").Header.Get("Set-Cookie")
	there.logIn("alice")
	for _, test := range []struct{ old, new, again, lang, text string }{
		{"", better, better, "en", "This must not be empty."},
		{"", better, better, "ja", "入力してください。"},
		{"wrong one", better, better, "en", "The present password is wrong."},
		{"wrong one", better, better, "ja", "現在のパスワードが正しくありません。"},
		{password, better, better + "x", "en", "not the same as the new password"},
		{password, password, password, "en", "This is your present password."},
		{password, "short", "short", "en", "must be at least 12 characters"},
		{password, "short", "short", "ja", "12文字以上"},
		{password, "password1234", "password1234", "ja", "多くの人が使っている"},
		{password, "alicealicealice", "alicealicealice", "ja", "アカウントの名前"},
		{password, strings.Repeat("あい", 13), strings.Repeat("あい", 13), "ja", "72バイト"},
	} {
		here.headers["Accept-Language"] = test.lang
		got := here.post("/accounts/password", "old", test.old, "new", test.new, "again", test.again)
		got.want(t, http.StatusUnprocessableEntity, test.text, `aria-invalid="true"`)
		for _, typed := range []string{test.old, test.new, test.again} {
			if typed != "" && strings.Contains(got.body, `value="`+typed) {
				t.Errorf("%+v: the page has a password", test)
			}
		}
	}
	here.headers["Accept-Language"] = "en"
	got := here.post("/accounts/password", "old", password, "new", better, "again", better)
	got.wantRedirect(t, "/accounts/")
	if after := got.Header.Get("Set-Cookie"); after == "" || after == before {
		t.Error("the secret is the same as before")
	}
	here.get("/accounts/").want(t, http.StatusOK, "Your password is changed, and in force now.")
	if there.in() {
		t.Error("the other browser is still in")
	}
	there.post("/accounts/login", "name", "alice", "password", password).want(t, http.StatusUnprocessableEntity)
	there.post("/accounts/login", "name", "alice", "password", better).wantRedirect(t, "/accounts/")
	after, err := b.svc.Get(t.Context(), u.ID)
	if err != nil || after.CredentialRevision != u.CredentialRevision+1 { // by which Prosody ends its sessions
		t.Errorf("%+v, %v", after, err)
	}
	log, err := b.svc.ChangeLog(t.Context(), jitsiauth.LogQuery{ID: u.ID, Action: jitsiauth.UserPasswordSet})
	if err != nil || len(log.Entries) != 1 || log.Entries[0].Actor != jitsiauth.ActorPerson ||
		log.Entries[0].ActorName != "alice@meet.jitsi" || log.Entries[0].Source.String() != "127.0.0.1" {
		t.Errorf("%+v, %v", log.Entries, err)
	}
	if strings.Contains(b.log.String(), "zebra") {
		t.Error("the log has the password")
	}
}

// Who guesses the old password is slowed as at the login.
func TestChangePasswordThrottled(t *testing.T) {
	b := newBench(t)
	b.person("alice", jitsiauth.RoleUser)
	w := b.browser()
	w.logIn("alice")
	for range 100 {
		got := w.post("/accounts/password", "old", "wrong", "new", better, "again", better)
		if got.StatusCode == http.StatusTooManyRequests {
			got.want(t, http.StatusTooManyRequests, "Too many attempts")
			return
		}
	}
	t.Error("never throttled")
}
