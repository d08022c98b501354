package client

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// ErrIncomplete: a download was cut off, or altered on its way. Throw away what
// was written.
var ErrIncomplete = errors.New("the download is not complete")

// Backup writes a copy of the service's whole store to w, password hashes
// included, and returns its size in bytes. It returns nil only for a copy that
// is complete: its length and SHA-256 are what the service said. It returns
// ErrIncomplete where they aren't, jitsiauth.ErrForbidden, or
// jitsiauth.ErrNoBackup; an *Error with RetryAfter means that another backup is
// under way.
func (c *Client) Backup(ctx context.Context, w io.Writer) (int64, error) {
	request, err := c.newRequest(ctx, call{method: http.MethodGet, path: "/api/v1/backup"})
	if err != nil {
		return 0, err
	}
	request.Header.Set("Accept", "application/octet-stream, application/problem+json")
	request.Header.Set("Accept-Encoding", "identity") // the digest is that of the bytes as they are
	response, err := c.http.Do(request)
	if err != nil {
		return 0, withoutURL(err)
	}
	defer response.Body.Close() //nolint:errcheck // everything that matters has been read
	if response.StatusCode != http.StatusOK {
		return 0, readError(response, io.LimitReader(response.Body, maxAnswer))
	}
	want, ok := sha256From(response.Header.Get("Repr-Digest"))
	if !ok {
		return 0, errors.New("the answer has no digest: is that the service, or something before it?")
	}
	hash := sha256.New()
	size, err := io.Copy(io.MultiWriter(w, hash), response.Body)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return size, fmt.Errorf("%w: it was cut off after %d bytes", ErrIncomplete, size)
	case err != nil:
		return size, err
	case string(hash.Sum(nil)) != want:
		return size, fmt.Errorf("%w: its SHA-256 is another than the service said", ErrIncomplete)
	}
	return size, nil
}

// sha256From reads a header such as "sha-256=:…base64…:" (RFC 9530 §2), which
// may hold other digests, too.
func sha256From(header string) (string, bool) {
	for member := range strings.SplitSeq(header, ",") {
		encoded, ok := strings.CutPrefix(strings.TrimSpace(member), "sha-256=:")
		if !ok {
			continue
		}
		encoded, _, _ = strings.Cut(encoded, ":")
		sum, err := base64.StdEncoding.DecodeString(encoded)
		return string(sum), err == nil && len(sum) == sha256.Size
	}
	return "", false
}
