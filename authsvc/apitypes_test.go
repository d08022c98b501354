package authsvc_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"reflect"
	"strings"
	"testing"
)

// field is what package api says of one.
type field struct {
	types    []string // of JSON Schema
	required bool
}

// parseAPI returns the fields of every type of package api that travels.
func parseAPI(t *testing.T) map[string]map[string]field {
	t.Helper()
	structs := map[string]*ast.StructType{}
	inspectAPI(t, func(n ast.Node) {
		if spec, ok := n.(*ast.TypeSpec); ok && spec.TypeParams == nil {
			if s, ok := spec.Type.(*ast.StructType); ok {
				structs[spec.Name.Name] = s
			}
		}
	})
	all := map[string]map[string]field{}
	for name, s := range structs {
		if fields := fieldsOf(s, structs); len(fields) > 0 {
			all[name] = fields
		}
	}
	if len(all) < 10 {
		t.Fatalf("only %d types", len(all))
	}
	return all
}

func inspectAPI(t *testing.T, look func(ast.Node)) {
	t.Helper()
	files, err := fs.Glob(os.DirFS("api"), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), "api/"+name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool { look(n); return true })
	}
}

func fieldsOf(s *ast.StructType, structs map[string]*ast.StructType) map[string]field {
	fields := map[string]field{}
	for _, f := range s.Fields.List {
		if len(f.Names) == 0 { // embedded
			if ident, ok := f.Type.(*ast.Ident); ok {
				for name, inner := range fieldsOf(structs[ident.Name], structs) {
					fields[name] = inner
				}
			}
			continue
		}
		if f.Tag == nil {
			continue
		}
		tag, options, _ := strings.Cut(reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("json"), ",")
		if tag != "" && tag != "-" {
			fields[tag] = field{types: jsonTypes(f.Type, structs), required: !strings.Contains(options, "omitzero")}
		}
	}
	return fields
}

func jsonTypes(expr ast.Expr, structs map[string]*ast.StructType) []string {
	switch e := expr.(type) {
	case *ast.ArrayType:
		return []string{"array"}
	case *ast.MapType:
		return []string{"object"}
	case *ast.StarExpr:
		return jsonTypes(e.X, structs)
	case *ast.IndexExpr: // Optional
		return jsonTypes(e.Index, structs)
	case *ast.Ident:
		switch {
		case e.Name == "bool":
			return []string{"boolean"}
		case strings.Contains(e.Name, "int"):
			return []string{"integer"}
		case structs[e.Name] != nil:
			return []string{"object"}
		}
	}
	return []string{"string"}
}
