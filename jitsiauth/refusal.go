package jitsiauth

import (
	"cmp"
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"
)

// refusalRule bounds the lines about refused logins, so that who guesses fills
// no disk: a thousand at once, 20 a second in the long run. The others are
// counted.
var refusalRule = bucket{burst: 1000, every: 50 * time.Millisecond}

// refusals writes a line to the service's log for each refused login, for people
// and for programs such as fail2ban; the form is a promise (examples/fail2ban):
//
//	msg="login refused" result=bad_credentials account=alice@meet.jitsi source=203.0.113.9 proxy=- transport=websocket by=-
//
// account is "-" where there is none, as people type passwords into the name
// field; source is "-" where it is not known, and never a proxy's address. by is
// which rule of the throttle it was.
type refusals struct {
	log *slog.Logger

	mu       sync.Mutex
	clock    steadyClock
	lines    level
	unlisted uint64 // since New
	told     uint64 // how many of them are in the log
}

func (f *refusals) add(ctx context.Context, l *Login, by ThrottledBy) {
	f.mu.Lock()
	now := f.clock.at(l.At)
	full := refusalRule.wait(f.lines, now) > 0
	if full {
		f.unlisted++
	} else {
		f.lines = refusalRule.filled(f.lines, now)
	}
	f.mu.Unlock()
	if full {
		return
	}
	account, source, proxy := "-", addrOr(l.Source), "-"
	if !l.JID.IsZero() {
		account = l.JID.String()
	}
	if l.Proxy {
		source, proxy = proxy, source
	}
	f.log.LogAttrs(ctx, slog.LevelInfo, "login refused", slog.String("result", string(l.Result)), slog.String("account", account),
		slog.String("source", source), slog.String("proxy", proxy), slog.String("transport", cmp.Or(l.Transport, "-")), slog.String("by", cmp.Or(string(by), "-")))
}

// sum writes how many were not listed since it was last called.
func (f *refusals) sum(ctx context.Context) {
	f.mu.Lock()
	more := f.unlisted - f.told
	f.told = f.unlisted
	f.mu.Unlock()
	if more > 0 {
		f.log.LogAttrs(ctx, slog.LevelWarn, "more logins refused than are listed", slog.Uint64("unlisted", more))
	}
}

func addrOr(addr netip.Addr) string {
	if !addr.IsValid() {
		return "-"
	}
	return addr.String()
}
