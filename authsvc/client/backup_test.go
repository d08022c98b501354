package client_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"testing"

	"github.com/jitsiauth/server/authsvc/client"
)

// What is cut off or altered on its way is no backup.
func TestBackupNoticesDamage(t *testing.T) {
	sum := sha256.Sum256([]byte("the whole copy"))
	digest := "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
	for _, test := range []struct {
		name, digest, length, body string
		incomplete, ok             bool
	}{
		{"whole", digest, "14", "the whole copy", false, true},
		{"among other digests", "md5=:abcd:, " + digest + ", sha-512=:AA==:", "14", "the whole copy", false, true},
		{"chunked", digest, "", "the whole copy", false, true},
		{"cut off", digest, "14", "the whole", true, false},
		{"chunked and cut off", digest, "", "the whole", true, false},
		{"altered", digest, "14", "the whole Copy", true, false},
		{"empty", digest, "0", "", true, false},
		{"no digest", "", "14", "the whole copy", false, false},
		{"no such digest", "sha-256=:???:", "14", "the whole copy", false, false},
		{"short digest", "sha-256=:AAAA:", "14", "the whole copy", false, false},
	} {
		c := serving(t, func(w http.ResponseWriter, _ *http.Request) {
			if test.digest != "" {
				w.Header().Set("Repr-Digest", test.digest)
			}
			if test.length != "" {
				w.Header().Set("Content-Length", test.length)
			}
			_, _ = w.Write([]byte(test.body))
		})
		var got bytes.Buffer
		size, err := c.Backup(t.Context(), &got)
		if (err == nil) != test.ok || errors.Is(err, client.ErrIncomplete) != test.incomplete {
			t.Errorf("%s: %d, %v", test.name, size, err)
		}
		if test.ok && got.String() != test.body {
			t.Errorf("%s: %q", test.name, got.String())
		}
	}
}

// A disk that is full is not the service's fault.
func TestBackupReportsWriter(t *testing.T) {
	sum := sha256.Sum256([]byte("copy"))
	c := serving(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(sum[:])+":")
		_, _ = w.Write([]byte("copy"))
	})
	if _, err := c.Backup(t.Context(), full{}); !errors.Is(err, errFull) || errors.Is(err, client.ErrIncomplete) {
		t.Error(err)
	}
}

var errFull = errors.New("disk full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }
