package lua_test

import (
	"testing"

	"github.com/jitsiauth/server/lua/xmpptest"
)

// TestReviewFocusComesBackWithoutResuming: Jicofo, which has stream management on
// (Smack.kt), loses its network; an account ends while Prosody waits for it; it comes
// back by a new login, without a restart, so it knows all its logins. It must hear.
func TestReviewFocusComesBackWithoutResuming(t *testing.T) {
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
