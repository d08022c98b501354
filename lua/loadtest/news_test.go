package loadtest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

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
	flood func(b *testing.B) // sends changes, and returns when all have been made
	who   *xmpptest.Conn     // the bystander
	bound string
	out   bool // whether one is disabled behind the flood; else it is waited for

	took, idle, busy []time.Duration
}

// round measures once.
func (k *channel) round(b *testing.B) {
	k.idle = append(k.idle, idlePings(b, k.who, pingFlood, span(.1))...)
	var out func(*testing.B) time.Time
	if k.out {
		out = ends(enter(b, k.s, xmpptest.WebSocket, "victim", "room"))
	}
	stop := pinging(b, k.who, pingFlood)
	k.flood(b)
	if k.out {
		call, _ := setDisabled(b, k.c, "victim", true)
		k.took = append(k.took, out(b).Sub(call))
		defer setDisabled(b, k.c, "victim", false)
	}
	k.busy = append(k.busy, stop()...)
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
		"%sping p50 %s, p99 %s, longest %s of %d, idle p50 %s, p99 %s of %d", out, ms(percentile(k.busy, 50)), ms(busy), ms(percentile(k.busy, 100)), len(k.busy),
		ms(percentile(k.idle, 50)), ms(idle), len(k.idle))
}

// newsOf makes a flood of changes: of new accounts, or of those that a first flood made.
func newsOf(c *authclient.Client, hash string, fresh bool) func(b *testing.B) {
	turn := 0
	return func(b *testing.B) {
		turn++
		var lines strings.Builder
		for i := range news() {
			if fresh {
				fmt.Fprintf(&lines, "{\"username\":\"fresh%d-%d\",\"password_hash\":%q}\n", turn, i, hash)
			} else { // every other time all are disabled
				fmt.Fprintf(&lines, "{\"username\":\"other%d\",\"disabled\":%v,\"note\":\"%d\"}\n", i, turn%2 == 1, turn)
			}
		}
		mode := "upsert"
		if fresh {
			mode = "create"
		}
		importing(b, c, mode, lines.String())
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
		{name: "same weight", bound: "out < 1 s", out: true},
		{name: how, bound: "out < 1 s, ping p99 within 5 ms of idle", out: true},
		{name: "which doesn't follow; same weight", bound: noBound},
		{name: "the same pages of the feed from memory", bound: "ping p99 within 5 ms of idle"},
	}
	hash := bcryptAt(10)(b)
	for i, program := range []string{same, light, same} {
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
		k.flood = newsOf(k.c, hash, fresh)
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
func replayed(b *testing.B, v prosodytest.Version, p *program, of *channel) (*prosodytest.Server, func(*testing.B)) {
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
	of.flood(b)
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
	return newProsody(b, v, hostOptions(server.URL, p.TokenFile())), func(b *testing.B) { r.send(b, pages) }
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
