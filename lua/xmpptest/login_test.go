package xmpptest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

const password = "correct horse battery"

// testContext bounds a whole test, generously.
func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// startWithAccounts runs a Prosody with the accounts alice and bob.
func startWithAccounts(t *testing.T, v prosodytest.Version) *prosodytest.Server {
	t.Helper()
	s := prosodytest.StartTest(t, prosodytest.Config{Version: v})
	for _, user := range []string{"alice", "bob"} {
		if err := s.Register(testContext(t), user, s.Domain, password); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// everyWay runs f for each version and transport, at once.
func everyWay(t *testing.T, f func(t *testing.T, s *prosodytest.Server, w xmpptest.Transport)) {
	t.Helper()
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		t.Parallel()
		s := startWithAccounts(t, v)
		for _, w := range xmpptest.Transports {
			t.Run(string(w), func(t *testing.T) {
				t.Parallel()
				f(t, s, w)
			})
		}
	})
}

func refusal(t *testing.T, err error) string {
	t.Helper()
	var refused *xmpptest.SASLError
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want a SASLError", err)
	}
	return refused.Condition
}

func TestLogin(t *testing.T) {
	everyWay(t, func(t *testing.T, s *prosodytest.Server, w xmpptest.Transport) {
		c, err := xmpptest.Login(testContext(t), w, s.Endpoint(), "alice", password)
		if err != nil {
			t.Fatal(err)
		}
		if jid := c.JID(); !strings.HasPrefix(jid, "alice@"+s.Domain+"/") {
			t.Errorf("JID %q", jid)
		}
		if took, err := c.Ping(testContext(t), ""); err != nil || took <= 0 {
			t.Errorf("ping: %v, %v", took, err)
		}
		var refused *xmpptest.StanzaError
		_, err = c.IQ(testContext(t), "get", "", "<query xmlns='urn:example:nothing'/>")
		if !errors.As(err, &refused) || refused.Condition != "service-unavailable" {
			t.Errorf("an unknown query: %v, want service-unavailable", err)
		}
		if c.Err() != nil {
			t.Errorf("Err of a live stream: %v", c.Err())
		}
		_ = c.Close()
		select {
		case <-c.Done():
		default:
			t.Error("Done is open after Close")
		}
		if !errors.Is(c.Err(), xmpptest.ErrClosed) {
			t.Errorf("Err after Close: %v", c.Err())
		}
		if err := c.SendGroupchat(testContext(t), "r@"+s.MUC, "x"); !errors.Is(err, xmpptest.ErrClosed) {
			t.Errorf("Send after Close: %v", err)
		}
	})
}

func TestRefusalsThenLoginOnTheSameStream(t *testing.T) {
	everyWay(t, func(t *testing.T, s *prosodytest.Server, w xmpptest.Transport) {
		ctx := testContext(t)
		c, err := xmpptest.Dial(ctx, w, s.Endpoint())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		if !slices.Contains(c.Mechanisms(), "PLAIN") || slices.Contains(c.Mechanisms(), "ANONYMOUS") {
			t.Errorf("mechanisms %q, want PLAIN and no ANONYMOUS", c.Mechanisms())
		}
		for _, try := range []struct{ mechanism, response, want string }{
			{"PLAIN", "\x00alice\x00wrong", "not-authorized"},
			{"PLAIN", "\x00nobody\x00wrong", "not-authorized"},
			{"PLAIN", "alice", "malformed-request"},
			{"PLAIN", "\x00alice\x00\xff", "malformed-request"},
			{"NO-SUCH", "x", "invalid-mechanism"},
		} {
			got := refusal(t, c.AuthRaw(ctx, try.mechanism, []byte(try.response)))
			if got != try.want {
				t.Errorf("%s %q: %s, want %s", try.mechanism, try.response, got, try.want)
			}
		}
		if err := c.Auth(ctx, "alice", password); err != nil {
			t.Fatal(err)
		}
		resource := "here & <now>"
		jid, err := c.Bind(ctx, resource)
		if err != nil {
			t.Fatal(err)
		}
		if want := "alice@" + s.Domain + "/" + resource; jid != want {
			t.Errorf("JID %q, want %q", jid, want)
		}
	})
}

func TestAnonymousGuest(t *testing.T) {
	everyWay(t, func(t *testing.T, s *prosodytest.Server, w xmpptest.Transport) {
		c, err := xmpptest.LoginAnonymous(testContext(t), w, s.Endpoint().On(s.Guest))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		if !slices.Equal(c.Mechanisms(), []string{"ANONYMOUS"}) {
			t.Errorf("mechanisms %q", c.Mechanisms())
		}
		if jid := c.JID(); !strings.Contains(jid, "@"+s.Guest+"/") {
			t.Errorf("JID %q", jid)
		}
	})
}

func TestDialFails(t *testing.T) {
	everyWay(t, func(t *testing.T, s *prosodytest.Server, w xmpptest.Transport) {
		ctx := testContext(t)
		want := "host-unknown"
		if w == xmpptest.BOSH {
			want = "improper-addressing" // XEP-0124's own condition
		}
		var ended *xmpptest.StreamError
		_, err := xmpptest.Dial(ctx, w, s.Endpoint().On("elsewhere.example"))
		if !errors.As(err, &ended) || ended.Condition != want {
			t.Errorf("a host not served: %v, want %s", err, want)
		}
		nowhere := s.Endpoint()
		nowhere.C2S, nowhere.HTTP = "127.0.0.1:1", "127.0.0.1:1"
		if _, err := xmpptest.Dial(ctx, w, nowhere); err == nil {
			t.Error("nobody listens, yet Dial succeeded")
		}
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := xmpptest.Dial(gone, w, s.Endpoint()); !errors.Is(err, context.Canceled) {
			t.Errorf("with an ended context: %v", err)
		}
	})
}

func TestCertificateIsChecked(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		t.Parallel()
		e := prosodytest.StartTest(t, prosodytest.Config{Version: v}).Endpoint()
		e.RootCAs = nil // the system trusts no certificate made here
		if _, err := xmpptest.Dial(testContext(t), xmpptest.TCP, e); err == nil || !strings.Contains(err.Error(), "x509") {
			t.Errorf("got %v, want a refusal of the certificate", err)
		}
	})
}
