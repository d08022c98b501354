package jitsiauth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"maps"
	"sync"
	"time"
)

const (
	proofsFor = 15 * time.Minute // from the hash on, however often it is used
	maxProofs = 10_000           // about 1 MB
)

// proof stands for an account, one of its passwords and a password that someone
// tried, and tells nothing about them without the key.
type proof [sha256.Size]byte

// proofs remembers, in memory alone, which passwords bcrypt has said yes to, so
// that the same login is recognised in microseconds: after a restart of Prosody
// everyone logs in at once. Another password of the account, or the account's
// end, makes its proofs worthless; its state is looked at at every login. It is
// safe for concurrent use.
type proofs struct {
	key [sha256.Size]byte // random, of this process
	off bool

	mu           sync.Mutex
	made         map[proof]time.Time
	order        []proof // of made, oldest first, but for what was proven again since
	added        int     // to made since it was made: Go's maps grow while keys come and go
	hits, misses uint64
}

func newProofs(random io.Reader, off bool) (*proofs, error) {
	p := &proofs{made: map[proof]time.Time{}, off: off}
	_, err := io.ReadFull(random, p.key[:])
	return p, err
}

// of makes the proof of a prepared password for an account, or for a name that
// no account has, whose record holds nothing.
func (p *proofs) of(r *Record, jid JID, password string) proof {
	mac := hmac.New(sha256.New, p.key[:])
	mac.Write(r.ID[:])
	mac.Write(binary.BigEndian.AppendUint64(nil, r.CredentialRevision))
	// An ID may come again with an import, and with it the first revision: the proof
	// is of this hash. Neither hash nor JID (RFC 3920, appendix A.5) holds a NUL, so no
	// two inputs look alike.
	mac.Write([]byte(r.PasswordHash + "\x00" + jid.String() + "\x00" + password))
	return proof(mac.Sum(nil))
}

// known reports whether the password was proven right lately.
func (p *proofs) known(of proof, now time.Time) bool {
	if p.off {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	made, ok := p.made[of]
	age := now.Sub(made)
	if !ok || age < 0 || age >= proofsFor { // the clock may have been set back
		p.misses++
		return false
	}
	p.hits++
	return true
}

// add remembers a password that was proven right now.
func (p *proofs) add(of proof, now time.Time) {
	if p.off {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, again := p.made[of]; !again {
		p.order = append(p.order, of)
		if p.added++; p.added > 4*maxProofs {
			made := make(map[proof]time.Time, len(p.made))
			maps.Copy(made, p.made)
			p.made, p.added = made, 0
		}
	}
	p.made[of] = now
	for len(p.made) > maxProofs {
		delete(p.made, p.order[0])
		p.order = p.order[1:]
	}
}

// sweep forgets what is too old.
func (p *proofs) sweep(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.order) > 0 {
		age := now.Sub(p.made[p.order[0]])
		if age >= 0 && age < proofsFor {
			return
		}
		delete(p.made, p.order[0])
		p.order = p.order[1:]
	}
}
