package authsvc_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

func TestEditUser(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	b := newBenchOn(t, memstore.New(), authsvc.Options{Timezone: zone})
	w := b.as(jitsiauth.RoleManager)
	u := b.person("bob", "")
	w.get(at(u, "/edit")).want(t, http.StatusOK, "Change bob@meet.jitsi", `name="revision" value="1"`)
	w.post(at(u, "/edit"), "revision", "1", "display_name", " Bob ", "email", "b@example.org", "note", "one\r\ntwo",
		"valid_from", "2026-11-01", "valid_until", "2026-12-31").wantRedirect(t, at(u))
	w.get(at(u)).want(t, http.StatusOK, "Saved, and in force now", "end of 2026-12-31 (JST)", "2026-11-01 00:00 JST")
	got := b.named("bob")
	if got.DisplayName != "Bob" || got.Email != "b@example.org" || got.Note != "one\ntwo" || got.Revision != 2 {
		t.Errorf("%+v", got)
	}
	// Sent as it is, the form changes nothing.
	form := w.get(at(u, "/edit"))
	form.want(t, http.StatusOK, `value="2026-11-01"`, `value="2026-12-31"`, "one\ntwo", `value="2"`)
	same := []string{"revision", "2", "display_name", "Bob", "email", "b@example.org", "note", "one\r\ntwo", "valid_from", "2026-11-01", "valid_until", "2026-12-31"}
	w.post(at(u, "/edit"), same...).wantRedirect(t, at(u))
	if b.named("bob").Revision != 2 {
		t.Error("a change that makes no difference")
	}
	w.post(at(u, "/edit"), "revision", "2", "valid_until", "2026-12-31T18:00:00+09:00").wantRedirect(t, at(u))
	w.get(at(u, "/edit")).want(t, http.StatusOK, `value="2026-12-31T18:00:00+09:00"`)
	if got := b.named("bob"); got.DisplayName != "" || !got.ValidFrom.IsZero() || got.ValidUntil.Hour() != 9 {
		t.Errorf("%+v", got)
	}
}

func TestEditUserRefused(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	u := b.person("bob", "")
	before := b.snapshot()
	for _, test := range []struct{ field, value, says string }{
		{"display_name", strings.Repeat("x", 257), "must be at most 256 bytes long"},
		{"email", "bob", "must look like name@example.org"},
		{"note", strings.Repeat("x", 4097), "must be at most 4096 bytes long"},
		{"valid_from", "tomorrow", "must be a date like"},
		{"valid_until", "1960-01-01", "must lie in the years"},
	} {
		w.post(at(u, "/edit"), "revision", "1", test.field, test.value).want(t, http.StatusUnprocessableEntity, test.says, test.value, `id="`+test.field+`-error"`)
	}
	w.post(at(u, "/edit"), "revision", "1", "valid_from", "2027-01-01", "valid_until", "2026-01-01").want(t, http.StatusUnprocessableEntity, "must be later than valid_from")
	w.post(at(u, "/edit"), "revision", "x").want(t, http.StatusBadRequest)
	if b.snapshot() != before {
		t.Error("something changed")
	}
}

// Two change the same account: the later one sees what both want, and can win
// on purpose.
func TestEditUserConflict(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	u := b.person("bob", "")
	if _, err := b.svc.Update(t.Context(), u.ID, jitsiauth.UserChange{DisplayName: new("Theirs"), Note: new("of both")}); err != nil {
		t.Fatal(err)
	}
	got := w.post(at(u, "/edit"), "revision", "1", "display_name", "Mine", "note", "of both")
	got.want(t, http.StatusConflict, "Somebody changed this account while you were typing.", "<td class=\"lines\">Theirs</td><td class=\"lines\">Mine</td>",
		`name="revision" value="2"`, `name="display_name" type="text" value="Mine"`, "Save what I typed", "Keep it as it is now")
	if strings.Contains(got.body, "<td class=\"lines\">of both") || b.named("bob").DisplayName != "Theirs" {
		t.Errorf("%s", got.body)
	}
	w.post(at(u, "/edit"), "revision", "2", "display_name", "Mine", "note", "of both").wantRedirect(t, at(u))
	if b.named("bob").DisplayName != "Mine" {
		t.Error("not saved")
	}
	w.post(at(u, "/edit"), "revision", "1", "display_name", "Mine", "note", "of both").want(t, http.StatusConflict, `value="3"`, "Save")
}
