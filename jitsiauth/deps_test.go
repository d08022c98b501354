package jitsiauth_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func goTool(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// The domain knows no HTTP framework and no store.
func TestImports(t *testing.T) {
	for dep := range strings.FieldsSeq(goTool(t, ".", "list", "-deps", ".")) {
		for _, banned := range []string{"github.com/gin-gonic/", "go.etcd.io/", "github.com/jitsiauth/server/authsvc", "github.com/prometheus/", "net/http"} {
			if strings.HasPrefix(dep, banned) {
				t.Errorf("package jitsiauth depends on %s", dep)
			}
		}
	}
}

// Who reads other programs' files needs the domain for names, and nothing else.
func TestReadersImports(t *testing.T) {
	for _, reader := range []string{"prosodydata", "htpasswd"} {
		for dep := range strings.FieldsSeq(goTool(t, ".", "list", "-f", `{{join .Imports "\n"}}`, "./"+reader)) {
			if strings.Contains(dep, ".") && dep != "github.com/jitsiauth/server/jitsiauth" {
				t.Errorf("package %s imports %s", reader, dep)
			}
			if dep == "os/exec" || dep == "net" {
				t.Errorf("package %s imports %s, but only reads files", reader, dep)
			}
		}
	}
}

// A program that embeds accounts gets what it uses and nothing else: neither
// the web framework nor what our commands and tests need.
func TestEmbedder(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, from := range map[string]string{"main.go": "../examples/embed/main.go", "go.sum": "../go.sum"} {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	goTool(t, dir, "mod", "init", "embedder.example")
	goTool(t, dir, "mod", "edit", "-require=github.com/jitsiauth/server@v0.0.0", "-replace=github.com/jitsiauth/server="+root)
	goTool(t, dir, "build", "-o", "embedder", ".")
	var modules []string
	for line := range strings.Lines(goTool(t, dir, "version", "-m", "embedder")) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "dep" {
			modules = append(modules, fields[1])
		}
	}
	slices.Sort(modules)
	want := []string{
		"github.com/jitsiauth/server", "github.com/xdg-go/stringprep", "go.etcd.io/bbolt",
		"golang.org/x/crypto", "golang.org/x/sys", "golang.org/x/text",
	}
	if !slices.Equal(modules, want) {
		t.Errorf("an embedder is made of\n%q\nwant\n%q", modules, want)
	}
}
