package jitsiauth

import (
	"net/netip"
	"time"
)

// noteSourceFor is how long a known source is not noted anew at each login.
const noteSourceFor = 24 * time.Hour

// place is where an attempt comes from, as far as its account is concerned.
type place struct {
	source netip.Addr // as placeOf returns it; invalid: none
	known  bool       // a login from there was let through lately
	fresh  bool       // and that is noted already
}

// placeAmong finds the source among the known ones of the account.
func placeAmong(known []KnownSource, source netip.Addr, now time.Time) place {
	p := place{source: source}
	if !source.IsValid() {
		return p
	}
	for _, k := range known {
		if k.Source == source {
			age := now.Sub(k.LastSeen)
			p.known, p.fresh = age < knownSourceFor, age >= 0 && age < noteSourceFor
		}
	}
	return p
}

// placeOf makes one source of all addresses that one customer has, and one form
// of each. A proxy's is nobody's, and so is an invalid one.
func placeOf(source netip.Addr, proxy bool) netip.Addr {
	source = source.Unmap().WithZone("")
	if proxy || !source.IsValid() {
		return netip.Addr{}
	}
	if source.Is6() {
		return netip.PrefixFrom(source, 64).Masked().Addr()
	}
	return source
}
