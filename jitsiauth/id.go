package jitsiauth

import (
	"encoding/binary"
	"encoding/hex"
	"io"
	"time"
)

// ID names one account, token or link for ever. It is a UUID of version 7
// (RFC 9562 §5.7): ordered by time of creation to the millisecond, the rest
// random, never given out twice. The zero ID names nothing.
type ID [16]byte

// newID makes the ID of something created at now.
func newID(now time.Time, random io.Reader) (ID, error) {
	var id ID
	if _, err := io.ReadFull(random, id[6:]); err != nil {
		return ID{}, err
	}
	var stamp [8]byte
	binary.BigEndian.PutUint64(stamp[:], uint64(now.UnixMilli())) //nolint:gosec // a date before 1970 is no date of ours
	copy(id[:6], stamp[2:])
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id, nil
}

// ParseID reads the text form, 8-4-4-4-12 hexadecimal digits. It returns an
// *InvalidError for anything else.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return ID{}, invalid("id", "must look like 01234567-89ab-7def-8123-456789abcdef")
	}
	digits := s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	if _, err := hex.Decode(id[:], []byte(digits)); err != nil {
		return ID{}, invalid("id", "must hold only hexadecimal digits and dashes")
	}
	return id, nil
}

// String returns the text form that ParseID reads.
func (id ID) String() string {
	h := hex.EncodeToString(id[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// IsZero reports whether id names nothing.
func (id ID) IsZero() bool { return id == ID{} }

// MarshalText implements encoding.TextMarshaler.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (id *ID) UnmarshalText(text []byte) (err error) {
	*id, err = ParseID(string(text))
	return err
}
