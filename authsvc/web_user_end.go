package authsvc

import (
	"time"

	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

// The ends of a validity that forms offer.
const (
	endNone  = "none"
	endToday = "today"
	endWeek  = "week"  // Sunday
	endMonth = "month" // 30 days
	endYear  = "year"  // of tokens
	endDate  = "date"  // the one beside it
)

// monthDays is how long endMonth is.
const monthDays = 30

// endChoice is an end that can be chosen.
type endChoice struct {
	Value   string
	At      time.Time // zero: none, or not known before it is typed
	Checked bool
}

// endsView is what the template "ends" of parts.html shows.
type endsView struct {
	Form    *web.Form
	Choices []endChoice
}

// ends offers what a form may choose from, with one chosen to begin with. Empty:
// none, where a button that is pressed too soon would undo an end.
func (s *Server) ends(f *web.Form, first string) endsView {
	return s.endsOf(f, first, endNone, endToday, endWeek, endMonth, endDate)
}

// endsOf offers the ends that are named.
func (s *Server) endsOf(f *web.Form, first string, values ...string) endsView {
	chosen := f.Get("until")
	if chosen == "" {
		chosen = first
	}
	view := endsView{Form: f}
	for _, value := range values {
		view.Choices = append(view.Choices, endChoice{Value: value, At: s.endOf(value), Checked: value == chosen})
	}
	return view
}

// endOf returns the end of the day that a choice stands for, in the service's
// zone; the zero time for the others.
func (s *Server) endOf(choice string) time.Time {
	today := s.opts.Now().In(s.opts.Timezone)
	switch choice {
	case endToday:
		return endOfDay(today, 0)
	case endWeek:
		return endOfDay(today, (7-int(today.Weekday()))%7)
	case endMonth:
		return endOfDay(today, monthDays)
	case endYear:
		return endOfDay(today.AddDate(1, 0, 0), 0)
	}
	return time.Time{}
}

// endOfDay is the first moment after the day that lies so many days ahead.
func endOfDay(day time.Time, ahead int) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day()+ahead+1, 0, 0, 0, 0, day.Location()).UTC()
}

// readEnd returns the end that a form chose; the zero time: no end. Without
// script, a date can be typed beside another choice: one of them is a mistake,
// and an account that never ends must not come of it.
func (s *Server) readEnd(f *web.Form) (time.Time, error) {
	choice, date := f.Get("until"), f.Get("date")
	switch choice {
	case endNone, endToday, endWeek, endMonth, endYear:
		if date != "" {
			return time.Time{}, &jitsiauth.InvalidError{Field: "valid_until", Rule: ruleTwoEnds}
		}
		return s.endOf(choice), nil
	case endDate:
		if date == "" {
			return time.Time{}, &jitsiauth.InvalidError{Field: "valid_until", Rule: "must be given"}
		}
		return jitsiauth.ParseMoment("valid_until", date, true, s.opts.Timezone)
	}
	return time.Time{}, &jitsiauth.InvalidError{Field: "valid_until", Rule: "must be given"}
}

// ruleTwoEnds is a rule of the pages alone; package web knows it.
const ruleTwoEnds = "must be one choice: choose the date, or empty it"

// momentText is what stands in a field for a moment, so that ParseMoment reads
// the same moment out of it: a date where it is the border of a day.
func (s *Server) momentText(at time.Time, until bool) string {
	if at.IsZero() {
		return ""
	}
	local := at.In(s.opts.Timezone)
	day := local
	if until {
		day = local.AddDate(0, 0, -1)
	}
	text := day.Format(time.DateOnly)
	if same, err := jitsiauth.ParseMoment("", text, until, s.opts.Timezone); err == nil && same.Equal(at) {
		return text
	}
	return local.Format(time.RFC3339Nano)
}
