package authsvc

import (
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/jitsiauth/server/authsvc/api"
)

// shiftJISNames are those that are in use for what Excel writes in Japan: Shift_JIS
// with the additions of Windows, code page 932.
var shiftJISNames = []string{"shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j", "ms932", "cp932"}

// inShiftJIS reports a CSV whose sender says that it is in Shift_JIS.
func inShiftJIS(r *http.Request) bool {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == api.CSVType && slices.Contains(shiftJISNames, strings.ToLower(params["charset"]))
}

// wantImport is wantType of imports.
func wantImport(r *http.Request) error {
	if inShiftJIS(r) {
		return nil
	}
	return wantType(r, []string{api.NDJSONType, api.CSVType})
}
