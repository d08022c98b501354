package lua_test

import (
	"testing"
	"time"

	"github.com/jitsiauth/server/lua/xmpptest"
)

// TestReviewNoRightsAfterwards: what lua/README.md says of who is removed: "can come back
// as a guest …: with no rights". A host can have made another guest of theirs an owner.
func TestReviewNoRightsAfterwards(t *testing.T) {
	onDoor(t, func(t *testing.T, h *house) {
		h.add("alice", "right")
		h.add("bob", "right")
		h.opens(xmpptest.TCP, "bob", "right")
		alice := h.opens(xmpptest.TCP, "alice", "right")
		second := h.plainGuest(xmpptest.TCP, "second")
		time.Sleep(500 * time.Millisecond)
		room := "room@" + h.prosody.MUC
		bare, _, _ := cutJID(second.JID())
		if _, err := alice.IQ(limit(t), "set", room, "<query xmlns='http://jabber.org/protocol/muc#admin'><item affiliation='owner' jid='"+bare+"'/></query>"); err != nil {
			t.Fatal(err)
		}
		h.setDisabled("alice", true)
		h.wantOut(alice.Conn, "alice")
		_, err := second.IQ(limit(t), "set", room, "<query xmlns='http://jabber.org/protocol/muc#admin'><item nick='bob' role='none'/></query>")
		if err == nil {
			t.Error("alice's second guest still throws the host bob out")
		}
	})
}
