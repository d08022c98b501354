package loadtest_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// runs is how often one is thrown out for a percentile: 100 times at 10 seconds.
func runs() int { return max(3, int(*seconds*10)) }

// BenchmarkOut disables one of six in a room, again and again, for each transport
// and Prosody, while the other five stay.
func BenchmarkOut(b *testing.B) {
	for _, v := range prosodytest.Versions {
		b.Run(string(v), func(b *testing.B) {
			p := newProgram(b, lowCost)
			s, c := prosodyOf(b, v, p), admin(b, p)
			inhabit(b, c, numbered("user", 6)...)
			var others []*xmpptest.Conn
			for i, way := range slices.Concat(xmpptest.Transports, xmpptest.Transports)[1:] {
				others = append(others, enter(b, s, way, fmt.Sprint("user", i+1), "room"))
			}
			goFirst(b)
			for _, way := range xmpptest.Transports {
				var began, answered []time.Duration
				for range runs() {
					victim := enter(b, s, way, "user0", "room")
					time.Sleep(50 * time.Millisecond) // until BOSH holds a request again
					out := ends(victim)
					call, answer := setDisabled(b, c, "user0", true)
					end := out(b)
					began, answered = append(began, end.Sub(call)), append(answered, max(0, end.Sub(answer)))
					for _, other := range others {
						seesLeave(b, other, "room@"+s.MUC+"/user0")
					}
					setDisabled(b, c, "user0", false)
				}
				row(b, fmt.Sprintf("one of six in a room is disabled over the API, Prosody %s, %s: until the client's stream has ended, since the call began", v, way), "p99 < 250 ms",
					percentile(began, 99) < 250*time.Millisecond, "p50 %s, p99 %s, longest %s of %d; since the call was answered: p50 %s, p99 %s",
					ms(percentile(began, 50)), ms(percentile(began, 99)), ms(percentile(began, 100)), len(began), ms(percentile(answered, 50)), ms(percentile(answered, 99)))
			}
		})
	}
}

func seesLeave(b *testing.B, conn *xmpptest.Conn, who string) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), endTimeout)
	defer cancel()
	_, err := conn.Receive(ctx, func(e *xmpptest.Element) bool {
		return e.Name.Local == "presence" && e.Attr("type") == "unavailable" && e.Attr("from") == who
	})
	if err != nil {
		b.Fatal("nobody saw ", who, " leave: ", err)
	}
}

// BenchmarkOutAfterAway disables one in the file while the service is down, and
// takes the time from the moment at which it answers again. Both Prosodys follow it.
func BenchmarkOutAfterAway(b *testing.B) {
	p := newProgram(b, lowCost)
	c := admin(b, p)
	inhabit(b, c, "user0")
	var servers []*prosodytest.Server
	for _, v := range prosodytest.Versions {
		servers = append(servers, prosodyOf(b, v, p))
	}
	took := make([][]time.Duration, len(servers))
	away := append(slices.Repeat([]time.Duration{span(.3)}, turns(10)-1), span(6))
	for _, long := range away {
		var conns []*xmpptest.Conn
		for _, s := range servers {
			conns = append(conns, enter(b, s, xmpptest.WebSocket, "user0", "room"))
		}
		if err := p.Stop(); err != nil {
			b.Fatal(err)
		}
		if _, problems, err := p.CLI(b.Context(), "", "user", "disable", "user0", "--db", p.DB()); err != nil {
			b.Fatal(err, problems)
		}
		time.Sleep(long)
		var out []func(*testing.B) time.Time
		for _, conn := range conns {
			out = append(out, ends(conn))
		}
		if err := p.Start(); err != nil {
			b.Fatal(err)
		}
		back := time.Now()
		for i := range servers {
			took[i] = append(took[i], max(0, out[i](b).Sub(back)))
		}
		setDisabled(b, c, "user0", false)
	}
	for i, v := range prosodytest.Versions {
		longest := percentile(took[i], 100)
		row(b, fmt.Sprintf("disabled in the file while the service is down (%d times %v, once %v), Prosody %s: until the stream has ended, since the service answers again", len(away)-1, away[0], away[len(away)-1], v), "≤ 1 s",
			longest <= time.Second, "p50 %s, longest %s of %d", ms(percentile(took[i], 50)), ms(longest), len(away))
	}
}
