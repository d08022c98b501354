package lua_test

import (
	"slices"
	"testing"
	"time"

	"github.com/jitsiauth/server/lua/focustest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// TestDoorLateAnswer: an account ends while Jicofo thinks about its first request. The
// login that it names then is over before anybody has it.
func TestDoorLateAnswer(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		h.add("alice", "right")
		for _, way := range xmpptest.Transports {
			h.focus.Hold()
			opened := make(chan error, 1)
			go func() {
				_, err := h.browser().OpenAsHost(limit(t), way, "alice", "right")
				opened <- err
			}()
			h.awaitHeld()
			login := h.focus.Core.Authority.Logins()[0]
			h.setDisabled("alice", true)
			h.wantLine(`Sessions of alice ended \(disabled\)`)
			time.Sleep(200 * time.Millisecond)
			h.focus.Release()
			if err := <-opened; err == nil {
				t.Errorf("alice, disabled, has a login over %s", way)
			}
			h.wantLoggedOut(login.ID, "alice, over "+string(way))
			h.setDisabled("alice", false)
		}
	})
}

// TestDoorLateAnswerToGuest: the same for a guest that used a login which was good.
func TestDoorLateAnswerToGuest(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		for _, way := range xmpptest.Transports {
			h.add("alice", "right")
			alice := h.opens(way, "alice", "right")
			fresh := h.anonymous(way)
			h.focus.Hold()
			answered := make(chan focustest.Granted, 1)
			go func() {
				granted, _ := h.with(alice).RequestAt(limit(t), fresh, h.focus.Proxy) // refused: nobody
				answered <- granted
			}()
			h.awaitHeld()
			h.setDisabled("alice", true)
			h.wantOut(alice.Conn, "alice")
			h.focus.Release()
			if granted := <-answered; granted.Identity != "" {
				t.Errorf("a guest became %+v over %s, after the end", granted, way)
			}
			h.wantOut(fresh, "who used alice's login")
			h.wantLoggedOut(alice.id, "alice")
			h.cli("", "user", "delete", "alice", "--yes")
		}
	})
}

func (h *house) awaitHeld() {
	h.t.Helper()
	if err := h.focus.Await(limit(h.t), "a request", func() bool { return h.focus.Held() == 1 }); err != nil {
		h.t.Fatal(err)
	}
}

// TestDoorFocusAway: accounts end while Jicofo is away. It is told when it is back.
func TestDoorFocusAway(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		h.add("alice", "right")
		h.add("bob", "right")
		alice, bob := h.opens(xmpptest.TCP, "alice", "right"), h.opens(xmpptest.BOSH, "bob", "right")
		ids := []string{alice.id}
		for range 3 {
			ids = append(ids, h.logsIn(xmpptest.TCP, "alice", "right").SessionID)
		}
		h.focus.Stop()
		h.setDisabled("alice", true)
		h.wantOut(alice.Conn, "alice")
		if err := h.focus.Start(limit(t)); err != nil {
			t.Fatal(err)
		}
		for _, id := range ids {
			h.wantLoggedOut(id, "alice")
		}
		h.comesBackAsGuest(alice, xmpptest.TCP)
		h.wantHost(bob)
		if len(h.focus.Logouts()) != len(ids) {
			t.Errorf("%d logouts, want alice's %d", len(h.focus.Logouts()), len(ids))
		}
	})
}

// TestDoorOwnLogout: what the host ended itself has ended. Jicofo hears of it from the
// host and from the module, and of neither again when the account ends.
func TestDoorOwnLogout(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		for _, way := range xmpptest.Transports {
			h.add("alice", "right")
			alice := h.opens(way, "alice", "right")
			if err := alice.browser.Logout(limit(t), alice.Conn); err != nil {
				t.Error(err)
			}
			h.wantUnknown(h.with(alice), h.anonymous(way), h.focus.Proxy, "alice's")
			before := h.awaitLogouts(alice.id, 2)
			second := h.goesOn(h.logsIn(way, "alice", "right"), way, "again")
			h.setDisabled("alice", true)
			h.wantOut(second.Conn, "alice")
			h.wantOut(alice.Conn, "alice, who is a moderator in spite of the logout")
			h.wantLoggedOut(second.id, "alice")
			if logouts := h.focus.Logouts()[before:]; !slices.Equal(logouts, []string{second.id}) {
				t.Errorf("%d logouts, want the second's", len(logouts))
			}
			h.cli("", "user", "delete", "alice", "--yes")
		}
	})
}

// awaitLogouts waits until the session-id was logged out n times, and says how many
// logouts of all there were by then.
func (h *house) awaitLogouts(id string, n int) (all int) {
	h.t.Helper()
	err := h.focus.Await(limit(h.t), "the logouts", func() bool {
		logouts := h.focus.Logouts()
		all = len(logouts)
		return len(slices.DeleteFunc(logouts, func(other string) bool { return other != id })) == n
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}

// TestDoorReload: either module may be reloaded; what is known stays known.
func TestDoorReload(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		h.add("alice", "right")
		h.add("bob", "right")
		bob := h.opens(xmpptest.WebSocket, "bob", "right")
		for _, reload := range [][]string{
			{"jitsi_auth_sessions", h.prosody.Auth}, {"auth_http", h.prosody.Domain}, {"jitsi_auth_sessions"},
		} {
			alice := h.opens(xmpptest.TCP, "alice", "right")
			away := h.goesOn(h.logsIn(xmpptest.TCP, "alice", "right"), xmpptest.TCP, "away")
			_ = away.Close()
			for range 2 {
				h.reload(reload[0], reload[1:]...)
			}
			h.wantHost(alice)
			h.wantHost(bob)
			h.setDisabled("alice", true)
			h.wantOut(alice.Conn, "alice")
			for _, who := range []host{alice, away} {
				h.wantLoggedOut(who.id, "alice")
				h.comesBackAsGuest(who, xmpptest.TCP)
			}
			h.setDisabled("alice", false)
		}
		h.wantHost(bob)
	})
}

// TestDoorReloadInBetween: a reload while Jicofo thinks about a request.
func TestDoorReloadInBetween(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		h.add("alice", "right")
		h.focus.Hold()
		b, opened := h.browser(), make(chan error, 1)
		go func() {
			_, err := b.OpenAsHost(limit(t), xmpptest.TCP, "alice", "right")
			opened <- err
		}()
		h.awaitHeld()
		h.reload("jitsi_auth_sessions", h.prosody.Auth)
		h.focus.Release()
		if err := <-opened; err != nil {
			t.Fatal(err)
		}
		alice := h.goesOn(b, xmpptest.TCP, "alice")
		h.setDisabled("alice", true)
		h.wantOut(alice.Conn, "alice")
		h.wantLoggedOut(alice.id, "alice")
	})
}

// TestDoorReloadWhileFocusAway: a reload while Jicofo is away and has to hear something.
func TestDoorReloadWhileFocusAway(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		h.add("alice", "right")
		alice := h.opens(xmpptest.TCP, "alice", "right")
		h.focus.Stop()
		h.setDisabled("alice", true)
		h.wantOut(alice.Conn, "alice")
		h.reload("jitsi_auth_sessions", h.prosody.Auth)
		if err := h.focus.Start(limit(t)); err != nil {
			t.Fatal(err)
		}
		h.wantLoggedOut(alice.id, "alice")
	})
}

func (h *house) reload(module string, hosts ...string) {
	h.t.Helper()
	if out, err := h.prosody.Ctl(limit(h.t), append([]string{"shell", "module", "reload", module}, hosts...)...); err != nil {
		h.t.Fatal(out, err)
	}
}

// TestDoorFocusComesBackWithoutResuming: Jicofo, which has stream management on
// (Smack.kt), loses its network; an account ends while Prosody waits for it; it comes
// back by a new login, without a restart, so it knows all its logins. It must hear.
func TestDoorFocusComesBackWithoutResuming(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		h.add("alice", "right")
		alice := h.opens(xmpptest.TCP, "alice", "right")
		if _, err := h.focus.Conn().EnableResume(limit(t)); err != nil {
			t.Fatal(err)
		}
		h.focus.Conn().Cut()
		h.setDisabled("alice", true)
		h.wantOut(alice.Conn, "alice")
		if err := h.focus.Start(limit(t)); err != nil {
			t.Fatal(err)
		}
		h.wantLoggedOut(alice.id, "alice")
	})
}
