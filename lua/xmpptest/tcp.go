package xmpptest

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// tcpWire is XMPP over TCP (RFC 6120): one long document, begun again after STARTTLS
// and after the login.
type tcpWire struct {
	domain string
	raw    net.Conn // below TLS; never replaced, so abort may use it at any time
	conn   net.Conn
	buf    *bufio.Reader // outlives the decoders, which read no byte ahead of it
	dec    *xml.Decoder
	opened bool // the decoder is inside <stream:stream>; the reader's own

	mu sync.Mutex // serializes writes
}

func dialTCP(ctx context.Context, e Endpoint) (wire, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", e.C2S)
	if err != nil {
		return nil, err
	}
	w := &tcpWire{domain: e.Domain, raw: conn}
	w.reset(conn)
	stop := context.AfterFunc(ctx, w.abort) // nothing below takes a context to read
	err = w.startTLS(ctx, e.tls(e.Domain))
	if err == nil {
		err = w.restart(ctx)
	}
	if !stop() {
		err = errors.Join(ctx.Err(), err)
	}
	if err != nil {
		w.abort()
		return nil, err
	}
	return w, nil
}

func (w *tcpWire) reset(conn net.Conn) {
	w.conn, w.buf = conn, bufio.NewReader(conn)
	w.dec, w.opened = xml.NewDecoder(w.buf), false
}

func (w *tcpWire) startTLS(ctx context.Context, config *tls.Config) error {
	if err := w.restart(ctx); err != nil {
		return err
	}
	for _, step := range []struct{ space, name, send string }{
		{nsStream, "features", "<starttls xmlns='" + nsTLS + "'/>"},
		{nsTLS, "proceed", ""},
	} {
		e, err := w.recv()
		if err != nil {
			return err
		}
		if e.is(nsStream, "error") {
			return streamError(e)
		}
		if !e.is(step.space, step.name) {
			return fmt.Errorf("STARTTLS: <%s/> instead of <%s/>", e.Name.Local, step.name)
		}
		if step.send != "" {
			if err := w.send(ctx, step.send); err != nil {
				return err
			}
		}
	}
	conn := tls.Client(w.conn, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		return err
	}
	w.reset(conn)
	return nil
}

func (w *tcpWire) restart(ctx context.Context) error {
	return w.send(ctx, fmt.Sprintf("<?xml version='1.0'?><stream:stream xmlns='%s' xmlns:stream='%s' to='%s' version='1.0'>",
		nsClient, nsStream, escape(w.domain)))
}

func (w *tcpWire) send(ctx context.Context, xml string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	deadline, _ := ctx.Deadline() // none: the zero time, which is no deadline here too
	if err := w.conn.SetWriteDeadline(deadline); err != nil {
		return err
	}
	_, err := io.WriteString(w.conn, xml)
	return err
}

func (w *tcpWire) recv() (*Element, error) {
	start, err := nextStart(w.dec)
	if err == nil && !w.opened {
		if start.Name.Local != "stream" || start.Name.Space != nsStream {
			return nil, fmt.Errorf("<%s> instead of a stream", start.Name.Local)
		}
		w.opened = true
		start, err = nextStart(w.dec)
	}
	if err != nil {
		return nil, err
	}
	e, err := readElement(w.dec, start)
	if err != nil {
		return nil, err
	}
	if e.is(nsSASL, "success") { // the server's next byte begins a new document
		w.dec, w.opened = xml.NewDecoder(w.buf), false
	}
	return e, nil
}

func (w *tcpWire) finish(ctx context.Context) error { return w.send(ctx, "</stream:stream>") }

func (w *tcpWire) bound() {}

// abort closes below TLS: no farewell to wait for when the peer reads nothing.
func (w *tcpWire) abort() { _ = w.raw.Close() }
