package authsvc_test

import (
	"os/exec"
	"strings"
	"testing"
)

// Who may import whom.
func TestImports(t *testing.T) {
	const module = "github.com/jitsiauth/server/"
	for pkg, forbidden := range map[string][]string{
		"authsvc":         {"go.etcd.io/", "github.com/getkin/", "github.com/klauspost/compress", module + "jitsiauth/boltstore", module + "jitsiauth/memstore", module + "authsvc/client", module + "cmd"},
		"authsvc/client":  {"go.etcd.io/", "github.com/gin-gonic/", "github.com/prometheus/", module + "jitsiauth/boltstore", module + "jitsiauth/memstore"},
		"cmd/jitsiauth":   {"github.com/getkin/", "pgregory.net/"},
		"authsvc/api":     {"github.com/", "golang.org/", "go.etcd.io/"},
		"authsvc/csvfile": {"net/http", "github.com/gin-gonic/", "github.com/prometheus/", "go.etcd.io/", module + "authsvc/client", module + "jitsiauth/boltstore", module + "jitsiauth/memstore"},
	} {
		deps, err := exec.CommandContext(t.Context(), "go", "list", "-deps", module+pkg).Output()
		if err != nil {
			t.Fatal(err)
		}
		for dep := range strings.FieldsSeq(string(deps)) {
			for _, prefix := range forbidden {
				if strings.HasPrefix(dep, prefix) && dep != module+pkg {
					t.Errorf("%s imports %s", pkg, dep)
				}
			}
		}
	}
}
