// Package focustest stands in for Jicofo, Jitsi Meet's conference focus, and for the
// part of Jitsi's web client that talks to it, in tests against a real Prosody.
//
// Where guests are allowed, who opens a meeting is no longer logged in once it runs:
//
//	alice@meet.jitsi   → focus: conference IQ          (a short second connection)
//	                   ← session-id, identity
//	uuid@guest…        → focus: conference IQ with that session-id: a moderator
//
// So what Prosody knows of alice ends with the short connection, and her right to
// moderate lives on in Jicofo. Tests of what ends it need a Jicofo; this is one in as
// far as logins are concerned, a real XMPP client of the account focus@auth.<domain>.
// It is written after what Jicofo's public sources do, down to the answers' details,
// and knows no media, bridges, visitors, breakout rooms, tokens or reservations. What
// it does must be tried on a real Jicofo, too, sometime.
//
// authority.go is Jicofo's memory of logins and decides on requests; answer.go reads
// requests and writes answers; focus.go is the client; hook.go what tests ask of it;
// room.go joins rooms and makes moderators. browser.go is the web client's side.
// mod_client_proxy.lua stands in for Jitsi's Prosody module of that name, through which
// clients reach Jicofo at focus.<domain>; prosody.go puts it and the account in place.
package focustest
