package xmpptest

import (
	"context"
	"fmt"
	"time"
)

// IQ sends payload in an <iq/> of type "get" or "set" to an address ("" = one's own
// account) and returns the answer. An answer of type error is a *StanzaError.
func (c *Conn) IQ(ctx context.Context, kind, to, payload string) (*Element, error) {
	id := c.newID()
	reply := make(chan *Element, 1)
	c.mu.Lock()
	c.replies[id] = reply
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.replies, id)
		c.mu.Unlock()
	}()
	err := c.Send(ctx, fmt.Sprintf("<iq xmlns='%s' type='%s' id='%s'%s>%s</iq>", nsClient, escape(kind), id, toAttr(to), payload))
	if err != nil {
		return nil, err
	}
	select {
	case e := <-reply:
		return e, stanzaError(e)
	case <-c.done:
		return nil, c.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func toAttr(to string) string {
	if to == "" {
		return ""
	}
	return " to='" + escape(to) + "'"
}

// dispatchIQ hands an answer to whoever waits for it, and answers requests: a client
// must (RFC 6120, section 8.2.3), or rooms take it for gone.
func (c *Conn) dispatchIQ(e *Element) {
	switch e.Attr("type") {
	case "get", "set":
		c.mu.Lock()
		handler := c.handler
		c.mu.Unlock()
		if handler == nil || !handler(e) {
			c.answer(e)
		}
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if reply := c.replies[e.Attr("id")]; reply != nil {
		reply <- e
		delete(c.replies, e.Attr("id"))
	}
}

// HandleIQ lets f see each request (get or set) that arrives from now on. One for which
// it returns true it answers itself, by Send; the others Conn answers, a ping well and
// the rest by service-unavailable. f runs on the reader: it must not wait for an answer.
func (c *Conn) HandleIQ(f func(*Element) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handler = f
}

func (c *Conn) answer(e *Element) {
	kind, payload := "result", ""
	if e.Child(nsPing, "ping") == nil {
		kind = "error"
		payload = fmt.Sprintf("<error type='cancel'><service-unavailable xmlns='%s'/></error>", nsStanzas)
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	// A failure shows at the next read.
	_ = c.Send(ctx, fmt.Sprintf("<iq xmlns='%s' type='%s' id='%s'%s>%s</iq>", nsClient, kind, escape(e.Attr("id")), toAttr(e.Attr("from")), payload))
}

// Ping measures a round trip to an address by XEP-0199; "" is the server.
func (c *Conn) Ping(ctx context.Context, to string) (time.Duration, error) {
	if to == "" {
		to = c.domain
	}
	start := time.Now()
	_, err := c.IQ(ctx, "get", to, fmt.Sprintf("<ping xmlns='%s'/>", nsPing))
	return time.Since(start), err
}

// JoinMUC enters the room (a bare JID) as nick, by XEP-0045, and returns when the room
// has confirmed it; a refusal is a *StanzaError.
func (c *Conn) JoinMUC(ctx context.Context, room, nick string) error {
	me := room + "/" + nick
	err := c.Send(ctx, fmt.Sprintf("<presence xmlns='%s' to='%s'><x xmlns='%s'><history maxstanzas='0'/></x></presence>", nsClient, escape(me), nsMUC))
	if err != nil {
		return err
	}
	e, err := c.Receive(ctx, func(e *Element) bool {
		return e.is(nsClient, "presence") && (e.Attr("from") == me || e.Attr("from") == room) &&
			(e.Attr("type") == "error" || hasStatus(e, "110"))
	})
	if err != nil {
		return fmt.Errorf("join %s: %w", room, err)
	}
	return stanzaError(e)
}

// hasStatus tells whether a room's presence carries a status code; 110 is "this is you".
func hasStatus(e *Element, code string) bool {
	x := e.Child(nsMUCUser, "x")
	if x == nil {
		return false
	}
	for _, s := range x.Children {
		if s.is(nsMUCUser, "status") && s.Attr("code") == code {
			return true
		}
	}
	return false
}

// SendGroupchat says body to all in the room.
func (c *Conn) SendGroupchat(ctx context.Context, room, body string) error {
	return c.Send(ctx, fmt.Sprintf("<message xmlns='%s' type='groupchat' id='%s' to='%s'><body>%s</body></message>",
		nsClient, c.newID(), escape(room), escape(body)))
}

// ReceiveGroupchat waits for the next message in the room with a body, one's own too,
// and returns it with the nick of who said it.
func (c *Conn) ReceiveGroupchat(ctx context.Context, room string) (nick, body string, err error) {
	prefix := room + "/"
	e, err := c.Receive(ctx, func(e *Element) bool {
		from := e.Attr("from")
		return e.is(nsClient, "message") && e.Attr("type") == "groupchat" && e.Child(nsClient, "body") != nil &&
			len(from) > len(prefix) && from[:len(prefix)] == prefix
	})
	if err != nil {
		return "", "", err
	}
	return e.Attr("from")[len(prefix):], e.Child(nsClient, "body").Text, nil
}
