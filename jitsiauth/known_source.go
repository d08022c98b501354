package jitsiauth

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
)

// MaxKnownSources is how many known sources a store keeps of one account: more
// than a person's networks of one season.
const MaxKnownSources = 16

// KnownSource is a place from which an account has logged in.
type KnownSource struct {
	// Source has no zone. It is an IPv4 address, or the first address of an
	// IPv6 /64: the service masks it, stores take it as it is.
	Source   netip.Addr
	LastSeen time.Time
}

// MergeSources returns what a store keeps of the sources that it has of an
// account and those from which it logged in now: each once, with its latest
// LastSeen, and of all the MaxKnownSources with the latest, newest first. Where
// those are equal, the lower address goes first (netip.Addr.Compare). A Source
// that is no address is left out. Times are in UTC. Both arguments may be in any
// order and stay as they are.
func MergeSources(kept, seen []KnownSource) []KnownSource {
	latest := make(map[netip.Addr]time.Time, len(kept)+len(seen))
	for _, k := range slices.Concat(kept, seen) {
		if at, known := latest[k.Source]; k.Source.IsValid() && (!known || k.LastSeen.After(at)) {
			latest[k.Source] = k.LastSeen
		}
	}
	merged := make([]KnownSource, 0, len(latest))
	for source, at := range latest {
		merged = append(merged, KnownSource{source, at.Round(0).UTC()})
	}
	slices.SortFunc(merged, func(a, b KnownSource) int {
		return cmp.Or(b.LastSeen.Compare(a.LastSeen), a.Source.Compare(b.Source))
	})
	return merged[:min(len(merged), MaxKnownSources)]
}
