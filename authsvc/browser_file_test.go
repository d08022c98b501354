package authsvc_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

const (
	importPage = "/accounts/import"
	importJob  = "/accounts/import/job"
)

// fetch is send for what may be a file: the answer is not held to be a page.
func (w *browser) fetch(method, path, contentType string, body io.Reader) shown {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.base+path, body)
	if err != nil {
		w.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	for name, value := range w.headers {
		req.Header.Set(name, value)
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
	return shown{resp, string(text)}
}

// download posts the fields and returns the file that comes.
func (w *browser) download(path string, fields ...string) shown {
	w.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	got := w.fetch(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	if got.StatusCode != http.StatusOK || !strings.HasPrefix(got.Header.Get("Content-Disposition"), "attachment; filename=") ||
		got.Header.Get("Cache-Control") != "no-store" || got.Header.Get("Content-Security-Policy") == "" {
		w.t.Errorf("%d %v\n%s", got.StatusCode, got.Header, got.body)
	}
	return got
}

// multipartForm is what a browser sends of a form with a file.
func multipartForm(file string, fields ...string) (contentType string, body *bytes.Buffer) {
	body = new(bytes.Buffer)
	out := multipart.NewWriter(body)
	part, _ := out.CreateFormFile("file", `C:\x\社員 <b>list.csv`)
	_, _ = io.WriteString(part, file)
	for i := 0; i < len(fields); i += 2 {
		_ = out.WriteField(fields[i], fields[i+1])
	}
	_ = out.Close()
	return out.FormDataContentType(), body
}

func (w *browser) upload(file string, fields ...string) shown {
	w.t.Helper()
	if len(fields) == 0 {
		fields = []string{"mode", "create", "generate", "on"}
	}
	contentType, body := multipartForm(file, fields...)
	got := w.fetch(http.MethodPost, importPage, contentType, body)
	w.check(got, importPage)
	return got
}

var uploadID = regexp.MustCompile(`name="upload" value="([A-Z2-7]+)"`)

// begin confirms what the preview shows.
func (w *browser) begin() shown {
	w.t.Helper()
	got := w.get(importJob)
	id := uploadID.FindStringSubmatch(got.body)
	if id == nil {
		w.t.Fatalf("nothing to begin: %d\n%s", got.StatusCode, got.body)
	}
	return w.post(importJob, "upload", id[1])
}

// finish waits until the import doesn't run any more.
func (w *browser) finish() shown {
	w.t.Helper()
	var got shown
	waitUntil(w.t.(*testing.T), func() bool {
		got = w.get(importJob)
		return !strings.Contains(got.body, "data-refresh")
	})
	return got
}
