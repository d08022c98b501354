package authsvc

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
)

// A method of the store that measuredStore has not would be the embedded
// store's, and its time would be missing in the metrics.
func TestEveryStoreMethodIsMeasured(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "metrics_store.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	measured := map[string]bool{}
	for _, declared := range file.Decls {
		if method, ok := declared.(*ast.FuncDecl); ok && method.Recv != nil {
			measured[method.Name.Name] = true
		}
	}
	store := reflect.TypeFor[jitsiauth.Store]()
	for method := range store.Methods() {
		if !measured[method.Name] {
			t.Errorf("%s is not measured", method.Name)
		}
	}
}
