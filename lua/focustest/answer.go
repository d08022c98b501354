package focustest

import (
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/jitsiauth/server/lua/xmpptest"
)

// Namespaces of what passes between clients and Jicofo.
const (
	nsFocus   = "http://jitsi.org/protocol/focus"
	nsStanzas = "urn:ietf:params:xml:ns:xmpp-stanzas"
)

// realSender is who sent a stanza: the proxy puts that into its own address's resource.
func realSender(from, proxy string) string {
	if resource, ok := strings.CutPrefix(from, proxy+"/"); ok && resource != "" {
		return resource
	}
	return from
}

// readQuery reads a conference request.
func readQuery(conference *xmpptest.Element, from string) Query {
	return Query{
		From: from, Room: conference.Attr("room"),
		SessionID: conference.Attr("session-id"), MachineUID: conference.Attr("machine-uid"),
	}
}

// conferenceAnswer is the answer to a request that was granted.
func conferenceAnswer(request *xmpptest.Element, focus, room string, login Login) string {
	attrs := fmt.Sprintf(" room='%s' focusjid='%s' ready='true'", escape(room), escape(bare(focus)))
	if login.ID != "" {
		attrs += fmt.Sprintf(" identity='%s' session-id='%s'", escape(login.Identity), escape(login.ID))
	}
	return answer(request, "result", fmt.Sprintf(
		"<conference xmlns='%s'%s><property name='authentication' value='true'/><property name='externalAuth' value='false'/></conference>", nsFocus, attrs))
}

// refusal is the answer to a request that wasn't. It repeats nothing of the request.
func refusal(request *xmpptest.Element, r *Refusal) string {
	kind := map[string]string{"not-authorized": "auth"}[r.Condition]
	if kind == "" {
		kind = "modify"
	}
	extra := ""
	if r.SessionInvalid {
		extra = fmt.Sprintf("<session-invalid xmlns='%s'/>", nsFocus)
	}
	return answer(request, "error", fmt.Sprintf("<error type='%s'><%s xmlns='%s'/><text xmlns='%s' xml:lang='en'>%s</text>%s</error>",
		kind, r.Condition, nsStanzas, nsStanzas, escape(r.Text), extra))
}

// answer goes to the address that the request came from, the proxy's where it is one,
// and comes from the one that was asked.
func answer(request *xmpptest.Element, kind, payload string) string {
	return fmt.Sprintf("<iq xmlns='jabber:client' type='%s' id='%s' from='%s' to='%s'>%s</iq>",
		kind, escape(request.Attr("id")), escape(request.Attr("to")), escape(request.Attr("from")), payload)
}

// escape makes s safe inside an attribute or text.
func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder never fails
	return b.String()
}
