package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// openTerminal returns both ends of a terminal of the given width: what is written to
// the second can be read from the first.
func openTerminal(t *testing.T, width uint16) (outside, inside *os.File) {
	t.Helper()
	outside, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { outside.Close() })
	number, err := unix.IoctlGetInt(descriptor(outside), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(descriptor(outside), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	inside, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { inside.Close() })
	if err := unix.IoctlSetWinsize(descriptor(inside), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: width}); err != nil {
		t.Fatal(err)
	}
	return outside, inside
}

// On a real terminal an import shows how far it is, within the width of it, and takes
// that away before anything else is said.
func TestProgressOnTerminal(t *testing.T) {
	environ, dir := newFile(t)
	var text strings.Builder
	text.WriteString("username,password\n")
	for i := range 300 {
		fmt.Fprintf(&text, "person%d,correct horse %d\n", i, i)
	}
	text.WriteString("wrong name,correct horse\n")
	file := filepath.Join(dir, "staff.csv")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	outside, inside := openTerminal(t, 50)
	shown := make(chan string)
	go func() {
		var all strings.Builder
		buf := make([]byte, 4096)
		for {
			n, err := outside.Read(buf)
			all.Write(buf[:n])
			if err != nil || strings.Contains(all.String(), "\x04") {
				shown <- all.String()
				return
			}
		}
	}()
	args := []string{"--db", filepath.Join(dir, "jitsiauth.db"), "import", file}
	if code := run(t.Context(), args, environ, strings.NewReader(""), &strings.Builder{}, inside); code != exitError {
		t.Errorf("it ended with %d", code)
	}
	fmt.Fprint(inside, "\x04")
	screen := <-shown
	drawn := 0
	for part := range strings.SplitSeq(screen, "\r") {
		line, bar := strings.CutSuffix(part, eraseLine)
		if !bar || line == "" {
			continue
		}
		if drawn++; !strings.HasPrefix(line, "[") || !strings.Contains(line, " of 302 lines") || len(line) >= 50 {
			t.Errorf("%q was drawn", line)
		}
	}
	if drawn == 0 || !strings.Contains(screen, "\r\x1b[Kline 302: ") || !strings.Contains(screen, "\r\x1b[K300 created, 0 updated") {
		t.Errorf("%d lines were drawn: %q", drawn, screen)
	}
}
