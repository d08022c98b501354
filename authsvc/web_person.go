package authsvc

import (
	"errors"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/jitsiauth"
)

const sessionCookie = "jitsiauth"

// person is who opens a page: the account as it is now, and the session.
type person struct {
	user    jitsiauth.User
	session webSession
	key     webKey
}

type personKey struct{}

// personOf returns who opens the page; nil: nobody who is logged in.
func personOf(c *gin.Context) *person {
	value, _ := c.Get(personKey{})
	who, _ := value.(*person)
	return who
}

// findPerson finds out who opens a page, and makes them the actor of what
// follows. The account is read anew each time, and a session ends that does not
// hold any more.
func (s *Server) findPerson(c *gin.Context) (*person, error) {
	actor := jitsiauth.Actor{Kind: jitsiauth.ActorPerson, Source: s.sourceOf(c.Request)}
	who, err := s.heldSession(c)
	if err != nil {
		return nil, err
	}
	if who != nil {
		actor.Name, actor.Role, actor.Account = who.user.JID.String(), who.user.Role, who.user.ID
		c.Set(personKey{}, who)
		c.Set(callerKey{}, string(actor.Kind)+":"+actor.Name)
	}
	c.Request = c.Request.WithContext(jitsiauth.WithActor(c.Request.Context(), actor))
	return who, nil
}

// heldSession returns who has the session that the browser's cookie names; nil:
// nobody.
func (s *Server) heldSession(c *gin.Context) (*person, error) {
	secret := s.cookie(c.Request, sessionCookie)
	if secret == "" {
		return nil, nil
	}
	now, key := s.opts.Now(), webKeyOf(secret)
	w, ok := s.web.use(key, now)
	if !ok {
		return nil, nil
	}
	user, err := s.svc.Get(c.Request.Context(), w.account)
	switch {
	case errors.Is(err, jitsiauth.ErrNotFound), err == nil && !w.holds(&user, now):
		s.web.end(key)
		return nil, nil
	case err != nil:
		return nil, err // a store that doesn't answer logs nobody out
	}
	ended, behind, err := s.endedMeanwhile(c.Request.Context(), &w, &user)
	if err != nil {
		return nil, err
	}
	if ended {
		s.web.end(key)
		return nil, nil
	}
	if w.revision != user.Revision {
		s.web.change(key, func(w *webSession) { w.revision, w.behind = user.Revision, behind })
	}
	return &person{user: user, session: w, key: key}, nil
}

// startSession logs the account in. The browser gets a secret that nobody has
// seen before, and a session that it had ends.
func (s *Server) startSession(c *gin.Context, u *jitsiauth.User) error {
	behind, err := s.svc.FeedHead(c.Request.Context())
	if err != nil {
		return err
	}
	if old := s.cookie(c.Request, sessionCookie); old != "" {
		s.web.end(webKeyOf(old))
	}
	now := s.opts.Now()
	secret := s.web.begin(webSession{
		account: u.ID, credential: u.CredentialRevision, session: u.SessionRevision, role: u.Role, revision: u.Revision, behind: behind,
		Began: now, typed: now, source: s.sourceOf(c.Request), Agent: agentName(c.Request.UserAgent()),
	})
	s.setCookie(c.Writer, c.Request, sessionCookie, secret, 0)
	return nil
}

// sudoWindow is how long somebody needn't type the password again.
const sudoWindow = 5 * time.Minute

// proven reports whether the password was typed lately.
func (p *person) proven(now time.Time) bool {
	since := now.Sub(p.session.typed)
	return since >= 0 && since < sudoWindow
}
