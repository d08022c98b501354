package jitsiauth

import (
	"strings"
	"testing"
	"time"
)

// TestImportPace: a fast store gets more lines at a time, a slow one fewer, both
// within bounds.
func TestImportPace(t *testing.T) {
	im := &importer{chunk: chunkLeast}
	for _, c := range []struct {
		took time.Duration
		want int
	}{
		{0, 2000},
		{20 * time.Millisecond, 4000},
		{0, chunkMost},
		{chunkShort, chunkMost},
		{chunkLong, chunkMost},
		{100 * time.Millisecond, 2000},
		{50 * time.Millisecond, 2000},
		{time.Second, chunkLeast},
		{time.Minute, chunkLeast},
		{50 * time.Millisecond, chunkLeast},
		{time.Millisecond, 2000},
	} {
		if im.pace(c.took); im.chunk != c.want {
			t.Errorf("after %v: %d lines, want %d", c.took, im.chunk, c.want)
		}
	}
}

// TestImportItemSize: all texts of an account count.
func TestImportItemSize(t *testing.T) {
	text := func(n int) *string { s := strings.Repeat("x", n); return &s }
	it := importItem{ImportLine: ImportLine{
		Password: *text(1), PasswordHash: *text(10), Fields: UserChange{DisplayName: text(100), Email: text(1000), Note: text(10_000)},
	}}
	if got := it.Size(); got != 11_111 {
		t.Errorf("size %d", got)
	}
	if got := (&importItem{}).Size(); got != 0 {
		t.Errorf("size of nothing: %d", got)
	}
}
