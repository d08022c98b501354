package jitsiauth_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// at is an attempt from an address; "": from none.
func at(source, name, password string) jitsiauth.Attempt {
	a := jitsiauth.Attempt{Username: name, Password: password, Transport: "websocket"}
	if source != "" {
		a.Source = netip.MustParseAddr(source)
	}
	return a
}

// outcome tries a login.
func (b *bench) outcome(t testing.TB, a jitsiauth.Attempt) error {
	t.Helper()
	_, err := b.Verify(t.Context(), a)
	return err
}

// count tallies the outcomes of n attempts.
func (b *bench) count(t testing.TB, n int, a func(i int) jitsiauth.Attempt) map[string]int {
	t.Helper()
	tally := map[string]int{}
	for i := range n {
		tally[kind(b.outcome(t, a(i)))]++
	}
	return tally
}

func kind(err error) string {
	for name, sentinel := range map[string]error{
		"bad": jitsiauth.ErrBadCredentials, "throttled": jitsiauth.ErrThrottled, "overloaded": jitsiauth.ErrOverloaded,
	} {
		if errors.Is(err, sentinel) {
			return name
		}
	}
	return fmt.Sprint(err)
}

func TestWrongPasswordsAreThrottled(t *testing.T) {
	b := newBench(t)
	b.add(t, jitsiauth.NewUser{}, "alice")
	for _, name := range []string{"alice", "nobody"} {
		tally := b.count(t, 30, func(int) jitsiauth.Attempt { return at("192.0.2.1", name, "wrong") })
		if tally["bad"] != 10 || tally["throttled"] != 20 {
			t.Errorf("%s: %v", name, tally)
		}
	}
	var slow *jitsiauth.ThrottledError
	if err := b.outcome(t, at("192.0.2.1", "alice", password)); !errors.As(err, &slow) || slow.RetryAfter != time.Minute || slow.By != jitsiauth.ThrottledByPair {
		t.Errorf("the right password while throttled: %v", err)
	}
	if errors.Is(slow, jitsiauth.ErrBadCredentials) {
		t.Error("throttling reads as a wrong password")
	}
	if err := b.outcome(t, at("192.0.2.2", "alice", password)); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	b.clock.Add(time.Minute)
	if err := b.outcome(t, at("192.0.2.1", "alice", password)); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

func TestRightPasswordsAreNotThrottled(t *testing.T) {
	b := newBench(t)
	b.add(t, jitsiauth.NewUser{}, "alice")
	b.add(t, jitsiauth.NewUser{Disabled: true}, "off")
	for i := range 200 {
		if err := b.outcome(t, at("192.0.2.1", "alice", password)); err != nil {
			t.Fatalf("login %d: %v", i, err)
		}
		if err := b.outcome(t, at("192.0.2.1", "off", password)); !errors.Is(err, jitsiauth.ErrDisabled) {
			t.Fatalf("login %d of a disabled account: %v", i, err)
		}
	}
}

// The owner of an account under attack from elsewhere logs in from where they
// have logged in before, also after a restart; from a new place within a minute.
func TestOwnerUnderAttack(t *testing.T) {
	store := memstore.New()
	b := benchOn(t, store, bcrypt.MinCost)
	b.add(t, jitsiauth.NewUser{}, "alice")
	if err := b.outcome(t, at("2001:db8::1", "alice", password)); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for restart := range 2 {
		tally := b.count(t, 2000, func(i int) jitsiauth.Attempt {
			return at(fmt.Sprintf("10.%d.%d.1", i>>8, i&255), "alice", "wrong")
		})
		if tally["throttled"] < 1900 {
			t.Fatalf("the attack: %v", tally)
		}
		if err := b.outcome(t, at("2001:db8::2", "alice", password)); err != nil {
			t.Errorf("restart %d, at home (another address of its /64): %v", restart, err)
		}
		var slow *jitsiauth.ThrottledError
		if err := b.outcome(t, at("192.0.2.9", "alice", password)); !errors.As(err, &slow) || slow.By != jitsiauth.ThrottledByAccount || slow.RetryAfter > time.Minute {
			t.Errorf("on a journey: %v", err)
		} else {
			b.clock.Add(slow.RetryAfter)
		}
		if err := b.outcome(t, at("192.0.2.9", "alice", password)); err != nil {
			t.Errorf("on a journey, when it is time: %v", err)
		}
		b = benchOn(t, store, bcrypt.MinCost)
	}
}

func TestPlaceIsForgottenAfterNinetyDays(t *testing.T) {
	b := newBench(t)
	u := b.add(t, jitsiauth.NewUser{}, "alice")
	known := func() int {
		if err := b.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		view, err := b.Throttle(t.Context(), u.ID)
		if err != nil {
			t.Fatal(err)
		}
		return len(view.Known)
	}
	for _, step := range []struct {
		a    jitsiauth.Attempt
		want int
	}{
		{at("192.0.2.1", "alice", "wrong"), 0},
		{at("", "alice", password), 0},
		{jitsiauth.Attempt{Username: "alice", Password: password, Source: netip.MustParseAddr("172.18.0.3"), Proxy: true}, 0},
		{at("192.0.2.1", "alice", password), 1},
		{at("::ffff:192.0.2.1", "alice", password), 1},
		{at("2001:db8::1", "alice", password), 2},
		{at("2001:db8::2", "alice", password), 2},
	} {
		_ = b.outcome(t, step.a)
		if got := known(); got != step.want {
			t.Errorf("%d places known after %+v, want %d", got, step.a, step.want)
		}
	}
	b.clock.Add(60 * 24 * time.Hour)
	_ = b.outcome(t, at("192.0.2.1", "alice", password))
	b.clock.Add(60 * 24 * time.Hour)
	if got := known(); got != 1 {
		t.Errorf("%d places known, want the one used in between", got)
	}
}

// A place that only a disabled account's password was right at is not good.
func TestRefusedAccountsMakeNoPlaceKnown(t *testing.T) {
	b := newBench(t)
	u := b.add(t, jitsiauth.NewUser{Disabled: true}, "off")
	if err := b.outcome(t, at("192.0.2.1", "off", password)); !errors.Is(err, jitsiauth.ErrDisabled) {
		t.Fatal(err)
	}
	if err := b.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if view, err := b.Throttle(t.Context(), u.ID); err != nil || len(view.Known) != 0 {
		t.Errorf("%+v %v", view, err)
	}
}

// hashCount is a bench that counts hashes.
func hashCount(t testing.TB, opts jitsiauth.Options) (*bench, *atomic.Int32) {
	t.Helper()
	var hashes atomic.Int32
	opts.ObserveHash = func(time.Duration) { hashes.Add(1) }
	b := benchWith(t, memstore.New(), bcrypt.MinCost, opts)
	b.add(t, jitsiauth.NewUser{}, "alice")
	hashes.Store(0)
	return b, &hashes
}

func TestProvenPasswordsAreRecognised(t *testing.T) {
	b, hashes := hashCount(t, jitsiauth.Options{})
	step := func(name string, password string, wantHashes int32, want error) {
		t.Helper()
		hashes.Store(0)
		if err := b.outcome(t, at("192.0.2.1", "alice", password)); !errors.Is(err, want) || hashes.Load() != wantHashes {
			t.Errorf("%s: %v with %d hashes, want %v with %d", name, err, hashes.Load(), want, wantHashes)
		}
	}
	id := func() jitsiauth.ID {
		jid, _ := b.ParseJID("alice")
		u, err := b.GetByJID(t.Context(), jid)
		if err != nil {
			t.Fatal(err)
		}
		return u.ID
	}
	must := func(_ jitsiauth.User, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	step("first", password, 1, nil)
	step("again", password, 0, nil)
	step("a wrong one", "wrong", 1, jitsiauth.ErrBadCredentials)
	step("the wrong one again is not remembered", "wrong", 1, jitsiauth.ErrBadCredentials)
	must(b.Disable(t.Context(), id()))
	step("disabled meanwhile", password, 0, jitsiauth.ErrDisabled)
	must(b.Enable(t.Context(), id()))
	step("enabled again", password, 0, nil)
	must(b.SetPassword(t.Context(), id(), jitsiauth.NewPassword{Password: "another password"}))
	step("the old password", password, 1, jitsiauth.ErrBadCredentials)
	must(b.SetPassword(t.Context(), id(), jitsiauth.NewPassword{Password: password}))
	step("the same password, set anew", password, 1, nil)
	b.clock.Add(15 * time.Minute)
	step("a quarter of an hour later", password, 1, nil)
	if err := b.Delete(t.Context(), id()); err != nil {
		t.Fatal(err)
	}
	b.add(t, jitsiauth.NewUser{}, "alice")
	step("another person of that name", password, 1, nil)
	if st := b.Stats().Cache; st.Hits != 3 || st.Entries == 0 {
		t.Errorf("%+v", st)
	}
}

func TestLoginCacheCanBeSwitchedOff(t *testing.T) {
	b, hashes := hashCount(t, jitsiauth.Options{NoLoginCache: true})
	for range 3 {
		if err := b.outcome(t, at("192.0.2.1", "alice", password)); err != nil {
			t.Fatal(err)
		}
	}
	if hashes.Load() != 3 {
		t.Errorf("%d hashes for 3 logins", hashes.Load())
	}
}

// The memory of proven passwords stands behind the throttle: it can't be asked
// faster than bcrypt.
func TestThrottleStandsBeforeTheCache(t *testing.T) {
	b := newBench(t)
	b.add(t, jitsiauth.NewUser{}, "alice")
	if err := b.outcome(t, at("192.0.2.1", "alice", password)); err != nil {
		t.Fatal(err)
	}
	b.count(t, 10, func(int) jitsiauth.Attempt { return at("192.0.2.1", "alice", "wrong") })
	if err := b.outcome(t, at("192.0.2.1", "alice", password)); !errors.Is(err, jitsiauth.ErrThrottled) {
		t.Errorf("the remembered password while throttled: %v", err)
	}
}

// What costs nothing to refuse is refused before anything is looked at.
func TestImpossibleInputIsRefusedBeforeAnyLookUp(t *testing.T) {
	store := &broken{Store: memstore.New(), left: 0} // fails at the first look
	b := benchOn(t, store, bcrypt.MinCost)
	for name, a := range map[string]jitsiauth.Attempt{
		"password too long":          at("192.0.2.1", "alice", strings.Repeat("a", 1024)),
		"password much too long":     at("192.0.2.1", "alice", strings.Repeat("a", 1<<20)),
		"password with a control":    at("192.0.2.1", "alice", "a\x00b"),
		"empty password":             at("192.0.2.1", "alice", ""),
		"name with a space":          at("192.0.2.1", "al ice", "secret"),
		"name much too long":         at("192.0.2.1", strings.Repeat("a", 1<<20), "secret"),
		"name that is no UTF-8":      at("192.0.2.1", "a\xff", "secret"),
		"too long once it is folded": at("192.0.2.1", "alice", strings.Repeat("㌀", 100)), // 12 bytes each, prepared
	} {
		for range 100 {
			if err := b.outcome(t, a); !errors.Is(err, jitsiauth.ErrBadCredentials) {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	if st := b.Stats(); st.Throttle.Entries["account_source"]+st.Throttle.Entries["source"] != 0 || st.Lanes["other"].Hashed != 0 {
		t.Errorf("%+v", st)
	}
}

// A thousand guesses at once get no more tries than a thousand in a row, and
// right ones among them are let in if they come first.
func TestThousandParallelGuesses(t *testing.T) {
	b, hashes := hashCount(t, jitsiauth.Options{Hashers: 2})
	var tally sync.Map
	var all sync.WaitGroup
	for i := range 1000 {
		all.Go(func() {
			_, err := b.Verify(context.Background(), at("192.0.2.1", "alice", fmt.Sprint("guess ", i)))
			n, _ := tally.LoadOrStore(kind(err), new(atomic.Int32))
			n.(*atomic.Int32).Add(1)
		})
	}
	all.Wait()
	if n := hashes.Load(); n > 10 {
		t.Errorf("%d hashes, want at most 10", n)
	}
	tally.Range(func(what, n any) bool {
		if what != "bad" && what != "throttled" && what != "overloaded" || what == "bad" && n.(*atomic.Int32).Load() > 10 {
			t.Errorf("%v: %d", what, n.(*atomic.Int32).Load())
		}
		return true
	})
}

// Equal attempts at the same time share one hash, and yet each of them counts.
func TestEqualGuessesAllCount(t *testing.T) {
	b, _ := hashCount(t, jitsiauth.Options{})
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { _, _ = b.Verify(context.Background(), at("192.0.2.1", "alice", "wrong")) })
	}
	all.Wait()
	if err := b.outcome(t, at("192.0.2.1", "alice", password)); !errors.Is(err, jitsiauth.ErrThrottled) {
		t.Errorf("after 50 equal guesses at once: %v", err)
	}
}

// Who hangs up before their password is compared has used up no attempt.
func TestHangingUpBeforeHashingCountsForNothing(t *testing.T) {
	b := newBench(t)
	b.add(t, jitsiauth.NewUser{}, "alice")
	gone, leave := context.WithCancel(t.Context())
	leave()
	for range 100 {
		if _, err := b.Verify(gone, at("192.0.2.1", "alice", "wrong")); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	if err := b.outcome(t, at("192.0.2.1", "alice", password)); err != nil {
		t.Errorf("after attempts that were never compared: %v", err)
	}
}

// hangUp begins a login and leaves while its password is compared. It reports
// whether it left in time.
func (b *bench) hangUp(t *testing.T, a jitsiauth.Attempt) bool {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		_, err := b.Verify(ctx, a)
		left <- err
	}()
	for b.Stats().Hashing == 0 && len(left) == 0 {
		time.Sleep(50 * time.Microsecond)
	}
	leave()
	err := <-left
	for b.Stats().Hashing > 0 {
		time.Sleep(time.Millisecond)
	}
	return errors.Is(err, context.Canceled)
}

func TestHangingUpWhileHashingCounts(t *testing.T) {
	b := benchWith(t, memstore.New(), 8, jitsiauth.Options{NoLoginCache: true}) // long enough to leave meanwhile
	b.add(t, jitsiauth.NewUser{}, "alice")
	in := map[string]int{}
	for i := range 30 {
		typed := password // 20 times, which are given back, late
		if i >= 20 {
			typed = "wrong"
		}
		if b.hangUp(t, at("192.0.2.1", "alice", typed)) {
			in[typed]++
		}
	}
	if in[password] == 0 || in["wrong"] == 0 {
		t.Fatalf("left in time: %v", in)
	}
	if err := b.outcome(t, at("192.0.2.1", "alice", "wrong")); !errors.Is(err, jitsiauth.ErrThrottled) {
		t.Errorf("after ten hung-up guesses: %v", err)
	}
}

func TestWithoutSourceOnlyTheAccountIsSlowed(t *testing.T) {
	for name, a := range map[string]jitsiauth.Attempt{
		"no address":        at("", "alice", "wrong"),
		"a proxy's address": {Username: "alice", Password: "wrong", Source: netip.MustParseAddr("172.18.0.3"), Proxy: true},
	} {
		b := newBench(t)
		b.add(t, jitsiauth.NewUser{}, "alice")
		b.add(t, jitsiauth.NewUser{}, "bob")
		tally := b.count(t, 100, func(int) jitsiauth.Attempt { return a })
		if tally["bad"] != 21 {
			t.Errorf("%s: %v", name, tally)
		}
		other := a
		other.Username, other.Password = "bob", password
		if err := b.outcome(t, other); err != nil {
			t.Errorf("%s: others behind it: %v", name, err)
		}
		if err := b.outcome(t, at("172.18.0.3", "carol", "wrong")); !errors.Is(err, jitsiauth.ErrBadCredentials) {
			t.Errorf("%s: a person at that address: %v", name, err)
		}
		b.clock.Add(time.Minute)
		a.Password = password
		if err := b.outcome(t, a); err != nil {
			t.Errorf("%s: a minute later: %v", name, err)
		}
	}
}

// lines is a log that can be read while it is written.
type lines struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

func TestRefusedLoginsHaveALine(t *testing.T) {
	var log bytes.Buffer
	b := benchWith(t, memstore.New(), bcrypt.MinCost, jitsiauth.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	b.add(t, jitsiauth.NewUser{}, "alice")
	b.add(t, jitsiauth.NewUser{Disabled: true}, "off=x")
	proxied := at("172.18.0.3", "alice", "wrong")
	proxied.Proxy = true
	for _, test := range []struct {
		a    jitsiauth.Attempt
		want string // "": no line
	}{
		{at("192.0.2.1", "alice", password), ""},
		{at("192.0.2.1", "alice", "my secret"), `result=bad_credentials account=alice@meet.jitsi source=192.0.2.1 proxy=- transport=websocket by=-`},
		{at("2001:db8::1", "my-secret", "my secret"), `result=bad_credentials account=- source=2001:db8::1 proxy=- transport=websocket by=-`},
		{at("192.0.2.1", "my secret", "my secret"), `result=bad_credentials account=- source=192.0.2.1 proxy=- transport=websocket by=-`},
		{at("192.0.2.1", "off=x", password), `result=disabled account="off=x@meet.jitsi" source=192.0.2.1 proxy=- transport=websocket by=-`},
		{at("", "alice", "my secret"), `result=bad_credentials account=alice@meet.jitsi source=- proxy=- transport=websocket by=-`},
		{proxied, `result=bad_credentials account=alice@meet.jitsi source=- proxy=172.18.0.3 transport=websocket by=-`},
		{jitsiauth.Attempt{Username: "alice", Domain: "elsewhere", Password: "my secret", Transport: "x\ny"}, `result=unknown_domain account=- source=- proxy=- transport=other by=-`},
	} {
		log.Reset()
		_ = b.outcome(t, test.a)
		line := strings.TrimSpace(log.String())
		if _, text, _ := strings.Cut(line, " "); test.want != "" && text != `level=INFO msg="login refused" `+test.want || test.want == "" && line != "" {
			t.Errorf("%+v: %s", test.a, line)
		}
		if strings.Contains(line, "secret") {
			t.Errorf("what was typed is in the log: %s", line)
		}
	}
	for range 20 {
		log.Reset()
		_ = b.outcome(t, at("192.0.2.1", "alice", "wrong"))
	}
	if !strings.Contains(log.String(), `result=throttled account=alice@meet.jitsi source=192.0.2.1 proxy=- transport=websocket by=account_source`) {
		t.Errorf("throttled: %s", log.String())
	}
}

// Under a flood the lines are bounded, and the rest is counted.
func TestLinesAreBoundedInAFlood(t *testing.T) {
	var log lines
	b := benchWith(t, memstore.New(), bcrypt.MinCost, jitsiauth.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for range 60 {
		for range 200 {
			_ = b.outcome(t, at("192.0.2.1", "a b", "x")) // refused without hashing
		}
		b.clock.Add(time.Second)
	}
	listed := strings.Count(log.String(), "login refused")
	if unlisted := int(b.Stats().Unlisted); listed > 1000+60*20 || listed+unlisted != 12000 {
		t.Errorf("%d listed, %d unlisted of 12000", listed, unlisted)
	}
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- b.Run(ctx) }()
	for !strings.Contains(log.String(), "unlisted=") {
		time.Sleep(time.Millisecond)
	}
	stop()
	if err := <-ran; err != nil {
		t.Error(err)
	}
}
