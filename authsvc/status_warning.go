package authsvc

import (
	"context"
	"net/netip"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// settleTime is how long the service waits before it misses a Prosody: after a
// start one is back in some seconds, and between two polls there is hardly a moment.
const settleTime = 2 * time.Minute

// What warnOfSources looks at: the newest good logins, and how many of how many
// people must agree before their one address is remarkable. Who guesses from one
// address has no good logins.
const (
	sourcesAge    = 7 * 24 * time.Hour
	sourcesLogins = 100
	fewLogins     = 20
	fewPeople     = 5
)

// warnOfAdmins counts those who can log in; nothing is said before they are counted.
func warnOfAdmins(counted *api.StatusAccounts) []warning {
	switch {
	case counted == nil || counted.Administrators > 1:
		return nil
	case counted.Administrators == 1:
		return []warning{warn("one_admin")}
	}
	return []warning{warn("no_admin")}
}

// warnOfProsody looks at one caller. It misses no logins: at night there are none.
// One that never followed may be set up so, and one that did should yet.
func warnOfProsody(name string, p *prosodyCaller, now time.Time) (warnings []warning) {
	if p.open {
		warnings = append(warnings, warn("plain_http", name))
	}
	var heard time.Time
	for _, f := range p.followers {
		if f.follows(now) {
			return warnings
		}
		if f.heard.After(heard) {
			heard = f.heard
		}
	}
	switch {
	case heard.IsZero() && now.Sub(p.first) >= settleTime:
		warnings = append(warnings, warn("prosody_no_feed", name))
	case !heard.IsZero() && now.Sub(heard) >= settleTime:
		warnings = append(warnings, warn("prosody_gone", name, int(now.Sub(heard)/time.Minute)))
	}
	return warnings
}

// warnOfSources looks at where the newest good logins at Jitsi came from. The
// newest of all decides whether addresses are hidden, so that it is silent once
// that is mended.
func (s *Server) warnOfSources(ctx context.Context, now time.Time) ([]warning, error) {
	log, err := s.svc.LoginLog(ctx, jitsiauth.LogQuery{Result: jitsiauth.LoginOK, Since: now.Add(-sourcesAge), Limit: sourcesLogins})
	if err != nil {
		return nil, err
	}
	logins, people, first := 0, map[jitsiauth.ID]bool{}, netip.Addr{}
	for i := range log.Entries {
		l := &log.Entries[i]
		if l.Transport == transportWeb || l.Rest {
			continue
		}
		hidden := l.Proxy || !l.Source.IsValid()
		switch {
		case hidden && logins == 0 && l.Source.IsValid():
			return []warning{warn("source_hidden", l.Source.String())}, nil
		case hidden && logins == 0:
			return []warning{warn("source_missing")}, nil
		case logins == 0:
			first = l.Source
		case hidden || l.Source != first:
			return nil, nil
		}
		logins += l.Count
		people[l.ID] = true
	}
	if logins >= fewLogins && len(people) >= fewPeople {
		return []warning{warn("one_address", logins, len(people), first.String())}, nil
	}
	return nil, nil
}
