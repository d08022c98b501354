package main

import (
	"context"
	"errors"
	"fmt"
	"io"
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
}

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

// cli runs a jitsiauth command against the running service and shows it.
func (s *stage) cli(ctx context.Context, stdin string, args ...string) error {
	fmt.Printf("    $ jitsiauth %s\n", strings.Join(args, " "))
	stdout, stderr, err := s.service.CLI(ctx, stdin, args...)
	fmt.Fprint(indented{os.Stdout}, stdout+stderr)
	return err
}

// login logs in over a WebSocket and compares what comes of it with want: "ok"
// or the SASL condition of RFC 6120 §6.5.
func (s *stage) login(ctx context.Context, user, password, want string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	began := time.Now()
	got, jid, err := s.outcome(ctx, user, password)
	if err != nil {
		return err
	}
	fmt.Printf("    login of %s over WebSocket: %s %s(%d ms)\n", user, got, jid, time.Since(began).Milliseconds())
	if got != want {
		log := s.prosody.Log()
		return fmt.Errorf("login of %s: got %s, want %s; Prosody's log ends with:\n%s", user, got, want, log[max(0, len(log)-2000):])
	}
	return nil
}

func (s *stage) outcome(ctx context.Context, user, password string) (got, jid string, err error) {
	conn, err := xmpptest.Login(ctx, xmpptest.WebSocket, s.prosody.Endpoint(), user, password)
	if refused, ok := errors.AsType[*xmpptest.SASLError](err); ok {
		return refused.Condition, "", nil
	}
	if err != nil {
		return "", "", err
	}
	return "ok", "as " + conn.JID() + " ", conn.Close()
}
