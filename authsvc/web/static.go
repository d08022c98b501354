package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"path"
	"strings"
)

// StaticPath is where files are served.
const StaticPath = "/accounts/static/"

//go:embed static
var staticFiles embed.FS

// static holds the files by the names under which they are served: with a part
// of their hash, so that a browser may keep them for ever.
var static, staticNames = loadStatic()

// types are ours, not those of the machine's mime.types: a browser that is told
// nosniff runs no script of another one.
var types = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}

// File is one that is served.
type File struct {
	Type string
	Body []byte
}

func loadStatic() (map[string]File, map[string]string) {
	entries, err := staticFiles.ReadDir("static")
	if err != nil {
		panic(err) // they are in the program
	}
	byName, names := map[string]File{}, map[string]string{}
	for _, entry := range entries {
		body, err := staticFiles.ReadFile("static/" + entry.Name())
		if err != nil {
			panic(err)
		}
		sum, ext := sha256.Sum256(body), path.Ext(entry.Name())
		served := strings.TrimSuffix(entry.Name(), ext) + "." + hex.EncodeToString(sum[:8]) + ext
		byName[served] = File{Type: types[ext], Body: body}
		names[entry.Name()] = served
	}
	return byName, names
}

// Static returns the file that is served under the name.
func Static(name string) (File, bool) {
	file, ok := static[name]
	return file, ok
}

// Asset returns the address of a file in static/.
func Asset(name string) (string, error) {
	served, ok := staticNames[name]
	if !ok {
		return "", fmt.Errorf("there is no file static/%s", name)
	}
	return StaticPath + served, nil
}
