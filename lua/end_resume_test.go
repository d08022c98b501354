package lua_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// soonSilent makes Prosody take a BOSH client for gone a second after its last
// request instead of a minute: then mod_smacks keeps the session.
const soonSilent = "bosh_max_inactivity = 1"

// silence is longer than that.
const silence = 1500 * time.Millisecond

// A client that lost its network is in the room for as long as it may come back.
func TestHibernatingIsOut(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v, global: soonSilent})
		w.add("watcher", "right")
		watcher := w.enter(xmpptest.TCP, "watcher", "right")
		for _, way := range xmpptest.Transports {
			for _, pause := range []time.Duration{0, silence} { // BOSH: not yet missed, and hibernating
				w.add("alice", "right")
				alice := w.enter(way, "alice", "right")
				alice.Cut()
				time.Sleep(pause)
				w.wantNoLeave(watcher)
				w.setDisabled("alice", true)
				w.wantPlainLeave(watcher, "alice")
				w.cli("", "user", "delete", "alice", "--yes")
			}
		}
		if strings.Contains(w.prosody.Log(), "While a session was ended") || strings.Contains(w.prosody.Log(), "could not be ended") {
			t.Error("Prosody's log tells of an error")
		}
	})
}

// resume logs in as alice in some way and goes on with her other session, if
// Prosody lets her do so in time.
func (w *world) resume(way xmpptest.Transport, before member, in time.Duration) (*xmpptest.Conn, error) {
	w.t.Helper()
	alice, err := xmpptest.Dial(limit(w.t), way, w.prosody.Endpoint())
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = alice.Close() })
	if err := alice.Auth(limit(w.t), "alice", "right"); err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), in)
	defer cancel()
	return alice, alice.Resume(ctx, before.resume)
}

// A session that was resumed, also over another transport, ends as that one does.
// What began over BOSH mod_bosh takes for gone when it misses the next request, and
// it ends then too. (Prosody lets it be resumed, but doesn't read what comes over TCP
// then: mod_c2s wants the field data.)
func TestResumedIsOut(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v, global: soonSilent})
		w.add("watcher", "right")
		watcher := w.enter(xmpptest.TCP, "watcher", "right")
		w.add("alice", "right")
		for _, from := range xmpptest.Transports {
			for _, to := range []xmpptest.Transport{xmpptest.TCP, xmpptest.WebSocket} {
				before := w.enter(from, "alice", "right")
				before.Cut()
				alice, err := w.resume(to, before, endLimit)
				if err != nil {
					t.Fatal(err)
				}
				w.setDisabled("alice", true)
				w.wantOut(alice, fmt.Sprintf("alice, resumed from %s to %s", from, to))
				w.wantPlainLeave(watcher, "alice")
				w.setDisabled("alice", false)
			}
		}
		before := w.enter(xmpptest.BOSH, "alice", "right")
		before.Cut()
		if _, err := w.resume(xmpptest.TCP, before, endLimit); err != nil {
			t.Fatal(err)
		}
		time.Sleep(silence)
		w.wantNoLeave(watcher)
		w.setDisabled("alice", true)
		w.wantPlainLeave(watcher, "alice")
	})
}

// No Prosody can resume a session over BOSH: mod_smacks fails half-way, for want of
// the field rawsend, and its watchdog is off by then, so that the session would stay
// for ever. Both that and the new one end all the same.
func TestHalfResumedIsOut(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v, global: soonSilent})
		w.add("watcher", "right")
		watcher := w.enter(xmpptest.TCP, "watcher", "right")
		w.add("alice", "right")
		for _, from := range []xmpptest.Transport{xmpptest.TCP, xmpptest.BOSH} {
			before := w.enter(from, "alice", "right")
			before.Cut()
			if from == xmpptest.BOSH {
				time.Sleep(silence)
			}
			alice, err := w.resume(xmpptest.BOSH, before, time.Second)
			if err == nil {
				t.Error("a session was resumed over BOSH: let TestResumedIsOut have it")
			}
			w.wantNoLeave(watcher)
			w.setDisabled("alice", true)
			w.wantOut(alice, "alice, over BOSH after "+string(from))
			w.wantPlainLeave(watcher, "alice")
			w.setDisabled("alice", false)
		}
		w.wantLine("mod_smacks.lua.*rawsend|sessionmanager.lua.*rawsend")
	})
}
