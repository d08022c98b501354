package lua_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// TestNoVerdict: whatever is wrong with the service, a login gets "no verdict",
// neither yes nor "wrong password"; others feel nothing; and logins work again
// at the first try once the service is back.
func TestNoVerdict(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v, host: "http_auth_timeout = 2"})
		w.add("alice", "right")
		meeting := w.join(xmpptest.WebSocket, "alice", "right")
		ok := `{"id":"%s","result":"ok","user":{"id":"x","jid":"alice@meet.jitsi"}}`
		// What the faults below spoil is a yes when it is whole, and in time.
		for _, whole := range []http.HandlerFunc{echo(ok), w.relay.slow(time.Second, echo(ok))} {
			w.relay.breakBy(whole)
			w.expect(xmpptest.WebSocket, "alice", "never asked for", "ok")
		}
		for _, fault := range []struct {
			name  string
			by    http.HandlerFunc
			waits bool // for the whole deadline
		}{
			{"hung", w.relay.hang, true},
			{"slow", w.relay.slow(6*time.Second, echo(ok)), true},
			{"closed without a word", raw(""), false},
			{"header cut off", raw("HTTP/1.1 200 OK\r\nContent-Le"), false},
			{"header only", raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n"), true},
			{"body cut off", cutOff(ok, 20), false},
			{"chunked body cut off", raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{\"id\""), false},
			{"no HTTP", raw("SSH-2.0-OpenSSH_9.2\r\n"), false},
			{"HTML", says(200, "<html>It works!</html>"), false},
			{"empty", says(200, ""), false},
			{"null", says(200, "null"), false},
			{"true", says(200, "true"), false},
			{"another question's answer", says(200, fmt.Sprintf(ok, "0123456789abcdef")), false},
			{"another person's answer", echo(strings.Replace(ok, "alice", "bob", 1)), false},
			{"a verdict of no kind", echo(`{"id":"%s","result":"perhaps"}`), false},
			{"100", raw("HTTP/1.1 100 Continue\r\n\r\n"), false},
			{"204", says(204, ""), false},
			{"302", redirect, false},
			{"401", says(401, `{"code":"bad_token"}`), false},
			{"403", says(403, `{"code":"scope_missing"}`), false},
			{"404", says(404, `{}`), false},
			{"422", says(422, `{"code":"unknown_domain"}`), false},
			{"429", says(429, `{}`), false},
			{"500", says(500, `{}`), false},
			{"503", says(503, `{}`), false},
		} {
			t.Run(fault.name, func(t *testing.T) {
				w := *w
				w.t = t
				w.relay.breakBy(fault.by)
				asked := len(w.relay.questions())
				began := time.Now()
				pings := pingDuring(t, meeting, func() bool { return len(w.relay.questions()) > asked }, func() {
					w.expect(xmpptest.WebSocket, "alice", "right", "temporary-auth-failure")
				})
				// 2 s are configured; what is above allows for a busy machine.
				if took := time.Since(began); took > 15*time.Second {
					t.Errorf("the refusal took %v", took)
				}
				// Had Prosody waited for the answer, or the pings for the login,
				// none could have come back meanwhile.
				if fault.waits && pings < 3 {
					t.Errorf("%d pings came back while the login waited", pings)
				}
				w.relay.breakBy(nil)
				w.expect(xmpptest.WebSocket, "alice", "right", "ok")
			})
		}
	})
}

// echo answers with the id that was asked with, put into the format.
func echo(format string) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		says(200, fmt.Sprintf(format, questionID(req)))(w, req)
	}
}

func cutOff(format string, after int) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		body := fmt.Sprintf(format, questionID(req))
		raw(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body[:after]))(w, req)
	}
}

func redirect(w http.ResponseWriter, req *http.Request) {
	http.Redirect(w, req, "/auth/verify", http.StatusFound)
}

func questionID(req *http.Request) string {
	var question struct{ ID string }
	_ = json.NewDecoder(req.Body).Decode(&question)
	return question.ID
}

// pingDuring runs work and returns how many pings came back between the moment
// that started reports and the end of work.
func pingDuring(t *testing.T, conn *xmpptest.Conn, started func() bool, work func()) (pings int) {
	t.Helper()
	// Not the pings' own context: one that ends while a ping is written takes the
	// WebSocket with it.
	going, stop := context.WithCancel(t.Context())
	var pinging sync.WaitGroup
	pinging.Go(func() {
		for going.Err() == nil {
			counts := started()
			if _, err := conn.Ping(t.Context(), ""); err != nil {
				t.Errorf("ping: %v", err)
				return
			}
			if counts && going.Err() == nil {
				pings++
			}
		}
	})
	end := func() {
		stop()
		pinging.Wait()
	}
	defer end() // also where work ends the test
	work()
	end()
	return pings
}

// The same with the real service: stopped, killed and started again.
func TestServiceStopsAndReturns(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v})
		w.add("alice", "right")
		meeting := w.join(xmpptest.WebSocket, "alice", "right")
		for _, end := range []func(){
			func() {
				if err := w.service.Stop(); err != nil {
					t.Error(err)
				}
			},
			w.service.Kill,
		} {
			end()
			w.expect(xmpptest.WebSocket, "alice", "right", "temporary-auth-failure")
			if err := w.service.Start(); err != nil {
				t.Fatal(err)
			}
			w.expect(xmpptest.WebSocket, "alice", "right", "ok")
		}
		if _, err := meeting.Ping(limit(t), ""); err != nil {
			t.Errorf("the meeting: %v", err)
		}
	})
}

// The answer of a question that was given up goes to nobody else: bob, with a
// wrong password, must not get the yes that was alice's.
func TestSwappedAnswer(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v, host: "http_auth_timeout = 2"})
		w.add("alice", "right")
		w.add("bob", "right")
		w.relay.breakBy(w.relay.slow(4*time.Second, echo(`{"id":"%s","result":"ok","user":{"id":"x","jid":"alice@meet.jitsi"}}`)))
		w.expect(xmpptest.TCP, "alice", "right", "temporary-auth-failure")
		w.relay.breakBy(nil)
		for range 5 {
			w.expect(xmpptest.TCP, "bob", "wrong", "not-authorized")
		}
		if _, err := xmpptest.Login(limit(t), xmpptest.TCP, w.prosody.Endpoint(), "bob", "wrong"); err == nil {
			t.Error("bob got in with a wrong password")
		}
	})
}

// Log lines tell the administrator what to do, and never the password.
func TestLogLines(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v})
		w.add("alice", "the right secret")
		w.relay.breakBy(says(401, `{"code":"bad_token"}`))
		w.expect(xmpptest.TCP, "alice", "the right secret", "temporary-auth-failure")
		w.relay.breakBy(nil)
		w.expect(xmpptest.TCP, "alice", "the right secret", "ok")
		w.expect(xmpptest.TCP, "alice", "the wrong secret", "not-authorized")
		for _, line := range []string{
			"No verdict: the service refuses this server's token",
			"The service gives verdicts again",
			"Login of alice from 127.0.0.1 over c2s: bad_credentials",
		} {
			if _, err := w.prosody.WaitLog(limit(t), line); err != nil {
				t.Errorf("no line %q: %v", line, err)
			}
		}
		for where, text := range map[string]string{"Prosody's": w.prosody.Log(), "the service's": w.service.Log()} {
			for _, secret := range []string{"the right secret", "the wrong secret", "jitsiauth_"} {
				if strings.Contains(text, secret) {
					t.Errorf("%q stands in %s log", secret, where)
				}
			}
		}
	})
}
