package authsvc_test

import (
	"net/http"
	"strings"
	"testing"
)

// Who opened a page is told in a page that nothing answers, in their language, and
// with all headers that pages have (see check).
func TestHangingPageIsAnsweredFor(t *testing.T) {
	b := newBench(t)
	release := make(chan struct{})
	b.server.AddHangingPage(func() { <-release })
	for lang, text := range map[string]string{"en": "The service is busy", "ja": "サービスが混み合っているか"} {
		w := b.browser()
		w.headers["Accept-Language"] = lang
		got := w.get("/accounts/test/hangs")
		got.want(t, http.StatusServiceUnavailable, text, `<html lang="`+lang+`">`, got.Header.Get("X-Request-Id"), `href="/accounts/"`)
		if got.Header.Get("Retry-After") == "" || got.Header.Get("X-Request-Id") == "" || !got.Close {
			t.Errorf("%v", got.Header)
		}
	}
	b.waitForLog(`"route":"/accounts/test/hangs","answered":true`)
	close(release)
	b.waitForLog(`"status":503`)
	if log := b.log.String(); strings.Contains(log, "answer not made") || strings.Contains(log, `"msg":"panic"`) {
		t.Error(log)
	}
}
