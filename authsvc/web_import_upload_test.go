package authsvc_test

import (
	"cmp"
	"net/http"
	"strings"
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
)

// Names of fields and files are no way around the bounds of what is kept in memory.
func TestUploadIsBounded(t *testing.T) {
	b := newBench(t)
	w := b.as(jitsiauth.RoleManager)
	long := strings.Repeat("n", 3<<20)
	for name, fields := range map[string][]string{
		"names": {"mode", "create", long + "1", "", long + "2", "", long + "3", ""},
		"value": {"mode", "create", "note", long},
		"many":  {"1", "", "2", "", "3", "", "4", "", "5", "", "6", "", "7", "", "8", "", "9", "", "10", ""},
	} {
		want := map[string]int{"names": http.StatusRequestEntityTooLarge}[name]
		if got := w.upload("username\nbob\n", fields...); got.StatusCode != cmp.Or(want, http.StatusBadRequest) {
			t.Errorf("%s: %d", name, got.StatusCode)
		}
	}
	w.get(importJob).wantRedirect(t, importPage)
}
