package xmpptest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Transport is a way into the server.
type Transport string

// The three ways, named as the service's log names them.
const (
	TCP       Transport = "tcp"
	WebSocket Transport = "websocket"
	BOSH      Transport = "bosh"
)

// Transports is all of them, for table tests.
var Transports = []Transport{TCP, WebSocket, BOSH}

// Endpoint says where a server is.
type Endpoint struct {
	C2S        string         // host:port of XMPP over TCP
	HTTP       string         // host:port of /xmpp-websocket and /http-bind
	HTTPS      bool           // HTTP speaks TLS, as a web server in front of Prosody does
	Domain     string         // the VirtualHost to log in to
	RootCAs    *x509.CertPool // trusted for STARTTLS and HTTPS; nil = the system's
	Unverified bool           // any certificate will do, as for Jitsi's video bridge
	Header     http.Header    // sent with each HTTP request, such as X-Forwarded-For; no use over TCP
}

// On returns a copy of e that logs in to another VirtualHost of the same server.
func (e Endpoint) On(domain string) Endpoint {
	e.Domain = domain
	return e
}

// tls is for a peer that must prove to be name; "" is the one that was dialed.
func (e Endpoint) tls(name string) *tls.Config {
	return &tls.Config{
		ServerName: name, RootCAs: e.RootCAs, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: e.Unverified, //nolint:gosec // the caller's choice, for self-signed ones
	}
}

// url is where a path of HTTP is, "http" or "ws" being its protocol.
func (e Endpoint) url(protocol, path string) string {
	if e.HTTPS {
		protocol += "s"
	}
	return protocol + "://" + e.HTTP + path
}

// wire carries elements over one transport. recv is called by one goroutine only, send
// and restart by any, abort by any at any time.
type wire interface {
	// send writes one element of the stream.
	send(ctx context.Context, xml string) error
	// restart opens the stream anew after a login. The first opening is the dialer's.
	restart(ctx context.Context) error
	// recv returns the next element; io.EOF after an orderly end of the stream, a
	// *StreamError after one with a reason in the transport's own form.
	recv() (*Element, error)
	// finish tells the server that the stream ends.
	finish(ctx context.Context) error
	// bound tells that the login is over and stanzas may arrive at any time.
	bound()
	// abort releases everything; recv then fails soon.
	abort()
}

// maxInbox bounds the stanzas that are kept for Receive; the oldest go first.
const maxInbox = 1024

// closeTimeout bounds the wait for the server's goodbye.
const closeTimeout = 2 * time.Second

// Conn is a client's connection.
type Conn struct {
	domain    string
	wire      wire
	handshake chan *Element // features and SASL answers, in order
	done      chan struct{}

	mu         sync.Mutex
	mechanisms []string
	features   *Element
	jid        string
	lastID     int
	replies    map[string]chan *Element // by IQ id
	inbox      []*Element
	handler    func(*Element) bool // of requests; nil = none
	waiters    []*waiter
	closing    bool
	err        error // readable after done
}

// Dial connects and reads the server's offer of login mechanisms. ctx bounds only the
// dialing.
func Dial(ctx context.Context, t Transport, e Endpoint) (*Conn, error) {
	var w wire
	var err error
	switch t {
	case TCP:
		w, err = dialTCP(ctx, e)
	case WebSocket:
		w, err = dialWebSocket(ctx, e)
	case BOSH:
		w, err = dialBOSH(ctx, e)
	default:
		err = errors.New("unknown transport")
	}
	if err != nil {
		return nil, fmt.Errorf("dial %s by %s: %w", e.Domain, t, err)
	}
	c := &Conn{
		domain: e.Domain, wire: w, handshake: make(chan *Element, 8),
		done: make(chan struct{}), replies: map[string]chan *Element{},
	}
	go c.read()
	if err := c.readFeatures(ctx); err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("dial %s by %s: %w", e.Domain, t, err)
	}
	return c, nil
}

// read is the only reader; it ends with the stream.
func (c *Conn) read() {
	var err error
	for err == nil {
		var e *Element
		if e, err = c.wire.recv(); err == nil {
			err = c.dispatch(e)
		}
	}
	c.wire.abort()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closing:
		err = ErrClosed
	case errors.Is(err, io.EOF):
		err = &StreamError{Text: "the server closed it and gave no reason"}
	}
	c.err = err
	close(c.done)
}

func (c *Conn) dispatch(e *Element) error {
	switch e.Name.Space {
	case nsStream:
		if e.Name.Local == "error" {
			return streamError(e)
		}
		c.toHandshake(e)
	case nsSASL:
		c.toHandshake(e)
	case nsClient:
		if e.Name.Local == "iq" {
			c.dispatchIQ(e)
			return nil
		}
		c.deliver(e)
	case nsSM:
		if e.Name.Local != "r" && e.Name.Local != "a" {
			c.deliver(e)
		}
	}
	return nil
}

// toHandshake drops what nobody asked for rather than block the reader.
func (c *Conn) toHandshake(e *Element) {
	select {
	case c.handshake <- e:
	default:
	}
}

// nextHandshake waits for the next step of a login. A login that was given up is over:
// its late answer would be taken for that of the next try, so the connection ends.
func (c *Conn) nextHandshake(ctx context.Context) (*Element, error) {
	select {
	case e := <-c.handshake:
		return e, nil
	default:
	}
	select {
	case e := <-c.handshake:
		return e, nil
	case <-c.done:
		return nil, c.err
	case <-ctx.Done():
		c.wire.abort()
		return nil, ctx.Err()
	}
}

// newID returns an id for a stanza, unique in this Conn.
func (c *Conn) newID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lastID++
	return "x" + strconv.Itoa(c.lastID)
}

// Send writes raw XML, one whole stanza, which must carry xmlns='jabber:client'.
func (c *Conn) Send(ctx context.Context, stanza string) error {
	select {
	case <-c.done:
		return c.err
	default:
		return c.wire.send(ctx, stanza)
	}
}

// Done is closed when the stream has ended, whoever ended it.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err is nil before Done, then the reason: ErrClosed after Close, a *StreamError when
// the server said goodbye, or what broke. Over BOSH Prosody's reason is lost, and comes
// as item-not-found, if the server held no request just then, as for some milliseconds
// after an answer (mod_bosh.lua, bosh_close_stream).
func (c *Conn) Err() error {
	select {
	case <-c.done:
		return c.err
	default:
		return nil
	}
}

// Cut breaks the connection off without a word, as a lost network does. The server
// keeps a session that enabled stream management for a while.
func (c *Conn) Cut() {
	c.wire.abort()
	<-c.done
}

// Close ends the stream, waits up to 2 s for the server's goodbye, so that the user has
// left when it returns, and releases everything. On an ended stream it does nothing. It
// always returns nil; the result makes Conn an io.Closer.
func (c *Conn) Close() error {
	c.mu.Lock()
	c.closing = true
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	select {
	case <-c.done:
		return nil
	default:
	}
	if err := c.wire.finish(ctx); err == nil {
		select {
		case <-c.done:
			return nil
		case <-ctx.Done():
		}
	}
	c.wire.abort()
	<-c.done
	return nil
}
