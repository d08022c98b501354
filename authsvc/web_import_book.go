package authsvc

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// How long and how many files are kept that somebody uploaded, in memory: they
// hold passwords. What comes of an import is kept longer, for who goes to lunch
// meanwhile; who has the session can get at both, so neither is of use after it.
const (
	uploadKept = 15 * time.Minute
	resultKept = time.Hour
	maxUploads = 8
)

// Why there can't be another import.
var (
	errImportRuns    = errors.New("an import of this account runs")
	errPasswordsLeft = errors.New("passwords of the last import are there yet")
	errManyUploads   = errors.New("too many files are kept")
)

// importBook keeps the import of each account, one at a time. It is safe for
// concurrent use. The zero value is ready.
type importBook struct {
	mu   sync.Mutex
	jobs map[jitsiauth.ID]*importJob
}

// put keeps a job in place of another of the account that nobody needs any more.
func (b *importBook) put(job *importJob, now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweepLocked(now)
	if old := b.jobs[job.account]; old != nil {
		if err := old.makeWay(); err != nil {
			return err
		}
	} else if len(b.jobs) >= maxUploads {
		return errManyUploads
	}
	if b.jobs == nil {
		b.jobs = map[jitsiauth.ID]*importJob{}
	}
	b.jobs[job.account] = job
	return nil
}

// of returns the job that somebody made in this very session; nil: none.
func (b *importBook) of(who *person, now time.Time) *importJob {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweepLocked(now)
	if job := b.jobs[who.user.ID]; job != nil && job.session == who.session.ID {
		return job
	}
	return nil
}

// drop forgets a job, unless it runs: then it ends before its next lines.
func (b *importBook) drop(job *importJob) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dropLocked(job)
}

func (b *importBook) dropLocked(job *importJob) {
	if !job.stopIfRunning() && b.jobs[job.account] == job {
		delete(b.jobs, job.account)
	}
}

// endSession forgets what was kept for a session that is over.
func (b *importBook) endSession(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, job := range b.jobs {
		if job.session == id {
			b.dropLocked(job)
		}
	}
}

// sweep forgets what has been kept for long enough.
func (b *importBook) sweep(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweepLocked(now)
}

func (b *importBook) sweepLocked(now time.Time) {
	for account, job := range b.jobs {
		if job.over(now) {
			delete(b.jobs, account)
		}
	}
}

// sweepLater has a file forgotten also when nobody opens a page any more.
func (s *Server) sweepLater(after time.Duration) {
	time.AfterFunc(after+time.Second, func() { s.imports.sweep(s.opts.Now()) })
}

var errSessionOver = errors.New("the session is over")

// stillIn returns an error unless somebody is logged in yet, with the rights that
// they had: errSessionOver or jitsiauth.ErrForbidden, or a failure.
func (s *Server) stillIn(ctx context.Context, account jitsiauth.ID, session string) error {
	w, ok := s.web.find(account, session, s.opts.Now())
	if !ok {
		return errSessionOver
	}
	user, err := s.svc.Get(ctx, account)
	if errors.Is(err, jitsiauth.ErrNotFound) || err == nil && !w.holds(&user, s.opts.Now()) {
		return jitsiauth.ErrForbidden
	}
	return err
}
