package boltstore

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
)

// childEnv makes this binary do something to a file instead of testing.
const (
	childEnv     = "BOLTSTORE_CHILD"
	childFileEnv = "BOLTSTORE_CHILD_FILE"
)

func TestMain(m *testing.M) {
	work := map[string]func(*Store) error{"hold": childHold, "write": childWrite}[os.Getenv(childEnv)]
	if work == nil {
		os.Exit(m.Run())
	}
	s, err := Open(os.Getenv(childFileEnv), nil)
	if err == nil {
		err = work(s)
	}
	fmt.Fprintln(os.Stderr, "child:", err)
	os.Exit(1)
}

// childHold keeps the file open until its standard input ends.
func childHold(*Store) error {
	fmt.Println("open")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// childWrite changes accounts until it is killed. It says on standard output
// what it is about to do, "try", and what the store said is done, "done".
func childWrite(s *Store) error {
	ctx := context.Background()
	head, err := s.Head(ctx)
	if err != nil {
		return err
	}
	for n := int(head.N); ; n++ { //nolint:gosec // small
		r, kind := step(n)
		fmt.Println("try", n)
		switch kind {
		case jitsiauth.UserCreated:
			err = s.CreateUser(ctx, r, jitsiauth.Change{Action: kind, Subject: r.ID, JID: r.JID})
		case jitsiauth.UserUpdated:
			_, err = s.UpdateUser(ctx, r.ID, func(old jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
				old.Revision++
				return old, &jitsiauth.Change{Action: kind, Subject: r.ID, JID: r.JID}, nil
			})
		default:
			err = s.DeleteUser(ctx, r.ID, func(jitsiauth.Record) (jitsiauth.Change, error) {
				return jitsiauth.Change{Action: kind, Subject: r.ID, JID: r.JID}, nil
			})
		}
		if err != nil {
			return fmt.Errorf("step %d: %w", n, err)
		}
		fmt.Println("done", n)
	}
}

// step says what change n of a file is, so that anybody can tell what the file
// must hold after it: of four, two create, one updates the first of them, one
// deletes the other.
func step(n int) (jitsiauth.Record, jitsiauth.Action) {
	jid, err := jitsiauth.NewJID(fmt.Sprint("user", n/4*2+n%2), "meet.jitsi")
	if err != nil {
		panic(err)
	}
	r := jitsiauth.Record{User: jitsiauth.User{JID: jid, Revision: 1, Role: jitsiauth.RoleUser}}
	copy(r.ID[:], positionKey(uint64(n/4*2+n%2))) //nolint:gosec // positive
	return r, []jitsiauth.Action{jitsiauth.UserCreated, jitsiauth.UserCreated, jitsiauth.UserUpdated, jitsiauth.UserDeleted}[n%4]
}

// startChild runs this binary as a child. Closing its standard input ends one
// that holds; all are killed when the test ends.
func startChild(t *testing.T, work, path string) (child *exec.Cmd, lines *bufio.Scanner) {
	t.Helper()
	child = exec.CommandContext(t.Context(), os.Args[0]) //nolint:gosec // itself
	child.Env = append(os.Environ(), childEnv+"="+work, childFileEnv+"="+path)
	child.Stderr = os.Stderr
	if _, err := child.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	return child, bufio.NewScanner(out)
}

// kill ends the child as a power cut ends a process: SIGKILL, in the middle.
func kill(t *testing.T, child *exec.Cmd) {
	t.Helper()
	if err := child.Process.Kill(); err != nil {
		t.Error(err)
	}
}
