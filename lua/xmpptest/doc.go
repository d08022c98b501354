// Package xmpptest is a small XMPP client that logs in as Jitsi Meet's clients do, over
// all three ways into Prosody: TCP with STARTTLS (RFC 6120), WebSocket (RFC 7395) and
// BOSH (XEP-0124, XEP-0206).
//
// It exists because no maintained Go client speaks BOSH, or lets a test choose the raw
// bytes of a SASL response (a password that is no UTF-8, a missing NUL) and see the raw
// failure condition. It is for tests, benchmarks and the demo: it knows what those
// need, keeps nothing for later and resumes only what it is told to.
//
//	c, err := xmpptest.Login(ctx, xmpptest.WebSocket, endpoint, "alice", "secret")
//	if err != nil {
//		var refused *xmpptest.SASLError // refused.Condition: "not-authorized", …
//		…
//	}
//	defer c.Close()
//	err = c.JoinMUC(ctx, "room@conference.meet.jitsi", "Alice")
//
// [Dial], [Conn.Auth] and [Conn.Bind] are the steps of Login, to be called one after
// another by one goroutine; after Bind every method may be used by many at once.
//
// conn.go holds the connection and its reader, login.go the steps of a login, stanza.go
// what a logged-in client does, element.go the XML; tcp.go, websocket.go and bosh.go are
// the three ways in, behind the interface wire.
package xmpptest
