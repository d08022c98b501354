package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/lua/prosodytest"
)

const password = "correct horse battery"

func start(t *testing.T) *prosodytest.Server {
	t.Helper()
	s := prosodytest.StartTest(t, prosodytest.Config{Version: "13.0"})
	for user, host := range map[string]string{"alice": s.Domain, "focus": "auth." + s.Domain} {
		if err := s.Register(testContext(t), user, host, password); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func noEnv(string) string { return "" }

// begin runs the program and returns what it prints, line by line, and its exit code.
func begin(ctx context.Context, t *testing.T, getenv func(string) string, stdin string, args ...string) (<-chan string, <-chan int) {
	t.Helper()
	r, w := io.Pipe()
	lines, code := make(chan string, 100), make(chan int, 1)
	go func() {
		defer func() { _ = w.Close() }()
		code <- run(ctx, args, getenv, strings.NewReader(stdin), w, t.Output())
	}()
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(r); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	return lines, code
}

func TestLoginSaysWhatCameOfIt(t *testing.T) {
	s := start(t)
	ws, bosh := "http://"+s.HTTP+"/xmpp-websocket", "http://"+s.HTTP+"/http-bind"
	for _, try := range []struct {
		name, stdin string
		args        []string
		want        outcome
		code        int
	}{
		{"websocket", password, []string{"--url", ws, "--user", "alice"}, outcome{Result: "ok", JID: "alice@" + s.Domain}, 0},
		{"bosh", password + "\n", []string{"--url", bosh, "--user", "alice", "--header", "X-Forwarded-For: 203.0.113.9"}, outcome{Result: "ok", JID: "alice@" + s.Domain}, 0},
		{"tcp", password, []string{"--c2s", s.C2S, "--user", "alice"}, outcome{Result: "ok", JID: "alice@" + s.Domain}, 0},
		{"guest", "", []string{"--url", ws, "--domain", s.Guest, "--anonymous"}, outcome{Result: "ok"}, 0},
		{"wrong password", "wrong", []string{"--url", ws, "--user", "alice"}, outcome{Result: "refused", Condition: "not-authorized"}, 1},
		{"nobody listens", password, []string{"--c2s", "127.0.0.1:1", "--user", "alice"}, outcome{Result: "error"}, 1},
	} {
		t.Run(try.name, func(t *testing.T) {
			// Of several --domain the last counts.
			args := append([]string{"login", "--domain", s.Domain}, try.args...)
			lines, code := begin(testContext(t), t, noEnv, try.stdin, args...)
			var got outcome
			if err := json.Unmarshal([]byte(<-lines), &got); err != nil {
				t.Fatal(err)
			}
			if got.Result != try.want.Result || got.Condition != try.want.Condition || !strings.HasPrefix(got.JID, try.want.JID) {
				t.Errorf("got %+v, want %+v", got, try.want)
			}
			if (got.Result == "error") != (got.Error != "") {
				t.Errorf("error text %q", got.Error)
			}
			if c := <-code; c != try.code {
				t.Errorf("exit code %d, want %d", c, try.code)
			}
		})
	}
}

func TestHoldEndsOnSignalAndWithTheServer(t *testing.T) {
	s := start(t)
	args := []string{"login", "--url", "http://" + s.HTTP + "/xmpp-websocket", "--domain", s.Domain, "--user", "alice", "--hold"}

	ctx, stop := context.WithCancel(testContext(t))
	lines, code := begin(ctx, t, noEnv, password, args...)
	<-lines
	time.Sleep(2 * holdPing)
	stop()
	if last := <-lines; !strings.HasPrefix(last, `{"pings":`) || last == `{"pings":0}` || <-code != 0 {
		t.Errorf("on a signal: %s", last)
	}

	lines, code = begin(testContext(t), t, noEnv, password, args...)
	<-lines
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if last := <-lines; !strings.HasPrefix(last, `{"ended":`) || <-code != 1 {
		t.Errorf("when the server ends: %s", last)
	}
}

func TestServiceStaysUntilSignal(t *testing.T) {
	s := start(t)
	host, port, err := net.SplitHostPort(s.C2S)
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{
		"XMPP_SERVER": host, "XMPP_PORT": port, "XMPP_AUTH_DOMAIN": "auth." + s.Domain,
		"XMPP_INTERNAL_MUC_DOMAIN": s.MUC, "FOCUS_PASSWORD": password,
	}
	ctx, stop := context.WithCancel(testContext(t))
	lines, code := begin(ctx, t, func(name string) string { return env[name] }, "", "service", "--user", "focus", "--password-env", "FOCUS_PASSWORD")
	if line := <-lines; !strings.HasPrefix(line, "logged in as focus@auth."+s.Domain+"/") {
		t.Errorf("got %q", line)
	}
	stop()
	if c := <-code; c != 0 {
		t.Errorf("exit code %d", c)
	}
}

func TestCalledWrongly(t *testing.T) {
	for _, args := range [][]string{
		{},
		{"dance"},
		{"login"},
		{"login", "--anonymous"},
		{"login", "--c2s", "h:1"},
		{"login", "--url", "http://h/elsewhere", "--anonymous"},
		{"login", "--url", "http://h/http-bind", "--c2s", "h:1", "--anonymous"},
		{"login", "--header", "x"},
		{"service", "--no-such"},
	} {
		if code := run(testContext(t), args, noEnv, strings.NewReader(""), io.Discard, io.Discard); code != 2 {
			t.Errorf("%q: exit code %d, want 2", args, code)
		}
	}
	if code := run(testContext(t), []string{"service", "--user", "focus"}, noEnv, nil, io.Discard, io.Discard); code != 1 {
		t.Errorf("a service without a password: exit code %d, want 1", code)
	}
}
