package compose_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"
)

// get asks web as a browser does.
func (w *world) get(t *testing.T, path string) (status int, body string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // self-signed
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+w.https+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return 0, "", err
	}
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text), errors.Join(err, answer.Body.Close())
}

func (w *world) mustGet(t *testing.T, path string) (status int, body string) {
	t.Helper()
	status, body, err := w.get(t, path)
	if err != nil {
		t.Fatal(err)
	}
	return status, body
}

// waitForWeb waits until Jitsi's own page is there, and BOSH, which is Prosody's.
func (w *world) waitForWeb(t *testing.T) {
	t.Helper()
	eventually(t, "web answers", func() bool {
		status, _, err := w.get(t, "/")
		if err != nil || status != http.StatusOK {
			return false
		}
		status, _, err = w.get(t, "/http-bind")
		return err == nil && status < http.StatusInternalServerError
	})
}
