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

// clockSlack is how far back a clock may step without having been wrong before.
const clockSlack = time.Minute

// momentPasser returns the task of Run that writes what the dates did that have
// come. A date has its entry once, however often the service restarts: the
// store forgets it together with writing the entry. One that came while no
// service ran gets its entry at the next start. If the clock was ahead and is
// set back, dates that had passed by it become pending again, and have an entry
// when they really come: the account could log in meanwhile, for state is always
// that of the clock.
func (s *Service) momentPasser() func(context.Context) error {
	var latest time.Time // that the clock has shown, as far as is known
	return func(ctx context.Context) error {
		now := s.now().UTC()
		if latest.IsZero() {
			newest, err := s.store.ChangesBefore(ctx, 0, 1)
			if err != nil {
				return err
			}
			if latest = now; len(newest) > 0 && newest[0].At.After(now) { // of before the restart
				latest = newest[0].At
			}
		}
		if now.Before(latest.Add(-clockSlack)) {
			if err := s.store.RearmMoments(ctx, now, latest); err != nil {
				return err
			}
			latest = now
		}
		if now.After(latest) {
			latest = now
		}
		return s.passMoments(ctx, now)
	}
}

// passMoments writes what the dates did that have come by now.
func (s *Service) passMoments(ctx context.Context, now time.Time) error {
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
