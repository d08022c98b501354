package jitsiauth

import (
	"context"
	"log/slog"
	"time"
)

// runEvery is how often Run looks what there is to do. It goes by the wall
// clock of that moment, so neither a sleeping machine nor a clock that is set
// delays anything by more.
const runEvery = time.Second

// closeTimeout bounds the last work of Run.
const closeTimeout = 5 * time.Second

// Run does what no call of anybody's does, until ctx ends: it writes attempts to
// log in, which calls only collect, and to the log of changes when a date of an
// account has come, removes what the logs need not keep any longer, and links
// that expired 30 days ago, and forgets
// from where accounts log in no more. At its beginning it looks through the accounts
// for records of Prosody's, so that refusals take the same time. It is meant to run once, in a goroutine
// of the caller's, while the service is in use; what it missed it makes up for
// at the next start. A failure is logged and tried again. When ctx has ended
// it closes the service and returns the error of Close.
func (s *Service) Run(ctx context.Context) error {
	ticker := time.NewTicker(runEvery)
	defer ticker.Stop()
	tasks := []*task{
		{name: "logins not written to the log", work: s.writeLogins},
		{name: "dates of accounts not written to the log", work: s.momentPasser()},
		{name: "old entries of the logs and old links not removed", work: s.trimmer()},
		{name: "known sources of accounts not forgotten", work: s.forgetter()},
		{name: "what has ended not forgotten", work: s.sweeper()},
		{name: "records of Prosody's not looked at: refusals may take different times", work: s.recordMeeter()},
	}
	for {
		for _, t := range tasks {
			t.run(ctx, s.log)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
			defer cancel()
			return s.Close(ctx)
		}
	}
}

// recordMeeter returns the work of finding out, once and a page at a time, how many
// iterations the SCRAM records have that are there, so that every no costs as many
// from the first one on.
func (s *Service) recordMeeter() func(context.Context) error {
	query, done := ListQuery{PasswordKind: PasswordSCRAM, Limit: MaxPage}, false
	return func(ctx context.Context) error {
		for !done {
			page, next, more, err := s.store.ListUsers(ctx, query)
			if err != nil {
				return err
			}
			for _, r := range page {
				if record, err := parseSCRAM(r.PasswordHash); err == nil {
					s.hasher.scram.raise(record.scheme, record.iterations)
				}
			}
			query.After, done = next, !more
		}
		return nil
	}
}

// sweepEvery is how often what has ended is looked for in memory.
const sweepEvery = time.Minute

// sweeper returns the work of forgetting what no login needs any longer, in
// memory alone, and of summing up what the service's log does not list.
func (s *Service) sweeper() func(context.Context) error {
	var last time.Time
	return func(ctx context.Context) error {
		s.refusals.sum(ctx)
		now := s.now()
		if passed := now.Sub(last); passed >= 0 && passed < sweepEvery {
			return nil
		}
		last = now
		s.throttle.sweep(now)
		s.proofs.sweep(now)
		return nil
	}
}

// task is one kind of work that Run does again and again.
type task struct {
	name    string // what has not been done if it fails
	work    func(context.Context) error
	failing bool
}

// run logs a failure once, not each second.
func (t *task) run(ctx context.Context, log *slog.Logger) {
	err := t.work(ctx)
	if err != nil && ctx.Err() == nil && !t.failing {
		log.LogAttrs(ctx, slog.LevelError, t.name, slog.Any("error", err))
	}
	t.failing = err != nil
}

// Close writes what the service still holds in memory: attempts to log in of
// the last second. The service can be used on; the store remains the caller's to
// close, after this. It returns the error of the store or of ctx.
func (s *Service) Close(ctx context.Context) error { return s.writeLogins(ctx) }
