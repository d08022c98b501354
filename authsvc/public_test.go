package authsvc_test

import (
	"strings"
	"testing"

	"github.com/jitsiauth/server/authsvc"
)

func TestParsePublicURL(t *testing.T) {
	for text, want := range map[string]string{
		"https://meet.example.org":       "https://meet.example.org",
		"https://Meet.Example.org/":      "https://meet.example.org",
		"https://meet.example.org:8443":  "https://meet.example.org:8443",
		"HTTPS://meet.example.org":       "https://meet.example.org",
		"https://[2001:db8::1]":          "https://[2001:db8::1]",
		"http://localhost:8000":          "http://localhost:8000",
		"http://127.0.0.1:8000":          "http://127.0.0.1:8000",
		"http://[::1]":                   "http://[::1]",
		"http://meet.example.org":        "https://",
		"ftp://meet.example.org":         "https://",
		"":                               "like https://",
		"meet.example.org":               "like https://",
		"meet.example.org:443":           "like https://",
		"https://":                       "like https://",
		"https://:443":                   "like https://",
		"//meet.example.org":             "https://",
		"https:meet.example.org":         "like https://",
		"https://meet.example.org/jitsi": "alone",
		"https://meet.example.org//":     "alone",
		"https://meet.example.org?a":     "alone",
		"https://meet.example.org?":      "alone",
		"https://meet.example.org#a":     "alone",
		"https://me:secret@example.org":  "alone",
		"https://meet.example.org:x":     "like https://",
		"https://a b":                    "like https://",
	} {
		got, err := authsvc.ParsePublicURL(text)
		if err != nil {
			got = err.Error()
			if !strings.Contains(got, want) || strings.HasPrefix(want, "http") && len(want) > len("https://") || strings.Contains(got, "secret") {
				t.Errorf("%q: %s, want %q", text, got, want)
			}
		} else if got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
