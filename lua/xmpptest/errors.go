package xmpptest

import (
	"errors"
	"strings"
)

// ErrClosed is the Err of a Conn that its own Close ended.
var ErrClosed = errors.New("connection closed")

// SASLError is the server's refusal of a login (RFC 6120, section 6.5).
type SASLError struct {
	Condition string // such as not-authorized, temporary-auth-failure, malformed-request
	Text      string // often empty
}

func (e *SASLError) Error() string { return describe("login refused", e.Condition, e.Text) }

// StreamError is the reason the server gave for ending the stream (RFC 6120, section
// 4.9). Over BOSH, Condition may also be one of XEP-0124's own, such as item-not-found.
type StreamError struct {
	Condition string // such as not-authorized, system-shutdown, reset
	Text      string
	// Undeclared: its prefix meant nothing, so a browser sees no error at all.
	Undeclared bool
}

func (e *StreamError) Error() string { return describe("stream ended", e.Condition, e.Text) }

// StanzaError is an answer of type error (RFC 6120, section 8.3).
type StanzaError struct {
	Condition string // such as service-unavailable
	Text      string
}

func (e *StanzaError) Error() string { return describe("refused", e.Condition, e.Text) }

func describe(what string, parts ...string) string {
	for _, p := range parts {
		if p != "" {
			what += ": " + p
		}
	}
	return strings.TrimSpace(what)
}

// streamError reads a <stream:error/>.
func streamError(e *Element) *StreamError {
	condition, text := e.condition(nsStreams)
	return &StreamError{Condition: condition, Text: text}
}

// stanzaError reads the <error/> in an answer; nil if the answer is none.
func stanzaError(e *Element) error {
	if e.Attr("type") != "error" {
		return nil
	}
	inner := e.Child(nsClient, "error")
	if inner == nil {
		return &StanzaError{Condition: "undefined-condition"}
	}
	condition, text := inner.condition(nsStanzas)
	return &StanzaError{condition, text}
}
