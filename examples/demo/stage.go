package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/servicetest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// stage holds what runs.
type stage struct {
	service *servicetest.Service
	prosody *prosodytest.Server
	meeting map[string]*xmpptest.Conn // who is in it
}

// loginLimit is far above what a login takes.
const loginLimit = 30 * time.Second

// indented shifts what programs print.
type indented struct{ io.Writer }

func (w indented) Write(text []byte) (int, error) {
	for line := range strings.Lines(string(text)) {
		if _, err := fmt.Fprint(w.Writer, "    ", line); err != nil {
			return 0, err
		}
	}
	return len(text), nil
}

func (s *stage) hostOptions() string {
	return fmt.Sprintf("authentication = \"http\"\nhttp_auth_url = %s\nhttp_auth_token_file = %s\n",
		prosodytest.LuaString("http://"+s.service.Addr+"/auth"), prosodytest.LuaString(s.service.TokenFile()))
}

// shell is a command as the reader can type it.
func (s *stage) shell(args ...string) string {
	bin, err := filepath.Abs(s.service.Bin)
	if err != nil {
		bin = s.service.Bin
	}
	return fmt.Sprintf("JITSIAUTH_DB=%s %s %s", s.service.DB(), bin, strings.Join(args, " "))
}

// cli is a step that runs a jitsiauth command against the running service.
func (s *stage) cli(ctx context.Context, stdin string, args ...string) func() error {
	return func() error {
		fmt.Printf("    $ jitsiauth %s\n", strings.Join(args, " "))
		stdout, stderr, err := s.service.CLI(ctx, stdin, args...)
		_, _ = fmt.Fprint(indented{os.Stdout}, stdout+stderr)
		return err
	}
}

// Where the people of the demo are, as Jitsi's web server would tell Prosody.
const (
	home      = "192.0.2.1"
	elsewhere = "203.0.113.66"
)

// browser is the way to Prosody of a browser at the address.
func (s *stage) browser(at string) xmpptest.Endpoint {
	e := s.prosody.Endpoint()
	e.Header = http.Header{"X-Forwarded-For": {at}}
	return e
}

// login is a step that logs in over a WebSocket and compares what comes of it
// with want: "ok" or the SASL condition of RFC 6120 §6.5.
func (s *stage) login(ctx context.Context, at, user, password, want string) func() error {
	return func() error {
		ctx, cancel := context.WithTimeout(ctx, loginLimit)
		defer cancel()
		began := time.Now()
		got := "ok"
		conn, err := xmpptest.Login(ctx, xmpptest.WebSocket, s.browser(at), user, password)
		if refused, ok := errors.AsType[*xmpptest.SASLError](err); ok {
			got = refused.Condition
		} else if err != nil {
			return err
		}
		fmt.Printf("    login of %s over WebSocket, from %s: %s (%d ms)\n", user, at, got, time.Since(began).Milliseconds())
		if got != want {
			log := s.prosody.Log()
			return fmt.Errorf("login of %s: got %s, want %s; Prosody's log ends with:\n%s", user, got, want, log[max(0, len(log)-2000):])
		}
		if conn == nil {
			return nil
		}
		return conn.Close()
	}
}

// guess is a step that tries ten wrong passwords.
func (s *stage) guess(ctx context.Context, at, user string) func() error {
	return func() error {
		for i := range 10 {
			if err := s.login(ctx, at, user, fmt.Sprint("guess number ", i), "not-authorized")(); err != nil {
				return err
			}
		}
		return nil
	}
}

// join is a step that logs in and enters a room, for as long as the demo runs.
func (s *stage) join(ctx context.Context, user, password string) func() error {
	return func() error {
		ctx, cancel := context.WithTimeout(ctx, loginLimit)
		defer cancel()
		conn, err := xmpptest.Login(ctx, xmpptest.WebSocket, s.browser(home), user, password)
		if err != nil {
			return err
		}
		if s.meeting == nil {
			s.meeting = map[string]*xmpptest.Conn{}
		}
		s.meeting[user] = conn
		room := "standup@" + s.prosody.MUC
		fmt.Printf("    login of %s over WebSocket: ok; in the room %s\n", user, room)
		return conn.JoinMUC(ctx, room, user)
	}
}

// isOut is a step that waits until somebody's session ends.
func (s *stage) isOut(ctx context.Context, user string) func() error {
	return func() error {
		select {
		case <-s.meeting[user].Done():
			fmt.Printf("    %s is out of the meeting: %v\n", user, s.meeting[user].Err())
			return nil
		case <-time.After(loginLimit):
			return fmt.Errorf("%s is still in the meeting", user)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// stillThere is a step that asks the meeting's stream for a sign of life.
func (s *stage) stillThere(ctx context.Context) func() error {
	return func() error {
		took, err := s.meeting["bob"].Ping(ctx, "")
		if err != nil {
			return fmt.Errorf("the meeting was interrupted: %w", err)
		}
		fmt.Printf("    bob never dropped out (ping: %.1f ms). Prosody was never restarted.\n", float64(took.Microseconds())/1000)
		return nil
	}
}
