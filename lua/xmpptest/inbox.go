package xmpptest

import (
	"context"
	"slices"
)

// waiter is a Receive that found nothing yet.
type waiter struct {
	match func(*Element) bool
	found chan *Element // buffered
}

// Receive takes the oldest presence or message that match accepts out of the inbox, or
// waits for one. Each goes to one Receive only. The inbox keeps the newest 1,024; what
// nobody takes falls out. match must not call methods of c.
func (c *Conn) Receive(ctx context.Context, match func(*Element) bool) (*Element, error) {
	c.mu.Lock()
	if i := slices.IndexFunc(c.inbox, match); i >= 0 {
		e := c.inbox[i]
		c.inbox = slices.Delete(c.inbox, i, i+1)
		c.mu.Unlock()
		return e, nil
	}
	w := &waiter{match: match, found: make(chan *Element, 1)}
	c.waiters = append(c.waiters, w)
	c.mu.Unlock()

	var err error
	select {
	case e := <-w.found:
		return e, nil
	case <-c.done:
		err = c.err
	case <-ctx.Done():
		err = ctx.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiters = slices.DeleteFunc(c.waiters, func(o *waiter) bool { return o == w })
	select {
	case e := <-w.found: // delivered in the meantime; not to be lost
		return e, nil
	default:
		return nil, err
	}
}

// deliver gives a stanza to the first waiter that wants it, or to the inbox.
func (c *Conn) deliver(e *Element) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, w := range c.waiters {
		if w.match(e) {
			c.waiters = slices.Delete(c.waiters, i, i+1)
			w.found <- e
			return
		}
	}
	if len(c.inbox) == maxInbox {
		c.inbox = slices.Delete(c.inbox, 0, 1)
	}
	c.inbox = append(c.inbox, e)
}
