package lua_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// Passwords with hashes of cost 10, as they are imported. The service's cost is 11
// here, so that each first login upgrades a hash.
var secrets = []struct{ password, hash string }{
	{"correct horse 0", "$2a$10$RUvhCmRXhb96qarDhtbNWuQVc33uqdGt1v1iNRrXNAXE/X5ML4NFy"},
	{"correct horse 1", "$2a$10$lFzjJ2qR2NX95hFYO3LVfOJSVB9NFZ/Wv3R/nmopvTNu9RJvR4FZG"},
	{"correct horse 2", "$2a$10$ukVVpiGRmYHSOWnDSwi.3OfA5uigkN0HUPghyo2F1G8dbBo5SCTP2"},
	{"correct horse 3", "$2a$10$5tDgOFLmNl5Uk4A.Xm9BKeJBFoTX5jz/Y1kUUT5Nrt8AHMyQfPSQy"},
}

// person is an account as the model has it.
type person struct {
	jid       string
	spellings []string
	endpoint  xmpptest.Endpoint

	exists, disabled bool
	until            time.Time // zero: for ever
	born, changed    int       // how often it was made, and got a password
}

func (p *person) password() string { return secrets[p.changed%len(secrets)].password }

func (p *person) active() bool {
	return p.exists && !p.disabled && (p.until.IsZero() || time.Now().Before(p.until))
}

// stay is a session, and what its person was when it logged in.
type stay struct {
	*xmpptest.Conn
	of            *person
	born, changed int
	name          string // for messages
}

// mustEnd is all that there is to the model.
func (s *stay) mustEnd() bool {
	return !s.of.exists || s.of.disabled || !s.of.until.IsZero() || s.born != s.of.born || s.changed != s.of.changed
}

// crowd is everybody in the test.
type crowd struct {
	*world
	random  *rand.Rand
	relays  []*relay
	client  *client.Client
	feed    *client.Client
	people  []*person
	guests  map[string]*xmpptest.Conn // have no account with us, but the names of some that do
	stays   []*stay
	logins  int
	ended   int
	blinked *person // of this step; see blink
	history []string
}

// maxStays bounds the sessions at a time; the oldest leave.
const maxStays = 40

// TestNobodyElseIsOut changes accounts whose names are alike at random and holds
// that exactly those sessions end that must. JITSIAUTH_TEST_SEED repeats a run,
// JITSIAUTH_TEST_STEPS makes it longer.
func TestNobodyElseIsOut(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		seed := fromEnvironment(t, "JITSIAUTH_TEST_SEED", int(time.Now().UnixNano()))
		steps := fromEnvironment(t, "JITSIAUTH_TEST_STEPS", 20)
		t.Logf("JITSIAUTH_TEST_SEED=%d", seed)
		c := newCrowd(t, v, rand.New(rand.NewPCG(uint64(seed), 0)))
		for range steps {
			c.step()
			if t.Failed() {
				t.Fatalf("what was done:\n%s", strings.Join(c.history, "\n"))
			}
		}
		t.Logf("%d steps: %d logins, of which %d had to end", steps, c.logins, c.ended)
		if strings.Contains(c.prosody.Log(), "While a session was ended") || strings.Contains(c.prosody.Log(), "could not be ended") {
			t.Error("Prosody's log tells of an error")
		}
	})
}

func fromEnvironment(t *testing.T, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// nobody is an account that nobody uses.
const nobody = "nobody"

// otherHost is a VirtualHost whose accounts are in the same service.
const otherHost = "meet.jitsi.example"

func newCrowd(t *testing.T, v prosodytest.Version, random *rand.Rand) *crowd {
	service := newService(t, "JITSIAUTH_BCRYPT_COST=11", "JITSIAUTH_DOMAIN=meet.jitsi,"+otherHost)
	c := &crowd{world: &world{t: t, service: service}, random: random, guests: map[string]*xmpptest.Conn{}}
	// A relay for each host, to see how far each follows
	c.relays = []*relay{newRelay(t, service.Addr), newRelay(t, service.Addr)}
	options := func(r *relay) string {
		return fmt.Sprintf("authentication = \"http\"\nhttp_auth_url = %s\nhttp_auth_token_file = %s\n",
			prosodytest.LuaString("http://"+r.addr+"/auth"), prosodytest.LuaString(service.TokenFile()))
	}
	c.prosody = prosodytest.StartTest(t, prosodytest.Config{
		Version: v, ModulePath: ".", TrustedProxies: []string{"127.0.0.1"},
		HostOptions: options(c.relays[0]) + fmt.Sprintf("VirtualHost %q\n", otherHost) + options(c.relays[1]),
	})
	c.world.add(nobody, "right")
	token, err := os.ReadFile(service.TokenFile())
	if err != nil {
		t.Fatal(err)
	}
	if c.feed, err = client.New(client.Options{Server: "http://" + service.Addr, Token: strings.TrimSpace(string(token))}); err != nil {
		t.Fatal(err)
	}
	c.client = c.world.client()
	c.populate()
	return c
}

// populate makes the accounts, some names in both hosts, and guests alike.
func (c *crowd) populate() {
	chosen := chooseAlike(c.t, c.random, 10)
	here, there := c.prosody.Endpoint(), c.prosody.Endpoint().On(otherHost)
	there.Unverified = true // its certificate is another host's
	for i, name := range slices.Sorted(maps.Keys(chosen)) {
		c.people = append(c.people, &person{jid: name + "@" + here.Domain, spellings: chosen[name], endpoint: here})
		if i%3 == 0 {
			c.people = append(c.people, &person{jid: name + "@" + otherHost, spellings: chosen[name], endpoint: there})
		}
	}
	c.create(c.people...)
	for _, p := range c.people {
		c.login(p)
	}
	if err := c.prosody.Register(limit(c.t), "ab", c.prosody.Auth, "of Prosody"); err != nil {
		c.t.Fatal(err)
	}
	auth := c.prosody.Endpoint().On(c.prosody.Auth)
	for _, way := range xmpptest.Transports {
		conn, err := xmpptest.Login(limit(c.t), way, auth, "ab", "of Prosody")
		if err != nil {
			c.t.Fatal(err)
		}
		c.t.Cleanup(func() { _ = conn.Close() })
		c.guests["ab@"+c.prosody.Auth+" over "+string(way)] = conn
	}
	guest, err := xmpptest.LoginAnonymous(limit(c.t), xmpptest.WebSocket, c.prosody.Endpoint().On(c.prosody.Guest))
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = guest.Close() })
	c.guests["a guest"] = guest
}

// do notes what is done, and how it must come out.
func (c *crowd) do(p *person, what string, err error) {
	c.t.Helper()
	c.history = append(c.history, fmt.Sprintf("%q: %s", p.jid, what))
	if err != nil {
		c.t.Fatalf("%q: %s: %v\nwhat was done:\n%s", p.jid, what, err, strings.Join(c.history, "\n"))
	}
}

// create makes accounts by import, with hashes of a lower cost.
func (c *crowd) create(people ...*person) {
	var lines strings.Builder
	for _, p := range people {
		p.exists, p.disabled, p.until = true, false, time.Time{}
		p.born, p.changed = p.born+1, p.changed+1
		fmt.Fprintf(&lines, "{\"jid\":%q,\"password_hash\":%q}\n", p.jid, secrets[p.changed%len(secrets)].hash)
	}
	c.importing(lines.String(), "create")
	for _, p := range people {
		c.do(p, "created", nil)
	}
}

func (c *crowd) importing(lines, mode string) {
	c.t.Helper()
	for _, err := range c.client.Import(limit(c.t), strings.NewReader(lines), api.NDJSONType, api.ImportQuery{Mode: mode}) {
		if err != nil {
			c.t.Fatalf("import of %s: %v", lines, err)
		}
	}
}

func (c *crowd) patch(p *person, what string, patch api.UserPatch) {
	c.t.Helper()
	_, err := c.client.UpdateUser(limit(c.t), p.jid, patch)
	c.do(p, what, err)
}

// change does one thing to an account.
func (c *crowd) change(p *person) {
	if !p.exists {
		c.create(p)
		return
	}
	switch n := c.random.IntN(20); {
	case n < 3:
		p.disabled = !p.disabled
		c.patch(p, fmt.Sprint("disabled ", p.disabled), api.UserPatch{Disabled: api.Some(p.disabled)})
	case n < 5:
		c.do(p, "deleted", c.client.DeleteUser(limit(c.t), p.jid))
		p.exists = false
	case n < 7: // another person of that name, at once
		c.do(p, "deleted", c.client.DeleteUser(limit(c.t), p.jid))
		c.create(p)
	case n < 9:
		p.changed++
		_, err := c.client.SetPassword(limit(c.t), p.jid, api.NewPassword{Password: p.password(), AllowWeak: true})
		c.do(p, "password set", err)
	case n < 11:
		p.changed++
		c.importing(fmt.Sprintf("{\"jid\":%q,\"password_hash\":%q}\n", p.jid, secrets[p.changed%len(secrets)].hash), "upsert")
		c.do(p, "hash imported", nil)
	case n < 13:
		c.limitTime(p)
	case n < 14:
		c.blink(p)
	default:
		c.touch(p)
	}
}

// limitTime moves the end of an account: past, in a moment, far away, or none.
func (c *crowd) limitTime(p *person) {
	until := api.Null[string]()
	switch p.until = (time.Time{}); c.random.IntN(4) {
	case 0:
		p.until = time.Now().Add(-time.Hour)
	case 1:
		p.until = time.Now().Add(time.Second)
	case 2:
		until = api.Some(time.Now().AddDate(1, 0, 0).Format(time.RFC3339))
	}
	if !p.until.IsZero() {
		until = api.Some(p.until.Format(time.RFC3339))
	}
	c.patch(p, "valid until "+until.Value, api.UserPatch{ValidUntil: until})
}

// blink disables and enables: whether Prosody saw it in between is chance, and the
// news of it may arrive when the account is enabled and somebody in again.
func (c *crowd) blink(p *person) {
	if p.disabled {
		return
	}
	c.blinked = p
	c.patch(p, "disabled for a moment", api.UserPatch{Disabled: api.Some(true)})
	c.patch(p, "enabled at once", api.UserPatch{Disabled: api.Some(false)})
}

// touch changes what ends nothing.
func (c *crowd) touch(p *person) {
	text := fmt.Sprint("about ", c.random.Int())
	patches := []api.UserPatch{
		{Note: api.Some(text)},
		{DisplayName: api.Some(text), Email: api.Some("ab@mail.example")},
		{Role: api.Some([]string{"user", "manager", "admin"}[c.random.IntN(3)])},
		{ValidFrom: api.Some([]string{"2000-01-01", "2001-01-01"}[c.random.IntN(2)])},
		{Disabled: api.Some(p.disabled), Note: api.Some(text)},
	}
	i := c.random.IntN(len(patches))
	c.patch(p, fmt.Sprint("touched ", i), patches[i])
}

// attempt is a login in some way, under some spelling, from some place.
func (c *crowd) attempt(p *person) func() (*stay, error) {
	way := xmpptest.Transports[c.random.IntN(len(xmpptest.Transports))]
	spelling := p.spellings[c.random.IntN(len(p.spellings))]
	e, s, password := p.endpoint, &stay{of: p, born: p.born, changed: p.changed}, p.password()
	c.logins++
	e.Header = http.Header{"X-Forwarded-For": {fmt.Sprintf("10.0.%d.%d", c.logins>>8, c.logins&255)}}
	s.name = fmt.Sprintf("%q as %q over %s (login %d, password %d)", p.jid, spelling, way, c.logins, p.changed)
	return func() (_ *stay, err error) {
		s.Conn, err = xmpptest.Login(limit(c.t), way, e, spelling, password)
		return s, err
	}
}

// login logs in somebody who must get in.
func (c *crowd) login(p *person) {
	c.t.Helper()
	try := c.attempt(p)
	s, err := try()
	for end := time.Now().Add(endLimit); refusedForNow(err) && time.Now().Before(end); s, err = try() {
		time.Sleep(200 * time.Millisecond) // slowed because of the logins that were refused
	}
	if err != nil {
		c.t.Fatalf("login of %s: %v\nwhat was done:\n%s", s.name, err, strings.Join(c.history, "\n"))
	}
	c.add(s)
}

func refusedForNow(err error) bool {
	refused, ok := errors.AsType[*xmpptest.SASLError](err)
	return ok && refused.Condition == "temporary-auth-failure"
}

func (c *crowd) add(s *stay) {
	c.t.Cleanup(func() { _ = s.Close() })
	c.stays = append(c.stays, s)
	if len(c.stays) > maxStays {
		_ = c.stays[0].Close()
		c.stays = c.stays[1:]
	}
}

// step changes one account while people log in, and looks who is still there.
func (c *crowd) step() {
	p := c.people[c.random.IntN(len(c.people))]
	c.blinked = nil
	lag := []time.Duration{80 * time.Millisecond, 80 * time.Millisecond, 600 * time.Millisecond}[c.random.IntN(3)]
	for _, r := range c.relays { // verdicts and news overtake each other, also a whole login
		r.lag.Store(int64(lag))
	}
	racing := []func() (*stay, error){}
	for _, who := range []*person{p, c.people[c.random.IntN(len(c.people))]} {
		if who.active() {
			racing = append(racing, c.attempt(who))
		}
	}
	got := make(chan *stay, len(racing))
	for i, try := range racing {
		delay := time.Duration(c.random.IntN(40*(i+1))) * time.Millisecond
		go func() {
			time.Sleep(delay)
			s, err := try()
			if err != nil {
				s = nil // it was refused, or ended before it was whole
			}
			got <- s
		}()
	}
	c.change(p)
	for range racing {
		if s := <-got; s != nil {
			c.add(s)
		}
	}
	// At once: the news of what was before may still be on their way.
	if p.active() && p.until.IsZero() && p != c.blinked {
		c.login(p)
	}
	c.look()
}

// look holds that those are out that must be, and all others in.
func (c *crowd) look() {
	var stay []*stay
	for _, s := range c.stays {
		if s.mustEnd() {
			c.ended++
			c.wantOut(s.Conn, s.name)
			continue
		}
		stay = append(stay, s)
	}
	c.caughtUp()
	var all sync.WaitGroup
	gone := make([]bool, len(stay))
	for i, s := range stay {
		all.Go(func() {
			_, err := s.Ping(limit(c.t), "")
			if gone[i] = err != nil; gone[i] && s.of != c.blinked {
				c.t.Errorf("%s is out: %v", s.name, err)
			}
		})
	}
	for name, conn := range c.guests {
		all.Go(func() { c.wantIn(conn, name) })
	}
	all.Wait()
	c.stays = c.stays[:0]
	for i, s := range stay {
		if !gone[i] {
			c.stays = append(c.stays, s)
		}
	}
}

// caughtUp waits until both hosts have obeyed all that there is. Prosody isn't told
// of what ends nothing, so something ends behind it: sessions of nobody.
func (c *crowd) caughtUp() {
	c.t.Helper()
	if err := c.world.client().EndSessions(limit(c.t), nobody); err != nil {
		c.t.Fatal(err)
	}
	head, err := c.feed.FeedHead(limit(c.t))
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(c.t.Context(), endLimit)
	defer cancel()
	for _, r := range c.relays {
		for r.followed() != head {
			if ctx.Err() != nil {
				c.t.Fatalf("a host follows from %q, the newest is %q", cmp.Or(r.followed(), "nowhere"), head)
			}
			time.Sleep(2 * time.Millisecond)
		}
	}
}

// TestAlike: what the names of that test are about.
func TestAlike(t *testing.T) {
	groups := alike(t)
	for local, same := range map[string]int{"ab": 6, "abc": 2, "strasse": 4, "fin": 2, "1": 3, "k": 2, "ä": 3} {
		if len(groups[local]) != same {
			t.Errorf("%q: %q", local, groups[local])
		}
	}
	for local := range groups {
		if again, err := jitsiauth.PrepareLocal(local); err != nil || again != local {
			t.Errorf("%q is prepared to %q, %v", local, again, err)
		}
	}
}
