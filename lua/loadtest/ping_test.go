package loadtest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

const (
	pingEvery    = 20 * time.Millisecond
	stormRate    = 200 // wrong logins a second
	stormClients = 200 // connections that they come over: more than wait at any moment
	guessed      = 100 // accounts
)

// meeting is someone in a room of a Prosody, who pings it.
type meeting struct {
	b      *testing.B
	s      *prosodytest.Server
	person *xmpptest.Conn
}

func newMeeting(b *testing.B, s *prosodytest.Server) *meeting {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), loginTimeout)
	defer cancel()
	// Not one of those that are guessed at.
	person, err := xmpptest.Login(ctx, xmpptest.WebSocket, from(s, home(0)), fmt.Sprint("user", guessed), password)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = person.Close() })
	if err := person.JoinMUC(ctx, "room@"+s.MUC, "person"); err != nil {
		b.Fatal(err)
	}
	return &meeting{b, s, person}
}

// pings returns round trips. One that takes long delays no other.
func (m *meeting) pings(long time.Duration) []time.Duration {
	var t tally
	arrive(float64(time.Second/pingEvery), long, func(int, time.Time) {
		ctx, cancel := context.WithTimeout(m.b.Context(), loginTimeout)
		defer cancel()
		start := time.Now() // not when it was due: that this process was late is not Prosody's fault
		_, err := m.person.Ping(ctx, "")
		t.add(condition(err), time.Since(start))
	})
	t.only(m.b, "ok")
	return t.of("ok")
}

// storm sends wrong logins while someone pings. where tells from where and at
// whom the n-th client guesses; they keep their connections, which Prosody lets
// them, so that it is logins that are measured.
func (m *meeting) storm(long time.Duration, where func(n int) (user, source string)) (pings []time.Duration, logins *tally) {
	type guesser struct {
		conn *xmpptest.Conn
		user string
	}
	free := make(chan guesser, stormClients)
	for n := range stormClients {
		user, source := where(n)
		ctx, cancel := context.WithTimeout(m.b.Context(), loginTimeout)
		conn, err := xmpptest.Dial(ctx, xmpptest.WebSocket, from(m.s, source))
		cancel()
		if err != nil {
			m.b.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		free <- guesser{conn, user}
	}
	logins = new(tally)
	var both sync.WaitGroup
	both.Go(func() {
		arrive(stormRate, long+long/4, func(n int, due time.Time) {
			g := <-free
			defer func() { free <- g }()
			ctx, cancel := context.WithTimeout(m.b.Context(), loginTimeout)
			defer cancel()
			logins.add(condition(g.conn.Auth(ctx, g.user, fmt.Sprint("wrong horse ", n))), time.Since(due))
		})
	})
	both.Go(func() {
		time.Sleep(long / 4)
		pings = m.pings(long)
	})
	both.Wait()
	logins.only(m.b, "not-authorized", "temporary-auth-failure")
	return pings, logins
}

// copyAccounts makes n accounts of Prosody's own, all but the first by copying its
// file: prosodyctl takes 0.2 s for each.
func copyAccounts(b *testing.B, s *prosodytest.Server, n int) {
	b.Helper()
	if err := s.Register(b.Context(), "user0", s.Domain, password); err != nil {
		b.Fatal(err)
	}
	dir := filepath.Join(s.Dir, "data", strings.ReplaceAll(s.Domain, ".", "%2e"), "accounts")
	account, err := os.ReadFile(filepath.Join(dir, "user0.dat"))
	for i := 1; i < n && err == nil; i++ {
		err = os.WriteFile(filepath.Join(dir, fmt.Sprintf("user%d.dat", i)), account, 0o600)
	}
	if err != nil {
		b.Fatal(err)
	}
}

// fromEverywhere guesses at many accounts, each client from an address of its own.
func fromEverywhere(n int) (user, source string) { return fmt.Sprint("user", n%guessed), address(n) }

// fromOnePlace guesses at one account from one address.
func fromOnePlace(int) (user, source string) { return "user0", address(1 << 20) }

// BenchmarkPing is the round trip of someone in a meeting while wrong logins
// arrive, with our module and with Prosody's own accounts.
func BenchmarkPing(b *testing.B) {
	p := newProgram(b)
	p.add(b, guessed+1)
	internal := newProsody(b, newest, "")
	copyAccounts(b, internal, guessed+1)
	us, them := newMeeting(b, prosodyOf(b, newest, p)), newMeeting(b, internal)
	// From there nothing is hashed any more.
	user, source := fromOnePlace(0)
	for n := range 11 {
		outcome(b.Context(), client, p.url, p.token, questionOf(user, fmt.Sprint("wrong ", n), source))
	}
	goFirst(b) // Prosody and the service run already, and keep what they have
	kinds := []struct {
		name string
		m    *meeting
		idle []time.Duration // the p99 of each round
		busy []time.Duration
		all  tally
		from func(int) (string, string)
	}{
		{name: "wrong logins at 100 accounts from 200 sources, as many hashed as can be", m: us, from: fromEverywhere},
		{name: "wrong logins from one source at one account, refused by the throttle", m: us, from: fromOnePlace},
		{name: "wrong logins at 100 accounts from 200 sources, `internal_hashed`", m: them, from: fromEverywhere},
	}
	times := turns(5)
	for range times {
		for i := range kinds {
			k := &kinds[i]
			k.idle = append(k.idle, percentile(k.m.pings(span(.3)), 99))
			busy, logins := k.m.storm(span(.4), k.from)
			k.busy = append(k.busy, percentile(busy, 99))
			k.all.join(logins)
		}
	}
	other := middle(kinds[2].busy)
	for i := range kinds {
		k, bound := &kinds[i], noBound
		idle, busy := middle(k.idle), middle(k.busy)
		met := busy-idle <= 5*time.Millisecond && busy <= other
		if i < 2 {
			bound = "p99 within 5 ms of idle, and at most that of `internal_hashed`"
		}
		row(b, fmt.Sprintf("ping of someone in a meeting on Prosody %s while %d/s come: %s", newest, stormRate, k.name), bound, met,
			"p99 %s, idle %s; the logins: %s", ms(busy), ms(idle), k.all.perSecond(time.Duration(times)*(span(.4)+span(.4)/4)))
	}
}
