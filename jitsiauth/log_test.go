package jitsiauth_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
)

func TestPositionText(t *testing.T) {
	for _, p := range []jitsiauth.Position{{}, {Epoch: "ab12", N: 0}, {Epoch: "ab12", N: 1<<64 - 1}} {
		got, err := jitsiauth.ParsePosition(p.String())
		if err != nil || got != p {
			t.Errorf("%q came back as %+v, %v", p, got, err)
		}
	}
	for _, text := range []string{"x", ":", ":1", "e:", "e:-1", "e:1x", "e:18446744073709551616"} {
		if p, err := jitsiauth.ParsePosition(text); !errors.Is(err, jitsiauth.ErrInvalid) {
			t.Errorf("ParsePosition(%q) = %+v, %v", text, p, err)
		}
	}
}

func TestChangesGoOnWhereOneStopped(t *testing.T) {
	b := newBench(t)
	u := b.add(t, jitsiauth.NewUser{}, "alice")
	for i := range 1200 { // more than two pages
		if _, err := b.Update(t.Context(), u.ID, jitsiauth.UserChange{Note: new(fmt.Sprint(i))}); err != nil {
			t.Fatal(err)
		}
	}
	var at jitsiauth.Position
	seen := uint64(0)
	for range 4 {
		n := 0
		for c, err := range b.Changes(t.Context(), at) {
			if err != nil {
				t.Fatal(err)
			}
			if seen++; c.Position.N != seen {
				t.Fatalf("entry %d came as number %d", c.Position.N, seen)
			}
			at = c.Position
			if n++; n == 501 {
				break
			}
		}
	}
	if seen != 1201 {
		t.Errorf("saw %d entries", seen)
	}
	for _, lost := range []jitsiauth.Position{{Epoch: at.Epoch, N: 5000}, {Epoch: "other", N: 1}} {
		for _, err := range b.Changes(t.Context(), lost) {
			if !errors.Is(err, jitsiauth.ErrPositionLost) {
				t.Errorf("from %v: %v", lost, err)
			}
		}
	}
}
