package browsertest

import (
	"os"
	"path/filepath"
)

// takePictures writes what the page looks like to the directory that is asked for:
// NAME.LANGUAGE.SIZE.COLOURS.png.
func (g *tour) takePictures(name string) {
	g.t.Helper()
	dir := os.Getenv("JITSIAUTH_SCREENSHOTS")
	if dir == "" {
		return
	}
	g.check(os.MkdirAll(dir, 0o750))
	for _, size := range []viewport{phone, desk} {
		for _, scheme := range []string{"dark", "light"} {
			g.size(size)
			g.colours(scheme)
			file := filepath.Join(dir, name+"."+g.lang+"."+size.name+"."+scheme+".png")
			g.check(os.WriteFile(file, g.picture(), 0o600))
		}
	}
}
