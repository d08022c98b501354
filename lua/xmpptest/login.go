package xmpptest

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
)

// Login dials, authenticates with SASL PLAIN and binds a resource the server chooses.
// A refusal is a *SASLError; no connection is left open after any error.
func Login(ctx context.Context, t Transport, e Endpoint, user, password string) (*Conn, error) {
	return login(ctx, t, e, func(c *Conn) error { return c.Auth(ctx, user, password) })
}

// LoginAnonymous is Login without an account.
func LoginAnonymous(ctx context.Context, t Transport, e Endpoint) (*Conn, error) {
	return login(ctx, t, e, func(c *Conn) error { return c.AuthAnonymous(ctx) })
}

func login(ctx context.Context, t Transport, e Endpoint, auth func(*Conn) error) (*Conn, error) {
	c, err := Dial(ctx, t, e)
	if err != nil {
		return nil, err
	}
	if err = auth(c); err == nil {
		_, err = c.Bind(ctx, "")
	}
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// readFeatures waits for <stream:features/>.
func (c *Conn) readFeatures(ctx context.Context) error {
	e, err := c.nextHandshake(ctx)
	if err != nil {
		return err
	}
	if !e.is(nsStream, "features") {
		return fmt.Errorf("<%s/> instead of stream features", e.Name.Local)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.features = e
	if offer := e.Child(nsSASL, "mechanisms"); offer != nil {
		for _, m := range offer.Children {
			c.mechanisms = append(c.mechanisms, m.Text)
		}
	}
	return nil
}

// Mechanisms are the SASL mechanisms that the server offered, in its order.
func (c *Conn) Mechanisms() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.mechanisms)
}

// Auth logs in with SASL PLAIN (RFC 4616). The bytes of user and password go out as they
// are. A refusal is a *SASLError, after which Auth may be called again; any other error
// ends the connection.
func (c *Conn) Auth(ctx context.Context, user, password string) error {
	return c.AuthRaw(ctx, "PLAIN", []byte("\x00"+user+"\x00"+password))
}

// AuthAnonymous logs in with SASL ANONYMOUS (RFC 4505), errors as in Auth.
func (c *Conn) AuthAnonymous(ctx context.Context) error {
	return c.AuthRaw(ctx, "ANONYMOUS", nil)
}

// AuthRaw sends any bytes as the initial response of any mechanism that ends after it;
// nil sends none. Errors as in Auth; a challenge by the server counts as one.
func (c *Conn) AuthRaw(ctx context.Context, mechanism string, response []byte) error {
	err := c.Send(ctx, fmt.Sprintf("<auth xmlns='%s' mechanism='%s'>%s</auth>",
		nsSASL, escape(mechanism), base64.StdEncoding.EncodeToString(response)))
	if err != nil {
		return err
	}
	e, err := c.nextHandshake(ctx)
	switch {
	case err != nil:
		return err
	case e.is(nsSASL, "success"):
		return nil
	case e.is(nsSASL, "failure"):
		condition, text := e.condition(nsSASL)
		return &SASLError{condition, text}
	default:
		c.wire.abort()
		return fmt.Errorf("unexpected <%s/> during the login", e.Name.Local)
	}
}

// Bind restarts the stream after a login and binds resource, or one of the server's
// choice if that is "" (RFC 6120, sections 6.4.6 and 7). It returns the full JID.
func (c *Conn) Bind(ctx context.Context, resource string) (jid string, err error) {
	if err := c.wire.restart(ctx); err != nil {
		return "", err
	}
	if err := c.readFeatures(ctx); err != nil {
		return "", err
	}
	if resource != "" {
		resource = "<resource>" + escape(resource) + "</resource>"
	}
	reply, err := c.IQ(ctx, "set", "", fmt.Sprintf("<bind xmlns='%s'>%s</bind>", nsBind, resource))
	if err != nil {
		return "", fmt.Errorf("bind: %w", err)
	}
	bind := reply.Child(nsBind, "bind")
	if bind == nil || bind.Child(nsBind, "jid") == nil {
		return "", errors.New("bind: the answer has no JID")
	}
	jid = bind.Child(nsBind, "jid").Text
	c.mu.Lock()
	c.jid = jid
	session := c.features.Child(nsSession, "session")
	c.mu.Unlock()
	// RFC 3921's extra step, which RFC 6121 made obsolete; servers mark it optional.
	if session != nil && session.Child(nsSession, "optional") == nil {
		if _, err := c.IQ(ctx, "set", "", fmt.Sprintf("<session xmlns='%s'/>", nsSession)); err != nil {
			return "", fmt.Errorf("session: %w", err)
		}
	}
	c.wire.bound()
	return jid, nil
}

// JID is the full JID after Bind, "" before.
func (c *Conn) JID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.jid
}

// EnableResume enables stream management (XEP-0198) and returns what Resume takes.
// The client acknowledges nothing, so the server keeps all that it sends.
func (c *Conn) EnableResume(ctx context.Context) (id string, err error) {
	return c.manage(ctx, fmt.Sprintf("<enable xmlns='%s' resume='true'/>", nsSM), "enabled", "id")
}

// Resume goes on, in place of Bind, with the session of a connection that was cut.
func (c *Conn) Resume(ctx context.Context, id string) error {
	if err := c.wire.restart(ctx); err != nil {
		return err
	}
	if err := c.readFeatures(ctx); err != nil {
		return err
	}
	_, err := c.manage(ctx, fmt.Sprintf("<resume xmlns='%s' h='0' previd='%s'/>", nsSM, escape(id)), "resumed", "previd")
	return err
}

func (c *Conn) manage(ctx context.Context, request, want, attr string) (string, error) {
	if err := c.Send(ctx, request); err != nil {
		return "", err
	}
	e, err := c.Receive(ctx, func(e *Element) bool { return e.Name.Space == nsSM })
	if err != nil {
		return "", err
	}
	if e.Name.Local != want {
		return "", fmt.Errorf("<%s/> instead of <%s/>", e.Name.Local, want)
	}
	return e.Attr(attr), nil
}
