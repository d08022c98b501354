package jitsiauth

import "time"

// Bounds of what is written in one transaction. The more lines, the cheaper each of
// them is, for their fsync; but other writers wait as long.
const (
	chunkLeast = 1000 // lines; also until it is known how fast the store is
	chunkMost  = 4000
	chunkBytes = 2 << 20 // of texts, so that memory doesn't depend on how long they are
	chunkShort = 35 * time.Millisecond
	chunkLong  = 70 * time.Millisecond
)

// Bounds of what is read, and put in order, before it is written in such transactions:
// names that come in any order lie on pages of their own, and a page is written once a
// transaction, however many of its names are new. With 32,000 lines a file of a million
// accounts is written twice as fast as with 4,000.
const (
	windowMost  = 32_000
	windowBytes = 16 << 20
	windowShort = time.Second // from the first line's being read on
	windowLong  = 2 * time.Second
)

// full keeps the results of plain passwords from coming minutes apart.
func (im *importer) full() bool {
	switch {
	case im.opts.Atomic:
		return false
	case im.toHash >= 4*im.s.queue.slots:
		return true
	case im.opts.DryRun: // all of it is one transaction
		return len(im.items) >= im.chunk || im.size >= chunkBytes
	}
	slow := len(im.items) >= chunkLeast && im.s.now().Sub(im.since) > windowLong
	return slow || len(im.items) >= im.window || im.size >= windowBytes
}

// widen sets how many lines are read next, by how long it took to read and write
// these: who sends them slowly wants to see results all the same (and full ends a
// window whose lines have become slow).
func (im *importer) widen(took time.Duration) {
	switch {
	case took > windowLong:
		im.window = max(im.window/2, chunkLeast)
	case took < windowShort:
		im.window = min(im.window*2, windowMost)
	}
}

// nextChunk returns the beginning of the items that the next transaction takes.
func (im *importer) nextChunk(items []*importItem) []*importItem {
	size := 0
	for i, it := range items {
		if size += it.Size(); i > 0 && (i == im.chunk || size > chunkBytes) {
			return items[:i]
		}
	}
	return items
}

// pace sets how many lines the next transaction may have, by how long this one took,
// the wait for other writers included. A store that is slow, or for a moment has no
// CPU, gets fewer lines at a time, but so many that its fsync remains cheap.
func (im *importer) pace(took time.Duration) {
	switch {
	case took > chunkLong:
		im.chunk = max(im.chunk/2, chunkLeast)
	case took < chunkShort:
		im.chunk = min(im.chunk*2, chunkMost)
	}
}

// Size is what the line's texts hold, in bytes: for those who collect lines.
func (l *ImportLine) Size() int {
	size := len(l.Password) + len(l.PasswordHash) + len(l.JID.local) + len(l.JID.domain)
	for _, text := range []*string{l.Fields.DisplayName, l.Fields.Email, l.Fields.Note} {
		if text != nil {
			size += len(*text)
		}
	}
	return size
}
