package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Ctrl-C ends it while it waits for a backup that doesn't come.
func TestRestoreInputInterrupted(t *testing.T) {
	dir := t.TempDir()
	never, _ := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	var stderr strings.Builder
	go func() {
		ended <- run(ctx, []string{"restore", "-", "--db", filepath.Join(dir, "x.db")}, nil, never, io.Discard, &stderr)
	}()
	for { // until it waits
		if left, err := os.ReadDir(dir); err != nil {
			t.Fatal(err)
		} else if len(left) == 1 {
			break
		}
	}
	cancel()
	if code := <-ended; code == 0 {
		t.Errorf("exit code %d: %s", code, &stderr)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}
