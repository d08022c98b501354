package xmpptest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/coder/websocket"
)

// wsWire is XMPP over WebSocket (RFC 7395): every message is one whole element.
type wsWire struct {
	domain string
	conn   *websocket.Conn
	ctx    context.Context // of the reader; ends with abort
	cancel context.CancelFunc
}

// maxMessage bounds one WebSocket message or BOSH answer, in bytes.
const maxMessage = 4 << 20

func dialWebSocket(ctx context.Context, e Endpoint) (wire, error) {
	w := &wsWire{domain: e.Domain}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	//nolint:bodyclose // websocket.Dial: "You never need to close resp.Body yourself"
	conn, _, err := websocket.Dial(ctx, e.url("ws", "/xmpp-websocket"), &websocket.DialOptions{
		HTTPClient: httpClient(w.ctx, e), HTTPHeader: e.Header.Clone(), Subprotocols: []string{"xmpp"},
	})
	if err != nil {
		w.cancel()
		return nil, err
	}
	conn.SetReadLimit(maxMessage)
	w.conn = conn
	if conn.Subprotocol() != "xmpp" {
		err = errors.New("the server chose no subprotocol xmpp")
	} else {
		err = w.restart(ctx)
	}
	if err != nil {
		w.abort()
		return nil, err
	}
	return w, nil
}

// httpClient returns a client whose connections end with ctx. net/http alone would keep
// one that was opened for a request that has been given up meanwhile.
func httpClient(ctx context.Context, e Endpoint) *http.Client {
	var dialer net.Dialer
	return &http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: boshRequests,
		TLSClientConfig:     e.tls(""),
		DialContext: func(_ context.Context, network, addr string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, addr)
			if err == nil {
				context.AfterFunc(ctx, func() { _ = conn.Close() })
			}
			return conn, err
		},
	}}
}

func (w *wsWire) send(ctx context.Context, xml string) error {
	return w.conn.Write(ctx, websocket.MessageText, []byte(xml))
}

func (w *wsWire) restart(ctx context.Context) error {
	return w.send(ctx, fmt.Sprintf("<open xmlns='%s' to='%s' version='1.0'/>", nsFraming, escape(w.domain)))
}

func (w *wsWire) recv() (*Element, error) {
	for {
		_, message, err := w.conn.Read(w.ctx)
		if websocket.CloseStatus(err) == websocket.StatusNormalClosure {
			return nil, io.EOF
		}
		if err != nil {
			return nil, err
		}
		e, err := parseElement(bytes.NewReader(message))
		if err != nil {
			return nil, err
		}
		if e.Name.Space == "stream" && e.Name.Local == "error" {
			// Prosody 13.0.1 sends <stream:error> without declaring the prefix, against
			// RFC 7395, section 3.3.3 (mod_websocket.lua, session_close).
			err := streamError(e)
			err.Undeclared = true
			return nil, err
		}
		switch {
		case e.is(nsFraming, "open"):
		case e.is(nsFraming, "close"):
			return nil, io.EOF
		default:
			return e, nil
		}
	}
}

func (w *wsWire) finish(ctx context.Context) error {
	return w.send(ctx, fmt.Sprintf("<close xmlns='%s'/>", nsFraming))
}

func (w *wsWire) bound() {}

func (w *wsWire) abort() {
	w.cancel()
	_ = w.conn.CloseNow()
}
