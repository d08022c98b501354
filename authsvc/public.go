package authsvc

import (
	"errors"
	"net/url"
	"strings"
)

// ParsePublicURL reads the address under which browsers reach Jitsi or the pages, such
// as "https://meet.example.org", and returns it without a slash at its end: what
// Options.PublicURL and PagesURL take. The pages lie below /accounts/ on that host, so there
// is no path; and people type passwords into them, so it is https, but for this
// machine itself. The error is a sentence without the name of the setting.
func ParsePublicURL(text string) (string, error) {
	u, err := url.Parse(strings.TrimSuffix(text, "/"))
	if err != nil || u.Host == "" || u.Hostname() == "" || u.Opaque != "" {
		return "", errors.New("must be an address like https://meet.example.org")
	}
	if u.Path != "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return "", errors.New("must be scheme and host alone, like https://meet.example.org: the pages lie below /accounts/ there")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		return "", errors.New("must begin with https://, as people type passwords there; http:// is for localhost alone")
	}
	return u.Scheme + "://" + strings.ToLower(u.Host), nil
}
