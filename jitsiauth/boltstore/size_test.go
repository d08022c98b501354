package boltstore

import (
	"os"
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
)

func TestSize(t *testing.T) {
	path := newFile(t)
	s := openTest(t, path)
	svc, err := jitsiauth.New(s, jitsiauth.Options{})
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	st, err := svc.Status(t.Context())
	if err != nil || st.Size != info.Size() || st.Size == 0 {
		t.Errorf("%d of %d, %v", st.Size, info.Size(), err)
	}
}
