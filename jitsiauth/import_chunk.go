package jitsiauth

import "time"

// Bounds of what is written in one transaction. The more lines, the cheaper each of
// them is: names that come in any order lie on pages of their own, and a page is
// written once, however many of its names are new. But other writers wait as long.
const (
	chunkLeast = 1000 // lines; also until it is known how fast the store is
	chunkMost  = 4000
	chunkBytes = 2 << 20 // of texts, so that memory doesn't depend on how long they are
	chunkShort = 35 * time.Millisecond
	chunkLong  = 70 * time.Millisecond
)

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
