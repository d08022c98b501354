package authsvc_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/boltstore"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// load sends the form as a browser does and leaves the answer to the caller.
func (w *browser) load(base string) *http.Response {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, base+"/accounts/backup", strings.NewReader(""))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	at, _ := url.Parse(w.base)
	for _, c := range w.client.Jar.Cookies(at) {
		req.AddCookie(c)
	}
	got, err := w.client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

func TestBackupPage(t *testing.T) {
	b, path := boltBench(t)
	w := b.as(jitsiauth.RoleAdmin)
	w.get("/accounts/").want(t, http.StatusOK, `href="/accounts/backup"`)
	w.get("/accounts/backup").want(t, http.StatusOK, "jitsiauth-2026-11-23.db", "hashes", "data-again",
		"restore - --force < jitsiauth-2026-11-23.db", "sudo systemctl stop jitsiauth")
	w.get("/accounts/backup", "Accept-Language", "ja").want(t, http.StatusOK, "厳重に保管してください", "元に戻す")
	got := w.load(w.base)
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	sum := sha256.Sum256(text)
	for name, want := range map[string]string{
		"Content-Type": "application/octet-stream", "Content-Disposition": `attachment; filename="jitsiauth-2026-11-23.db"`,
		"Content-Length": fmt.Sprint(len(text)), "Repr-Digest": "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":",
		"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got.Header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.Header.Get(name), want)
		}
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err != nil || got.StatusCode != http.StatusOK || os.WriteFile(copied, text, 0o600) != nil {
		t.Fatal(got.StatusCode, err)
	}
	if found, err := boltstore.CheckFile(t.Context(), copied, nil); err != nil || found.Accounts != 1 {
		t.Errorf("%+v, %v", found, err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	log, err := b.svc.ChangeLog(t.Context(), jitsiauth.LogQuery{Action: jitsiauth.BackupMade})
	if err != nil || len(log.Entries) != 1 || log.Entries[0].Actor != jitsiauth.ActorPerson || log.Entries[0].ActorName != "the-admin@meet.jitsi" {
		t.Errorf("%+v, %v", log, err)
	}
}

// Who may, and that the password is asked again; a file of the day as it is in the
// service's zone.
func TestBackupPageRights(t *testing.T) {
	store := &copyStore{Store: memstore.New(), content: []byte("copy")}
	b := newBenchOn(t, store, authsvc.Options{Timezone: time.FixedZone("JST", 14*60*60)}) // 10:00 UTC
	for _, role := range []jitsiauth.Role{jitsiauth.RoleUser, jitsiauth.RoleManager} {
		w := b.as(role)
		w.get("/accounts/backup").want(t, http.StatusForbidden)
		w.post("/accounts/backup").want(t, http.StatusForbidden)
		if strings.Contains(w.get("/accounts/").body, "/accounts/backup") {
			t.Errorf("%s is led there", role)
		}
	}
	w := b.as(jitsiauth.RoleAdmin)
	w.get("/accounts/backup").want(t, http.StatusOK, "jitsiauth-2026-11-24.db")
	b.wind(6 * time.Minute)
	w.get("/accounts/backup").wantRedirect(t, "/accounts/confirm?next=%2Faccounts%2Fbackup")
	w.post("/accounts/backup").wantRedirect(t, "/accounts/confirm?next=%2Faccounts%2Fbackup")
	if store.closed.Load() != 0 {
		t.Error("a backup was made")
	}
}

// A store that can't be copied, and another backup under way, are said in a page.
func TestBackupPageRefused(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleAdmin)
	w.post("/accounts/backup").want(t, http.StatusNotImplemented, "can't be backed up from here")
	store := &copyStore{Store: memstore.New(), content: noise(24 << 20)}
	b = newBenchOn(t, store, authsvc.Options{})
	w = b.as(jitsiauth.RoleAdmin)
	stalled(t, b)
	got := w.post("/accounts/backup")
	got.want(t, http.StatusServiceUnavailable, "Another backup is being made or sent", "<form")
	if got.Header.Get("Retry-After") == "" {
		t.Error(got.Header)
	}
}

// Who loads slowly gets all of it, although that takes longer than pages may.
func TestBackupPageSlowReader(t *testing.T) {
	store := &copyStore{Store: memstore.New(), content: noise(24 << 20), delay: 1500 * time.Millisecond}
	b := newBenchOn(t, store, authsvc.Options{})
	w := b.as(jitsiauth.RoleAdmin)
	server, listener := b.server.HTTPServer(), listen(t)
	server.WriteTimeout, server.ReadTimeout = time.Second, time.Second
	go func() { _ = server.Serve(listener) }()
	defer server.Close()
	got := w.load("http://" + listener.Addr().String())
	defer got.Body.Close()
	slow := &slowWriter{}
	var text bytes.Buffer
	if n, err := io.Copy(io.MultiWriter(slow, &text), got.Body); err != nil || n != 24<<20 || slow.waited < 2*time.Second || !bytes.Equal(text.Bytes(), store.content) {
		t.Error(n, err, slow.waited)
	}
}

// Nobody gets the rest of a backup who may not have one any more.
func TestBackupEndsWithTheRights(t *testing.T) {
	store := &copyStore{Store: memstore.New(), content: noise(24 << 20)}
	b := newBenchOn(t, store, authsvc.Options{})
	w := b.as(jitsiauth.RoleAdmin)
	token, secret, err := b.svc.CreateToken(t.Context(), jitsiauth.NewToken{Name: "copier", Scopes: []jitsiauth.Scope{jitsiauth.ScopeAdmin}})
	if err != nil {
		t.Fatal(err)
	}
	cutOff := func(name string, got *http.Response, end func() error) {
		t.Helper()
		defer got.Body.Close()
		if _, err := io.CopyN(io.Discard, got.Body, 1<<20); err != nil || got.StatusCode != http.StatusOK {
			t.Fatal(name, got.StatusCode, err)
		}
		if err := end(); err != nil {
			t.Fatal(name, err)
		}
		if n, err := io.Copy(io.Discard, got.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %d bytes more, %v", name, n, err)
		}
		waitUntil(t, func() bool { return store.closed.Load() > 0 })
		store.closed.Store(0)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/api/v1/backup", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+secret)
	got, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	cutOff("token", got, func() error { return b.svc.RevokeToken(t.Context(), token.ID.String()) })
	got = w.load(b.url)
	defer got.Body.Close()
	for range 6 { // longer than a session is kept that nobody uses
		if _, err := io.CopyN(io.Discard, got.Body, 4<<20); err != nil {
			t.Error(err)
		}
		b.wind(20 * time.Minute)
	}
	w.logIn("the-admin") // the password was typed long ago
	cutOff("role", w.load(b.url), func() error {
		_, err := b.svc.Update(t.Context(), b.named("the-admin").ID, jitsiauth.UserChange{Role: new(jitsiauth.RoleManager)})
		return err
	})
}
