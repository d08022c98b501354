package jitsiauth_test

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// sources reads "address minute, address minute".
func sources(t *testing.T, text string) (all []jitsiauth.KnownSource) {
	t.Helper()
	for word := range strings.SplitSeq(text, ", ") {
		if word == "" {
			continue
		}
		var address string
		var minute int
		if _, err := fmt.Sscan(word, &address, &minute); err != nil {
			t.Fatal(err)
		}
		k := jitsiauth.KnownSource{LastSeen: time.Date(2026, 11, 23, 10, minute, 0, 0, time.UTC)}
		if address != "none" {
			k.Source = netip.MustParseAddr(address)
		}
		all = append(all, k)
	}
	return all
}

func TestMergeSources(t *testing.T) {
	var many, newest []string // of equal age, in order of their addresses
	for i := range 20 {
		many = append(many, fmt.Sprintf("10.0.0.%d 5", i))
		newest = append(newest, fmt.Sprintf("2001:db8:0:%x:: %d", i, 59-i))
	}
	for _, test := range []struct{ kept, seen, want string }{
		{"", "", ""},
		{"", "10.0.0.1 1", "10.0.0.1 1"},
		{"10.0.0.1 1", "", "10.0.0.1 1"},
		{"10.0.0.1 1", "10.0.0.1 2", "10.0.0.1 2"},
		{"10.0.0.1 2", "10.0.0.1 1", "10.0.0.1 2"},
		{"10.0.0.2 1, 10.0.0.1 1", "10.0.0.3 2, 2001:db8:: 2", "10.0.0.3 2, 2001:db8:: 2, 10.0.0.1 1, 10.0.0.2 1"},
		{"", "10.0.0.1 1, 10.0.0.1 3, 10.0.0.1 2", "10.0.0.1 3"},
		{"none 9", "none 8, 10.0.0.1 1", "10.0.0.1 1"},
		{strings.Join(many[:16], ", "), strings.Join(many[16:], ", "), strings.Join(many[:16], ", ")},
		{strings.Join(many[4:], ", "), strings.Join(many[:4], ", "), strings.Join(many[:16], ", ")},
		{strings.Join(many, ", "), strings.Join(newest[:3], ", "), strings.Join(slices.Concat(newest[:3], many[:13]), ", ")},
		{strings.Join(newest[4:], ", "), strings.Join(newest[:4], ", "), strings.Join(newest[:16], ", ")},
	} {
		kept, seen := sources(t, test.kept), sources(t, test.seen)
		got := jitsiauth.MergeSources(kept, seen)
		if want := sources(t, test.want); !slices.Equal(got, want) {
			t.Errorf("%s and %s:\n got %v\nwant %v", test.kept, test.seen, got, want)
		}
		if !reflect.DeepEqual(kept, sources(t, test.kept)) || !reflect.DeepEqual(seen, sources(t, test.seen)) {
			t.Errorf("%s and %s are %v and %v now", test.kept, test.seen, kept, seen)
		}
	}
}

func TestMergeSourcesTimes(t *testing.T) {
	at := time.Now().In(time.FixedZone("", 9*60*60)) // with the monotonic clock
	got := jitsiauth.MergeSources(nil, []jitsiauth.KnownSource{{Source: netip.MustParseAddr("10.0.0.1"), LastSeen: at}})
	if want := at.Round(0).UTC(); len(got) != 1 || got[0].LastSeen != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
