package loadtest_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	authclient "github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// news is how many unrelated changes come at once.
func news() int {
	if quick() {
		return 500
	}
	return 10_000
}

// pingFlood is how often a bystander pings meanwhile: a flood lasts about a second.
const pingFlood = 5 * time.Millisecond

// channel is the way by which one Prosody hears of changes.
type channel struct {
	name  string
	s     *prosodytest.Server
	c     *authclient.Client
	flood func(b *testing.B) func() // prepares a flood; what it returns sends that, and returns when all are made
	who   *xmpptest.Conn            // the bystander
	bound string
	out   bool // whether one is disabled behind the flood; else it is waited for

	took, idle, busy []time.Duration
	cpu              []time.Duration // of Prosody, for each flood
}

// cpuTime is what a process of one thread has used, where Linux tells. Unlike a
// ping, it says the same on a busy machine.
func cpuTime(pid int) time.Duration {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", pid))
	first, _, _ := strings.Cut(string(text), " ")
	ns, _ := strconv.ParseInt(first, 10, 64)
	return time.Duration(ns)
}

// round measures once.
func (k *channel) round(b *testing.B) {
	k.idle = append(k.idle, idlePings(b, k.who, pingFlood, span(.1))...)
	var out func(*testing.B) time.Time
	if k.out {
		out = ends(enter(b, k.s, xmpptest.WebSocket, "victim", "room"))
	}
	send := k.flood(b)
	stop, before := pinging(b, k.who, pingFlood), cpuTime(k.s.PID())
	send()
	if k.out {
		call, _ := setDisabled(b, k.c, "victim", true)
		k.took = append(k.took, out(b).Sub(call))
		defer setDisabled(b, k.c, "victim", false)
	}
	k.busy = append(k.busy, stop()...)
	k.cpu = append(k.cpu, cpuTime(k.s.PID())-before)
}

// print writes its row. Pings that are compared come from all rounds together.
func (k *channel) print(b *testing.B, v prosodytest.Version, what string) {
	busy, idle := percentile(k.busy, 99), percentile(k.idle, 99)
	met, out := busy-idle <= 5*time.Millisecond, ""
	if k.out {
		longest := percentile(k.took, 100)
		met = met && longest < time.Second
		out = fmt.Sprintf("out after p50 %s, longest %s of %d; ", ms(percentile(k.took, 50)), ms(longest), len(k.took))
	}
	row(b, fmt.Sprintf("%d %s, Prosody %s, %s: one who is disabled behind them; ping of a bystander meanwhile", news(), what, v, k.name), k.bound, met,
		"%sping p50 %s, p99 %s, longest %s of %d, idle p50 %s, p99 %s of %d; CPU of Prosody %s", out, ms(percentile(k.busy, 50)), ms(busy), ms(percentile(k.busy, 100)), len(k.busy),
		ms(percentile(k.idle, 50)), ms(idle), len(k.idle), ms(percentile(k.cpu, 50)))
}

// newsOf makes floods of changes: of new accounts, or of those that there are. They
// go out as bytes and come back unread: this process goes first, and work of its own
// would be taken for Prosody's.
func newsOf(p *program, hash string, fresh bool) func(b *testing.B) func() {
	socket := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(p.Dir, "run", "jitsiauth.sock"))
	}}}
	turn := 0
	return func(b *testing.B) func() {
		turn++
		var lines strings.Builder
		mode := "upsert"
		for i := range news() {
			if fresh {
				mode = "create"
				fmt.Fprintf(&lines, "{\"username\":\"fresh%d-%d\",\"password_hash\":%q}\n", turn, i, hash)
			} else { // every other time all are disabled
				fmt.Fprintf(&lines, "{\"username\":\"other%d\",\"disabled\":%v,\"note\":\"%d\"}\n", i, turn%2 == 1, turn)
			}
		}
		request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "http://localhost/api/v1/imports?mode="+mode, strings.NewReader(lines.String()))
		if err != nil {
			b.Fatal(err)
		}
		request.Header.Set("Content-Type", api.NDJSONType)
		return func() {
			response, err := socket.Do(request)
			if err != nil {
				b.Fatal(err)
			}
			defer response.Body.Close()
			answer, err := io.ReadAll(response.Body)
			if err != nil || !bytes.Contains(answer[max(0, len(answer)-300):], []byte(`"errors":0,"without_password":0,"done":true`)) {
				b.Fatalf("%s, %v: %.300s", response.Status, err, answer)
			}
		}
	}
}

// deaf is a Prosody's option by which it doesn't follow the feed.
const deaf = "\nhttp_auth_end_sessions = { }"

// BenchmarkNews sends changes of 10,000 other accounts: what comes of a bystander's
// pings, and of one who is disabled behind them. It takes turns with what tells the
// causes apart: a Prosody that doesn't follow, whose bystander is slowed by the
// service's work alone; a service with the CPU weight that it is shipped with; and
// the same answers of the feed from memory, without the service's work.
func BenchmarkNews(b *testing.B) {
	for _, v := range prosodytest.Versions {
		for _, fresh := range []bool{true, false} {
			what := map[bool]string{true: "new accounts by import", false: "accounts changed by import, disabled or enabled"}[fresh]
			b.Run(fmt.Sprint(v, "/", map[bool]string{true: "created", false: "changed"}[fresh]), func(b *testing.B) {
				channels := newChannels(b, v, fresh)
				goFirst(b)
				for range turns(10) {
					for _, k := range channels {
						k.round(b)
					}
				}
				for _, k := range channels {
					k.print(b, v, what)
				}
			})
		}
	}
}

func newChannels(b *testing.B, v prosodytest.Version, fresh bool) []*channel {
	bin, err := build()
	if err != nil {
		b.Fatal(err)
	}
	_, same, light, how := weighted(b, bin)
	channels := []*channel{
		{name: "same weight", bound: noBound, out: true},
		{name: how, bound: "out < 1 s, ping p99 within 5 ms of idle", out: true},
		{name: how + ", a Prosody that doesn't follow", bound: noBound},
		{name: "the same pages of the feed from memory, Prosody goes first", bound: "ping p99 within 5 ms of idle"},
	}
	hash := bcryptAt(10)(b)
	for i, program := range []string{same, light, light} {
		k := channels[i]
		p := runProgram(b, program, lowCost)
		k.c = admin(b, p)
		inhabit(b, k.c, "victim", "bystander")
		if !fresh {
			inhabit(b, k.c, numbered("other", news())...)
		}
		host := hostOptions(p.url, p.TokenFile())
		if i == 2 {
			host += deaf
		}
		k.s = newProsody(b, v, host)
		k.flood = newsOf(p, hash, fresh)
		if i == 0 {
			channels[3].s, channels[3].flood = replayed(b, v, p, k)
		}
	}
	for _, k := range channels {
		k.who = enter(b, k.s, xmpptest.WebSocket, "bystander", "room")
	}
	return channels
}

// replay answers as the service does, but the feed from memory.
type replay struct {
	mu    sync.Mutex
	pages [][]byte
	more  chan struct{} // closed and replaced when pages come
	done  chan struct{} // closed when all have been fetched, and more is asked for
}

// replayed records the changes that a flood makes and returns a Prosody that gets
// them from memory, and what lets it have them.
func replayed(b *testing.B, v prosodytest.Version, p *program, of *channel) (*prosodytest.Server, func(*testing.B) func()) {
	token := p.token
	get := func(query string) (page []byte, position string) {
		request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, p.url+"/auth/changes"+query, nil)
		if err != nil {
			b.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := client.Do(request)
		if err != nil {
			b.Fatal(err)
		}
		defer response.Body.Close()
		page, err = io.ReadAll(response.Body)
		_, rest, found := strings.Cut(string(page), `"changes":[`)
		if err != nil || !found {
			b.Fatalf("%s, %v", page, err)
		}
		at := strings.LastIndex(rest, `"position":"`) + len(`"position":"`)
		position, _, _ = strings.Cut(rest[at:], `"`)
		return page, position
	}
	_, position := get("")
	of.flood(b)()
	var pages [][]byte
	for {
		page, next := get("?after=" + url.QueryEscape(position))
		if next == position {
			break
		}
		pages, position = append(pages, page), next
	}
	r := &replay{more: make(chan struct{})}
	target, err := url.Parse(p.url)
	if err != nil {
		b.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", httputil.NewSingleHostReverseProxy(target))
	mux.HandleFunc("/auth/changes", r.serve)
	server := httptest.NewServer(mux)
	b.Cleanup(server.CloseClientConnections)
	s := newProsody(b, v, hostOptions(server.URL, p.TokenFile()))
	goesFirst(s.PID())
	return s, func(b *testing.B) func() { return func() { r.send(b, pages) } }
}

func (r *replay) send(b *testing.B, pages [][]byte) {
	done := make(chan struct{})
	r.mu.Lock()
	r.pages, r.done = pages, done
	close(r.more)
	r.more = make(chan struct{})
	r.mu.Unlock()
	select {
	case <-done:
	case <-time.After(endTimeout):
		b.Fatal("Prosody doesn't fetch the pages")
	}
}

// next is the page whose turn it is, or what to wait for.
func (r *replay) next() (page []byte, more <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.pages) > 0 {
		page, r.pages = r.pages[0], r.pages[1:]
		return page, nil
	}
	if r.done != nil {
		close(r.done)
		r.done = nil
	}
	return nil, r.more
}

func (r *replay) serve(w http.ResponseWriter, req *http.Request) {
	page := []byte(`{"changes":[],"position":"x:0"}`)
	if req.URL.Query().Has("after") { // else it asks for the newest position
		page = r.wait(req.Context(), page)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", fmt.Sprint(len(page)))
	_, _ = w.Write(page)
}

func (r *replay) wait(ctx context.Context, nothing []byte) []byte {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		page, more := r.next()
		if page != nil {
			return page
		}
		select {
		case <-more:
		case <-ctx.Done():
			return nothing
		}
	}
}
