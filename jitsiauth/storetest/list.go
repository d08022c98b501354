package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

func names(records []jitsiauth.Record) []string {
	list := []string{}
	for _, r := range records {
		list = append(list, r.JID.String())
	}
	return list
}

// inOrder is sorted as ListUsers has it; "-" < "." < letters < "é" < "日".
var inOrder = []string{
	"z@a", "a@a-b.example", "a@a.example", "a-b@a.example", "a.b@a.example", "ab@a.example", "b@a.example", "é@a.example",
	"日@a.example", "a@a.example.org", "b@a.example.org", "a@ab.example", "a@b.example", "z@日本.example",
}

// createInOrder creates inOrder in another order.
func createInOrder(t *testing.T, s jitsiauth.Store) {
	for i := range inOrder {
		create(t, s, inOrder[i*5%len(inOrder)])
	}
}

func testListOrder(t *testing.T, s jitsiauth.Store) {
	empty, _, more, err := s.ListUsers(t.Context(), jitsiauth.ListQuery{})
	ok(t, err)
	if len(empty) != 0 || more {
		t.Errorf("empty store: %d accounts, more %v", len(empty), more)
	}
	createInOrder(t, s)
	all, err := listAll(t.Context(), s, jitsiauth.ListQuery{})
	ok(t, err)
	same(t, "order", names(all), inOrder)
	for _, r := range all {
		want, err := s.User(t.Context(), r.ID)
		ok(t, err)
		same(t, "record in a list", r, want)
	}
}

func testListPages(t *testing.T, s jitsiauth.Store) {
	createInOrder(t, s)
	for limit := 1; limit <= len(inOrder)+1; limit++ {
		q := jitsiauth.ListQuery{Limit: limit}
		var seen []jitsiauth.Record
		for more := true; more; {
			var page []jitsiauth.Record
			var err error
			page, q.After, more, err = s.ListUsers(t.Context(), q)
			ok(t, err)
			if len(page) > limit {
				t.Errorf("limit %d: page of %d", limit, len(page))
			}
			if seen = append(seen, page...); len(seen) > len(inOrder) {
				t.Fatalf("limit %d: accounts come again: %v", limit, names(seen))
			}
		}
		same(t, fmt.Sprint("limit ", limit), names(seen), inOrder)
	}
	for i := range jitsiauth.DefaultPage {
		create(t, s, fmt.Sprintf("user%03d@c.example", i))
	}
	page, _, more, err := s.ListUsers(t.Context(), jitsiauth.ListQuery{})
	ok(t, err)
	if len(page) > jitsiauth.DefaultPage || !more {
		t.Errorf("default: page of %d, more %v", len(page), more)
	}
}

func testListFilters(t *testing.T, s jitsiauth.Store) {
	createInOrder(t, s)
	special := []struct {
		name  string
		alter func(*jitsiauth.User)
	}{
		{"one@x.example", func(u *jitsiauth.User) { u.DisplayName = "Élan Vital" }},
		{"two@x.example", func(u *jitsiauth.User) { u.Email, u.Disabled = "ELAN@mail.example", true }},
		{"elan@x.example", func(u *jitsiauth.User) { u.ValidFrom = now.Add(time.Hour) }},
		{"four@x.example", func(u *jitsiauth.User) {
			u.Note, u.ValidUntil, u.PasswordKind = "the élan", now, jitsiauth.PasswordNone
		}},
	}
	for _, c := range special {
		r := jitsiauth.Record{User: jitsiauth.User{ID: newID(), JID: parse(t, c.name), Role: jitsiauth.RoleUser}}
		c.alter(&r.User)
		ok(t, s.CreateUser(t.Context(), r, userChange(jitsiauth.UserCreated, r)))
	}
	for _, c := range []struct {
		q    jitsiauth.ListQuery
		want []string
	}{
		{jitsiauth.ListQuery{Domain: "a.example"}, inOrder[2:9]},
		{jitsiauth.ListQuery{Domain: "日本.example"}, inOrder[13:]},
		{jitsiauth.ListQuery{Domain: "example"}, nil},
		{jitsiauth.ListQuery{Text: "eLAN"}, []string{"elan@x.example", "two@x.example"}},
		{jitsiauth.ListQuery{Text: "éLAN"}, []string{"four@x.example", "one@x.example"}},
		{jitsiauth.ListQuery{Text: "x.example"}, nil},
		{jitsiauth.ListQuery{State: jitsiauth.StateActive}, []string{"one@x.example"}},
		{jitsiauth.ListQuery{State: jitsiauth.StateDisabled, Domain: "x.example"}, []string{"two@x.example"}},
		{jitsiauth.ListQuery{State: jitsiauth.StateNotYetValid}, []string{"elan@x.example"}},
		{jitsiauth.ListQuery{State: jitsiauth.StateExpired}, []string{"four@x.example"}},
		{jitsiauth.ListQuery{State: jitsiauth.StateExpired, Text: "nobody"}, nil},
		{jitsiauth.ListQuery{PasswordKind: jitsiauth.PasswordNone}, []string{"four@x.example"}},
		{jitsiauth.ListQuery{PasswordKind: jitsiauth.PasswordSCRAM}, nil},
	} {
		for _, limit := range []int{1, 2, 100} {
			c.q.Now, c.q.Limit = now, limit
			got, err := listAll(t.Context(), s, c.q)
			ok(t, err)
			same(t, fmt.Sprintf("%+v", c.q), names(got), c.want)
		}
	}
}

// testListAfter: the name to go on from need not exist.
func testListAfter(t *testing.T, s jitsiauth.Store) {
	createInOrder(t, s)
	for _, c := range []struct {
		after, domain string
		want          []string
	}{
		{"a@a", "", inOrder},
		{"zz@a", "", inOrder[1:]},
		{"a@a.example", "", inOrder[3:]},
		{"aa@a.example", "", inOrder[5:]},
		{"z@日本.example", "", nil},
		{"zz@日本.example", "", nil},
		{"a@a.example", "a.example", inOrder[3:9]},
		{"zz@a", "a.example", inOrder[2:9]},
		{"a@b.example", "a.example", nil},
	} {
		got, err := listAll(t.Context(), s, jitsiauth.ListQuery{After: parse(t, c.after), Domain: c.domain, Limit: 3})
		ok(t, err)
		same(t, "after "+c.after+" in "+c.domain, names(got), c.want)
	}
}

// testListStable: between two pages others come and go, in front and behind,
// the one that the reader goes on from included.
func testListStable(t *testing.T, s jitsiauth.Store) {
	var stay, want []string
	for i := range 20 {
		stay = append(stay, fmt.Sprintf("m%02d@a.example", i))
		create(t, s, stay[i])
	}
	q := jitsiauth.ListQuery{Limit: 3}
	var seen []string
	for more, round := true, 0; more; round++ {
		page, next, rest, err := s.ListUsers(t.Context(), q)
		ok(t, err)
		q.After, more = next, rest
		seen = append(seen, names(page)...)
		if round < 4 && len(page) > 0 {
			remove(t, s, page[len(page)-1])
			stay = slices.DeleteFunc(stay, func(name string) bool { return name == page[len(page)-1].JID.String() })
			create(t, s, fmt.Sprintf("a%02d@a.example", round))
			create(t, s, fmt.Sprintf("m%02dx@a.example", round))
		}
	}
	for _, name := range stay {
		if n := count(seen, name); n != 1 {
			t.Errorf("%s was there all the while and was seen %d times", name, n)
		}
	}
	if want = slices.Sorted(slices.Values(seen)); !slices.Equal(seen, want) {
		t.Errorf("not in order: %v", seen)
	}
}

func count(list []string, name string) (n int) {
	for _, s := range list {
		if s == name {
			n++
		}
	}
	return n
}

func testMaxScan(t *testing.T, s jitsiauth.Store, last jitsiauth.JID) {
	for _, q := range []jitsiauth.ListQuery{{Text: last.Local()}, {Text: last.Local(), Domain: last.Domain()}} {
		page, _, more, err := s.ListUsers(t.Context(), q)
		ok(t, err)
		if len(page) != 0 || !more {
			t.Errorf("one call looked at more than MaxScan accounts: page of %d, more %v", len(page), more)
		}
		all, err := listAll(t.Context(), s, q)
		ok(t, err)
		same(t, "found in the end", names(all), []string{last.String()})
	}
	all, err := listAll(t.Context(), s, jitsiauth.ListQuery{Limit: jitsiauth.MaxPage})
	ok(t, err)
	if len(all) != jitsiauth.MaxScan+50 {
		t.Errorf("%d accounts", len(all))
	}
}
