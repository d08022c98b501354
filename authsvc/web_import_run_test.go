package authsvc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// held is an import that stands still among its first lines, and the browser that
// began it. release lets it go on.
func (b *bench) held(w *browser, lines int) (release func()) {
	b.t.Helper()
	var file strings.Builder
	file.WriteString("username,generate\n")
	for i := range lines {
		fmt.Fprintf(&file, "u%d,true\n", i)
	}
	w.upload(file.String()).wantRedirect(b.t, importJob)
	reached, let := make(chan struct{}), make(chan struct{})
	var once sync.Once
	b.store.set(func(method string) error {
		if method == "UserByJID" {
			once.Do(func() { close(reached) })
			<-let
		}
		return nil
	})
	w.begin().wantRedirect(b.t, importJob)
	<-reached
	return sync.OnceFunc(func() { close(let) })
}

// made returns how many accounts the held import has made.
func (b *bench) made() int {
	b.t.Helper()
	n := 0
	for after := (jitsiauth.JID{}); ; {
		page, err := b.svc.List(b.t.Context(), jitsiauth.ListQuery{Limit: jitsiauth.MaxPage, After: after})
		if err != nil {
			b.t.Fatal(err)
		}
		for _, u := range page.Users {
			if strings.HasPrefix(u.JID.Local(), "u") {
				n++
			}
		}
		if !page.More {
			return n
		}
		after = page.Next
	}
}

func TestImportProgress(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	release := b.held(w, 300)
	defer release()
	w.get(importJob).want(t, http.StatusOK, "The import is running", "0 of 300 lines are done.", `<progress max="300" value="0"`, `data-refresh="3"`,
		`<noscript><meta http-equiv="refresh" content="5"></noscript>`, "the lines that are done stay done", "the import stops when you log out")
	// One at a time.
	w.upload("username\nbob\n").want(t, http.StatusUnprocessableEntity, "Another import of yours is running.")
	w.post("/accounts/import/passwords").wantRedirect(t, importJob)
	release()
	got := w.finish()
	got.want(t, http.StatusOK, "Done, and in force now", "<dt>New</dt><dd>300</dd>", "You can download 300 passwords")
	// What was made is not lost to the next file.
	w.upload("username\nbob\n").want(t, http.StatusUnprocessableEntity, "have not been downloaded yet")
	if n := strings.Count(w.download("/accounts/import/passwords").body, "\r\n"); n != 301 {
		t.Errorf("%d lines", n)
	}
	w.upload("username\nbob\n").wantRedirect(t, importJob)
	// The same file again does no harm.
	w.upload("username,generate\nu1,true\nu2,true\n").wantRedirect(t, importJob)
	w.get(importJob).want(t, http.StatusOK, "<dt>With a problem</dt><dd>2</dd>", "This ID is taken.")
}

// Whoever stops it, stops it between lines: what is done stays done, with passwords.
func TestImportStops(t *testing.T) {
	for name, test := range map[string]struct {
		stop func(b *bench, w *browser)
		says string // empty: they can't look any more
	}{
		"the person": {func(_ *bench, w *browser) { w.post("/accounts/import/stop").wantRedirect(w.t, importJob) }, "The import was stopped."},
		"the logout": {func(_ *bench, w *browser) { w.post("/accounts/logout") }, ""},
		"no rights": {func(b *bench, _ *browser) {
			u := b.named("the-manager")
			if _, err := b.svc.Update(b.t.Context(), u.ID, jitsiauth.UserChange{Role: new(jitsiauth.RoleUser)}); err != nil {
				b.t.Fatal(err)
			}
		}, ""},
		"disabled": {func(b *bench, _ *browser) {
			u := b.named("the-manager")
			if _, err := b.svc.Disable(b.t.Context(), u.ID); err != nil {
				b.t.Fatal(err)
			}
		}, ""},
		"idle": {func(b *bench, _ *browser) { b.wind(31 * time.Minute) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			w := b.as(jitsiauth.RoleManager)
			if name == "no rights" || name == "disabled" {
				b.named("the-manager") // before names hang
			}
			release := b.held(w, 300)
			defer release()
			if test.says != "" {
				test.stop(b, w)
				w.get(importJob).want(t, http.StatusOK, "It stops as soon as")
				release()
				got := w.finish()
				got.want(t, http.StatusOK, test.says, fmt.Sprintf("%d lines were not worked on", 300-b.made()), "Passwords that were made")
				if n := strings.Count(w.download("/accounts/import/passwords").body, "\r\n"); n != b.made()+1 {
					t.Errorf("%d lines of passwords for %d accounts", n, b.made())
				}
			} else {
				b.store.set(nil) // for others; the import stands still in what it has asked
				test.stop(b, w)
				release()
				waitUntil(t, func() bool { return b.server.Working() == 0 })
				if w.in() {
					t.Error("still logged in")
				}
			}
			if n := b.made(); n == 0 || n == 300 {
				t.Errorf("%d accounts were made", n)
			}
			if name == "idle" || name == "the logout" {
				waitUntil(t, func() bool { return b.server.Uploads() == 0 })
			}
		})
	}
}

// A service that stops waits for the lines at hand, and works on no others.
func TestImportStopsWithTheService(t *testing.T) {
	b := newBench(t)
	listener := listen(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	served := make(chan error, 1)
	go func() { served <- b.server.Serve(ctx, listener) }()
	b.url = "http://" + listener.Addr().String()
	w := b.as(jitsiauth.RoleManager)
	release := b.held(w, 300)
	defer release()
	stop()
	release()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if n := b.made(); n == 0 || n == 300 {
		t.Errorf("%d accounts were made", n)
	}
}

// A failure is logged with its cause, and told without.
func TestImportFails(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	for _, fail := range []func(string) error{
		func(method string) error {
			if method == "UserByJID" {
				return errors.New("disk on fire")
			}
			return nil
		},
		func(method string) error {
			if method == "UserByJID" {
				panic("on purpose")
			}
			return nil
		},
	} {
		w.upload("username,generate\nbob,true\n").wantRedirect(t, importJob)
		b.store.set(fail)
		w.begin().wantRedirect(t, importJob)
		got := w.finish()
		got.want(t, http.StatusOK, "Something failed in the service", "1 line was not worked on")
		if strings.Contains(got.body, "fire") {
			t.Error("the page tells the cause")
		}
		b.store.set(nil)
	}
	for _, cause := range []string{"disk on fire", "on purpose"} {
		if !strings.Contains(b.log.String(), cause) {
			t.Errorf("the log has no %q", cause)
		}
	}
}

// An import is one of the places that imports and exports have.
func TestImportTakesAPlace(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	release := b.held(w, 10)
	defer release()
	if b.server.Working() != 1 {
		t.Errorf("%d places are taken", b.server.Working())
	}
	release()
	w.finish()
	waitUntil(t, func() bool { return b.server.Working() == 0 })
}

// A file may come more slowly than other forms, as long as it comes.
func TestSlowUpload(t *testing.T) {
	b := newBench(t)
	b.person("m", jitsiauth.RoleManager)
	server := httptest.NewUnstartedServer(b.server)
	server.Config = b.server.HTTPServer()
	server.Config.ReadTimeout, server.Config.WriteTimeout = 300*time.Millisecond, 400*time.Millisecond
	server.Start()
	defer server.Close()
	b.url = server.URL
	w := b.browser()
	w.logIn("m")
	contentType, body := multipartForm("username\n"+strings.Repeat("u\n", 2000), "mode", "create", "generate", "on")
	w.fetch(http.MethodPost, importPage, contentType, &slow{body}).wantRedirect(t, importJob)
	cutOff := strings.NewReader("--x\r\n" + strings.Repeat("h", 4000))
	w.fetch(http.MethodPost, importPage, "multipart/form-data; boundary=x", &slow{cutOff}).want(t, http.StatusBadRequest, "could not be read")
	b.server.SetStall(200 * time.Millisecond)
	in, out := io.Pipe()
	defer out.Close()
	go func() { _, _ = io.WriteString(out, "--x\r\n") }()
	w.fetch(http.MethodPost, importPage, "multipart/form-data; boundary=x", in).want(t, http.StatusBadRequest, "could not be read")
}

// slow gives little at a time.
type slow struct{ io.Reader }

func (s *slow) Read(p []byte) (int, error) {
	time.Sleep(100 * time.Millisecond)
	return s.Reader.Read(p[:min(len(p), 400)])
}

// Passwords that nobody can download any more, as the browser was closed, keep no
// other file out once its session is over.
func TestImportAfterABrowserWasClosed(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	w.upload("username\nbob\n").wantRedirect(t, importJob)
	w.begin().wantRedirect(t, importJob)
	w.finish().want(t, http.StatusOK, "You can download 1 password")
	other := b.browser()
	other.logIn("the-manager")
	other.upload("username\ncyd\n").want(t, http.StatusUnprocessableEntity, "have not been downloaded yet")
	b.wind(20 * time.Minute)
	other.get(importPage)
	b.wind(11 * time.Minute)
	other.upload("username\ncyd\n").wantRedirect(t, importJob)
	other.get(importJob).want(t, http.StatusOK, "Check the import")
}

// A line with a password for the importer's own account would end the session, and
// with it the passwords that were made.
func TestImportOfOnesOwnPassword(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	w.upload("username,password,display_name\nbob,,\nthe-manager,"+password+"2,\nTHE-Manager,,Me\n", "mode", "upsert", "generate", "on").wantRedirect(t, importJob)
	w.get(importJob).want(t, http.StatusOK, "<dt>With a problem</dt><dd>1</dd>", "must not be that of your own account")
	w.begin().wantRedirect(t, importJob)
	w.finish().want(t, http.StatusOK, "<dt>New</dt><dd>1</dd>", "<dt>Changed</dt><dd>1</dd>", "You can download 1 password")
	if u := b.named("the-manager"); u.DisplayName != "Me" || u.CredentialRevision != 1 {
		t.Errorf("%+v", u)
	}
}

// Everything at once, for the race detector: it begins once, and its passwords are
// had once.
func TestImportRaces(t *testing.T) {
	for _, end := range []string{"", "/accounts/import/stop", "/accounts/logout", "/accounts/sessions/end"} {
		t.Run(end, func(t *testing.T) {
			b := newBench(t)
			w := b.as(jitsiauth.RoleManager)
			var file strings.Builder
			file.WriteString("username\n")
			for i := range 60 {
				fmt.Fprintf(&file, "u%d\n", i)
			}
			w.upload(file.String()).wantRedirect(t, importJob)
			id := uploadID.FindStringSubmatch(w.get(importJob).body)[1]
			form := "application/x-www-form-urlencoded"
			var all sync.WaitGroup
			for range 3 {
				all.Go(func() { w.fetch(http.MethodPost, importJob, form, strings.NewReader("upload="+id)) })
				all.Go(func() {
					for range 10 {
						w.fetch(http.MethodGet, importJob, "", nil)
					}
				})
				all.Go(func() { w.fetch(http.MethodPost, importPage, form, nil) })
				all.Go(func() { w.fetch(http.MethodPost, "/accounts/import/passwords", form, nil) })
			}
			if end != "" {
				all.Go(func() { w.fetch(http.MethodPost, end, form, strings.NewReader("")) })
			}
			all.Wait()
			waitUntil(t, func() bool { return b.server.Working() == 0 })
			if end != "" {
				if n := b.made(); n > 60 {
					t.Errorf("%d accounts", n)
				}
				return
			}
			files := make(chan int, 8)
			for range cap(files) {
				all.Go(func() {
					files <- strings.Count(w.fetch(http.MethodPost, "/accounts/import/passwords", form, strings.NewReader("")).body, "\r\nu")
				})
			}
			all.Wait()
			got := 0
			for range cap(files) {
				got += <-files
			}
			if n := b.made(); n != 60 || got != 60 {
				t.Errorf("%d accounts, %d passwords", n, got)
			}
		})
	}
}

// Passwords that would go nowhere are kept: somebody else has answered.
func TestImportPasswordsTooLate(t *testing.T) {
	b := newBench(t)
	release := make(chan struct{})
	b.server.AddLatePasswords(func() { <-release })
	w := b.as(jitsiauth.RoleManager)
	w.upload("username\nbob\n").wantRedirect(t, importJob)
	w.begin().wantRedirect(t, importJob)
	w.finish()
	w.fetch(http.MethodPost, "/accounts/test/late", "application/x-www-form-urlencoded", strings.NewReader("")).want(t, http.StatusServiceUnavailable)
	close(release)
	b.waitForLog(`"route":"/accounts/test/late","status":503`)
	if got := w.download("/accounts/import/passwords").body; strings.Count(got, "\r\n") != 2 {
		t.Error(got)
	}
}
