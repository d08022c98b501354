package loadtest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	authclient "github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// many is how many sessions end at once.
func many() int {
	if quick() {
		return 12
	}
	return 200
}

// BenchmarkManyOut ends many sessions at once, in turn those of one account and those
// of as many accounts by one bulk change, six of them in a room, while somebody else
// pings.
func BenchmarkManyOut(b *testing.B) {
	for _, v := range prosodytest.Versions {
		b.Run(string(v), func(b *testing.B) { manyOut(b, v) })
	}
}

func manyOut(b *testing.B, v prosodytest.Version) {
	p := newProgram(b, lowCost)
	s, c := prosodyOf(b, v, p), admin(b, p)
	inhabit(b, c, append(numbered("user", many()), "bystander")...)
	bystander := enter(b, s, xmpptest.WebSocket, "bystander", "room")
	goFirst(b)
	for _, kind := range []struct {
		what string
		user func(i int) string
		set  func(disabled bool)
	}{
		{"sessions of one account", func(int) string { return "user0" }, func(disabled bool) { setDisabled(b, c, "user0", disabled) }},
		{"accounts, disabled by one import", func(i int) string { return fmt.Sprint("user", i) }, func(disabled bool) { disableAll(b, c, disabled) }},
	} {
		var took, idle, busy []time.Duration
		for range turns(5) {
			var conns []*xmpptest.Conn
			for i := range many() {
				room := ""
				if i < 6 && kind.user(0) != kind.user(1) { // one person's sessions share a nick, which leaves with the last
					room = "room"
				}
				conns = append(conns, enter(b, s, xmpptest.Transports[i%3], kind.user(i), room))
			}
			idle = append(idle, idlePings(b, bystander, 5*time.Millisecond, span(.1))...)
			out, stop := ends(conns...), pinging(b, bystander, 5*time.Millisecond)
			began := time.Now()
			kind.set(true)
			took = append(took, out(b).Sub(began))
			busy = append(busy, stop()...)
			kind.set(false)
		}
		row(b, fmt.Sprintf("%d %s, a third over each transport, Prosody %s: until all are out; ping of a bystander meanwhile", many(), kind.what, v), noBound, true,
			"p50 %s, longest %s of %d; ping p50 %s, p99 %s, longest %s of %d, idle p99 %s", ms(percentile(took, 50)), ms(percentile(took, 100)), len(took),
			ms(percentile(busy, 50)), ms(percentile(busy, 99)), ms(percentile(busy, 100)), len(busy), ms(percentile(idle, 99)))
	}
}

func disableAll(b *testing.B, c *authclient.Client, disabled bool) {
	b.Helper()
	var lines strings.Builder
	for _, name := range numbered("user", many()) {
		fmt.Fprintf(&lines, "{\"username\":%q,\"disabled\":%v}\n", name, disabled)
	}
	importing(b, c, "upsert", lines.String())
}
