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

// Removing what is too old comes round each hour, in transactions of so many
// entries, at most one of each log a second, so that logins and changes hardly
// wait.
const (
	trimEvery = time.Hour
	trimPage  = 1000
)

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

// trimmer returns the work of removing old entries, for Run.
func (s *Service) trimmer() func(context.Context) error {
	var last time.Time // when there was nothing more to remove
	return func(ctx context.Context) error {
		now := s.now().UTC()
		if passed := now.Sub(last); passed >= 0 && passed < trimEvery {
			return nil
		}
		changes, err := s.store.TrimChanges(ctx, now.Add(-s.keepChanges), trimPage)
		logins, err2 := s.store.TrimLogins(ctx, now.Add(-s.keepLogins), 0, trimPage)
		if err = errors.Join(err, err2); err == nil && changes < trimPage && logins < trimPage {
			last = now
		}
		return err
	}
}
