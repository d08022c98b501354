package authsvc_test

import (
	"encoding/xml"
	"errors"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// browser is one with a jar of its own, which follows no redirect by itself.
type browser struct {
	t       testing.TB
	base    string
	client  *http.Client
	headers map[string]string // of each request
}

// browser returns one at http://127.0.0.1.
func (b *bench) browser() *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{t: b.t, base: b.url, headers: map[string]string{"Accept-Language": "en"}, client: &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// behindTLS is a bench whose pages come by way of a proxy with TLS.
func behindTLS(t testing.TB) *bench {
	t.Helper()
	return newBenchOn(t, memstore.New(), authsvc.Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
}

// https returns a browser that such a proxy forwards for.
func (b *bench) https() *browser {
	w := b.browser()
	w.headers["X-Forwarded-Proto"], w.headers["X-Forwarded-For"] = "https", "203.0.113.9"
	return w
}

// shown is what a browser got.
type shown struct {
	*http.Response
	body string
}

func (w *browser) send(method, path string, form url.Values, headers ...string) shown {
	w.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.base+path, body)
	if err != nil {
		w.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range w.headers {
		req.Header.Set(name, value)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
	}
	resp, err := w.client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	got := shown{resp, string(text)}
	w.check(got, path)
	return got
}

// check holds every answer to what all pages promise.
func (w *browser) check(got shown, path string) {
	w.t.Helper()
	if strings.HasPrefix(path, "/accounts/static/") && got.StatusCode == http.StatusOK {
		return
	}
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		"Referrer-Policy":         "no-referrer", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex",
	} {
		if got.Header.Get(name) != want {
			w.t.Errorf("%s: %s is %q, want %q", path, name, got.Header.Get(name), want)
		}
	}
	if got.StatusCode == http.StatusSeeOther {
		return
	}
	if got.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		w.t.Errorf("%s: %d %s\n%s", path, got.StatusCode, got.Header.Get("Content-Type"), got.body)
		return
	}
	if err := wellFormed(got.body); err != nil {
		w.t.Errorf("%s: %v\n%s", path, err, got.body)
	}
}

// wellFormed reads the page strictly: each tag is closed but those that never
// are, each attribute has its quotes, no ID stands there twice, and what a label
// or description points at is there.
func wellFormed(page string) error {
	body, ok := strings.CutPrefix(page, "<!doctype html>")
	if !ok {
		return errors.New("no doctype")
	}
	body = regexp.MustCompile(`("|<[a-z]+) (required|autofocus|readonly|hidden|checked|selected|open|disabled|defer|multiple|data-again)([ >])`).ReplaceAllString(body, `$1 $2="$2"$3`)
	body = regexp.MustCompile(`("|<[a-z]+) (required|autofocus|readonly|hidden|checked|selected|open|disabled|defer|multiple|data-again)([ >])`).ReplaceAllString(body, `$1 $2="$2"$3`)
	body = regexp.MustCompile(`<(meta|link|input|br|img|hr)([^>]*)>`).ReplaceAllString(body, `<$1$2/>`)
	dec := xml.NewDecoder(strings.NewReader(body))
	dec.Entity = xml.HTMLEntity
	ids, wanted := map[string]bool{}, map[string]bool{}
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range start.Attr {
			switch a.Name.Local {
			case "id":
				if ids[a.Value] {
					return errors.New("the id " + a.Value + " stands there twice")
				}
				ids[a.Value] = true
			case "for", "aria-describedby", "aria-labelledby":
				for word := range strings.FieldsSeq(a.Value) {
					wanted[word] = true
				}
			case "style", "onclick", "onload":
				return errors.New("the policy refuses " + a.Name.Local)
			}
		}
	}
	for id := range wanted {
		if !ids[id] {
			return errors.New("nothing has the id " + id)
		}
	}
	return nil
}

func (w *browser) get(path string, headers ...string) shown {
	w.t.Helper()
	return w.send(http.MethodGet, path, nil, headers...)
}

// post sends a form with the fields, as pairs.
func (w *browser) post(path string, fields ...string) shown {
	w.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return w.send(http.MethodPost, path, form)
}

func (w *browser) logIn(name string) shown {
	w.t.Helper()
	got := w.post("/accounts/login", "name", name, "password", password)
	got.wantRedirect(w.t, "/accounts/")
	return got
}

// in reports whether the browser is logged in.
func (w *browser) in() bool {
	w.t.Helper()
	return w.get("/accounts/").StatusCode == http.StatusOK
}

// want fails unless the answer has the status, and the texts as a reader sees them.
func (got shown) want(t testing.TB, status int, texts ...string) {
	t.Helper()
	if got.StatusCode != status {
		t.Errorf("%d, want %d: %s", got.StatusCode, status, got.body)
	}
	for _, text := range texts {
		if !strings.Contains(html.UnescapeString(got.body), text) {
			t.Errorf("%q is not in\n%s", text, got.body)
		}
	}
}

func (got shown) wantRedirect(t testing.TB, to string) {
	t.Helper()
	if got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != to {
		t.Errorf("%d to %q, want %q\n%s", got.StatusCode, got.Header.Get("Location"), to, got.body)
	}
}

// person makes an account that can log in with password.
func (b *bench) person(name string, role jitsiauth.Role) jitsiauth.User {
	return b.addUser(name+"@meet.jitsi", func(n *jitsiauth.NewUser) { n.Role = role })
}
