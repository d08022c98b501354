package authsvc

import (
	"iter"

	"github.com/jitsiauth/server/jitsiauth"
)

// Bounds of what is read ahead of what is being written: half of what is written at
// once at most (jitsiauth/import_chunk.go), while memory stays flat.
const (
	aheadBatches = 8
	aheadLines   = 2048      // of a batch
	aheadSoon    = 256       // of a batch that somebody waits for
	aheadBytes   = 512 << 10 // of a batch's texts, before its last line
)

// importBatch is lines on their way from who decodes them to who writes them.
type importBatch struct {
	lines    []jitsiauth.ImportLine
	err      error // what came behind the lines
	panicked any   // likewise
}

// ahead decodes lines in a goroutine of its own while others are written. It yields
// what lines yields, in that order; of lines whose passwords must be hashed it has at
// most aheadBatches read and not yielded, so that a server that is to stop has few
// left. When it returns, lines is no more in use: who stops early waits until the read
// that is under way has ended. A panic of lines is passed on.
func ahead(lines iter.Seq2[jitsiauth.ImportLine, error]) iter.Seq2[jitsiauth.ImportLine, error] {
	return func(yield func(jitsiauth.ImportLine, error) bool) {
		batches, stop := make(chan importBatch, aheadBatches-2), make(chan struct{}) // one more is being filled, one yielded
		go decodeAhead(lines, batches, stop)
		defer func() {
			close(stop)
			for range batches { // until it is closed
			}
		}()
		for batch := range batches {
			for _, line := range batch.lines {
				if !yield(line, nil) {
					return
				}
			}
			if batch.panicked != nil {
				panic(batch.panicked)
			}
			if batch.err != nil {
				yield(jitsiauth.ImportLine{}, batch.err)
				return
			}
		}
	}
}

// decodeAhead closes batches when lines is no more in use.
func decodeAhead(lines iter.Seq2[jitsiauth.ImportLine, error], batches chan<- importBatch, stop <-chan struct{}) {
	defer close(batches)
	var batch importBatch
	size := 0
	send := func() (more bool) {
		select {
		case <-stop: // who stops makes room as well, and that must not be used
			return false
		default:
		}
		select {
		case batches <- batch:
		case <-stop:
			return false
		}
		batch, size = importBatch{}, 0
		return true
	}
	defer func() {
		if batch.panicked = recover(); batch.panicked != nil || len(batch.lines) > 0 || batch.err != nil {
			send()
		}
	}()
	for line, err := range lines {
		if err != nil {
			batch.err = err
			return
		}
		batch.lines, size = append(batch.lines, line), size+line.Size()
		full := len(batch.lines) == aheadLines || size >= aheadBytes || line.Password != "" || line.Generate
		if (full || len(batch.lines) >= aheadSoon && len(batches) == 0) && !send() {
			return
		}
	}
}
