package focustest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// answerTimeout bounds one answer's way out.
const answerTimeout = 10 * time.Second

// Focus is Jicofo. What it remembers survives Stop and Start.
type Focus struct {
	Core *Core
	// Proxy is the domain of the component through which clients reach it.
	Proxy string

	endpoint       xmpptest.Endpoint
	user, password string
	work           sync.WaitGroup // on requests

	mu      sync.Mutex
	conn    *xmpptest.Conn
	changed chan struct{} // closed and replaced at every change of what follows
	held    chan struct{} // closed by Release; nil where nothing is held
	waiting int           // answers that are held
	queries []Query
	logouts []string
	members map[string]string // occupants' addresses to their real JIDs
}

// New is one for a server that Prepare has set up; it isn't logged in yet.
func New(s *prosodytest.Server) *Focus {
	return NewAt(s.Endpoint().On(s.Auth), s.Domain, account, password)
}

// NewAt is one that logs in anywhere by a name and a password. domain is that of those
// who may open a room.
func NewAt(e xmpptest.Endpoint, domain, user, password string) *Focus {
	return &Focus{
		Core: NewCore(&Authority{Domain: domain}), Proxy: ProxyOf(domain),
		endpoint: e, user: user, password: password,
		changed: make(chan struct{}), members: map[string]string{},
	}
}

// Start logs in, on a stopped one. When it returns, clients can ask it.
func (f *Focus) Start(ctx context.Context) error {
	conn, err := xmpptest.Dial(ctx, xmpptest.TCP, f.endpoint)
	if err != nil {
		return err
	}
	f.mu.Lock()
	f.conn = conn
	clear(f.members)
	f.mu.Unlock()
	conn.HandleIQ(func(request *xmpptest.Element) bool { return f.handle(conn, request) })
	err = conn.Auth(ctx, f.user, f.password)
	if err == nil {
		_, err = conn.Bind(ctx, account)
	}
	if err == nil {
		err = conn.Send(ctx, "<presence xmlns='jabber:client'/>")
	}
	if err == nil {
		_, err = conn.Ping(ctx, "") // answered after the proxy has the presence
	}
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	f.work.Go(func() { f.watchRooms(conn) })
	return nil
}

// Reach has it log in to another server from the next Start on, such as the same one
// after a restart.
func (f *Focus) Reach(s *prosodytest.Server) { f.endpoint = s.Endpoint().On(s.Auth) }

// Stop logs out and waits until all that it does has ended; what is held is lost.
func (f *Focus) Stop() {
	if conn := f.Conn(); conn != nil {
		_ = conn.Close()
	}
	f.Release()
	f.work.Wait()
}

// Conn is the connection that the last Start made.
func (f *Focus) Conn() *xmpptest.Conn {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.conn
}

// JID is its full JID on the server, while it is logged in.
func (f *Focus) JID() string { return f.user + "@" + f.endpoint.Domain + "/" + account }

// handle runs on the connection's reader. As there, requests are worked on by others.
func (f *Focus) handle(conn *xmpptest.Conn, request *xmpptest.Element) bool {
	if request.Attr("type") != "set" {
		return false
	}
	if conference := request.Child(nsFocus, "conference"); conference != nil {
		f.work.Go(func() { f.conference(conn, request, conference) })
		return true
	}
	if logout := request.Child(nsFocus, "logout"); logout != nil {
		f.work.Go(func() { f.logout(conn, request, logout.Attr("session-id")) })
		return true
	}
	return false
}

func (f *Focus) conference(conn *xmpptest.Conn, request, conference *xmpptest.Element) {
	q := readQuery(conference, realSender(request.Attr("from"), f.Proxy))
	login, err := f.Core.Admit(q)
	f.change(func() { f.queries = append(f.queries, q) })
	if refused, ok := errors.AsType[*Refusal](err); ok {
		f.answer(conn, refusal(request, refused))
		return
	}
	f.host(conn, q.Room, q.From)
	f.answer(conn, conferenceAnswer(request, f.JID(), q.Room, login))
}

func (f *Focus) logout(conn *xmpptest.Conn, request *xmpptest.Element, id string) {
	err := f.Core.Authority.Logout(id)
	f.change(func() { f.logouts = append(f.logouts, id) })
	reply := answer(request, "result", "<logout xmlns='"+nsFocus+"'/>")
	if refused, ok := errors.AsType[*Refusal](err); ok {
		reply = refusal(request, refused)
	}
	send(conn, reply)
}

// answer sends the answer to a conference request, after Release if they are held.
func (f *Focus) answer(conn *xmpptest.Conn, stanza string) {
	f.mu.Lock()
	held := f.held
	f.mu.Unlock()
	if held != nil {
		f.change(func() { f.waiting++ })
		<-held
		f.change(func() { f.waiting-- })
	}
	send(conn, stanza)
}

// send drops what can't be sent: the connection's end shows elsewhere.
func send(conn *xmpptest.Conn, stanza string) {
	ctx, cancel := context.WithTimeout(context.Background(), answerTimeout)
	defer cancel()
	_ = conn.Send(ctx, stanza)
}
