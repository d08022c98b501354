package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), filepath.Join(t.TempDir(), "accounts.db"), &out); err != nil {
		t.Fatal(err)
	}
	const want = `welcome, alice@meet.example.org
refused: wrong name or password
log: user.created alice@meet.example.org by program
`
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", &out, want)
	}
}
