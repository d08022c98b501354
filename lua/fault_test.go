package lua_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
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
		for _, fault := range []struct {
			name string
			by   http.HandlerFunc
		}{
			{"hung", w.relay.hang},
			{"slow", w.relay.slow(6*time.Second, echo(ok))},
			{"closed without a word", raw("")},
			{"header cut off", raw("HTTP/1.1 200 OK\r\nContent-Le")},
			{"header only", raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n")},
			{"body cut off", cutOff(ok, 20)},
			{"chunked body cut off", raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{\"id\"")},
			{"no HTTP", raw("SSH-2.0-OpenSSH_9.2\r\n")},
			{"HTML", says(200, "<html>It works!</html>")},
			{"empty", says(200, "")},
			{"null", says(200, "null")},
			{"true", says(200, "true")},
			{"another question's answer", says(200, fmt.Sprintf(ok, "0123456789abcdef"))},
			{"another person's answer", echo(strings.Replace(ok, "alice", "bob", 1))},
			{"a verdict of no kind", echo(`{"id":"%s","result":"perhaps"}`)},
			{"100", raw("HTTP/1.1 100 Continue\r\n\r\n")},
			{"204", says(204, "")},
			{"302", redirect},
			{"401", says(401, `{"code":"bad_token"}`)},
			{"403", says(403, `{"code":"scope_missing"}`)},
			{"404", says(404, `{}`)},
			{"422", says(422, `{"code":"unknown_domain"}`)},
			{"429", says(429, `{}`)},
			{"500", says(500, `{}`)},
			{"503", says(503, `{}`)},
		} {
			t.Run(fault.name, func(t *testing.T) {
				w := *w
				w.t = t
				w.relay.breakBy(fault.by)
				pings := pingDuring(t, meeting, func() {
					began := time.Now()
					w.expect(xmpptest.WebSocket, "alice", "right", "temporary-auth-failure")
					// 2 s are configured; what is above allows for a busy machine.
					if took := time.Since(began); took > 15*time.Second {
						t.Errorf("the refusal took %v", took)
					}
				})
				// A ping that waited for the verdict would take the whole deadline.
				if pings > 1500*time.Millisecond {
					t.Errorf("meanwhile a ping took %v", pings)
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

// pingDuring runs work and returns the longest round trip of a ping meanwhile.
func pingDuring(t *testing.T, conn *xmpptest.Conn, work func()) time.Duration {
	t.Helper()
	stop := make(chan struct{})
	longest := make(chan time.Duration)
	go func() {
		var most time.Duration
		for {
			took, err := conn.Ping(t.Context(), "")
			if err != nil {
				t.Errorf("ping: %v", err)
			}
			most = max(most, took)
			select {
			case <-stop:
				longest <- most
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	work()
	close(stop)
	return <-longest
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
		w := newWorld(t, options{version: v, host: "http_auth_timeout = 1"})
		w.add("alice", "right")
		w.add("bob", "right")
		w.relay.breakBy(w.relay.slow(2*time.Second, echo(`{"id":"%s","result":"ok","user":{"id":"x","jid":"alice@meet.jitsi"}}`)))
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
	w := newWorld(t, options{version: "13.0", host: "http_auth_timeout = 1"})
	w.add("alice", "the right secret")
	w.relay.breakBy(says(401, `{"code":"bad_token"}`))
	w.expect(xmpptest.TCP, "alice", "the right secret", "temporary-auth-failure")
	w.relay.breakBy(nil)
	w.expect(xmpptest.TCP, "alice", "the right secret", "ok")
	w.expect(xmpptest.TCP, "alice", "the wrong secret", "not-authorized")
	for where, text := range map[string]string{"Prosody's": w.prosody.Log(), "the service's": w.service.Log()} {
		for _, secret := range []string{"the right secret", "the wrong secret", "jitsiauth_"} {
			if strings.Contains(text, secret) {
				t.Errorf("%q stands in %s log", secret, where)
			}
		}
	}
	if !strings.Contains(w.prosody.Log(), "401") {
		t.Error("Prosody's log does not say that the token was refused")
	}
}
