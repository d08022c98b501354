package focustest

import "sync"

// Core is all that Jicofo remembers and decides, without the connection: its logins and
// which rooms have a conference.
type Core struct {
	Authority *Authority

	mu    sync.Mutex
	rooms map[string]bool
}

// NewCore is one with no conference yet.
func NewCore(a *Authority) *Core { return &Core{Authority: a, rooms: map[string]bool{}} }

// Admit decides on a conference request (Jicofo's ConferenceIqHandler) and opens the
// room where it may. Results are those of Authority.Authenticate; besides, opening one
// as a guest is refused.
func (c *Core) Admit(q Query) (Login, error) {
	if q.Room == "" {
		return Login{}, &Refusal{Condition: "bad-request", Text: "No 'room' specified."}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	login, err := c.Authority.Authenticate(q)
	if err != nil {
		return Login{}, err
	}
	if !c.rooms[q.Room] && c.Authority.Identity(q.From) == "" {
		return Login{}, &Refusal{Condition: "not-authorized", Text: "not authorized user domain"}
	}
	c.rooms[q.Room] = true
	return login, nil
}

// End ends a room's conference, as when the last has left it.
func (c *Core) End(room string) {
	c.mu.Lock()
	delete(c.rooms, room)
	c.mu.Unlock()
	c.Authority.ConferenceEnded(room)
}

// Forget is what a restart of Jicofo does.
func (c *Core) Forget() {
	c.mu.Lock()
	clear(c.rooms)
	c.mu.Unlock()
	c.Authority.Forget()
}
