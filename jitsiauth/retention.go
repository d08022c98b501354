package jitsiauth

import (
	"context"
	"errors"
	"time"
)

// How long the logs are kept where Options don't say: changes for a year and
// the weeks in which it is looked back on, logins, which say where people were,
// for a season.
const (
	DefaultChangesRetention = 400 * 24 * time.Hour
	DefaultLoginsRetention  = 90 * 24 * time.Hour
)

// MinRetention is the least that Options take: a reader of the feed that was
// away for a night is to find its place again.
const MinRetention = 24 * time.Hour

// DefaultMaxLogins is how many entries of the log of logins are kept where
// Options don't say, some 300 MB in boltstore: who guesses passwords adds to it
// faster than it ages. MinMaxLogins is the least that Options take.
const (
	DefaultMaxLogins = 1_000_000
	MinMaxLogins     = 1000
)

// keepLinks is how long a link stays in the list after it has expired, for those
// who look what became of it.
const keepLinks = 30 * 24 * time.Hour

// knownSourceFor is how long a source stays known from which an account logs in
// no more: as long as the logins that tell of it, by default.
const knownSourceFor = 90 * 24 * time.Hour

// Removing what is too old comes round each minute, in transactions of so many
// entries, at most one of each log a second, so that logins and changes hardly
// wait. In a minute the log of logins outgrows its bound by no more than 60
// times what loginLog lists a second; looking each second would make a log that
// is at its bound write a transaction for each login. A page is more than what
// can come meanwhile, so that the removing gets ahead.
const (
	trimEvery = time.Minute
	trimPage  = 2 * maxBatch
)

// forgetEvery is how often Run goes through all accounts for sources to forget,
// a page of them a second.
const forgetEvery = 24 * time.Hour

// checkRetention fills in the default.
func checkRetention(field string, keep, standard time.Duration) (time.Duration, error) {
	if keep == 0 {
		return standard, nil
	}
	if keep < MinRetention {
		return 0, invalid(field, "must be at least a day")
	}
	return keep, nil
}

// checkMaxLogins fills in the default.
func checkMaxLogins(most int) (int, error) {
	if most == 0 {
		return DefaultMaxLogins, nil
	}
	if most < MinMaxLogins {
		return 0, invalid("max_logins", "must be at least %d", MinMaxLogins)
	}
	return most, nil
}

// trimmer returns the work of removing old entries, for Run.
func (s *Service) trimmer() func(context.Context) error {
	var last time.Time // when there was nothing more to remove
	return func(ctx context.Context) error {
		now := s.now().UTC()
		if passed := now.Sub(last); passed >= 0 && passed < trimEvery {
			return nil
		}
		changes, err := s.store.TrimChanges(ctx, now.Add(-s.keepChanges), trimPage)
		logins, err2 := s.store.TrimLogins(ctx, now.Add(-s.keepLogins), s.maxLogins, trimPage)
		links, err3 := s.store.TrimLinks(ctx, now.Add(-keepLinks), trimPage)
		if err = errors.Join(err, err2, err3); err == nil && changes < trimPage && logins < trimPage && links < trimPage {
			last = now
		}
		return err
	}
}

// forgetter returns the work of forgetting known sources, for Run: each call
// looks at one page of accounts, until all were looked at.
func (s *Service) forgetter() func(context.Context) error {
	var (
		began   time.Time // when it last was at the first account
		walking bool
		after   ID
	)
	return func(ctx context.Context) error {
		now := s.now().UTC()
		if passed := now.Sub(began); !walking && passed >= 0 && passed < forgetEvery {
			return nil
		}
		if !walking {
			began, walking, after = now, true, ID{}
		}
		next, more, err := s.store.TrimSources(ctx, now.Add(-knownSourceFor), after, trimPage)
		if err != nil {
			return err
		}
		after, walking = next, more
		return nil
	}
}
