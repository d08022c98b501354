package xmpptest_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

func TestServerStops(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		t.Parallel()
		ctx := testContext(t)
		s := startWithAccounts(t, v)
		open := map[string]*xmpptest.Conn{}
		for _, w := range xmpptest.Transports {
			bound, err := xmpptest.Login(ctx, w, s.Endpoint(), "alice", password)
			if err != nil {
				t.Fatal(err)
			}
			dialed, err := xmpptest.Dial(ctx, w, s.Endpoint())
			if err != nil {
				t.Fatal(err)
			}
			open[string(w)+" bound"], open[string(w)+" dialed"] = bound, dialed
		}
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
		for name, c := range open {
			select {
			case <-c.Done():
			case <-ctx.Done():
				t.Fatalf("%s: Done is still open", name)
			}
			var ended *xmpptest.StreamError
			// BOSH sessions get no goodbye: Prosody stops serving HTTP before their next poll.
			if !strings.HasPrefix(name, "bosh") && (!errors.As(c.Err(), &ended) || ended.Condition != "system-shutdown") {
				t.Errorf("%s: %v, want system-shutdown", name, c.Err())
			}
			if c.Err() == nil {
				t.Errorf("%s: no reason", name)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

// TestServerEndsOneStream sees the reason an account's removal gives.
func TestServerEndsOneStream(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		t.Parallel()
		ctx := testContext(t)
		s := startWithAccounts(t, v)
		var open []*xmpptest.Conn
		for _, w := range xmpptest.Transports {
			c, err := xmpptest.Login(ctx, w, s.Endpoint(), "alice", password)
			if err != nil {
				t.Fatal(err)
			}
			open = append(open, c)
		}
		if _, err := s.Ctl(ctx, "shell", "user", "delete", "alice@"+s.Domain); err != nil {
			t.Fatal(err)
		}
		for i, c := range open {
			var ended *xmpptest.StreamError
			select {
			case <-c.Done():
			case <-ctx.Done():
				t.Fatalf("%s: Done is still open", xmpptest.Transports[i])
			}
			if !errors.As(c.Err(), &ended) || ended.Condition != "not-authorized" {
				t.Errorf("%s: %v, want not-authorized", xmpptest.Transports[i], c.Err())
			}
		}
	})
}

func TestHeaderIsSent(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		t.Parallel()
		ctx := testContext(t)
		s := prosodytest.StartTest(t, prosodytest.Config{Version: v, LogLevel: "debug"})
		e := s.Endpoint().On(s.Guest)
		e.Header = http.Header{"X-Forwarded-For": {"192.0.2.7"}}
		for _, w := range []xmpptest.Transport{xmpptest.WebSocket, xmpptest.BOSH} {
			c, err := xmpptest.LoginAnonymous(ctx, w, e)
			if err != nil {
				t.Fatal(err)
			}
			out, err := s.Ctl(ctx, "shell", "c2s", "show", c.JID(), "ip")
			if err != nil || !strings.Contains(out, "192.0.2.7") {
				t.Errorf("%s: the session's address is in %q (%v), want 192.0.2.7", w, out, err)
			}
			_ = c.Close()
		}
	})
}

func TestNoGoroutineStays(t *testing.T) { // not parallel: it counts
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		s := startWithAccounts(t, v)
		ctx := testContext(t)
		before := runtime.NumGoroutine()
		for _, w := range xmpptest.Transports {
			for range 5 {
				c, err := xmpptest.Login(ctx, w, s.Endpoint(), "alice", password)
				if err != nil {
					t.Fatal(err)
				}
				_ = c.Close()
				if _, err := xmpptest.Login(ctx, w, s.Endpoint(), "alice", "wrong"); err == nil {
					t.Fatal("a wrong password was accepted")
				}
				gone, cancel := context.WithCancel(ctx)
				time.AfterFunc(time.Millisecond, cancel)
				if c, err := xmpptest.Login(gone, w, s.Endpoint(), "alice", password); err == nil {
					_ = c.Close()
				}
			}
		}
		for runtime.NumGoroutine() > before {
			select {
			case <-ctx.Done():
				buf := make([]byte, 1<<20)
				t.Fatalf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
			case <-time.After(10 * time.Millisecond):
			}
		}
	})
}

func BenchmarkLogin(b *testing.B) {
	for _, v := range prosodytest.Versions {
		for _, w := range xmpptest.Transports {
			b.Run("prosody-"+string(v)+"/"+string(w), func(b *testing.B) {
				s := prosodytest.StartTest(b, prosodytest.Config{Version: v})
				if err := s.Register(context.Background(), "alice", s.Domain, password); err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					c, err := xmpptest.Login(context.Background(), w, s.Endpoint(), "alice", password)
					if err != nil {
						b.Fatal(err)
					}
					_ = c.Close()
				}
			})
		}
	}
}
