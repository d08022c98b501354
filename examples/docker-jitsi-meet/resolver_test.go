package dockerjitsimeet_test

import (
	"net"
	"sync/atomic"
	"testing"
)

// resolver answers DNS questions as Docker does: with the service's address while
// its container runs, and otherwise that there is no such name.
type resolver struct {
	addr    string // host:port
	running atomic.Bool
}

func newResolver(t *testing.T) *resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	r := &resolver{addr: conn.LocalAddr().String()}
	go func() {
		buf := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(r.answer(buf[:n]), from)
		}
	}()
	return r
}

func (r *resolver) answer(question []byte) []byte {
	answer := append([]byte(nil), question...)
	answer[2] |= 0x80 // an answer
	if !r.running.Load() {
		answer[3] = 0x83 // NXDOMAIN
		return answer
	}
	answer[3], answer[7] = 0x80, 1 // one record: the question's name, A, IN, 0 s
	return append(answer, 0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1)
}
