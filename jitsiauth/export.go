package jitsiauth

import (
	"context"
	"iter"
	"slices"
)

// exportPage is how many accounts are read in one transaction.
const exportPage = 500

// ExportOptions says what to export.
type ExportOptions struct {
	// Hashes gives the password hashes too, which needs an administrator of the
	// whole service, and has an entry in the log: HashesExported.
	Hashes bool
}

// Export yields all accounts that the actor reaches, in the order and with the
// guarantee of UserStore.ListUsers, with an empty PasswordHash unless it is
// asked for. It reads them in short transactions, none of which is open while
// the caller has an account in hand, however long that takes; what changes
// meanwhile is seen or not. An error ends it: ErrForbidden, or a failure.
func (s *Service) Export(ctx context.Context, opts ExportOptions) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		actor := ActorFrom(ctx)
		if opts.Hashes {
			err := actor.mayAdminister()
			if err == nil {
				err = s.store.AddChange(ctx, entry(ctx, s.now().UTC(), HashesExported))
			}
			if err != nil {
				yield(Record{}, err)
				return
			}
		}
		domains := []string{""}
		if len(actor.Domains) > 0 {
			domains = slices.Sorted(slices.Values(actor.Domains))
		}
		for _, domain := range domains {
			if !s.exportDomain(ctx, domain, opts, yield) {
				return
			}
		}
	}
}

// exportDomain reports whether to go on.
func (s *Service) exportDomain(ctx context.Context, domain string, opts ExportOptions, yield func(Record, error) bool) bool {
	for query := (ListQuery{Domain: domain, Limit: exportPage}); ; {
		page, next, more, err := s.store.ListUsers(ctx, query)
		if err != nil {
			yield(Record{}, err)
			return false
		}
		for _, r := range page {
			if !opts.Hashes {
				r.PasswordHash, r.HashOrigin = "", ""
			}
			if !yield(r, nil) {
				return false
			}
		}
		if !more {
			return true
		}
		query.After = next
	}
}
