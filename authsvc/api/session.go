package api

import "time"

// SessionReport is the body of POST /auth/sessions: who is in, and who no longer
// is, of the sessions that one Prosody holds. What other callers, for other
// domains, or as other instances reported is not touched.
type SessionReport struct {
	Domain string `json:"domain"` // Prosody's VirtualHost
	// Instance is the caller's own name for this run of it, 1 to MaxSessionName
	// printable characters; the same as in GET /auth/changes, by which the service
	// notices that the instance is there.
	Instance string `json:"instance"`
	// First says to forget what this instance reported before. Without it, an
	// instance that is not known gets CodeSessionsUnknown, and has to send
	// everything anew.
	First bool `json:"first,omitzero"`
	// Sessions are new, or as they are now: a known key is replaced. At most
	// MaxReportedSessions. Of more than MaxInstanceSessions that an instance
	// has, the rest is left out.
	Sessions []ReportedSession `json:"sessions,omitzero"`
	// Ended are the keys of sessions that are gone, at most MaxReportedEnds;
	// unknown ones are no error. It is read after Sessions.
	Ended []string `json:"ended,omitzero"`
}

// Bounds of a SessionReport.
const (
	MaxSessionName      = 64 // characters, of instances and keys
	MaxReportedSessions = 500
	MaxReportedEnds     = 1000
	MaxInstanceSessions = 20_000
	MaxSessionRooms     = 20
	MaxRoomBytes        = 1024
)

// ReportedSession is somebody who is in.
type ReportedSession struct {
	Key       string `json:"key"`       // the caller's own, 1 to MaxSessionName printable characters
	Account   string `json:"account"`   // the ID that POST /auth/verify gave
	Transport string `json:"transport"` // c2s, websocket, bosh
	// Source is the client's IP address; empty: not known.
	Source string `json:"source,omitzero"`
	// Proxy says that Source stands for many clients.
	Proxy bool      `json:"proxy,omitzero"`
	Since time.Time `json:"since"` // of the login
	// Guest says that the person is in as a guest, after Jicofo remembered
	// their login.
	Guest bool `json:"guest,omitzero"`
	// Rooms are the JIDs of the rooms that the person is in: at most
	// MaxSessionRooms, each of 1 to MaxRoomBytes bytes. A character that can't be
	// printed is shown as "?".
	Rooms []string `json:"rooms,omitzero"`
}

// UserSessions is the answer of GET /api/v1/users/{id or jid}/sessions: where the
// account is in.
type UserSessions struct {
	// Reported says whether a Prosody of the account's domain reports at the
	// moment. If not, nothing is known, and Sessions is empty.
	Reported bool `json:"reported"`
	// Sessions are in the order in which they began; of more than
	// MaxShownSessions, the latest.
	Sessions []Session `json:"sessions"`
}

// MaxShownSessions bounds UserSessions.Sessions.
const MaxShownSessions = 1000

// Session is where somebody is in; the fields are those of ReportedSession.
type Session struct {
	Transport string    `json:"transport"`
	Source    string    `json:"source,omitzero"`
	Proxy     bool      `json:"proxy"`
	Since     time.Time `json:"since"`
	Guest     bool      `json:"guest"`
	Rooms     []string  `json:"rooms"`
}
