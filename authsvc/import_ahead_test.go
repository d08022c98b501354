package authsvc

import (
	"errors"
	"iter"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// numbered yields lines up to a number, then err if there is one; read counts those
// that were asked for, and ended is set when it has returned.
type numbered struct {
	to        int
	err       error
	line      jitsiauth.ImportLine
	panicking any
	read      atomic.Int64
	ended     atomic.Bool
}

func (n *numbered) lines() iter.Seq2[jitsiauth.ImportLine, error] {
	return func(yield func(jitsiauth.ImportLine, error) bool) {
		defer n.ended.Store(true)
		for i := 1; i <= n.to; i++ {
			n.read.Add(1)
			line := n.line
			if line.Line = i; !yield(line, nil) {
				return
			}
		}
		if n.panicking != nil {
			panic(n.panicking)
		}
		if n.err != nil {
			yield(jitsiauth.ImportLine{}, n.err)
		}
	}
}

// TestAhead: lines come as they are, in order, and an error behind them.
func TestAhead(t *testing.T) {
	broken := errors.New("cut off")
	for _, c := range []struct {
		name string
		to   int
		err  error
		line jitsiauth.ImportLine
	}{
		{"none", 0, nil, jitsiauth.ImportLine{}},
		{"an error alone", 0, broken, jitsiauth.ImportLine{}},
		{"a batch", aheadLines, nil, jitsiauth.ImportLine{}},
		{"a batch and an error", aheadLines, broken, jitsiauth.ImportLine{}},
		{"many batches", 30*aheadLines + 7, nil, jitsiauth.ImportLine{}},
		{"an error behind a part of a batch", 3*aheadLines + 1, broken, jitsiauth.ImportLine{}},
		{"passwords", 100, broken, jitsiauth.ImportLine{Password: "correct horse battery"}},
		{"passwords to be made", 100, nil, jitsiauth.ImportLine{Generate: true}},
		{"long texts", 100, broken, jitsiauth.ImportLine{PasswordHash: strings.Repeat("x", aheadBytes/2)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := &numbered{to: c.to, err: c.err, line: c.line}
			got := 0
			var err error
			for line, e := range ahead(n.lines()) {
				if err != nil {
					t.Fatal("something came behind an error")
				}
				if err = e; err != nil {
					continue
				}
				got++
				if want := c.line; line.Line != got || line.Password != want.Password || line.Generate != want.Generate || line.PasswordHash != want.PasswordHash {
					t.Fatalf("%d: %+v", got, line)
				}
			}
			if got != c.to || !errors.Is(err, c.err) {
				t.Errorf("%d lines and %v, want %d and %v", got, err, c.to, c.err)
			}
			if !n.ended.Load() {
				t.Error("lines is in use still")
			}
		})
	}
}

// TestAheadStop: who stops early stops the reading, at once where it waits for room.
func TestAheadStop(t *testing.T) {
	for _, at := range []int{1, aheadLines, aheadLines + 1, 10 * aheadLines} {
		n := &numbered{to: 1 << 40}
		for line := range ahead(n.lines()) {
			if line.Line == at {
				break
			}
		}
		if !n.ended.Load() {
			t.Errorf("stopped at %d: lines is in use still", at)
		}
		if read := n.read.Load(); read > int64(at+(aheadBatches+1)*aheadLines) {
			t.Errorf("stopped at %d: %d were read", at, read)
		}
	}
}

// TestAheadBound: what is read ahead is bounded: in lines, in lines whose passwords
// must be hashed, and in bytes.
func TestAheadBound(t *testing.T) {
	for _, c := range []struct {
		name string
		line jitsiauth.ImportLine
		most int64
	}{
		{"lines", jitsiauth.ImportLine{}, aheadBatches * aheadLines},
		{"passwords", jitsiauth.ImportLine{Password: "correct horse battery"}, aheadBatches},
		{"bytes", jitsiauth.ImportLine{PasswordHash: strings.Repeat("x", aheadBytes/2)}, 2 * aheadBatches},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := &numbered{to: 1 << 40, line: c.line}
			for range ahead(n.lines()) {
				for last := int64(-1); n.read.Load() != last; { // until it reads no more
					last = n.read.Load()
					time.Sleep(20 * time.Millisecond)
				}
				break
			}
			if read := n.read.Load(); read > c.most || read < c.most/2 {
				t.Errorf("%d were read, want at most %d, and at least half of that", read, c.most)
			}
		})
	}
}

// TestAheadPanic: a panic comes out where the lines are wanted, behind those before
// it, and not in a goroutine that nobody guards.
func TestAheadPanic(t *testing.T) {
	n, got := &numbered{to: 700, panicking: "out of cheese"}, 0
	func() {
		defer func() {
			if p := recover(); p != "out of cheese" {
				t.Errorf("recovered %v", p)
			}
		}()
		for range ahead(n.lines()) {
			got++
		}
		t.Error("no panic")
	}()
	if got != 700 || !n.ended.Load() {
		t.Errorf("%d lines, ended %v", got, n.ended.Load())
	}
}

// TestAheadPanicOfReader: a panic of who reads ends the reading too.
func TestAheadPanicOfReader(t *testing.T) {
	n := &numbered{to: 1 << 40}
	func() {
		defer func() { _ = recover() }()
		for range ahead(n.lines()) {
			panic("out of cheese")
		}
	}()
	if !n.ended.Load() {
		t.Error("lines is in use still")
	}
}
