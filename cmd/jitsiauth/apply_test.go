package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// cutOff passes all on, but ends the answer of an import that is no dry run after its
// first line, although all of it was done.
func cutOff(t *testing.T, service http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/imports") || r.URL.Query().Has("dry_run") {
			service.ServeHTTP(w, r)
			return
		}
		whole := httptest.NewRecorder()
		service.ServeHTTP(whole, r)
		first, _, _ := strings.Cut(whole.Body.String(), "\n")
		w.Header().Set("Content-Type", whole.Header().Get("Content-Type"))
		if _, err := w.Write([]byte(first + "\n")); err != nil {
			t.Error(err)
		}
		_ = http.NewResponseController(w).Flush() // the client says what came
		panic(http.ErrAbortHandler)
	}
}

// applyWorld is a service, with something before it, and a file to apply there.
type applyWorld struct {
	svc          *jitsiauth.Service
	secret, file string
	server       *httptest.Server
}

func newApplyWorld(t *testing.T, before func(*jitsiauth.Service, http.Handler) http.Handler, text string) *applyWorld {
	t.Helper()
	svc, err := jitsiauth.New(memstore.New(), jitsiauth.Options{BcryptCost: 4})
	if err != nil {
		t.Fatal(err)
	}
	w := &applyWorld{svc: svc, file: filepath.Join(t.TempDir(), "accounts.csv")}
	if _, w.secret, err = svc.CreateToken(t.Context(), jitsiauth.NewToken{Name: "admin", Scopes: []jitsiauth.Scope{jitsiauth.ScopeAdmin}}); err != nil {
		t.Fatal(err)
	}
	w.server = httptest.NewServer(before(svc, authsvc.New(svc, authsvc.Options{})))
	t.Cleanup(w.server.Close)
	if err := os.WriteFile(w.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *applyWorld) apply(t *testing.T, flags ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	args := append([]string{"apply", w.file, "--server", w.server.URL}, flags...)
	code = run(t.Context(), args, []string{"JITSIAUTH_TOKEN=" + w.secret}, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// A connection that breaks while accounts are made is told as that, with what to do
// about passwords that are lost; another run goes on.
func TestApplyBrokenOff(t *testing.T) {
	w := newApplyWorld(t, func(_ *jitsiauth.Service, service http.Handler) http.Handler { return cutOff(t, service) },
		"username,generate\nalice,true\nbob,true\n")
	code, _, stderr := w.apply(t)
	if code != exitUnanswered || !strings.Contains(stderr, "1 added, 0 changed, 0 removed\n") || !strings.Contains(stderr, "has one that nobody knows") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	list, err := os.ReadFile(w.file + ".passwords")
	if err != nil || !strings.HasPrefix(string(list), "alice@meet.jitsi\t") || strings.Count(string(list), "\n") != 1 {
		t.Errorf("%q, %v", list, err)
	}
	if code, stdout, stderr := w.apply(t); code != exitOK || !strings.HasPrefix(stdout, "nothing to change: 2 accounts are as ") {
		t.Errorf("exit code %d, %s%s", code, stdout, stderr)
	}
}

// Ctrl-C while the file is compared says that nothing was changed.
func TestApplyInterruptedWhileComparing(t *testing.T) {
	for _, path := range []string{"/imports", "/users"} {
		ctx, cancel := context.WithCancel(t.Context())
		w := newApplyWorld(t, func(_ *jitsiauth.Service, service http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, path) {
					cancel()
					return
				}
				service.ServeHTTP(w, r)
			})
		}, "username,generate\nalice,true\n")
		var out, errs bytes.Buffer
		code := run(ctx, []string{"apply", w.file, "--server", w.server.URL}, []string{"JITSIAUTH_TOKEN=" + w.secret}, strings.NewReader(""), &out, &errs)
		cancel()
		if code == exitOK || !strings.Contains(errs.String(), "interrupted; nothing was changed") || strings.Contains(errs.String(), "not known") {
			t.Errorf("%s: exit code %d, %s", path, code, errs.String())
		}
	}
}

// Who may not remove an administrator is told who may, and not to try again.
func TestApplyMayNotRemove(t *testing.T) {
	w := newApplyWorld(t, func(_ *jitsiauth.Service, service http.Handler) http.Handler { return service }, "username,password\nalice,correct horse battery\n")
	jid, err := w.svc.ParseJID("root")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.svc.Create(t.Context(), jitsiauth.NewUser{JID: jid, Password: "correct horse battery", Role: jitsiauth.RoleAdmin}); err != nil {
		t.Fatal(err)
	}
	if _, w.secret, err = w.svc.CreateToken(t.Context(), jitsiauth.NewToken{Name: "web", Scopes: []jitsiauth.Scope{jitsiauth.ScopeUsersWrite}}); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := w.apply(t, "--prune", "--yes")
	if code == exitOK || !strings.Contains(stderr, "1 added, 0 changed, 0 removed\n") || !strings.Contains(stderr, "root@meet.jitsi was not removed: ") ||
		!strings.Contains(stderr, "takes an administrator") || strings.Contains(stderr, "again") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
}

// Accounts that somebody changes while the plan is read are not removed by it.
func TestApplyPrunesWhatWasSeen(t *testing.T) {
	busy := func(svc *jitsiauth.Service, service http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if jid, err := svc.ParseJID("busy"); r.Method == http.MethodDelete && err == nil {
				u, err := svc.GetByJID(r.Context(), jid)
				if err == nil && u.Note == "" {
					_, err = svc.Update(r.Context(), u.ID, jitsiauth.UserChange{Note: new("in use")})
				}
				if err != nil {
					t.Error(err)
				}
			}
			service.ServeHTTP(w, r)
		})
	}
	w := newApplyWorld(t, busy, "username,generate\nalice,true\n")
	for _, name := range []string{"alice", "busy", "gone"} {
		jid, err := w.svc.ParseJID(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.svc.Create(t.Context(), jitsiauth.NewUser{JID: jid, Password: "correct horse battery"}); err != nil {
			t.Fatal(err)
		}
	}
	code, stdout, stderr := w.apply(t, "--prune", "--yes")
	if code != exitError || !strings.Contains(stdout, "- busy@meet.jitsi\n- gone@meet.jitsi\n") ||
		!strings.Contains(stderr, "0 added, 0 changed, 1 removed\n") || !strings.Contains(stderr, "busy@meet.jitsi was not removed: changed by someone else") {
		t.Errorf("exit code %d, %s%s", code, stdout, stderr)
	}
	if code, _, stderr := w.apply(t, "--prune", "--yes"); code != exitOK || !strings.Contains(stderr, "1 removed") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
}

// An account that is removed between the plan and its being carried out is refused
// then, for no list was opened for a password of its.
func TestApplyMakesNoPasswordThatIsNotKept(t *testing.T) {
	account := &declaredAccount{ImportLine: api.ImportLine{Generate: true}}
	if (&plannedChange{account: account, fields: []string{"note"}}).toSend().Generate {
		t.Error("an account that is there is sent with generate, although there may be no list")
	}
	if !(&plannedChange{account: account, add: true}).toSend().Generate {
		t.Error("an account that is missing is sent without generate")
	}
	done := &applied{wrong: &wrongLines{}}
	if err := done.list.add("alice@meet.jitsi", "secret"); err == nil {
		t.Error("a password was kept nowhere")
	}
}
