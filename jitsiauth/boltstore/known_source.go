package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/jitsiauth/server/jitsiauth"
)

// The known sources of an account lie under its ID, one behind the other in the
// order of jitsiauth.MergeSources: seconds since 1970 (8 bytes, two's
// complement), nanoseconds (4), length of the address (1), address (4 or 16).
// It is not JSON because each login reads them all, and takes a third of the
// room.
const sourceHead = 8 + 4 + 1

func encodeSources(sources []jitsiauth.KnownSource) (value []byte) {
	for _, k := range sources {
		address := k.Source.AsSlice()
		value = binary.BigEndian.AppendUint64(value, uint64(k.LastSeen.Unix()))       //nolint:gosec // the bits, as they are
		value = binary.BigEndian.AppendUint32(value, uint32(k.LastSeen.Nanosecond())) //nolint:gosec // below 1e9
		value = append(append(value, byte(len(address))), address...)                 //nolint:gosec // 4 or 16
	}
	return value
}

func decodeSources(id, value []byte) (sources []jitsiauth.KnownSource, err error) {
	if len(id) != len(jitsiauth.ID{}) {
		return nil, fmt.Errorf("%w: known sources of %x: the ID is %d bytes long", ErrDamaged, id, len(id))
	}
	for rest := value; len(rest) > 0; {
		var k jitsiauth.KnownSource
		var whole bool
		if k, rest, whole = cutSource(rest); !whole {
			return nil, fmt.Errorf("%w: known sources of account %s: number %d can't be read", ErrDamaged, jitsiauth.ID(id), len(sources)+1)
		}
		sources = append(sources, k)
	}
	return sources, nil
}

// cutSource decodes the first source and returns what lies behind it.
func cutSource(value []byte) (k jitsiauth.KnownSource, rest []byte, whole bool) {
	if len(value) < sourceHead {
		return k, nil, false
	}
	end := sourceHead + int(value[sourceHead-1])
	if len(value) < end {
		return k, nil, false
	}
	seconds := int64(binary.BigEndian.Uint64(value)) //nolint:gosec // as encodeSources wrote them
	k.LastSeen = time.Unix(seconds, int64(binary.BigEndian.Uint32(value[8:]))).UTC()
	k.Source, whole = netip.AddrFromSlice(value[sourceHead:end])
	return k, value[end:], whole
}

// KnownSources implements jitsiauth.LoginStore.
func (s *Store) KnownSources(ctx context.Context, id jitsiauth.ID) (sources []jitsiauth.KnownSource, err error) {
	err = s.view(ctx, func(t txn) error {
		sources, err = t.knownSources(id)
		return err
	})
	return sources, err
}

// knownSources returns none where there are none.
func (t txn) knownSources(id jitsiauth.ID) ([]jitsiauth.KnownSource, error) {
	return decodeSources(id[:], t.sources().Get(id[:]))
}

// addSources does nothing for an account that is gone.
func (t txn) addSources(id jitsiauth.ID, seen []jitsiauth.KnownSource) error {
	if t.users().Get(id[:]) == nil {
		return nil
	}
	kept, err := t.knownSources(id)
	if err != nil {
		return err
	}
	return t.putSources(id, jitsiauth.MergeSources(kept, seen))
}

// putSources keeps no key for an account that has none.
func (t txn) putSources(id jitsiauth.ID, sources []jitsiauth.KnownSource) error {
	if len(sources) == 0 {
		return t.sources().Delete(id[:])
	}
	return t.sources().Put(id[:], encodeSources(sources))
}

// TrimSources implements jitsiauth.LoginStore. A page on which there is nothing
// to forget doesn't wait for writers.
func (s *Store) TrimSources(ctx context.Context, before time.Time, after jitsiauth.ID, limit int) (next jitsiauth.ID, more bool, err error) {
	var page sourcePage
	look := func(t txn) (err error) {
		page, err = t.oldSources(before, after, limit)
		return err
	}
	err = s.view(ctx, look)
	if err == nil && len(page.left) > 0 {
		err = s.update(ctx, func(t txn) error {
			if err := look(t); err != nil { // again: others may have written meanwhile
				return err
			}
			return inOrder(page.left, t.putSources)
		})
	}
	if err != nil {
		return jitsiauth.ID{}, false, err
	}
	return page.next, page.more, nil
}

// sourcePage is what there is to forget in a stretch of accounts.
type sourcePage struct {
	left map[jitsiauth.ID][]jitsiauth.KnownSource // what stays of those that lose some
	next jitsiauth.ID
	more bool
}

func (t txn) oldSources(before time.Time, after jitsiauth.ID, limit int) (sourcePage, error) {
	page := sourcePage{left: map[jitsiauth.ID][]jitsiauth.KnownSource{}, next: after}
	cursor := t.sources().Cursor()
	id, value := cursor.Seek(after[:])
	if bytes.Equal(id, after[:]) {
		id, value = cursor.Next()
	}
	for looked := 0; id != nil; looked++ {
		if looked >= limit {
			page.more = true
			break
		}
		sources, err := decodeSources(id, value)
		if err != nil {
			return page, err
		}
		page.next = jitsiauth.ID(id)
		old := func(k jitsiauth.KnownSource) bool { return k.LastSeen.Before(before) }
		if left := slices.DeleteFunc(sources, old); len(left) < len(sources) {
			page.left[page.next] = left
		}
		id, value = cursor.Next()
	}
	return page, nil
}

// addSourceBucket makes schema 3 of 2: room for known sources, of which there
// are none yet.
func addSourceBucket(root *bbolt.Bucket) error {
	_, err := root.CreateBucket(sourcesBucket)
	return err
}

func checkSources(t txn, found *findings) error {
	users := t.users()
	return t.sources().ForEach(func(id, value []byte) error {
		sources, err := decodeSources(id, value)
		switch {
		case err != nil:
			found.add("%w", err)
		case users.Get(id) == nil:
			found.add("known sources: their account %s is missing", jitsiauth.ID(id))
		case len(sources) == 0 || len(sources) > jitsiauth.MaxKnownSources:
			found.add("account %s: it has %d known sources", jitsiauth.ID(id), len(sources))
		case !slices.Equal(sources, jitsiauth.MergeSources(sources, nil)):
			found.add("account %s: its known sources are out of order", jitsiauth.ID(id))
		}
		return nil
	})
}
