package authsvc_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// status asks for it, and returns the codes of the warnings, too.
func (b *bench) status(secret string) (api.Status, string) {
	b.t.Helper()
	st, err := b.clientWith(secret).Status(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	var codes []string
	for _, w := range st.Warnings {
		codes = append(codes, w.Code)
		if w.Message == "" || strings.Contains(w.Message, "status.") || strings.Contains(w.Message, "%!") {
			b.t.Errorf("%+v", w)
		}
	}
	return st, strings.Join(codes, " ")
}

const publicURL = "https://meet.example.org"

func TestStatus(t *testing.T) {
	zone := time.FixedZone("Asia/Tokyo", 9*60*60)
	b := newBenchOn(t, memstore.New(), authsvc.Options{Version: "1.2.3", PublicURL: publicURL, Timezone: zone})
	admin := b.secret(jitsiauth.ScopeAdmin)
	b.person("ann", jitsiauth.RoleAdmin)
	b.person("abe", jitsiauth.RoleAdmin)
	b.addUser("off@meet.jitsi", func(n *jitsiauth.NewUser) { n.Disabled, n.Role = true, jitsiauth.RoleAdmin })
	b.addUser("old@meet.jitsi", func(n *jitsiauth.NewUser) { n.ValidUntil = b.Now().Add(-time.Hour) })
	b.addUser("new@meet.jitsi", func(n *jitsiauth.NewUser) { n.ValidFrom = b.Now().Add(time.Hour) })
	began := b.Now()
	b.wind(time.Minute)
	st, codes := b.status(admin)
	if st.Version != "1.2.3" || !st.StartedAt.Equal(began) || st.Timezone != "Asia/Tokyo" || !slices.Equal(st.Domains, []string{"meet.jitsi", "other.example"}) ||
		st.PublicURL != publicURL || st.StoreBytes != 0 || st.Hashing.AtOnce < 1 || codes != "" || len(st.Prosody) != 0 {
		t.Errorf("%+v %s", st, codes)
	}
	if want := (api.StatusAccounts{CountedAt: b.Now(), Active: 2, Disabled: 1, NotYetValid: 1, Expired: 1, Administrators: 2}); *st.Accounts != want {
		t.Errorf("%+v, want %+v", *st.Accounts, want)
	}
	if got := b.send(http.MethodGet, "/api/v1/status?x=1", admin, ""); got.problem(t).Code != api.CodeUnknownParameter {
		t.Error(got.body)
	}
	bound := b.clientWith(b.boundSecret([]string{"meet.jitsi"}, jitsiauth.ScopeAdmin))
	if _, err := bound.Status(t.Context()); !errors.Is(err, jitsiauth.ErrForbidden) {
		t.Error(err)
	}
}

func TestStatusKnowsTheSizeOfAFile(t *testing.T) {
	b, _ := boltBench(t)
	if st, _ := b.status(b.secret(jitsiauth.ScopeAdmin)); st.StoreBytes < 4096 {
		t.Errorf("%+v", st)
	}
}

// Whoever makes another administrator sees that at once where there are few
// accounts; a count under way has no say.
func TestStatusWarnsOfAdmins(t *testing.T) {
	b := newBenchOn(t, memstore.New(), authsvc.Options{PublicURL: publicURL})
	admin := b.secret(jitsiauth.ScopeAdmin)
	wants := func(want string) {
		t.Helper()
		if _, codes := b.status(admin); codes != want {
			t.Errorf("%q, want %q", codes, want)
		}
	}
	wants("no_admin")
	u := b.person("ann", jitsiauth.RoleAdmin)
	wants("one_admin")
	b.person("bob", jitsiauth.RoleManager)
	wants("one_admin")
	b.person("abe", jitsiauth.RoleAdmin)
	wants("")
	if _, err := b.svc.Disable(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	wants("one_admin")
	b.store.set(func(method string) error {
		if method == "ListUsers" {
			return errors.New("disk on fire")
		}
		return nil
	})
	wants("one_admin") // as far as is known
}

func (b *bench) poll(secret, query string) api.Feed {
	b.t.Helper()
	var feed api.Feed
	got := b.send(http.MethodGet, "/auth/changes?"+query, secret, "")
	if err := json.Unmarshal([]byte(got.body), &feed); err != nil {
		b.t.Errorf("%v: %s", err, got.body)
	}
	return feed
}

// From never seen, by logins alone, to one that follows and reports, and falls silent.
func TestStatusOfProsody(t *testing.T) {
	b := newBenchOn(t, memstore.New(), authsvc.Options{PublicURL: publicURL})
	admin, auth := b.secret(jitsiauth.ScopeAdmin), b.secret(jitsiauth.ScopeAuth)
	u := b.person("alice", jitsiauth.RoleAdmin)
	b.person("abe", jitsiauth.RoleAdmin)
	wants := func(want string) api.StatusProsody {
		t.Helper()
		st, codes := b.status(admin)
		if codes != want {
			t.Errorf("%q, want %q", codes, want)
		}
		if len(st.Prosody) != 1 {
			return api.StatusProsody{}
		}
		return st.Prosody[0]
	}
	wants("")
	b.wind(2 * time.Minute)
	wants("prosody_never")
	b.send(http.MethodPost, "/auth/verify", auth, asJSON(t, question()))
	if p := wants(""); !strings.HasPrefix(p.Caller, "token:t") || !p.LastLogin.Equal(b.Now()) || !p.LastSeen.Equal(b.Now()) || len(p.Instances) != 0 {
		t.Errorf("%+v", p)
	}
	b.wind(2 * time.Minute)
	wants("prosody_no_feed")
	at := b.poll(auth, "instance=one").Position
	said := b.report(b.in(u, "key", 0))
	said.Instance = "one"
	if err := b.clientWith(auth).ReportSessions(t.Context(), said); err != nil {
		t.Fatal(err)
	}
	p := wants("")
	if len(p.Instances) != 1 || !p.Instances[0].ReportsSessions || p.Instances[0].Name != "one" || !p.Instances[0].Follows || *p.Instances[0].Lag != 0 {
		t.Errorf("%+v", p)
	}
	b.person("bob", "")
	b.person("carol", "")
	if p := wants(""); *p.Instances[0].Lag != 2 {
		t.Errorf("lag %d", *p.Instances[0].Lag)
	}
	b.poll(auth, "instance=one&after="+at)
	if p := wants(""); *p.Instances[0].Lag != 0 || !p.Instances[0].LastSeen.Equal(b.Now()) {
		t.Errorf("%+v", p)
	}
	b.wind(11 * time.Second)
	if p := wants(""); p.Instances[0].Follows {
		t.Errorf("%+v", p)
	}
	b.wind(2 * time.Minute)
	wants("prosody_gone")
	b.poll(auth, "instance=two&after="+at) // it was restarted
	if p := wants(""); len(p.Instances) != 2 || p.Instances[0].Name != "two" {
		t.Errorf("%+v", p)
	}
	b.wind(2 * time.Hour)
	b.poll(auth, "instance=two&after=elsewhere:9")
	if p := wants(""); len(p.Instances) != 1 {
		t.Errorf("%+v", p)
	}
}

// One that waits has been told of all that was before.
func TestStatusOfProsodyThatWaits(t *testing.T) {
	b := newBenchOn(t, memstore.New(), authsvc.Options{})
	admin, auth := b.secret(jitsiauth.ScopeAdmin), b.secret(jitsiauth.ScopeAuth)
	at := b.poll(auth, "instance=one").Position
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.send(http.MethodGet, "/auth/changes?instance=one&only=endings&wait=30s&after="+at, auth, "")
	}()
	follows := func() (p api.StatusInstance) {
		st, _ := b.status(admin)
		return st.Prosody[0].Instances[0]
	}
	b.wind(time.Minute)
	waitUntil(t, func() bool { return follows().Follows })
	u := b.person("bob", "") // ends no session
	if p := follows(); *p.Lag != 0 || p.ReportsSessions || !p.LastSeen.Equal(b.Now()) {
		t.Errorf("%+v", p)
	}
	if _, err := b.svc.Disable(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	<-done
}

// The page says the same, in the reader's language, to administrators alone.
func TestStatusPage(t *testing.T) {
	b, _ := boltBench(t)
	w := b.as(jitsiauth.RoleAdmin)
	for _, role := range []jitsiauth.Role{jitsiauth.RoleUser, jitsiauth.RoleManager} {
		other := b.as(role)
		other.get("/accounts/status").want(t, http.StatusForbidden)
		if strings.Contains(other.get("/accounts/").body, "/accounts/status") {
			t.Errorf("%s is led there", role)
		}
	}
	w.get("/accounts/").want(t, http.StatusOK, `href="/accounts/status"`)
	w.get("/accounts/status").want(t, http.StatusOK, "Only one administrator can log in", "Set JITSIAUTH_PUBLIC_URL", "None has come yet", "JITSIAUTH_TIMEZONE",
		"meet.jitsi, other.example", "iB<", "not set", "<dt>active</dt><dd>3</dd>", `href="/accounts/backup"`)
	w.get("/accounts/status", "Accept-Language", "ja").want(t, http.StatusOK, "ログインできる管理者が1人だけです", "公開アドレスが設定されていません", "まだ接続がありません")
	auth := b.secret(jitsiauth.ScopeAuth)
	b.poll(auth, "instance=%3Cscript%3Ealert(1)%3C/script%3E%22'")
	got := w.get("/accounts/status")
	got.want(t, http.StatusOK, `Run <script>alert(1)</script>"'`, "follows the changes of accounts", "Entries it has not asked for yet: 0", "does not report who is in")
	if strings.Contains(got.body, "<script>") {
		t.Error("a name is no text")
	}
	b.wind(5 * time.Minute)
	w.get("/accounts/status").want(t, http.StatusOK, "has not followed the changes of accounts for 5 minutes")
	b.store.set(func(method string) error {
		if method == "Head" {
			return errors.New("disk on fire")
		}
		return nil
	})
	w.get("/accounts/status").want(t, http.StatusInternalServerError)
}
