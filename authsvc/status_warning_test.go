package authsvc_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// logins are good ones of so many people, in turn, oldest first.
func logins(b *bench, n, people int, change func(i int, l *jitsiauth.Login)) (all []jitsiauth.Login) {
	for i := range n {
		l := jitsiauth.Login{
			At: b.Now().Add(time.Duration(i-n) * time.Second), Result: jitsiauth.LoginOK, ID: jitsiauth.ID{1, byte(i % people)},
			Source: netip.MustParseAddr("192.0.2.1"), Transport: "websocket", Count: 1,
		}
		change(i, &l)
		all = append(all, l)
	}
	return all
}

// What all logins have in common is said of good logins only, of Jitsi only, and
// of the newest; and it is forgotten when it is mended.
func TestStatusWarnsOfSources(t *testing.T) {
	asIs := func(int, *jitsiauth.Login) {}
	other := netip.MustParseAddr("2001:db8::7")
	for _, test := range []struct {
		name      string
		n, people int
		change    func(i int, l *jitsiauth.Login)
		want      string
	}{
		{"none", 0, 1, asIs, ""},
		{"few", 19, 5, asIs, ""},
		{"many of few people", 90, 4, asIs, ""},
		{"many of many people", 20, 5, asIs, "one_address"},
		{"more than are looked at", 300, 9, asIs, "one_address"},
		{"one entry stands for many", 5, 5, func(_ int, l *jitsiauth.Login) { l.Count = 4 }, "one_address"},
		{"one came from elsewhere", 30, 9, func(i int, l *jitsiauth.Login) {
			if i == 5 {
				l.Source = other
			}
		}, ""},
		{"guessing", 300, 50, func(_ int, l *jitsiauth.Login) { l.Result = jitsiauth.LoginBadCredentials }, ""},
		{"at the pages", 90, 9, func(_ int, l *jitsiauth.Login) { l.Transport, l.Proxy = "web", true }, ""},
		{"at the pages from elsewhere", 90, 9, func(i int, l *jitsiauth.Login) {
			if i%3 == 0 {
				l.Transport, l.Source = "web", other
			}
		}, "one_address"},
		{"long ago", 90, 9, func(_ int, l *jitsiauth.Login) { l.At = l.At.Add(-8 * 24 * time.Hour) }, ""},
		{"a proxy", 1, 1, func(_ int, l *jitsiauth.Login) { l.Proxy = true }, "source_hidden"},
		{"no address", 1, 1, func(_ int, l *jitsiauth.Login) { l.Source = netip.Addr{} }, "source_missing"},
		{"a proxy, mended since", 30, 9, func(i int, l *jitsiauth.Login) { l.Proxy = i < 29 }, ""},
	} {
		b := newBenchOn(t, memstore.New(), authsvc.Options{PublicURL: publicURL})
		b.person("ann", jitsiauth.RoleAdmin)
		b.person("abe", jitsiauth.RoleAdmin)
		if err := b.store.AddLogins(t.Context(), jitsiauth.LoginBatch{Logins: logins(b, test.n, test.people, test.change)}); err != nil {
			t.Fatal(err)
		}
		st, codes := b.status(b.secret(jitsiauth.ScopeAdmin))
		if codes != test.want {
			t.Errorf("%s: %q, want %q", test.name, codes, test.want)
		}
		if test.name == "many of many people" && !strings.Contains(st.Warnings[0].Message, "The latest 20 logins, of 5 people, all came from one address, 192.0.2.1.") {
			t.Error(st.Warnings)
		}
	}
}

// By the way that logins really take.
func TestStatusWarnsOfAHiddenSource(t *testing.T) {
	b := newBenchOn(t, memstore.New(), authsvc.Options{PublicURL: publicURL})
	admin, auth := b.secret(jitsiauth.ScopeAdmin), b.secret(jitsiauth.ScopeAuth)
	b.person("alice", jitsiauth.RoleAdmin)
	b.person("abe", jitsiauth.RoleAdmin)
	for _, test := range []struct {
		change func(*api.VerifyRequest)
		want   string
	}{
		{func(q *api.VerifyRequest) { q.Proxy = true }, "source_hidden"},
		{func(q *api.VerifyRequest) { q.Source = "" }, "source_missing"},
		{func(*api.VerifyRequest) {}, ""},
	} {
		b.wind(time.Second)
		if got := b.send(http.MethodPost, "/auth/verify", auth, asJSON(t, question(test.change))); got.StatusCode != http.StatusOK {
			t.Fatal(got.body)
		}
		b.settle()
		if _, codes := b.status(admin); codes != test.want {
			t.Errorf("%q, want %q", codes, test.want)
		}
	}
}

// A Prosody that sends passwords through others' networks is told of, and one in
// the same machine, network or behind TLS is not.
func TestStatusWarnsOfPlainHTTP(t *testing.T) {
	for source, want := range map[string]string{
		"203.0.113.9": "plain_http", "2001:db8::7": "plain_http", "10.1.2.3": "", "172.18.0.4": "", "fd00::1": "", "100.64.1.1": "", "127.0.0.1": "", "169.254.1.1": "",
	} {
		for _, proto := range []string{"http", "https"} {
			b := newBenchOn(t, memstore.New(), authsvc.Options{PublicURL: publicURL, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
			b.person("ann", jitsiauth.RoleAdmin)
			b.person("abe", jitsiauth.RoleAdmin)
			b.send(http.MethodPost, "/auth/verify", b.secret(jitsiauth.ScopeAuth), asJSON(t, question()), "X-Forwarded-For", source, "X-Forwarded-Proto", proto)
			if _, codes := b.status(b.secret(jitsiauth.ScopeAdmin)); codes != want && proto == "http" || codes != "" && proto == "https" {
				t.Errorf("%s by %s: %q", source, proto, codes)
			}
		}
	}
}

// Whatever callers and names come, the newest are kept.
func TestProsodyBookIsBounded(t *testing.T) {
	b := newBenchOn(t, memstore.New(), authsvc.Options{})
	admin := b.secret(jitsiauth.ScopeAdmin)
	last := ""
	for i := range 70 {
		last = b.secret(jitsiauth.ScopeAuth)
		b.wind(time.Second)
		b.send(http.MethodPost, "/auth/verify", last, asJSON(t, question()))
		if i == 0 {
			b.wind(time.Hour)
		}
	}
	for i := range 20 {
		b.wind(time.Second)
		b.poll(last, fmt.Sprintf("instance=i%d", i))
	}
	st, _ := b.status(admin)
	most := 0
	for _, p := range st.Prosody {
		most = max(most, len(p.Instances))
		for _, one := range p.Instances {
			if one.Name == "i0" {
				t.Error("the oldest is kept")
			}
		}
	}
	if len(st.Prosody) != 64 || most != 8 {
		t.Errorf("%d callers, %d instances", len(st.Prosody), most)
	}
}

// Many at once, for the race detector.
func TestStatusWhileMuchHappens(t *testing.T) {
	b := newBenchOn(t, memstore.New(), authsvc.Options{})
	b.person("alice", "")
	admin, auth := b.secret(jitsiauth.ScopeAdmin), b.secret(jitsiauth.ScopeAuth)
	done := make(chan struct{}, 4)
	for _, do := range []func(i int){
		func(int) { b.send(http.MethodPost, "/auth/verify", auth, asJSON(t, question())) },
		func(i int) { b.poll(auth, fmt.Sprintf("instance=i%d", i)) },
		func(int) { b.status(admin) },
		func(int) { b.send(http.MethodGet, "/metrics", "", "") },
	} {
		go func() {
			defer func() { done <- struct{}{} }()
			for i := range 20 {
				do(i)
			}
		}()
	}
	for range 4 {
		<-done
	}
}
