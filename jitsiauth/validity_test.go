package jitsiauth

import (
	"errors"
	"testing"
	"time"
)

func TestParseMoment(t *testing.T) {
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, text string
		until      bool
		zone       *time.Location
		want       string // in UTC; "": refused
	}{
		{"date from", "2026-11-27", false, tokyo, "2026-11-26T15:00:00Z"},
		{"date until is the end of that day", "2026-11-27", true, tokyo, "2026-11-27T15:00:00Z"},
		{"the zone decides", "2026-11-27", true, time.UTC, "2026-11-28T00:00:00Z"},
		{"last day of a month", "2026-02-28", true, time.UTC, "2026-03-01T00:00:00Z"},
		{"a day of 25 hours", "2026-11-01", true, newYork, "2026-11-02T05:00:00Z"},
		{"moment with zone", "2026-11-27T18:00:00+09:00", true, newYork, "2026-11-27T09:00:00Z"},
		{"moment in UTC", "2026-11-27T18:00:00Z", false, tokyo, "2026-11-27T18:00:00Z"},
		{"the first day that can be", "1970-01-02", false, tokyo, "1970-01-01T15:00:00Z"},
		{"too early", "1969-12-31", false, tokyo, ""},
		{"the zero time is no way to say never", "0001-01-01T00:00:00Z", true, tokyo, ""},
		{"a date that would be the zero time", "0000-12-31", true, time.UTC, ""},
		{"too late", "9998-12-31", true, time.UTC, ""},
		{"far too late", "9999-12-31T23:59:59Z", true, time.UTC, ""},
		{"no such day", "2026-02-30", true, tokyo, ""},
		{"no zone", "2026-11-27T18:00:00", true, tokyo, ""},
		{"in words", "friday", true, tokyo, ""},
		{"empty", "", true, tokyo, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseMoment("valid_until", test.text, test.until, test.zone)
			if test.want == "" {
				if !errors.Is(err, ErrInvalid) {
					t.Errorf("got %v, %v; want it refused", got, err)
				}
				return
			}
			if err != nil || got.Format(time.RFC3339) != test.want || got.Location() != time.UTC {
				t.Errorf("got %v, %v; want %s", got, err, test.want)
			}
		})
	}
}
