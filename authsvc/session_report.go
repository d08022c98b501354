package authsvc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// maxReportBody is for 500 sessions with a few rooms each. Who is in more has to
// send fewer at once.
const maxReportBody = 4 << 20

// transports are the ways into Prosody.
var transports = []string{"c2s", "websocket", "bosh"}

// reportBody is api.SessionReport with its sessions unread: bind knows only flat
// objects, and each session is to be as strictly read as a body.
type reportBody struct {
	Domain   string            `json:"domain"`
	Instance string            `json:"instance"`
	First    bool              `json:"first,omitzero"`
	Sessions []json.RawMessage `json:"sessions,omitzero"`
	Ended    []string          `json:"ended,omitzero"`
}

// sessionReport is a report that was read.
type sessionReport struct {
	from     instanceKey
	first    bool
	sessions []reportedSession
	ended    []string
}

type reportedSession struct {
	key string
	heldSession
}

// read holds the report to its bounds. It leaves from to the caller.
func (body *reportBody) read() (*sessionReport, error) {
	switch {
	case !isName(body.Instance, api.MaxSessionName):
		return nil, invalidInstance()
	case len(body.Sessions) > api.MaxReportedSessions:
		return nil, &jitsiauth.InvalidError{Field: "sessions", Rule: fmt.Sprintf("must be at most %d", api.MaxReportedSessions)}
	case len(body.Ended) > api.MaxReportedEnds:
		return nil, &jitsiauth.InvalidError{Field: "ended", Rule: fmt.Sprintf("must be at most %d", api.MaxReportedEnds)}
	}
	r := &sessionReport{first: body.First, ended: body.Ended, sessions: make([]reportedSession, 0, len(body.Sessions))}
	for i, raw := range body.Sessions {
		s, err := readSession(raw)
		if err != nil {
			return nil, within("sessions", i, err)
		}
		r.sessions = append(r.sessions, s)
	}
	for i, key := range body.Ended {
		if !isName(key, api.MaxSessionName) {
			return nil, &jitsiauth.InvalidError{Field: fmt.Sprintf("ended[%d]", i), Rule: nameRule}
		}
	}
	return r, nil
}

func readSession(raw json.RawMessage) (s reportedSession, err error) {
	if text := bytes.TrimLeft(raw, jsonSpace); len(text) == 0 || text[0] != '{' {
		return s, &jitsiauth.InvalidError{Rule: "must be an object"}
	}
	var given api.ReportedSession
	if err := decode(raw, &given); err != nil {
		return s, err
	}
	s.key = given.Key
	s.shown = api.Session{Transport: given.Transport, Proxy: given.Proxy, Since: given.Since.UTC(), Guest: given.Guest}
	if !isName(given.Key, api.MaxSessionName) {
		return s, &jitsiauth.InvalidError{Field: "key", Rule: nameRule}
	}
	if s.account, err = jitsiauth.ParseID(given.Account); err != nil {
		return s, &jitsiauth.InvalidError{Field: "account", Rule: "must be the ID of an account"}
	}
	if !slices.Contains(transports, given.Transport) {
		return s, &jitsiauth.InvalidError{Field: "transport", Rule: "must be one of " + strings.Join(transports, ", ")}
	}
	if year := s.shown.Since.Year(); year < 1970 || year > 9998 {
		return s, &jitsiauth.InvalidError{Field: "since", Rule: "must lie in the years 1970 to 9998"}
	}
	if s.shown.Source, err = readSource(given.Source); err != nil {
		return s, err
	}
	if s.shown.Rooms, err = readRooms(given.Rooms); err != nil {
		return s, err
	}
	s.bytes = sizeOf(&s)
	return s, nil
}

// readSource reads an address that is shown, in one way of writing.
func readSource(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return "", &jitsiauth.InvalidError{Field: "source", Rule: "must be an IP address, or be left out"}
	}
	return addr.Unmap().WithZone("").String(), nil
}

// readRooms also makes rooms fit to be shown. What people call their rooms is no
// reason to refuse what is said of all others.
func readRooms(given []string) ([]string, error) {
	if len(given) > api.MaxSessionRooms {
		return nil, &jitsiauth.InvalidError{Field: "rooms", Rule: fmt.Sprintf("must be at most %d", api.MaxSessionRooms)}
	}
	rooms := make([]string, 0, len(given))
	for i, room := range given {
		if len(room) < 1 || len(room) > api.MaxRoomBytes {
			return nil, within("rooms", i, &jitsiauth.InvalidError{Rule: fmt.Sprintf("must be 1 to %d bytes long", api.MaxRoomBytes)})
		}
		rooms = append(rooms, printable(room, api.MaxRoomBytes))
	}
	return rooms, nil
}

// sizeOf is about what the session takes in memory.
func sizeOf(s *reportedSession) int {
	size := 250 + len(s.key) + len(s.shown.Source)
	for _, room := range s.shown.Rooms {
		size += 16 + len(room)
	}
	return size
}

const nameRule = "must be 1 to 64 printable characters"

func invalidInstance() error { return &jitsiauth.InvalidError{Field: "instance", Rule: nameRule} }

// isName reports a text of 1 to most characters, all of them printable.
func isName(text string, most int) bool {
	n := utf8.RuneCountInString(text)
	return n >= 1 && n <= most && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// within says in which element of a list the invalid field is.
func within(list string, i int, err error) error {
	var invalid *jitsiauth.InvalidError
	if !errors.As(err, &invalid) {
		return err
	}
	field := fmt.Sprintf("%s[%d]", list, i)
	if invalid.Field != "" {
		field += "." + invalid.Field
	}
	return &jitsiauth.InvalidError{Field: field, Rule: invalid.Rule}
}
