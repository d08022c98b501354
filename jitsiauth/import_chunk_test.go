package jitsiauth

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// TestImportPace: a fast store gets more lines at a time, a slow one fewer, both
// within bounds.
func TestImportPace(t *testing.T) {
	im := &importer{chunk: chunkFirst}
	for _, c := range []struct {
		took time.Duration
		want int
	}{
		{0, 2000}, {20 * time.Millisecond, 4000}, {0, chunkMost}, {chunkShort, chunkMost}, {chunkLong, chunkMost},
		{100 * time.Millisecond, 2000}, {time.Second, 1000}, {50 * time.Millisecond, 1000}, {time.Second, 500},
		{time.Second, chunkLeast}, {time.Minute, chunkLeast}, {time.Millisecond, 500},
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
	if got := it.size(); got != 11_111 {
		t.Errorf("size %d", got)
	}
	if got := (&importItem{}).size(); got != 0 {
		t.Errorf("size of nothing: %d", got)
	}
}

// TestNewIDs: they are as many as asked for, of that time, ascending, and no two
// the same.
func TestNewIDs(t *testing.T) {
	now := time.UnixMilli(1_790_000_000_000)
	ids, err := newIDs(now, rand.Reader, 5000)
	if err != nil || len(ids) != 5000 {
		t.Fatal(len(ids), err)
	}
	like, err := newID(now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range ids {
		if !bytes.Equal(id[:6], like[:6]) || id[6]>>4 != 7 || id[8]>>6 != 2 {
			t.Fatalf("%s is no UUID of version 7 of that time", id)
		}
		if i > 0 && bytes.Compare(ids[i-1][:], id[:]) >= 0 {
			t.Fatalf("%s stands before %s", ids[i-1], id)
		}
	}
	if none, err := newIDs(now, strings.NewReader(""), 0); err != nil || len(none) != 0 {
		t.Error(none, err)
	}
}

// TestNewIDsRandom: they take ten bytes each, and no ID is made without.
func TestNewIDsRandom(t *testing.T) {
	random := strings.NewReader(strings.Repeat("random", 10))
	if _, err := newIDs(time.Now(), iotest.OneByteReader(random), 3); err != nil || random.Len() != 30 {
		t.Errorf("%v, %d bytes left of 60", err, random.Len())
	}
	broken := errors.New("no entropy")
	if ids, err := newIDs(time.Now(), io.MultiReader(random, iotest.ErrReader(broken)), 4); !errors.Is(err, broken) || slices.Contains(ids, ID{}) {
		t.Errorf("%v, %v", ids, err)
	}
}
