package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jitsiauth/server/lua/xmpptest"
)

// holdPing is how often a held connection shows that it is alive.
const holdPing = 500 * time.Millisecond

// outcome is the line that a login prints: "ok" with a JID, "refused" with the server's
// condition, or "error" when it came to no verdict.
type outcome struct {
	Result    string `json:"result"`
	JID       string `json:"jid,omitempty"`
	Condition string `json:"condition,omitempty"`
	Error     string `json:"error,omitempty"`
}

// login logs in once as a browser does, says what came of it, and stays if told so.
func login(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var where target
	flags := flag.NewFlagSet("peer login", flag.ContinueOnError)
	flags.SetOutput(stderr)
	where.register(flags)
	user := flags.String("user", "", "log in as this `name`, with the password on standard input")
	anonymous := flags.Bool("anonymous", false, "log in as a guest")
	hold := flags.Bool("hold", false, "stay until SIGTERM, and ping every 500 ms")
	timeout := flags.Duration("timeout", 20*time.Second, "for the login")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	transport, endpoint, err := where.endpoint()
	if err == nil && (*user == "") != *anonymous {
		err = errors.New("one of --user and --anonymous is needed")
	}
	if err != nil {
		fmt.Fprintln(stderr, "peer login:", err)
		return 2
	}
	out := json.NewEncoder(stdout)

	dialing, cancel := context.WithTimeout(ctx, *timeout)
	defer cancel()
	var c *xmpptest.Conn
	if *anonymous {
		c, err = xmpptest.LoginAnonymous(dialing, transport, endpoint)
	} else {
		var password []byte
		if password, err = io.ReadAll(stdin); err == nil {
			c, err = xmpptest.Login(dialing, transport, endpoint, *user, strings.TrimRight(string(password), "\r\n"))
		}
	}
	_ = out.Encode(result(c, err))
	if err != nil {
		return 1
	}
	defer func() { _ = c.Close() }()
	if *hold {
		return stay(ctx, c, out)
	}
	return 0
}

func result(c *xmpptest.Conn, err error) outcome {
	var refused *xmpptest.SASLError
	switch {
	case err == nil:
		return outcome{Result: "ok", JID: c.JID()}
	case errors.As(err, &refused):
		return outcome{Result: "refused", Condition: refused.Condition}
	default:
		return outcome{Result: "error", Error: err.Error()}
	}
}

// stay keeps the stream until ctx ends, which is well, or the server ends it.
func stay(ctx context.Context, c *xmpptest.Conn, out *json.Encoder) int {
	pings := 0
	tick := time.NewTicker(holdPing)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			_ = out.Encode(map[string]int{"pings": pings})
			return 0
		case <-c.Done():
			_ = out.Encode(map[string]string{"ended": c.Err().Error()})
			return 1
		case <-tick.C:
			switch err := ping(ctx, c, 5*time.Second); {
			case err == nil:
				pings++
			case ctx.Err() == nil && c.Err() == nil:
				_ = out.Encode(outcome{Result: "error", Error: "ping: " + err.Error()})
			}
		}
	}
}
