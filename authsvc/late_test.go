package authsvc_test

import (
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// A handler that hangs is answered for, under any server, and what it writes
// when it comes back goes nowhere; others are not disturbed.
func TestHangingHandlerIsAnsweredFor(t *testing.T) {
	b := newBench(t)
	b.addUser("alice@meet.jitsi")
	secret := b.secret(jitsiauth.ScopeAuth)
	var server strings.Builder
	plain := httptest.NewUnstartedServer(b.server) // not as HTTPServer sets it up
	plain.Config.ErrorLog = log.New(&server, "", 0)
	plain.Start()
	defer plain.Close()
	release, back := make(chan struct{}), make(chan struct{})
	b.store.set(func(method string) error {
		if method == "UserByJID" {
			<-release
			close(back)
		}
		return nil
	})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, plain.URL+"/auth/verify", strings.NewReader(asJSON(t, question())))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+secret)
	begun := time.Now()
	response, err := b.wire.RoundTrip(request) // held to openapi.yaml
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(begun)
	if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" || !response.Close {
		t.Errorf("%d %v", response.StatusCode, response.Header)
	}
	_ = response.Body.Close()
	if took < 4*time.Second {
		t.Errorf("answered after %v, before the handler's own time was up", took)
	}
	b.waitForLog("request hangs")
	if log := b.log.String(); !strings.Contains(log, response.Header.Get("X-Request-Id")) {
		t.Errorf("the log does not say which request: %s", log)
	}
	b.store.set(nil)
	if got := b.send(http.MethodPost, "/auth/verify", secret, asJSON(t, question())); got.StatusCode != http.StatusOK {
		t.Errorf("another login meanwhile: %d %s", got.StatusCode, got.body)
	}
	close(release)
	<-back
	b.waitForLog(`"status":503`) // the handler's line in the access log
	if log := server.String(); log != "" {
		t.Errorf("the server complains: %s", log)
	}
	if got := b.send(http.MethodPost, "/auth/verify", secret, asJSON(t, question())); got.StatusCode != http.StatusOK {
		t.Errorf("afterwards: %d %s", got.StatusCode, got.body)
	}
}

// waitForLog waits until the service's log holds the text.
func (b *bench) waitForLog(text string) {
	b.t.Helper()
	for range 500 {
		if strings.Contains(b.log.String(), text) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.t.Errorf("the log does not hold %q: %s", text, b.log.String())
}
