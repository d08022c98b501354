package authsvc

import (
	"cmp"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// goneAfter is how long a Prosody that was restarted, and is another one since,
// stays in the list.
const goneAfter = time.Hour

// look returns what is known, callers by name and followers by when they were
// heard of. warn is called for each caller.
func (b *prosodyBook) look(now time.Time, head jitsiauth.Position, warn func(name string, p *prosodyCaller)) []api.StatusProsody {
	b.mu.Lock()
	defer b.mu.Unlock()
	found := make([]api.StatusProsody, 0, len(b.callers))
	for name, p := range b.callers {
		shown := api.StatusProsody{Caller: name, LastSeen: p.seen().UTC(), LastLogin: p.login.UTC(), Instances: []api.StatusInstance{}}
		for id, f := range p.followers {
			if now.Sub(f.heard) < goneAfter || f.polls > 0 || len(p.followers) == 1 {
				shown.Instances = append(shown.Instances, f.wire(id, now, head))
			}
		}
		slices.SortFunc(shown.Instances, func(x, y api.StatusInstance) int {
			return cmp.Or(y.LastSeen.Compare(x.LastSeen), cmp.Compare(x.Name, y.Name))
		})
		found = append(found, shown)
		warn(name, p)
	}
	slices.SortFunc(found, func(x, y api.StatusProsody) int { return cmp.Compare(x.Caller, y.Caller) })
	return found
}

// wire has a lag where it can be told. One that waits for the next change was
// told of all before.
func (f *prosodyFollower) wire(name string, now time.Time, head jitsiauth.Position) api.StatusInstance {
	shown := api.StatusInstance{Name: name, LastSeen: f.heard.UTC(), Follows: f.follows(now)}
	if f.polls > 0 {
		shown.LastSeen = now.UTC()
	}
	switch {
	case f.polls > 0:
		shown.Lag = new(uint64(0))
	case f.behind.Epoch == head.Epoch && f.behind.N <= head.N:
		shown.Lag = new(head.N - f.behind.N)
	}
	return shown
}

// reports reports whether the follower says who is in, of any domain.
func (b *sessionBook) reports(who follower, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep(now)
	for key := range b.instances {
		if key.follower == who {
			return true
		}
	}
	return false
}

// followerOf is who asks for changes.
func followerOf(c *gin.Context, instance string) follower {
	return follower{c.GetString(callerKey{}), instance}
}

// carrierNet is neither private nor public: carriers and overlay networks use it.
var carrierNet = netip.MustParsePrefix("100.64.0.0/10")

// isOpen reports a request that whoever is between can read: http from an address
// that is of no private network.
func (s *Server) isOpen(r *http.Request) bool {
	from := s.sourceOf(r)
	if r.TLS != nil || !from.IsGlobalUnicast() || from.IsPrivate() || carrierNet.Contains(from) {
		return false
	}
	return s.schemeOf(r) == schemeUnsafe
}
