package authsvc_test

import (
	"net/http"
	"testing"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// Deleting an account logs its owner out of the pages. An import that brings the ID
// back must not log them in again.
func TestWebSessionComesBackWithTheID(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	w.get("/accounts/users").want(t, http.StatusOK)
	admin := b.client(jitsiauth.ScopeAdmin)
	u := b.named("the-manager")
	if err := b.svc.Delete(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	const pencil = "SCRAM-SHA-1$4096:QSXCR+Q6sek8bf92$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:D+CSWLOshSulAsxiupA+qs2/fTE="
	back := `{"jid":"the-manager@meet.jitsi","role":"manager","id":"` + u.ID.String() + `","password_hash":"` + pencil + `"}`
	if made := imports(t, admin, api.NDJSONType, back, api.ImportQuery{}); made[0].Result != api.ImportCreated {
		t.Fatalf("%+v", made)
	}
	if got := w.get("/accounts/users"); got.rows() != nil {
		t.Errorf("the session of the deleted account sees %v", got.rows())
	}
}

// An export of what an export made.
func TestExportOfAnImport(t *testing.T) {
	first, second := newBench(t), newBench(t)
	first.addUser("ann@meet.jitsi")
	exported := export(t, first.client(jitsiauth.ScopeAdmin), api.ExportQuery{Hashes: true})
	imports(t, second.client(jitsiauth.ScopeAdmin), api.NDJSONType, exported, api.ImportQuery{})
	if again := export(t, second.client(jitsiauth.ScopeAdmin), api.ExportQuery{Hashes: true}); again != exported {
		t.Errorf("\n%s\n%s", exported, again)
	}
}
