package jitsiauth_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// clock is a time that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// bench is a service on an empty store.
type bench struct {
	*jitsiauth.Service
	store jitsiauth.Store
	clock *clock
}

func newBench(t testing.TB) *bench {
	t.Helper()
	return benchOn(t, memstore.New(), bcrypt.MinCost)
}

func benchOn(t testing.TB, store jitsiauth.Store, cost int) *bench {
	t.Helper()
	return benchWith(t, store, cost, jitsiauth.Options{})
}

// benchWith is benchOn with more options.
func benchWith(t testing.TB, store jitsiauth.Store, cost int, opts jitsiauth.Options) *bench {
	t.Helper()
	b := &bench{store: store, clock: &clock{now: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)}}
	opts.Domains, opts.BcryptCost, opts.Now = []string{"meet.jitsi", "other.example"}, cost, b.clock.Now
	if opts.Policy == nil {
		opts.Policy = jitsiauth.AnyPassword // policy_test.go is about policies
	}
	svc, err := jitsiauth.New(store, opts)
	if err != nil {
		t.Fatal(err)
	}
	b.Service = svc
	return b
}

const password = "correct horse"

// add makes an account of the default domain with the password above.
func (b *bench) add(t testing.TB, n jitsiauth.NewUser, name string) jitsiauth.User {
	t.Helper()
	jid, err := b.ParseJID(name)
	if err != nil {
		t.Fatal(err)
	}
	n.JID = jid
	if n.Password == "" {
		n.Password = password
	}
	u, err := b.Create(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// verify tries a login to the default domain.
func (b *bench) verify(t testing.TB, name, password string) error {
	t.Helper()
	_, err := b.Verify(t.Context(), jitsiauth.Attempt{Username: name, Password: password})
	return err
}

// changes is the whole log.
func (b *bench) changes(t testing.TB) []jitsiauth.Change {
	t.Helper()
	var all []jitsiauth.Change
	for c, err := range b.Changes(context.Background(), jitsiauth.Position{}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

func as(t testing.TB, role jitsiauth.Role, domains ...string) context.Context {
	return jitsiauth.WithActor(t.Context(), jitsiauth.Actor{Kind: jitsiauth.ActorToken, Name: "t", Role: role, Domains: domains})
}

func TestNewOptions(t *testing.T) {
	for _, test := range []struct {
		name  string
		opts  jitsiauth.Options
		field string // of the error; "": none
	}{
		{"zero value", jitsiauth.Options{}, ""},
		{"domains are prepared", jitsiauth.Options{Domains: []string{"Meet.Example", "meet.example"}}, ""},
		{"no host name", jitsiauth.Options{Domains: []string{"https://meet.example/"}}, "domain"},
		{"empty domain", jitsiauth.Options{Domains: []string{""}}, "domain"},
		{"cost too high", jitsiauth.Options{BcryptCost: 15}, "bcrypt_cost"},
		{"cost too low", jitsiauth.Options{BcryptCost: 3}, "bcrypt_cost"},
		{"hashers below 0", jitsiauth.Options{Hashers: -1}, "hashers"},
		{"short fixed token", jitsiauth.Options{ProsodyToken: "0123456789abcdef0123456789abcde"}, "prosody_token"},
	} {
		t.Run(test.name, func(t *testing.T) {
			svc, err := jitsiauth.New(memstore.New(), test.opts)
			var invalid *jitsiauth.InvalidError
			switch {
			case test.field == "" && err != nil:
				t.Errorf("New = %v", err)
			case test.field != "" && (!errors.As(err, &invalid) || invalid.Field != test.field):
				t.Errorf("New = %v; want an error of %s", err, test.field)
			}
			if len(test.opts.Domains) == 2 && len(svc.Domains()) != 1 {
				t.Errorf("domains %q; want the one", svc.Domains())
			}
		})
	}
}

func TestCreateAndGet(t *testing.T) {
	b := newBench(t)
	u := b.add(t, jitsiauth.NewUser{DisplayName: "Alice", Email: "alice@example.org", Note: "from\nthe start"}, "Alice")
	if u.JID.String() != "alice@meet.jitsi" || u.Role != jitsiauth.RoleUser || u.Revision != 1 || u.CredentialRevision != 1 {
		t.Errorf("created %+v", u)
	}
	for _, get := range []func() (jitsiauth.User, error){
		func() (jitsiauth.User, error) { return b.Get(t.Context(), u.ID) },
		func() (jitsiauth.User, error) { return b.GetByJID(t.Context(), u.JID) },
	} {
		if got, err := get(); err != nil || got != u {
			t.Errorf("got %+v, %v; want %+v", got, err, u)
		}
	}
	if _, err := b.Create(t.Context(), jitsiauth.NewUser{JID: u.JID, Password: password}); !errors.Is(err, jitsiauth.ErrExists) {
		t.Errorf("creating again: %v", err)
	}
	log := b.changes(t)
	if len(log) != 1 || log[0].Action != jitsiauth.UserCreated || log[0].Subject != u.ID || log[0].JID != u.JID || log[0].Position.N != 1 {
		t.Errorf("log %+v", log)
	}
}

func TestCreateRefuses(t *testing.T) {
	b := newBench(t)
	jid, err := b.ParseJID("alice")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := b.ParseJID("alice@nowhere.example")
	if err != nil {
		t.Fatal(err)
	}
	looksLikeID, err := b.ParseJID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
	if err != nil {
		t.Fatal(err)
	}
	day := b.clock.Now()
	for _, test := range []struct {
		name  string
		n     jitsiauth.NewUser
		field string
	}{
		{"no name", jitsiauth.NewUser{Password: password}, "jid"},
		{"domain not served", jitsiauth.NewUser{JID: elsewhere, Password: password}, "domain"},
		{"no password", jitsiauth.NewUser{JID: jid}, "password"},
		{"window backwards", jitsiauth.NewUser{JID: jid, Password: password, ValidFrom: day, ValidUntil: day}, "valid_until"},
		{"an ID for a name", jitsiauth.NewUser{JID: looksLikeID, Password: password}, "username"},
		{"year 1", jitsiauth.NewUser{JID: jid, Password: password, ValidUntil: time.Time{}.Add(time.Hour)}, "valid_until"},
		{"text that turns around", jitsiauth.NewUser{JID: jid, Password: password, DisplayName: "a\u202eb"}, "display_name"},
		{"year 10000", jitsiauth.NewUser{JID: jid, Password: password, ValidUntil: day.AddDate(9000, 0, 0)}, "valid_until"},
		{"role", jitsiauth.NewUser{JID: jid, Password: password, Role: "king"}, "role"},
		{"e-mail", jitsiauth.NewUser{JID: jid, Password: password, Email: "alice"}, "email"},
		{"display name", jitsiauth.NewUser{JID: jid, Password: password, DisplayName: "a\x1b[31m"}, "display_name"},
		{"note", jitsiauth.NewUser{JID: jid, Password: password, Note: string(make([]byte, 5000))}, "note"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := b.Create(t.Context(), test.n)
			var invalid *jitsiauth.InvalidError
			if !errors.As(err, &invalid) || invalid.Field != test.field || !errors.Is(err, jitsiauth.ErrInvalid) {
				t.Errorf("Create = %v; want an error of %s", err, test.field)
			}
		})
	}
	if log := b.changes(t); len(log) != 0 {
		t.Errorf("refusals left %+v in the log", log)
	}
}

func TestUpdate(t *testing.T) {
	b := newBench(t)
	u := b.add(t, jitsiauth.NewUser{}, "alice")
	b.clock.Add(time.Hour)
	until := b.clock.Now().Add(24 * time.Hour)
	got, err := b.Update(t.Context(), u.ID, jitsiauth.UserChange{DisplayName: new("Alice"), ValidUntil: &until}, jitsiauth.IfRevision(1))
	if err != nil || got.DisplayName != "Alice" || !got.ValidUntil.Equal(until) || got.Revision != 2 || got.CredentialRevision != 1 {
		t.Fatalf("Update = %+v, %v", got, err)
	}
	if !got.UpdatedAt.Equal(b.clock.Now()) || !got.CreatedAt.Equal(u.CreatedAt) {
		t.Errorf("times %v, %v", got.UpdatedAt, got.CreatedAt)
	}
	if _, err := b.Update(t.Context(), u.ID, jitsiauth.UserChange{Note: new("x")}, jitsiauth.IfRevision(1)); !errors.Is(err, jitsiauth.ErrRevision) {
		t.Errorf("an old revision: %v", err)
	}
	same, err := b.Update(t.Context(), u.ID, jitsiauth.UserChange{DisplayName: new("Alice")})
	if err != nil || same != got {
		t.Errorf("a change of nothing gave %+v, %v; want %+v", same, err, got)
	}
	cleared, err := b.Update(t.Context(), u.ID, jitsiauth.UserChange{ValidUntil: &time.Time{}})
	if err != nil || !cleared.ValidUntil.IsZero() || cleared.Revision != 3 {
		t.Errorf("clearing a date gave %+v, %v", cleared, err)
	}
	if _, err := b.Update(t.Context(), u.ID, jitsiauth.UserChange{Email: new("nonsense")}); !errors.Is(err, jitsiauth.ErrInvalid) {
		t.Errorf("a wrong e-mail: %v", err)
	}
	log := b.changes(t)
	if len(log) != 3 || len(log[1].Fields) != 2 || log[1].Fields[0] != "display_name" || log[1].Fields[1] != "valid_until" {
		t.Errorf("log %+v", log)
	}
}

func TestDisableEnable(t *testing.T) {
	b := newBench(t)
	u := b.add(t, jitsiauth.NewUser{}, "alice")
	for i, step := range []struct {
		do       func(context.Context, jitsiauth.ID) (jitsiauth.User, error)
		disabled bool
		revision uint64
	}{{b.Disable, true, 2}, {b.Disable, true, 2}, {b.Enable, false, 3}, {b.Enable, false, 3}} {
		got, err := step.do(t.Context(), u.ID)
		if err != nil || got.Disabled != step.disabled || got.Revision != step.revision {
			t.Errorf("step %d: %+v, %v", i, got, err)
		}
	}
}

func TestSetPassword(t *testing.T) {
	b := newBench(t)
	u := b.add(t, jitsiauth.NewUser{}, "alice")
	got, err := b.SetPassword(t.Context(), u.ID, jitsiauth.NewPassword{Password: "another one"})
	if err != nil || got.Revision != 1 || got.CredentialRevision != 2 {
		t.Fatalf("SetPassword = %+v, %v", got, err)
	}
	if err := b.verify(t, "alice", password); !errors.Is(err, jitsiauth.ErrBadCredentials) {
		t.Errorf("the old password: %v", err)
	}
	if err := b.verify(t, "alice", "another one"); err != nil {
		t.Errorf("the new password: %v", err)
	}
	if _, err := b.SetPassword(t.Context(), u.ID, jitsiauth.NewPassword{Password: "yet another"}, jitsiauth.IfRevision(9)); !errors.Is(err, jitsiauth.ErrRevision) {
		t.Errorf("an old revision: %v", err)
	}
	if _, err := b.SetPassword(t.Context(), u.ID, jitsiauth.NewPassword{Password: ""}); !errors.Is(err, jitsiauth.ErrInvalid) {
		t.Errorf("no password: %v", err)
	}
	if _, err := b.SetPassword(t.Context(), jitsiauth.ID{}, jitsiauth.NewPassword{Password: password}); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
}

func TestDelete(t *testing.T) {
	b := newBench(t)
	u := b.add(t, jitsiauth.NewUser{}, "alice")
	if err := b.Delete(t.Context(), u.ID, jitsiauth.IfRevision(7)); !errors.Is(err, jitsiauth.ErrRevision) {
		t.Errorf("another revision: %v", err)
	}
	if err := b.Delete(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	if err := b.Delete(t.Context(), u.ID); !errors.Is(err, jitsiauth.ErrNotFound) {
		t.Errorf("again: %v", err)
	}
	again := b.add(t, jitsiauth.NewUser{}, "alice")
	if again.ID == u.ID {
		t.Error("a name made again is the same account")
	}
	log := b.changes(t)
	if len(log) != 3 || log[1].Action != jitsiauth.UserDeleted || log[1].JID != u.JID {
		t.Errorf("log %+v", log)
	}
}

func TestList(t *testing.T) {
	b := newBench(t)
	for _, name := range []string{"carol", "alice", "bob", "dave@other.example"} {
		b.add(t, jitsiauth.NewUser{DisplayName: "The " + name}, name)
	}
	bob, err := b.ParseJID("bob")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		ctx  context.Context
		q    jitsiauth.ListQuery
		want []string
	}{
		{"all, in order", t.Context(), jitsiauth.ListQuery{}, []string{"alice", "bob", "carol", "dave"}},
		{"a page", t.Context(), jitsiauth.ListQuery{Limit: 2}, []string{"alice", "bob"}},
		{"after", t.Context(), jitsiauth.ListQuery{After: bob}, []string{"carol", "dave"}},
		{"one domain", t.Context(), jitsiauth.ListQuery{Domain: "other.example"}, []string{"dave"}},
		{"text folds case", t.Context(), jitsiauth.ListQuery{Text: "THE C"}, []string{"carol"}},
		{"no such state", t.Context(), jitsiauth.ListQuery{State: jitsiauth.StateDisabled}, nil},
		{"bound to a domain", as(t, jitsiauth.RoleManager, "other.example"), jitsiauth.ListQuery{}, []string{"dave"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			page, err := b.List(test.ctx, test.q)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, u := range page.Users {
				got = append(got, u.JID.Local())
			}
			if len(got) != len(test.want) {
				t.Fatalf("got %q, want %q", got, test.want)
			}
			for i := range got {
				if got[i] != test.want[i] {
					t.Fatalf("got %q, want %q", got, test.want)
				}
			}
		})
	}
	for _, q := range []jitsiauth.ListQuery{{Limit: -1}, {Limit: 1001}, {State: "gone"}} {
		if _, err := b.List(t.Context(), q); !errors.Is(err, jitsiauth.ErrInvalid) {
			t.Errorf("List(%+v) = %v", q, err)
		}
	}
}

// Someone bound to domains learns nothing of the others, not even the name at
// which a page ends; and misses nothing of their own.
func TestListBoundToDomains(t *testing.T) {
	store := memstore.New()
	svc, err := jitsiauth.New(store, jitsiauth.Options{
		Domains: []string{"a.example", "b.example", "c.example", "d.example"}, BcryptCost: bcrypt.MinCost,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, domain := range svc.Domains() {
		for i := range 5 {
			jid, err := jitsiauth.NewJID(fmt.Sprintf("user%d", i), domain)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := svc.Create(t.Context(), jitsiauth.NewUser{JID: jid, Password: password}); err != nil {
				t.Fatal(err)
			}
		}
	}
	reached := []string{"d.example", "empty.example", "b.example"}
	ctx := as(t, jitsiauth.RoleManager, reached...)
	for limit := 1; limit <= 12; limit++ {
		for _, q := range []struct {
			query jitsiauth.ListQuery
			want  int
		}{
			{jitsiauth.ListQuery{}, 10},
			{jitsiauth.ListQuery{Text: "user3"}, 2},
			{jitsiauth.ListQuery{Domain: "b.example"}, 5},
			{jitsiauth.ListQuery{Domain: "a.example"}, 0},
		} {
			seen := map[jitsiauth.JID]bool{}
			q.query.Limit = limit
			for range 50 {
				page, err := svc.List(ctx, q.query)
				if err != nil {
					t.Fatal(err)
				}
				for _, u := range page.Users {
					if seen[u.JID] || !slices.Contains(reached, u.JID.Domain()) {
						t.Errorf("limit %d: %s came, for the second time or from elsewhere", limit, u.JID)
					}
					seen[u.JID] = true
				}
				if !page.Next.IsZero() && !slices.Contains(reached, page.Next.Domain()) {
					t.Errorf("limit %d: the page ends at %s", limit, page.Next)
				}
				if !page.More {
					break
				}
				q.query.After = page.Next
			}
			if len(seen) != q.want {
				t.Errorf("limit %d, %+v: %d accounts, want %d", limit, q.query, len(seen), q.want)
			}
		}
	}
}

func TestStateAt(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name string
		u    jitsiauth.User
		want jitsiauth.State
	}{
		{"no window", jitsiauth.User{}, jitsiauth.StateActive},
		{"from is inclusive", jitsiauth.User{ValidFrom: now}, jitsiauth.StateActive},
		{"before from", jitsiauth.User{ValidFrom: now.Add(1)}, jitsiauth.StateNotYetValid},
		{"until is exclusive", jitsiauth.User{ValidUntil: now}, jitsiauth.StateExpired},
		{"before until", jitsiauth.User{ValidUntil: now.Add(1)}, jitsiauth.StateActive},
		{"disabled wins", jitsiauth.User{Disabled: true, ValidUntil: now}, jitsiauth.StateDisabled},
	} {
		if got := test.u.StateAt(now); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}
