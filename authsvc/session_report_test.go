package authsvc

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// goodSession is one with all fields.
func goodSession() map[string]any {
	return map[string]any{
		"key": "k1", "account": "01234567-89ab-7def-8123-456789abcdef", "transport": "websocket", "source": "203.0.113.9", "proxy": true,
		"since": "2026-11-24T19:00:00+09:00", "guest": true, "rooms": []string{"room@muc.meet.jitsi", "山田@muc.meet.jitsi"},
	}
}

func read(t testing.TB, report map[string]any) (*sessionReport, error) {
	t.Helper()
	text, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	var body reportBody
	if err := decode(text, &body); err != nil {
		return nil, err
	}
	return body.read()
}

func TestReportIsRead(t *testing.T) {
	bare := map[string]any{"key": strings.Repeat("界", 64), "account": "01234567-89ab-7def-8123-456789abcdef", "transport": "c2s", "since": "2026-11-24T10:00:00Z", "source": ""}
	got, err := read(t, map[string]any{
		"domain": "meet.jitsi", "instance": "p 1", "first": true, "sessions": []any{goodSession(), bare}, "ended": []string{"k0"},
	})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	want := []api.Session{
		{Transport: "websocket", Source: "203.0.113.9", Proxy: true, Since: at, Guest: true, Rooms: []string{"room@muc.meet.jitsi", "山田@muc.meet.jitsi"}},
		{Transport: "c2s", Since: at, Rooms: []string{}},
	}
	for i, s := range got.sessions {
		if !reflect.DeepEqual(s.shown, want[i]) || s.account.String() != "01234567-89ab-7def-8123-456789abcdef" || s.bytes < 250 {
			t.Errorf("%+v, want %+v", s, want[i])
		}
	}
	if !got.first || got.sessions[0].key != "k1" || !slices.Equal(got.ended, []string{"k0"}) {
		t.Errorf("%+v", got)
	}
}

func TestReportedSessions(t *testing.T) {
	tooMany := slices.Repeat([]string{"r"}, api.MaxSessionRooms+1)
	for _, test := range []struct {
		field string
		value any    // nil: not there
		wrong string // the field that is named; "": it is right
	}{
		{"key", nil, "key"},
		{"key", "", "key"},
		{"key", strings.Repeat("界", 65), "key"},
		{"key", "a\nb", "key"},
		{"key", 1, "key"},
		{"account", nil, "account"},
		{"account", "alice@meet.jitsi", "account"},
		{"transport", nil, "transport"},
		{"transport", "carrier pigeon", "transport"},
		{"transport", "bosh", ""},
		{"source", nil, ""},
		{"source", "2001:db8::1", ""},
		{"source", "office", "source"},
		{"source", "203.0.113.9:5222", "source"},
		{"proxy", "yes", "proxy"},
		{"proxy", nil, ""},
		{"since", nil, "since"},
		{"since", "yesterday", "since"},
		{"since", 1795514400, "since"},
		{"since", "1969-12-31T23:59:59Z", "since"},
		{"since", "0001-01-01T00:00:00+01:00", "since"},
		{"since", "9999-01-01T00:00:00Z", "since"},
		{"guest", 1, "guest"},
		{"rooms", nil, ""},
		{"rooms", tooMany[1:], ""},
		{"rooms", tooMany, "rooms"},
		{"rooms", []string{strings.Repeat("r", api.MaxRoomBytes)}, ""},
		{"rooms", []string{"r", strings.Repeat("r", api.MaxRoomBytes+1)}, "rooms[1]"},
		{"rooms", []string{""}, "rooms[0]"},
		{"rooms", "room", "rooms"},
		{"rooms", []any{1}, "rooms"},
		{"rooms", map[string]any{}, "rooms"},
		{"Key", "k2", "Key"},
		{"password", "x", "password"},
	} {
		s := goodSession()
		if delete(s, test.field); test.value != nil {
			s[test.field] = test.value
		}
		_, err := read(t, map[string]any{"domain": "meet.jitsi", "instance": "p", "sessions": []any{goodSession(), s}})
		var invalid *jitsiauth.InvalidError
		switch {
		case test.wrong == "" && err != nil:
			t.Errorf("%s %v: %v", test.field, test.value, err)
		case test.wrong != "" && (!errors.As(err, &invalid) || invalid.Field != "sessions[1]."+test.wrong || invalid.Rule == ""):
			t.Errorf("%s %v: %v", test.field, test.value, err)
		}
	}
}

func TestReportBounds(t *testing.T) {
	sessions := func(n int) []any {
		all := make([]any, n)
		for i := range all {
			all[i] = goodSession()
		}
		return all
	}
	keys := func(n int) (all []string) {
		for i := range n {
			all = append(all, fmt.Sprint(i))
		}
		return all
	}
	for _, test := range []struct {
		field string
		value any
		wrong string
	}{
		{"instance", nil, "instance"},
		{"instance", "", "instance"},
		{"instance", strings.Repeat("界", 64), ""},
		{"instance", strings.Repeat("界", 65), "instance"},
		{"instance", "a\tb", "instance"},
		{"domain", nil, "domain"},
		{"first", 1, "first"},
		{"sessions", sessions(api.MaxReportedSessions), ""},
		{"sessions", sessions(api.MaxReportedSessions + 1), "sessions"},
		{"sessions", []any{}, ""},
		{"sessions", map[string]any{}, "sessions"},
		{"sessions", []any{goodSession(), nil}, "sessions[1]"},
		{"sessions", []any{"k1"}, "sessions[0]"},
		{"sessions", []any{[]any{}}, "sessions[0]"},
		{"ended", keys(api.MaxReportedEnds), ""},
		{"ended", keys(api.MaxReportedEnds + 1), "ended"},
		{"ended", []string{"k", ""}, "ended[1]"},
		{"ended", []string{strings.Repeat("k", 65)}, "ended[0]"},
		{"ended", []any{nil}, "ended[0]"},
		{"ended", []any{1}, "ended"},
		{"account", "x", "account"},
	} {
		report := map[string]any{"domain": "meet.jitsi", "instance": "p"}
		if delete(report, test.field); test.value != nil {
			report[test.field] = test.value
		}
		_, err := read(t, report)
		var invalid *jitsiauth.InvalidError
		switch {
		case test.wrong == "" && err != nil:
			t.Errorf("%s: %v", test.field, err)
		case test.wrong != "" && (!errors.As(err, &invalid) || invalid.Field != test.wrong || invalid.Rule == ""):
			t.Errorf("%s %.60v: %v", test.field, test.value, err)
		}
	}
}

// What people call their rooms is shown without what could deceive a reader,
// and is no reason to refuse what is said of others.
func TestRoomsAreFitToBeShown(t *testing.T) {
	got, err := readRooms([]string{"a\u202eb@muc", "c\u2066\x00d\n@muc", "\U000e0001@muc", "ok @muc"})
	if want := []string{"a?b@muc", "c??d?@muc", "?@muc", "ok @muc"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q %v", got, err)
	}
	for text, want := range map[string]string{"::ffff:192.0.2.7": "192.0.2.7", "fe80::1%eth0": "fe80::1", "2001:DB8:0::1": "2001:db8::1"} {
		if got, err := readSource(text); got != want || err != nil {
			t.Errorf("%s: %s %v", text, got, err)
		}
	}
}

// A field that is twice in a session is broken, as in a body.
func TestReportedTwice(t *testing.T) {
	var body reportBody
	if err := decode([]byte(`{"domain":"d","instance":"i","sessions":[{"key":"a","key":"b"}]}`), &body); err != nil {
		t.Fatal(err)
	}
	_, err := body.read()
	var broken *httpError
	if !errors.As(err, &broken) || broken.code != api.CodeMalformed {
		t.Error(err)
	}
}
