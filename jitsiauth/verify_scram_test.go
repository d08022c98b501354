package jitsiauth_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// The first good login makes bcrypt of a record of Prosody's, and nothing that
// anybody sees or follows.
func TestSCRAMBecomesBcrypt(t *testing.T) {
	b := newBench(t)
	b.only(t, jitsiauth.ImportOptions{}, line(t, "alice", scram))
	before, head := b.record(t, "alice"), b.head(t)
	for _, wrong := range []string{"Pencil", "pencil ", "", pencil, strings.Repeat("pencil", 100)} {
		if err := b.verify(t, "alice", wrong); !errors.Is(err, jitsiauth.ErrBadCredentials) {
			t.Errorf("%.10s: %v", wrong, err)
		}
	}
	if b.record(t, "alice") != before {
		t.Error("a wrong password changed the record")
	}
	for range 2 {
		if err := b.verify(t, "alice", "pencil"); err != nil {
			t.Fatal(err)
		}
	}
	after := b.record(t, "alice")
	if _, err := bcrypt.Cost([]byte(after.PasswordHash)); err != nil || after.PasswordKind != jitsiauth.PasswordImported {
		t.Errorf("%+v, %v", after, err)
	}
	if after.PasswordKind = before.PasswordKind; after.User != before.User || b.head(t) != head {
		t.Errorf("the upgrade shows: %+v, %d entries", after.User, b.head(t))
	}
	if err := b.verify(t, "alice", "Pencil"); !errors.Is(err, jitsiauth.ErrBadCredentials) {
		t.Error(err)
	}
}

// bcrypt can't keep a long password, so that its record stays.
func TestLongPasswordStaysSCRAM(t *testing.T) {
	b := newBench(t)
	long := strings.Repeat("あ", 25) // 75 bytes
	b.only(t, jitsiauth.ImportOptions{}, line(t, "alice", migrated(long)))
	before := b.record(t, "alice")
	for password, want := range map[string]error{
		long: nil, long + "x": jitsiauth.ErrBadCredentials, long[:72]: jitsiauth.ErrBadCredentials, "": jitsiauth.ErrBadCredentials,
	} {
		if err := b.verify(t, "alice", password); !errors.Is(err, want) {
			t.Errorf("%d bytes: %v, want %v", len(password), err, want)
		}
	}
	if b.record(t, "alice") != before {
		t.Errorf("%+v", b.record(t, "alice"))
	}
}

func TestNewPasswordWinsOverSCRAMUpgrade(t *testing.T) {
	inner := memstore.New()
	first := benchOn(t, inner, bcrypt.MinCost)
	id := first.only(t, jitsiauth.ImportOptions{}, line(t, "alice", scram)).ID
	store := &atUpdate{Store: inner}
	b := benchOn(t, store, bcrypt.MinCost)
	store.happens = func() {
		if _, err := first.SetPassword(context.Background(), id, jitsiauth.NewPassword{Password: "new"}); err != nil {
			t.Error(err)
		}
	}
	for _, step := range []struct {
		password string
		want     error
	}{{"pencil", jitsiauth.ErrBadCredentials}, {"new", nil}, {"pencil", jitsiauth.ErrBadCredentials}} {
		if err := b.verify(t, "alice", step.password); !errors.Is(err, step.want) {
			t.Errorf("%s: %v, want %v", step.password, err, step.want)
		}
	}
	if got := b.record(t, "alice"); got.PasswordKind != jitsiauth.PasswordSet || got.HashOrigin != "" {
		t.Errorf("%+v", got)
	}
}

// Every no costs as many iterations as the records have that are there, from the
// start on; a dry run has no say in it.
func TestRecordsAreMetAtTheStart(t *testing.T) {
	const scheme = "SCRAM-SHA-1"
	store := memstore.New()
	b := benchOn(t, store, bcrypt.MinCost)
	b.only(t, jitsiauth.ImportOptions{DryRun: true}, line(t, "alice", scram))
	if n := b.SCRAMLevels()[scheme]; n != 0 {
		t.Errorf("%d after a dry run", n)
	}
	b.only(t, jitsiauth.ImportOptions{}, line(t, "alice", scram))
	if n := b.SCRAMLevels()[scheme]; n != 4096 {
		t.Errorf("%d after an import", n)
	}
	next := benchOn(t, store, bcrypt.MinCost)
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- next.Run(ctx) }()
	for range 600 {
		if next.SCRAMLevels()[scheme] == 4096 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	cancel()
	if err := <-ran; err != nil || next.SCRAMLevels()[scheme] != 4096 {
		t.Errorf("%v, %v after a start", err, next.SCRAMLevels())
	}
}
