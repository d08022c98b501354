package jitsiauth_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
)

// constants returns those of a type that a file declares.
func constants(t *testing.T, name, of string) (all []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == of {
			text, _ := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			all = append(all, text)
		}
		return true
	})
	return all
}

// What can stand in a log can be asked for.
func TestLogWords(t *testing.T) {
	for _, action := range constants(t, "log.go", "Action") {
		if !slices.Contains(jitsiauth.Actions(), jitsiauth.Action(action)) {
			t.Errorf("%s is not among Actions", action)
		}
	}
	for _, result := range constants(t, "login.go", "LoginResult") {
		if !slices.Contains(jitsiauth.LoginResults(), jitsiauth.LoginResult(result)) {
			t.Errorf("%s is not among LoginResults", result)
		}
	}
	if a, r := len(jitsiauth.Actions()), len(jitsiauth.LoginResults()); a < 15 || r < 9 {
		t.Errorf("%d actions, %d results", a, r)
	}
}
