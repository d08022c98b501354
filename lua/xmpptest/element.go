package xmpptest

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Namespaces of what this client reads or writes.
const (
	nsClient  = "jabber:client"
	nsStream  = "http://etherx.jabber.org/streams"
	nsStreams = "urn:ietf:params:xml:ns:xmpp-streams"
	nsStanzas = "urn:ietf:params:xml:ns:xmpp-stanzas"
	nsTLS     = "urn:ietf:params:xml:ns:xmpp-tls"
	nsSASL    = "urn:ietf:params:xml:ns:xmpp-sasl"
	nsBind    = "urn:ietf:params:xml:ns:xmpp-bind"
	nsSession = "urn:ietf:params:xml:ns:xmpp-session"
	nsPing    = "urn:xmpp:ping"
	nsFraming = "urn:ietf:params:xml:ns:xmpp-framing"
	nsBOSH    = "http://jabber.org/protocol/httpbind"
	nsXBOSH   = "urn:xmpp:xbosh"
	nsSM      = "urn:xmpp:sm:3"
	nsMUC     = "http://jabber.org/protocol/muc"
	nsMUCUser = "http://jabber.org/protocol/muc#user"
)

// Element is a parsed XML element. It is not changed after it was received.
type Element struct {
	Name     xml.Name // Space is the namespace itself, not its prefix
	Attrs    []xml.Attr
	Children []*Element
	Text     string // all character data directly in it
}

// Attr returns the value of the attribute name that has no namespace, or "".
func (e *Element) Attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// Child returns the first child called name in namespace space, or nil.
func (e *Element) Child(space, name string) *Element {
	for _, c := range e.Children {
		if c.is(space, name) {
			return c
		}
	}
	return nil
}

func (e *Element) is(space, name string) bool {
	return e.Name.Local == name && e.Name.Space == space
}

// condition returns the first child in space that is no <text/>, as all XMPP errors
// carry theirs, and the text.
func (e *Element) condition(space string) (condition, text string) {
	for _, c := range e.Children {
		switch {
		case c.Name.Space != space:
		case c.Name.Local == "text":
			text = c.Text
		case condition == "":
			condition = c.Name.Local
		}
	}
	return condition, text
}

// readElement reads what follows start up to its end.
func readElement(d *xml.Decoder, start xml.StartElement) (*Element, error) {
	e := &Element{Name: start.Name, Attrs: start.Copy().Attr}
	for {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			child, err := readElement(d, token)
			if err != nil {
				return nil, err
			}
			e.Children = append(e.Children, child)
		case xml.CharData:
			e.Text += string(token)
		case xml.EndElement:
			return e, nil
		}
	}
}

// nextStart skips to the next start tag. An end tag on the way, the end of the stream
// around it, gives io.EOF.
func nextStart(d *xml.Decoder) (xml.StartElement, error) {
	for {
		token, err := d.Token()
		if err != nil {
			return xml.StartElement{}, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			return token, nil
		case xml.EndElement:
			return xml.StartElement{}, io.EOF
		}
	}
}

// parseElement parses a document of one element, as WebSocket and BOSH carry them.
func parseElement(r io.Reader) (*Element, error) {
	d := xml.NewDecoder(r)
	start, err := nextStart(d)
	if errors.Is(err, io.EOF) {
		return nil, errors.New("no XML element where one was expected")
	}
	if err != nil {
		return nil, fmt.Errorf("not XML: %w", err)
	}
	return readElement(d, start)
}

// escape makes s safe inside an attribute or text.
func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder never fails
	return b.String()
}
