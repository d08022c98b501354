package authsvc

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// FuzzImportLines: whatever comes, each line is an account or an error, in
// order.
func FuzzImportLines(f *testing.F) {
	svc, err := jitsiauth.New(memstore.New(), jitsiauth.Options{})
	if err != nil {
		f.Fatal(err)
	}
	s := New(svc, Options{})
	f.Add("{\"jid\":\"a@meet.jitsi\",\"note\":null}\n\n{}\r\nx", false)
	f.Add("\ufeffログインID;有効期限\t,\nb@meet.jitsi;2026/1/5", true)
	f.Add("\ufeffusername,note,valid_until\na,'=1,2026-11-27\n\"b\n", true)
	f.Fuzz(func(t *testing.T, text string, asCSV bool) {
		request := httptest.NewRequest("POST", "/", nil)
		request.Header.Set("Content-Type", map[bool]string{false: api.NDJSONType, true: api.CSVType}[asCSV])
		lines, err := s.importLines(request, strings.NewReader(text))
		if err != nil {
			return
		}
		last, most := 0, strings.Count(text, "\n")+1
		for line, err := range lines {
			if err != nil || line.Line <= last || line.Line > most || line.Err == nil && line.JID.IsZero() {
				t.Fatalf("%q: %+v behind line %d, %v", text, line, last, err)
			}
			last = line.Line
		}
	})
}
