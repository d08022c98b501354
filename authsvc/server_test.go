package authsvc_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Serve stops when it is told to, but not before a login that is under way
// has its answer.
func TestStopFinishesLogins(t *testing.T) {
	b := newBench(t)
	b.addUser("alice@meet.jitsi")
	first, second := listen(t), listen(t)
	c, err := client.New(client.Options{Token: b.secret(jitsiauth.ScopeAuth), Server: "http://" + first.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	hashing, release := make(chan struct{}), make(chan struct{})
	b.store.set(func(method string) error {
		if method == "UserByJID" {
			close(hashing)
			<-release
		}
		return nil
	})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	served := make(chan error, 1)
	go func() { served <- b.server.Serve(ctx, first, second) }()
	answered := make(chan error, 1)
	go func() {
		_, err := c.Verify(t.Context(), question())
		answered <- err
	}()
	<-hashing
	stop()
	for { // the listeners close first
		conn, err := net.Dial("tcp", second.Addr().String())
		if err != nil {
			break
		}
		_ = conn.Close()
	}
	select {
	case err := <-served:
		t.Fatal("stopped while a login was under way:", err)
	default:
	}
	close(release)
	if err := <-answered; err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// Work that goes on after its request was answered is waited for as well.
func TestStopWaitsForWorkLeftBehind(t *testing.T) {
	b := newBench(t)
	b.addUser("alice@meet.jitsi")
	listener := listen(t)
	working, release, finished := make(chan struct{}), make(chan struct{}), make(chan struct{})
	secret := b.secret(jitsiauth.ScopeAuth)
	b.store.set(func(method string) error {
		if method == "UserByJID" {
			close(working)
			<-release
			close(finished)
		}
		return nil
	})
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- b.server.Serve(ctx, listener) }()
	impatient, hangUp := context.WithCancel(t.Context())
	c, err := client.New(client.Options{Token: secret, Server: "http://" + listener.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	left := make(chan error, 1)
	go func() {
		_, err := c.Verify(impatient, question())
		left <- err
	}()
	<-working
	hangUp()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	stop()
	close(release)
	if err := <-served; err != nil {
		t.Error(err)
	}
	select {
	case <-finished:
	default:
		t.Error("Serve returned while the store was in use")
	}
}

func TestServeReportsBrokenListener(t *testing.T) {
	b := newBench(t)
	broken, other := listen(t), listen(t)
	_ = broken.Close()
	if err := b.server.Serve(t.Context(), other, broken); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if conn, err := net.Dial("tcp", other.Addr().String()); err == nil {
		_ = conn.Close()
		t.Error("the other listener is still open")
	}
}

func TestDeadlinesAreSet(t *testing.T) {
	server := newBench(t).server.HTTPServer()
	if server.ReadHeaderTimeout <= 0 || server.ReadTimeout <= 0 || server.WriteTimeout <= 0 || server.IdleTimeout <= 0 ||
		server.MaxHeaderBytes != 16<<10 || server.ErrorLog == nil || server.ConnContext == nil {
		t.Errorf("%+v", server)
	}
}

func TestZeroOptions(t *testing.T) {
	svc, err := jitsiauth.New(memstore.New(), jitsiauth.Options{})
	if err != nil {
		t.Fatal(err)
	}
	listener := listen(t)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- authsvc.New(svc, authsvc.Options{}).Serve(ctx, listener) }()
	c, err := client.New(client.Options{Server: "http://" + listener.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.Healthy(t.Context()), c.Ready(t.Context())); err != nil {
		t.Error(err)
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestHealth(t *testing.T) {
	b := newBenchOn(t, memstore.New(), authsvc.Options{Version: "1.2.3"})
	for _, path := range []string{"/healthz", "/readyz"} {
		if got := b.send(http.MethodGet, path, "", ""); got.StatusCode != http.StatusOK || got.body != `{"status":"ok","version":"1.2.3"}` {
			t.Error(path, got.StatusCode, got.body)
		}
		if got := b.send(http.MethodHead, path, "", ""); got.StatusCode != http.StatusOK || got.body != "" {
			t.Error(path, got.StatusCode, got.body)
		}
	}
	release := make(chan struct{})
	defer close(release)
	for name, fail := range map[string]func() error{
		"fails": func() error { return errors.New("disk error") },
		"hangs": func() error { <-release; return nil },
	} {
		b.store.set(func(method string) error {
			if method == "Head" {
				return fail()
			}
			return nil
		})
		if got := b.send(http.MethodGet, "/healthz", "", ""); got.StatusCode != http.StatusOK {
			t.Error(name, got.StatusCode, got.body)
		}
		got := b.send(http.MethodGet, "/readyz", "", "")
		if got.StatusCode != http.StatusServiceUnavailable || got.problem(t).Code != api.CodeUnavailable || strings.Contains(got.body, "disk") {
			t.Error(name, got.StatusCode, got.body)
		}
	}
	if !strings.Contains(b.log.String(), "disk error") {
		t.Error("the cause is not logged")
	}
}

func TestAccessLog(t *testing.T) {
	b := newBench(t)
	got := b.send(http.MethodGet, "/api/v1/users/secret-name@meet.jitsi?x=secret-query", b.secret(jitsiauth.ScopeUsersRead), "")
	lost := b.send("BREW\x21", "/secret-path", "", "")
	if got.StatusCode != http.StatusNotFound || lost.StatusCode != http.StatusNotFound {
		t.Fatal(got.StatusCode, lost.StatusCode)
	}
	if strings.Contains(b.log.String(), "secret-") {
		t.Error("the log holds what was asked for:", b.log)
	}
	type line struct {
		Msg, Method, Route, Caller string
		Status, Bytes              int
		Duration                   time.Duration
		RequestID                  string `json:"request_id"`
	}
	var lines []line
	for text := range strings.Lines(b.log.String()) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatal(err)
		}
		if l.Msg == "request" {
			lines = append(lines, l)
		}
	}
	if len(lines) != 2 {
		t.Fatalf("%d lines: %s", len(lines), b.log)
	}
	l := lines[0]
	if l.Method != "GET" || l.Route != "/api/v1/users/:ref" || l.Status != 404 || l.Bytes != len(got.body) ||
		!strings.HasPrefix(l.Caller, "token:t") || l.Duration <= 0 || l.RequestID != got.Header.Get("X-Request-Id") {
		t.Errorf("%+v", l)
	}
	if l := lines[1]; l.Method != "BREW!" || l.Route != "-" || l.Caller != "-" {
		t.Errorf("%+v", l)
	}
}
