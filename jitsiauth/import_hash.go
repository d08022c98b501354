package jitsiauth

import (
	"errors"
	"sync"
)

// each works on the lines with plain passwords, as many at once as the queue of
// hashes allows. It comes before the transaction, which must be short; only there is
// decided what is written. A panic of work is one of each, where the caller of Import
// can recover from it.
func (im *importer) each(items []*importItem, work func(*importItem) error) error {
	var working sync.WaitGroup
	failed, panicked := make(chan error, len(items)), make(chan any, len(items))
	for _, it := range items {
		if !it.plain() {
			continue
		}
		working.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					panicked <- p
				}
			}()
			failed <- work(it)
		})
	}
	working.Wait()
	if len(panicked) > 0 {
		panic(<-panicked)
	}
	close(failed)
	for err := range failed {
		if err != nil {
			return err
		}
	}
	return nil
}

// compares says whether passwords are compared with those that are there.
func (im *importer) compares() bool { return im.opts.Mode == ImportUpsert && im.admin }

// compareItem finds out whether the account has the line's password.
func (im *importer) compareItem(it *importItem) error {
	if it.Generate || it.repeated {
		return nil
	}
	r, err := im.s.store.UserByJID(im.ctx, it.JID)
	if errors.Is(err, ErrNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	fits, err := im.s.fits(im.ctx, r.PasswordHash, it.Password)
	if fits {
		it.same = &r
	}
	return err
}

// has reports whether the account has the line's password still. A login may have
// renewed its hash since they were compared, which is no other password.
func (it *importItem) has(r *Record) bool {
	return it.same != nil && it.same.ID == r.ID && it.same.CredentialRevision == r.CredentialRevision
}

// markRepeated finds names that stand there more than once: what one line sets, the
// next can't be compared with before.
func markRepeated(items []*importItem) {
	first := map[JID]*importItem{}
	for _, it := range items {
		if !it.secret() {
			continue
		}
		if before := first[it.JID]; before != nil {
			before.repeated, it.repeated = true, true
		}
		first[it.JID] = it
	}
}

// hashItem makes the hash of a line that looks as if it would be written.
func (im *importer) hashItem(it *importItem) error {
	worth, err := im.worthHashing(it)
	if err != nil || !worth {
		return err
	}
	if it.Generate {
		if it.Password, err = im.s.GeneratePassword(); err != nil {
			return err
		}
	}
	it.hash, err = im.s.hash(im.ctx, it.Password)
	return err
}

// worthHashing says no for lines that the transaction will refuse, or that keep
// the password that is there.
func (im *importer) worthHashing(it *importItem) (bool, error) {
	r, err := im.s.store.UserByJID(im.ctx, it.JID)
	switch {
	case errors.Is(err, ErrNotFound):
		u := it.newUser(im.s.now())
		return im.s.mayCreate(im.ctx, &u) == nil, nil
	case err != nil:
		return false, err
	}
	return im.opts.Mode != ImportCreate && im.sets(it, &r) && admit(im.ctx, &r.User, nil) == nil, nil
}
