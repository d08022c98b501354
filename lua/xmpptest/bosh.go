package xmpptest

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// boshWait is how long the server may hold a request that has nothing to answer, in
// seconds; Jitsi Meet's client asks for the same.
const boshWait = 60

// boshRequests is how many requests may be under way at once with hold='1' (XEP-0124,
// section 7.1): one the server holds, one that brings something.
const boshRequests = 2

// loginPause is how long an unfinished login waits before it asks an idle server for
// news: its next step mostly follows at once and serves as the question.
const loginPause = 50 * time.Millisecond

// boshWire is XMPP over BOSH (XEP-0124, XEP-0206): a chain of numbered HTTP requests.
// One goroutine, run, numbers them and puts the answers into order.
type boshWire struct {
	domain string
	url    string
	header http.Header
	client *http.Client
	sid    string

	ctx    context.Context // ends with abort
	cancel context.CancelFunc
	outbox chan boshBody
	ready  chan struct{} // closed by bound
	once   sync.Once     // for bound
	inbox  chan *Element // <body/> elements in the order of their requests
	ended  chan struct{} // closed when run has ended
	err    error         // why; readable after ended

	pending []*Element // of the body that recv took last; the reader's own
}

// boshBody is what a request carries besides its number.
type boshBody struct{ attrs, payload string }

// boshReply is the answer to request rid.
type boshReply struct {
	rid  int64
	body *Element
	err  error
}

func dialBOSH(ctx context.Context, e Endpoint) (wire, error) {
	w := &boshWire{
		domain: e.Domain, url: e.url("http", "/http-bind"), header: e.Header.Clone(),
		outbox: make(chan boshBody), inbox: make(chan *Element), ended: make(chan struct{}), ready: make(chan struct{}),
	}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	w.client = httpClient(w.ctx, e)
	var random [8]byte
	_, _ = rand.Read(random[:])                            // never fails
	rid := int64(binary.BigEndian.Uint64(random[:]) >> 14) // 50 bits; may count up to 2^53 (XEP-0124, section 14)
	first := boshBody{attrs: fmt.Sprintf(
		" content='text/xml; charset=utf-8' hold='1' wait='%d' ver='1.6' xmpp:version='1.0' xml:lang='en' to='%s'", boshWait, escape(w.domain))}
	body, err := w.post(ctx, rid, first)
	if err == nil {
		w.sid = body.Attr("sid")
		err = boshEnd(body)
	}
	if err != nil {
		w.cancel()
		return nil, err
	}
	w.pending = body.Children
	go w.run(rid + 1)
	return w, nil
}

// run sends what is in the outbox, keeps a request at the server so that it can speak,
// and ends at the first failure, or when the server ends the session.
func (w *boshWire) run(rid int64) {
	replies := make(chan boshReply, boshRequests)
	var waiting []boshReply // arrived before an earlier one
	underWay, next, ready := 0, rid, w.ready
	send := func(b boshBody) {
		underWay++
		go func(rid int64) {
			body, err := w.post(w.ctx, rid, b)
			replies <- boshReply{rid, body, err}
		}(rid)
		rid++
	}
	for w.err == nil {
		outbox := w.outbox
		if underWay == boshRequests {
			outbox = nil
		}
		select {
		case b := <-outbox:
			send(b)
		case <-ready:
			ready = nil // only wakes: from here on idle has a shorter pause
		case <-w.idle(underWay):
			send(boshBody{})
		case r := <-replies:
			underWay--
			waiting, next, w.err = w.order(append(waiting, r), next)
		case <-w.ctx.Done():
			w.err = w.ctx.Err()
		}
	}
	close(w.ended)
	w.cancel()
	for ; underWay > 0; underWay-- {
		<-replies
	}
}

// idle tells when to send an empty request: only when none is under way.
func (w *boshWire) idle(underWay int) <-chan time.Time {
	if underWay > 0 {
		return nil
	}
	select {
	case <-w.ready:
		return time.After(0)
	default:
		return time.After(loginPause)
	}
}

// order hands on those replies whose turn it is, next being the first, and returns the
// rest. Its error is why the session ended.
func (w *boshWire) order(replies []boshReply, next int64) ([]boshReply, int64, error) {
	for i := 0; i < len(replies); i++ {
		r := replies[i]
		if r.err != nil {
			return nil, next, r.err
		}
		if r.rid != next {
			continue
		}
		select {
		case w.inbox <- r.body:
		case <-w.ctx.Done():
			return nil, next, w.ctx.Err()
		}
		if err := boshEnd(r.body); err != nil {
			return nil, next, err
		}
		replies = append(replies[:i], replies[i+1:]...)
		next, i = next+1, -1
	}
	return replies, next, nil
}

// post sends one request and reads its answer.
func (w *boshWire) post(ctx context.Context, rid int64, b boshBody) (*Element, error) {
	sid := ""
	if w.sid != "" {
		sid = " sid='" + escape(w.sid) + "'"
	}
	body := fmt.Sprintf("<body xmlns='%s' xmlns:xmpp='%s' rid='%d'%s%s>%s</body>", nsBOSH, nsXBOSH, rid, sid, b.attrs, b.payload)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if w.header != nil {
		req.Header = w.header.Clone()
	}
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	resp, err := w.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("BOSH request answered %s", resp.Status)
	}
	e, err := parseElement(io.LimitReader(resp.Body, maxMessage))
	if err != nil {
		return nil, err
	}
	if !e.is(nsBOSH, "body") {
		return nil, fmt.Errorf("BOSH request answered with <%s/>", e.Name.Local)
	}
	_, err = io.Copy(io.Discard, resp.Body) // so that the connection is used again
	return e, err
}

// boshEnd tells whether body ends the session, and why: io.EOF for no reason. A
// <stream:error/> in it says more than its condition (XEP-0206, section 6).
func boshEnd(body *Element) error {
	if body.Attr("type") != "terminate" {
		return nil
	}
	if inner := body.Child(nsStream, "error"); inner != nil {
		return streamError(inner)
	}
	if condition := body.Attr("condition"); condition != "" {
		return &StreamError{Condition: condition}
	}
	return io.EOF
}

func (w *boshWire) enqueue(ctx context.Context, b boshBody) error {
	select {
	case w.outbox <- b:
		return nil
	case <-w.ended:
		return errors.Join(errors.New("the session has ended"), w.err)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *boshWire) send(ctx context.Context, xml string) error {
	return w.enqueue(ctx, boshBody{payload: xml})
}

func (w *boshWire) restart(ctx context.Context) error {
	return w.enqueue(ctx, boshBody{attrs: fmt.Sprintf(" xmpp:restart='true' xml:lang='en' to='%s'", escape(w.domain))})
}

func (w *boshWire) recv() (*Element, error) {
	for len(w.pending) == 0 {
		select {
		case body := <-w.inbox:
			w.pending = body.Children
		case <-w.ended:
			return nil, w.err
		}
	}
	e := w.pending[0]
	w.pending = w.pending[1:]
	return e, nil
}

func (w *boshWire) finish(ctx context.Context) error {
	return w.enqueue(ctx, boshBody{attrs: " type='terminate'", payload: fmt.Sprintf("<presence xmlns='%s' type='unavailable'/>", nsClient)})
}

func (w *boshWire) bound() { w.once.Do(func() { close(w.ready) }) }

func (w *boshWire) abort() { w.cancel() }
