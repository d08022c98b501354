package authsvc_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/boltstore"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// copyStore has backups of any content, and says when each was closed.
type copyStore struct {
	jitsiauth.Store
	content []byte
	delay   time.Duration // what copying takes
	closed  atomic.Int32
	ended   atomic.Int32 // copies that their caller didn't wait for
}

type copyFile struct {
	io.Reader
	closed *atomic.Int32
}

func (f copyFile) Close() error { f.closed.Add(1); return nil }

func (s *copyStore) Backup(ctx context.Context, _ jitsiauth.Change) (*jitsiauth.Backup, error) {
	select {
	case <-time.After(s.delay):
	case <-ctx.Done():
		s.ended.Add(1)
		return nil, ctx.Err()
	}
	return &jitsiauth.Backup{
		ReadCloser: copyFile{bytes.NewReader(s.content), &s.closed}, Size: int64(len(s.content)), SHA256: sha256.Sum256(s.content),
	}, nil
}

// noise is more than the sockets between two ends take in.
func noise(size int) []byte {
	content := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(content)
	return content
}

func boltBench(t *testing.T) (*bench, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	store, err := boltstore.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return newBenchOn(t, store, authsvc.Options{}), path
}

func TestBackupDownload(t *testing.T) {
	b, path := boltBench(t)
	b.addUser("alice@meet.jitsi")
	var got bytes.Buffer
	size, err := b.client(jitsiauth.ScopeAdmin).Backup(t.Context(), &got)
	if err != nil || size != int64(got.Len()) {
		t.Fatal(size, err)
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(copied, got.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if found, err := boltstore.CheckFile(t.Context(), copied, nil); err != nil || found.Accounts != 1 || found.Tokens != 1 {
		t.Errorf("%+v, %v", found, err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	last := jitsiauth.Change{}
	for change, err := range b.svc.Changes(t.Context(), jitsiauth.Position{}) {
		if err != nil {
			t.Fatal(err)
		}
		last = change
	}
	if last.Action != jitsiauth.BackupMade || last.Actor != jitsiauth.ActorToken || !last.Source.IsLoopback() {
		t.Errorf("%+v", last)
	}
}

func TestBackupHeaders(t *testing.T) {
	store := &copyStore{Store: memstore.New(), content: []byte("copy")}
	b := newBenchOn(t, store, authsvc.Options{})
	got, sum := b.send(http.MethodGet, "/api/v1/backup", b.secret(jitsiauth.ScopeAdmin), ""), sha256.Sum256(store.content)
	for name, want := range map[string]string{
		"Content-Type":        "application/octet-stream",
		"Content-Length":      "4",
		"Content-Disposition": `attachment; filename="jitsiauth-20261123T100000Z.db"`,
		"Repr-Digest":         "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":",
		"Cache-Control":       "no-store",
	} {
		if got.Header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.Header.Get(name), want)
		}
	}
	if got.StatusCode != http.StatusOK || got.body != "copy" || store.closed.Load() != 1 {
		t.Error(got.StatusCode, got.body, store.closed.Load())
	}
	if got := b.send(http.MethodGet, "/api/v1/backup?x=1", b.secret(jitsiauth.ScopeAdmin), ""); got.problem(t).Code != api.CodeUnknownParameter {
		t.Error(got.body)
	}
}

func TestBackupRefused(t *testing.T) {
	b := newBench(t)
	if _, err := b.client(jitsiauth.ScopeAdmin).Backup(t.Context(), io.Discard); !errors.Is(err, jitsiauth.ErrNoBackup) {
		t.Errorf("memstore: %v", err)
	}
	if got := b.send(http.MethodGet, "/api/v1/backup", b.secret(jitsiauth.ScopeAdmin), ""); got.StatusCode != http.StatusNotImplemented {
		t.Error(got.StatusCode)
	}
	bound := b.clientWith(b.boundSecret([]string{"meet.jitsi"}, jitsiauth.ScopeAdmin))
	if _, err := bound.Backup(t.Context(), io.Discard); !errors.Is(err, jitsiauth.ErrForbidden) {
		t.Errorf("bound: %v", err)
	}
}

// stalled asks for a backup, takes the headers and a little, and no more.
func stalled(t *testing.T, b *bench) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(b.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_, err = fmt.Fprintf(conn, "GET /api/v1/backup HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", b.secret(jitsiauth.ScopeAdmin))
	head := make([]byte, 12)
	if _, readErr := io.ReadFull(conn, head); err != nil || readErr != nil || string(head) != "HTTP/1.1 200" {
		t.Fatal(string(head), err, readErr)
	}
	return conn
}

// TestStalledBackup: while its reader takes nothing, accounts are disabled at
// once, another backup is told to wait, and the next one after it is made.
func TestStalledBackup(t *testing.T) {
	b, path := boltBench(t)
	alice := b.addUser("alice@meet.jitsi")
	grow(t, b, b.addUser("bob@meet.jitsi").ID)
	conn := stalled(t, b)
	c := b.client(jitsiauth.ScopeAdmin)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for range 20 {
		if _, err := b.svc.Disable(ctx, alice.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := b.svc.Enable(ctx, alice.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.UpdateUser(ctx, "alice", api.UserPatch{Disabled: api.Some(true)}); err != nil {
		t.Fatal(err)
	}
	_, err := c.Backup(ctx, io.Discard)
	var refused *client.Error
	if !errors.As(err, &refused) || refused.Status != http.StatusServiceUnavailable || refused.Code != api.CodeOverloaded || refused.RetryAfter <= 0 {
		t.Errorf("a second one: %v", err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("a copy has a name: %v, %v", entries, err)
	}
	_ = conn.Close()
	for err = errors.New("not asked"); err != nil && ctx.Err() == nil; _, err = c.Backup(ctx, io.Discard) {
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		t.Errorf("after the first one: %v", err)
	}
}

// grow makes the file so large that no socket takes it all in, by a note that
// no caller could write.
func grow(t *testing.T, b *bench, id jitsiauth.ID) {
	t.Helper()
	note := strings.Repeat("n", 24<<20)
	_, err := b.store.UpdateUser(t.Context(), id, func(r jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
		r.Note = note
		return r, nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestStalledReaderIsCutOff once it has taken nothing for long enough; the copy
// is gone, and the log says so.
func TestStalledReaderIsCutOff(t *testing.T) {
	store := &copyStore{Store: memstore.New(), content: noise(24 << 20)}
	b := newBenchOn(t, store, authsvc.Options{})
	b.server.SetStall(time.Second)
	stalled(t, b)
	for deadline := time.Now().Add(patience); store.closed.Load() == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it is waited for")
		}
	}
	for deadline := time.Now().Add(patience); !strings.Contains(b.log.String(), "answer cut off"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not logged")
		}
	}
}

// TestSlowReader gets all of it, although that takes longer than an answer may
// that is sent in one piece, and longer than its request had for coming.
func TestSlowReader(t *testing.T) {
	store := &copyStore{Store: memstore.New(), content: noise(24 << 20), delay: 1500 * time.Millisecond}
	b := newBenchOn(t, store, authsvc.Options{})
	server, listener := b.server.HTTPServer(), listen(t)
	server.WriteTimeout = time.Second
	server.ReadTimeout = time.Second
	go func() { _ = server.Serve(listener) }()
	defer server.Close()
	c, err := client.New(client.Options{Server: "http://" + listener.Addr().String(), Token: b.secret(jitsiauth.ScopeAdmin)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	got := &slowWriter{}
	if size, err := c.Backup(t.Context(), got); err != nil || size != 24<<20 || got.waited < 2*time.Second {
		t.Error(size, err, got.waited)
	}
}

// TestHangUp: nobody copies on for a caller who has gone.
func TestHangUp(t *testing.T) {
	store := &copyStore{Store: memstore.New(), delay: 2 * patience}
	b := newBenchOn(t, store, authsvc.Options{})
	c := b.client(jitsiauth.ScopeAdmin)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if _, err := c.Backup(ctx, io.Discard); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	for deadline := time.Now().Add(patience); store.ended.Load() == 0 && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if store.ended.Load() != 1 {
		t.Error("the copy goes on")
	}
}

type slowWriter struct {
	count  int
	waited time.Duration
}

func (w *slowWriter) Write(p []byte) (int, error) {
	if w.count++; w.count%30 == 0 {
		const pause = 100 * time.Millisecond
		time.Sleep(pause)
		w.waited += pause
	}
	return len(p), nil
}
