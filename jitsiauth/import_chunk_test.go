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

// Who sends lines quickly has more of them put in order at once.
func TestImportWidens(t *testing.T) {
	im := &importer{window: chunkLeast}
	for _, c := range []struct {
		took time.Duration
		want int
	}{
		{0, 2000},
		{0, 4000},
		{windowShort, 4000},
		{windowLong, 4000},
		{0, 8000},
		{0, 16_000},
		{0, windowMost},
		{0, windowMost},
		{3 * time.Second, 16_000},
		{time.Minute, 8000},
		{time.Minute, 4000},
		{time.Minute, 2000},
		{time.Minute, chunkLeast},
		{time.Minute, chunkLeast},
	} {
		if im.widen(c.took); im.window != c.want {
			t.Errorf("after %v: %d lines, want %d", c.took, im.window, c.want)
		}
	}
}

// A transaction is bounded by lines and by bytes, and takes one line at least.
func TestImportChunks(t *testing.T) {
	im := &importer{chunk: 3}
	lines := func(sizes ...int) (items []*importItem) {
		for _, size := range sizes {
			items = append(items, &importItem{ImportLine: ImportLine{Password: strings.Repeat("x", size)}})
		}
		return items
	}
	const half = chunkBytes / 2
	for _, c := range []struct {
		items []*importItem
		want  int
	}{
		{lines(1), 1}, {lines(1, 1, 1), 3}, {lines(1, 1, 1, 1), 3}, {lines(half, half, 1), 2}, {lines(half, half+1, 1), 1}, {lines(3*half, 1), 1}, {lines(3 * half), 1},
	} {
		if got := len(im.nextChunk(c.items)); got != c.want {
			t.Errorf("%d of %d lines, want %d", got, len(c.items), c.want)
		}
	}
}

// A window whose lines become slow ends, so that what is there is written.
func TestImportWindowEnds(t *testing.T) {
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	im := &importer{s: &Service{now: func() time.Time { return now }, queue: newQueue(1, 0)}, window: windowMost, since: now}
	im.items = make([]*importItem, chunkLeast)
	if im.full() {
		t.Error("it ends at once")
	}
	now = now.Add(windowLong + time.Millisecond)
	if !im.full() {
		t.Error("it goes on")
	}
	if im.items = im.items[:chunkLeast-1]; im.full() {
		t.Error("it ends for a few lines")
	}
}
