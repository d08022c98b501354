package main

import (
	"context"
	"io"
	"testing"

	"github.com/jitsiauth/server/authsvc/api"
)

func newReport(query api.ImportQuery, args ...string) *importReport {
	a := &app{args: args, stdout: io.Discard, stderr: io.Discard}
	return &importReport{a: a, query: query, progress: a.newProgress("lines")}
}

// Who stops an import is told how to go on, and of standard input that it has to come
// again.
func TestImportStoppedHint(t *testing.T) {
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, test := range []struct {
		mode, file, want string
	}{
		{create, "a.csv", "to go on, and leave alone what is done: jitsiauth import a.csv --mode fill"},
		{create, "-", "to go on with the same input, and leave alone what is done: jitsiauth import - --mode fill"},
		{upsert, "-", "to go on with the same input, which changes nothing about what is done: jitsiauth import -"},
	} {
		r := newReport(api.ImportQuery{Mode: test.mode}, "import", test.file)
		r.lines = 7
		err := r.broken(stopped, context.Canceled)
		if err.Error() != "interrupted: at least 7 lines are done, and stay" || hintFor(err) != test.want {
			t.Errorf("%s %s: %v, hint %q", test.mode, test.file, err, hintFor(err))
		}
	}
}

// Lines with names that are taken are nothing to mend.
func TestImportRefusedHint(t *testing.T) {
	const leave = "--mode fill leaves alone who is there: jitsiauth import a.csv --mode fill"
	for _, test := range []struct {
		query api.ImportQuery
		codes []api.Code
		want  string
	}{
		{api.ImportQuery{Mode: create}, []api.Code{api.CodeExists, api.CodeExists}, leave},
		{api.ImportQuery{Mode: create, DryRun: true}, []api.Code{api.CodeExists}, leave},
		{api.ImportQuery{Mode: create, Atomic: true}, []api.Code{api.CodeExists, api.CodeNotApplied}, leave},
		{api.ImportQuery{Mode: create, Atomic: true}, []api.Code{api.CodeInvalid, api.CodeExists, api.CodeNotApplied}, "mend those lines; nothing was written"},
		{api.ImportQuery{Mode: create}, []api.Code{api.CodeExists, api.CodeInvalid}, "mend those lines; then the file again, which leaves alone what is done: jitsiauth import a.csv --mode fill"},
		{api.ImportQuery{Mode: create, DryRun: true}, []api.Code{api.CodeInvalid}, "mend those lines; without --dry-run the others are written all the same"},
		{api.ImportQuery{Mode: upsert}, []api.Code{api.CodeInvalid}, "mend those lines; then the file again, which changes nothing about what is done"},
	} {
		r := newReport(test.query, "import", "a.csv")
		for _, code := range test.codes {
			if err := r.add(api.ImportResult{Result: api.ImportError, Code: code}); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.add(api.ImportResult{Summary: &api.ImportSummary{Lines: len(test.codes), Errors: len(test.codes)}}); err != nil {
			t.Fatal(err)
		}
		if got := hintFor(r.end()); got != test.want {
			t.Errorf("%+v %v: %q", test.query, test.codes, got)
		}
	}
}
