package loadtest_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	authclient "github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// endTimeout is how long an end is waited for; what takes longer fails.
const endTimeout = 30 * time.Second

// admin calls a program over its socket, as the CLI does.
func admin(b *testing.B, p *program) *authclient.Client {
	b.Helper()
	c, err := authclient.New(authclient.Options{Server: "unix:" + filepath.Join(p.Dir, "run", "jitsiauth.sock")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(c.Close)
	return c
}

// lowCost lets many log in soon. What is measured comes after the login.
const lowCost = "JITSIAUTH_BCRYPT_COST=10"

// inhabit makes accounts of these names with a hash of that cost.
func inhabit(b *testing.B, c *authclient.Client, names ...string) {
	b.Helper()
	hash := bcryptAt(10)(b)
	var lines strings.Builder
	for _, name := range names {
		fmt.Fprintf(&lines, "{\"username\":%q,\"password_hash\":%q}\n", name, hash)
	}
	importing(b, c, "create", lines.String())
}

// numbered are n names.
func numbered(prefix string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint(prefix, i)
	}
	return names
}

// importing imports lines of NDJSON that must all be taken.
func importing(b *testing.B, c *authclient.Client, mode string, lines string) {
	b.Helper()
	for result, err := range c.Import(b.Context(), strings.NewReader(lines), api.NDJSONType, api.ImportQuery{Mode: mode}) {
		if err == nil && result.Result == api.ImportError {
			err = fmt.Errorf("%s: %s %s", result.JID, result.Code, result.Rule)
		}
		if err != nil {
			b.Fatal("import: ", err)
		}
	}
}

// enter logs in and, where there is a room, goes there.
func enter(b *testing.B, s *prosodytest.Server, way xmpptest.Transport, user, room string) *xmpptest.Conn {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), loginTimeout)
	defer cancel()
	conn, err := xmpptest.Login(ctx, way, s.Endpoint(), user, password)
	if err != nil {
		b.Fatal(user, " over ", way, ": ", err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	if room != "" {
		if err := conn.JoinMUC(ctx, room+"@"+s.MUC, user); err != nil {
			b.Fatal(err)
		}
	}
	return conn
}

// ends tells when the last of the connections ended; call it before they can.
func ends(conns ...*xmpptest.Conn) func(b *testing.B) time.Time {
	var all sync.WaitGroup
	at, missing := make([]time.Time, len(conns)), make([]bool, len(conns))
	for i, conn := range conns {
		all.Go(func() {
			select {
			case <-conn.Done():
				at[i] = time.Now()
			case <-time.After(endTimeout):
				missing[i] = true
			}
		})
	}
	return func(b *testing.B) (last time.Time) {
		b.Helper()
		all.Wait()
		for i := range conns {
			if missing[i] {
				b.Fatalf("connection %d of %d is still there", i, len(conns))
			}
			if at[i].After(last) {
				last = at[i]
			}
		}
		return last
	}
}

// setDisabled returns when the call began and when it was answered.
func setDisabled(b *testing.B, c *authclient.Client, user string, disabled bool) (began, answered time.Time) {
	b.Helper()
	began = time.Now()
	if _, err := c.UpdateUser(b.Context(), user, api.UserPatch{Disabled: api.Some(disabled)}); err != nil {
		b.Fatal(err)
	}
	return began, time.Now()
}

// pinging pings as a bystander until it is stopped, and returns the round trips.
// Some are always under way, so that nothing that blocks Prosody falls between two.
func pinging(b *testing.B, conn *xmpptest.Conn, every time.Duration) (stop func() []time.Duration) {
	ctx, cancel := context.WithCancel(b.Context())
	var t tally
	var all sync.WaitGroup
	all.Go(func() {
		ticks := time.NewTicker(every)
		defer ticks.Stop()
		for ctx.Err() == nil {
			all.Go(func() {
				took, err := conn.Ping(b.Context(), "")
				t.add(condition(err), took)
			})
			select {
			case <-ctx.Done():
			case <-ticks.C:
			}
		}
	})
	return func() []time.Duration {
		cancel()
		all.Wait()
		t.only(b, "ok")
		return t.of("ok")
	}
}

// idlePings are those of a while without anything else.
func idlePings(b *testing.B, conn *xmpptest.Conn, every, long time.Duration) []time.Duration {
	stop := pinging(b, conn, every)
	time.Sleep(long)
	return stop()
}
