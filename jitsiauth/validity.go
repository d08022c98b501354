package jitsiauth

import (
	"time"
)

// ParseMoment reads a moment that a person or a program wrote for a field:
// RFC 3339 with its zone ("2026-11-27T18:00:00+09:00"), or a mere date
// ("2026-11-27"), which means the day in zone. For a beginning (until false)
// that is its first moment, for an end the first moment of the next day: an
// account valid until Friday works all Friday. It returns an *InvalidError,
// also for years before 1970 and after 9998.
func ParseMoment(field, text string, until bool, zone *time.Location) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.UTC(), checkMoment(field, at)
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}, invalid(field, "must be a date like 2026-11-27 or a time like 2026-11-27T18:00:00+09:00")
	}
	if until {
		day = day.AddDate(0, 0, 1)
	}
	// Where a zone skips midnight, time.Date gives the moment after the gap or
	// before it; either is within that day's first hour.
	at := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, zone).UTC()
	return at, checkMoment(field, at)
}

// checkMoment keeps dates within what RFC 3339 and JSON can carry in any zone,
// and a year 1, which reads as "no limit", from being one by mistake.
func checkMoment(field string, at time.Time) error {
	if year := at.UTC().Year(); year < 1970 || year > 9998 {
		return invalid(field, "must lie in the years 1970 to 9998")
	}
	return nil
}
