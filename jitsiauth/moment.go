package jitsiauth

import (
	"context"
	"time"
)

// Moment is a date of an account: the beginning of its validity or the end.
type Moment struct {
	At     time.Time
	Begins bool
}

// Moments returns the dates that the account has.
func (u *User) Moments() []Moment {
	var dates []Moment
	if !u.ValidFrom.IsZero() {
		dates = append(dates, Moment{At: u.ValidFrom, Begins: true})
	}
	if !u.ValidUntil.IsZero() {
		dates = append(dates, Moment{At: u.ValidUntil})
	}
	return dates
}

// momentsPage bounds how many moments pass in one transaction.
const momentsPage = 500

// passMoments writes what the dates did that have come. A date has its entry
// once, however often the service restarts and wherever the clock goes: the
// store forgets it together with writing the entry. One that came while no
// service ran gets its entry at the next start. If the clock was ahead and is
// set back, the account can log in again, as state is always that of the
// clock, but the date is not written a second time.
func (s *Service) passMoments(ctx context.Context) error {
	now := s.now().UTC()
	for {
		passed, err := s.store.PassMoments(ctx, now, momentsPage, func(r Record, m Moment) Change {
			c := Change{At: now, Action: UserExpired, Subject: r.ID, JID: r.JID, Fields: []string{"valid_until"}, Actor: ActorSystem}
			if m.Begins {
				c.Action, c.Fields = UserBecameValid, []string{"valid_from"}
			}
			return c
		})
		if err != nil || passed < momentsPage {
			return err
		}
	}
}
