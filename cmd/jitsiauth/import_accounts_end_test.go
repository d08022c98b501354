package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/jitsiauth/server/authsvc/api"
)

// A source that breaks off is no account, and no failure of the service either.
func TestBrokeOff(t *testing.T) {
	archive := accountSource{name: "the archive", begin: "give one", repair: "pack it again"}
	cut := fmt.Errorf("archive: %w", io.ErrUnexpectedEOF)
	const done = "pack it again; what came before is done, and the same command leaves it alone"
	for _, test := range []struct {
		err        error
		sum        api.ImportSummary
		dry        bool
		text, hint string
	}{
		{cut, api.ImportSummary{Lines: 3}, false, "the archive broke off after 3 accounts (archive: unexpected EOF)", done},
		{cut, api.ImportSummary{Lines: 1, Errors: 1}, true, "the archive broke off after 1 account, 1 of them refused (archive: unexpected EOF)", "pack it again; nothing was written"},
		{errors.New("holds one twice"), api.ImportSummary{Lines: 3}, false, "the archive could not be read further after 3 accounts (holds one twice)", done},
		{cut, api.ImportSummary{}, false, "archive: unexpected EOF", "give one"},
	} {
		r := &accountReport{importReport: *newReport(api.ImportQuery{DryRun: test.dry}), source: archive, brokeOff: test.err}
		r.summary = &test.sum
		err := r.a.explain(r.end(), "", "here")
		if err.Error() != test.text || hintFor(err) != test.hint {
			t.Errorf("%v, hint %q", err, hintFor(err))
		}
	}
}

// Of an htpasswd file that can't be read on, the lines before come, and then why.
func TestHtpasswdBreaksOff(t *testing.T) {
	broken := errors.New("broken")
	var got []string
	for f := range htpasswdAccounts(io.MultiReader(strings.NewReader("alice:x\nbob:y\n"), iotest.ErrReader(broken)), "") {
		got = append(got, fmt.Sprint(f.name, " ", f.last, " ", errors.Is(f.err, broken)))
	}
	if all := strings.Join(got, ", "); all != "alice false false, bob false false, line 3 true true" {
		t.Error(all)
	}
}
