package boltstore

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jitsiauth/server/jitsiauth"
)

// texts are of any characters, with those drawn often that JSON escapes.
var texts = rapid.OneOf(rapid.Just(""), rapid.StringMatching(`[a-z0-9@. ]{1,20}`), rapid.String(),
	rapid.StringOfN(rapid.RuneFrom([]rune("a\"\\<>&/'\n\t\x00\x1f\x7f山\u2028\u2029\ufffd😀")), 0, 8, -1),
	rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))

var times = rapid.OneOf(rapid.Just(time.Time{}), rapid.Custom(func(t *rapid.T) time.Time {
	seconds := rapid.OneOf(rapid.Int64Range(0, 4e9), rapid.Int64Range(-1e11, 3e11)).Draw(t, "seconds") // beyond the years 0 to 9999 too
	return utc(time.Unix(seconds, rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(0, 999_999_999)).Draw(t, "nanoseconds")))
}))

var jids = rapid.OneOf(rapid.Just(jitsiauth.JID{}), rapid.Custom(func(t *rapid.T) jitsiauth.JID {
	jid, err := jitsiauth.NewJID(rapid.SampledFrom([]string{"ann", "山田", "a=b+c#d%", "straße", "💡"}).Draw(t, "local"), "meet.jitsi")
	if err != nil {
		t.Fatal(err)
	}
	return jid
}))

// fillRecord sets each field of the struct that record points to, so that one that is
// new and not encoded is found.
func fillRecord(t *rapid.T, record reflect.Value) {
	for i := range record.NumField() {
		field, name := record.Field(i), record.Type().Field(i).Name
		switch to := field.Addr().Interface().(type) {
		case *time.Time:
			*to = times.Draw(t, name)
		case *jitsiauth.JID:
			*to = jids.Draw(t, name)
		case *jitsiauth.ID:
			*to = jitsiauth.ID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, name))
		case *netip.Addr:
			*to = rapid.SampledFrom([]netip.Addr{{}, netip.IPv6Unspecified(), netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr(`fe80::1%"<`)}).Draw(t, name)
		case *[]string:
			*to = rapid.OneOf(rapid.Just[[]string](nil), rapid.SliceOf(texts)).Draw(t, name)
		case *bool:
			*to = rapid.Bool().Draw(t, name)
		case *uint64:
			*to = rapid.Uint64().Draw(t, name)
		default:
			if field.Kind() != reflect.String {
				t.Fatalf("a field of a type that this test doesn't know: %s %s", name, field.Type())
			}
			field.SetString(texts.Draw(t, name))
		}
	}
}

// sameAsJSON holds what was written by hand to what encoding/json writes.
func sameAsJSON(t *rapid.T, record any, got []byte, err error) {
	want, wantErr := json.Marshal(record)
	if (err != nil) != (wantErr != nil) {
		t.Fatalf("error %v, json.Marshal's %v", err, wantErr)
	}
	if wantErr == nil && string(got) != "before"+string(want) {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
}

func TestEncodeUser(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var u userRecord
		fillRecord(t, reflect.ValueOf(&u).Elem())
		got, err := u.appendJSON([]byte("before"))
		sameAsJSON(t, u, got, err)
	})
}

func TestEncodeChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r changeRecord
		fillRecord(t, reflect.ValueOf(&r).Elem())
		got, err := r.appendJSON([]byte("before"))
		sameAsJSON(t, r, got, err)
	})
}

// TestEncodeRoundTrip: what is written is read as it was.
func TestEncodeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := userRecord{JID: jids.Draw(t, "JID"), DisplayName: rapid.String().Draw(t, "DisplayName"), Role: jitsiauth.RoleUser, Revision: rapid.Uint64().Draw(t, "Revision")}
		text, err := u.appendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeUser(make([]byte, 16), text)
		if want := u.record(jitsiauth.ID{}); err != nil || got != want {
			t.Fatalf("%+v, %v, want %+v", got, err, want)
		}
	})
}

func BenchmarkEncodeUser(b *testing.B) {
	jid, err := jitsiauth.NewJID("user0000001", "meet.jitsi")
	if err != nil {
		b.Fatal(err)
	}
	now := time.Date(2026, 11, 24, 18, 0, 0, 123456789, time.UTC)
	u := userRecord{
		JID: jid, DisplayName: "Some Body", Email: "user1@mail.example", Role: jitsiauth.RoleUser, Revision: 1, CredentialRevision: 1, SessionRevision: 1,
		CreatedAt: now, UpdatedAt: now, PasswordChangedAt: now, PasswordHash: "$2a$12$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuuabcdefghij",
	}
	b.Run("by hand", func(b *testing.B) {
		for b.Loop() {
			if _, err := u.appendJSON(make([]byte, 0, recordSize)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("json.Marshal", func(b *testing.B) {
		for b.Loop() {
			if _, err := json.Marshal(u); err != nil {
				b.Fatal(err)
			}
		}
	})
}
