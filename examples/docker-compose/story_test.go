package compose_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/lua/xmpptest"
)

const (
	noVerdict = "temporary-auth-failure"
	refused   = "not-authorized"
	password  = "correct horse battery"
	wrong     = "wrong horse battery"
)

// From a fresh clone on, what an operator does and what people see, with each Compose.
func TestWholeJitsi(t *testing.T) {
	for _, compose := range composes(t) {
		t.Run(compose.name, func(t *testing.T) {
			w := newWorld(t, compose)
			for _, part := range []struct {
				name string
				test func(*testing.T)
			}{
				{"healthy", w.waitHealthy},
				{"nothing runs as root", w.runsWithoutRoot},
				{"accounts and guests", w.accountsAndGuests},
				{"service accounts", w.serviceAccounts},
				{"addresses", w.addresses},
				{"removed is out", w.removedIsOut},
				{"pages", w.ownPages},
				{"outages", w.outages},
				{"settings", w.settings},
				{"no secret to be seen so far", w.hidesSecrets}, // the logs go with the containers
				{"down and up", w.downAndUp},
				{"meetings come first", w.weight},
				{"no secret to be seen", w.hidesSecrets},
			} {
				if !t.Run(part.name, part.test) {
					return // the later parts build on it
				}
			}
		})
	}
}

// runsWithoutRoot looks at the containers' processes from outside.
func (w *world) runsWithoutRoot(t *testing.T) {
	for _, service := range []string{"web", "prosody", "jicofo", "jvb", "authsvc"} {
		processes := strings.Split(strings.TrimSpace(docker(t, "top", w.container(t, service), "-eo", "uid,pid,args")), "\n")[1:]
		if len(processes) == 0 {
			t.Errorf("%s has no process", service)
		}
		for _, process := range processes {
			uid, err := strconv.Atoi(strings.Fields(process)[0])
			if err != nil || uid == 0 {
				t.Errorf("%s runs as root: %s (%v)", service, process, err)
			}
		}
	}
}

func (w *world) accountsAndGuests(t *testing.T) {
	w.add(t, "alice", password)
	guests := w.browser().On("guest.meet.jitsi")
	for _, try := range []struct {
		at                         xmpptest.Endpoint
		name, user, password, want string
	}{
		{w.browser(), "right", "alice", password, "ok"},
		{w.browser(), "wrong", "alice", wrong, refused},
		{w.browser(), "unknown", "nobody", password, refused},
		{guests, "account on the guests' host", "alice", password, "invalid-mechanism"},
	} {
		if got := login(t, try.at, try.user, try.password); got != try.want {
			t.Errorf("%s: %s, want %s", try.name, got, try.want)
		}
	}
	guest, err := xmpptest.LoginAnonymous(t.Context(), xmpptest.WebSocket, guests)
	if err != nil {
		t.Fatalf("a guest: %v", err)
	}
	if !strings.HasSuffix(strings.Split(guest.JID(), "/")[0], "@guest.meet.jitsi") {
		t.Errorf("a guest is %s", guest.JID())
	}
	if err := guest.Close(); err != nil {
		t.Error(err)
	}
	if _, err := xmpptest.LoginAnonymous(t.Context(), xmpptest.WebSocket, w.browser()); err == nil {
		t.Error("the accounts' host lets in somebody without an account")
	}
}

// serviceAccounts: Jicofo and the video bridge log in with Prosody's own accounts,
// which open nothing else, as ours open nothing there.
func (w *world) serviceAccounts(t *testing.T) {
	for service, jid := range map[string]string{"jicofo": "focus@auth.meet.jitsi/", "jvb": "jvb@auth.meet.jitsi/"} {
		id := w.container(t, service)
		eventually(t, service+" has logged in", func() bool { return contains(logs(t, id), "logged in as "+jid) })
	}
	focus := secrets(t, w.dir)["JICOFO_AUTH_PASSWORD"]
	auth := w.browser().On("auth.meet.jitsi")
	for _, try := range []struct {
		name, got, want string
	}{
		{"focus", login(t, auth, "focus", focus), "ok"},
		{"focus, wrong password", login(t, auth, "focus", password), refused},
		{"focus on the accounts' host", login(t, w.browser(), "focus", focus), refused},
		{"alice on the service accounts' host", login(t, auth, "alice", password), refused},
	} {
		if try.got != try.want {
			t.Errorf("%s: %s, want %s", try.name, try.got, try.want)
		}
	}
	record := w.do(t, "exec", "-T", "prosody", "cat", "/var/lib/prosody/data/auth%2emeet%2ejitsi/accounts/focus.dat")
	if !contains(record, "stored_key") || contains(record, focus) {
		t.Error("focus is not kept as internal_hashed keeps it")
	}
}

// addresses: the service is told who really comes, whatever they say.
func (w *world) addresses(t *testing.T) {
	const (
		client = network + ".50"
		host   = network + ".1" // this machine, as containers see it
		forged = "203.0.113.9"
	)
	lie := http.Header{"X-Forwarded-For": {forged}}
	throughWeb, direct := w.browser(), xmpptest.Endpoint{HTTP: w.prosody, Domain: "meet.jitsi"}
	throughWeb.Header, direct.Header = lie, lie
	for _, try := range []struct {
		name, want string
		login      func()
	}{
		// The module marks an address that speaks for others as a proxy's, not a person's.
		{"through web", "source=" + client + " proxy=- ", func() { w.client(t, client, "wss://web:8443/xmpp-websocket", "") }},
		{"through web, forged", "source=" + client + " proxy=- ", func() { w.client(t, client, "wss://web:8443/xmpp-websocket", forged) }},
		{"from another container, forged", "source=- proxy=" + client + " ", func() { w.client(t, client, "ws://prosody:5280/xmpp-websocket", forged) }},
		{"through web's published port, forged", "source=" + host + " proxy=- ", func() { login(t, throughWeb, "alice", wrong) }},
		{"through a published port of Prosody, forged", "source=- proxy=" + host + " ", func() { login(t, direct, "alice", wrong) }},
	} {
		id := w.container(t, "authsvc")
		before := len(logs(t, id))
		try.login()
		var line string
		eventually(t, try.name+": a line in the service's log", func() bool {
			line = logs(t, id)[before:]
			return contains(line, "login refused")
		})
		if !contains(line, try.want) || contains(line, forged) {
			t.Errorf("%s: want %s in\n%s", try.name, try.want, line)
		}
	}
}

// client tries a wrong password from a container of its own with that address.
func (w *world) client(t *testing.T, addr, url, forged string) {
	t.Helper()
	args := []string{
		"run", "--rm", "-i", "--network", w.network(t), "--ip", addr, "jitsiauth-standin/peer",
		"login", "--url", url, "--domain", "meet.jitsi", "--user", "alice",
	}
	if forged != "" {
		args = append(args, "--header", "X-Forwarded-For: "+forged)
	}
	out, err := command{stdin: wrong}.try(t, "docker", args...) // it fails, as the login does
	var answer struct{ Result, Condition string }
	if json.Unmarshal([]byte(out), &answer) != nil || answer.Condition != refused {
		t.Fatalf("the client printed %q (%v)", out, err)
	}
}

// network is the engine's name for the one in docker-compose.yml.
func (w *world) network(t *testing.T) string {
	t.Helper()
	return strings.TrimSpace(docker(t, "inspect", "-f", "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}", w.container(t, "web")))
}

// outages: without the service nobody is told that a password is wrong, nobody is
// let in, and who is connected stays; with it, logins work again within seconds.
func (w *world) outages(t *testing.T) {
	someone, err := xmpptest.Login(t.Context(), xmpptest.WebSocket, w.browser(), "alice", password)
	if err != nil {
		t.Fatal(err)
	}
	defer someone.Close()
	for _, outage := range []struct {
		name       string
		begin, end func()
	}{
		{"killed", func() { docker(t, "kill", w.container(t, "authsvc")) }, func() { w.do(t, "start", "authsvc") }},
		{"stopped", func() { w.do(t, "stop", "authsvc") }, func() { w.do(t, "restart", "authsvc") }},
		{"removed and made again", func() { w.do(t, "rm", "-s", "-f", "authsvc") }, func() { w.do(t, "up", "-d", "--no-build", "authsvc") }},
	} {
		outage.begin()
		for range 3 {
			if got := login(t, w.browser(), "alice", password); got != noVerdict {
				t.Errorf("%s: %s, want %s", outage.name, got, noVerdict)
			}
		}
		outage.end()
		w.works(t, outage.name)
		w.answers(t, someone, outage.name)
	}
	// What nobody begins or ends: the process dies, and the engine starts another.
	before := w.container(t, "authsvc")
	command{}.run(t, "kill", "-KILL", strings.TrimSpace(docker(t, "inspect", "-f", "{{.State.Pid}}", before)))
	w.works(t, "died")
	w.do(t, "up", "-d", "--no-build", "--force-recreate", "authsvc")
	w.works(t, "made anew while it ran")
	if w.container(t, "authsvc") == before {
		t.Error("the container is the same")
	}
	w.answers(t, someone, "all of it")
}

// settings of the accounts restart nothing of Jitsi's.
func (w *world) settings(t *testing.T) {
	ids := func() string {
		return fmt.Sprint(w.container(t, "web"), w.container(t, "prosody"), w.container(t, "jicofo"), w.container(t, "jvb"))
	}
	jitsi, accounts := ids(), w.container(t, "authsvc")
	settings := string(w.read(t, ".env"))
	w.write(t, ".env", settings+"JITSIAUTH_HASHERS=2\n")
	w.do(t, "up", "-d", "--no-build")
	if ids() != jitsi {
		t.Error("a setting of the accounts made Jitsi's containers anew")
	}
	if w.container(t, "authsvc") == accounts {
		t.Error("the setting didn't reach the service")
	}
	w.works(t, "got a setting")
}

// works waits for logins to work again, for seconds and not for as long as a name
// is remembered; on the way there is no wrong answer.
func (w *world) works(t *testing.T, after string) {
	t.Helper()
	within(t, time.Minute, "logins work after the service "+after, func() bool {
		got := login(t, w.browser(), "alice", password)
		if got != "ok" && got != noVerdict {
			t.Errorf("%s: %s", after, got)
		}
		return got == "ok"
	})
}

// answers checks that somebody is still connected.
func (w *world) answers(t *testing.T, someone *xmpptest.Conn, after string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := someone.Ping(ctx, ""); err != nil {
		t.Fatalf("who was connected is not any more after the service was %s: %v", after, err)
	}
}

// downAndUp: accounts and service accounts are kept, and a SIGTERM is an end in order.
func (w *world) downAndUp(t *testing.T) {
	authsvc := w.container(t, "authsvc")
	w.do(t, "stop", "--timeout", "20", "authsvc")
	if code := strings.TrimSpace(docker(t, "inspect", "-f", "{{.State.ExitCode}}", authsvc)); code != "0" {
		t.Errorf("the service ended with %s:\n%s", code, logs(t, authsvc))
	}
	w.do(t, "down", "--timeout", "20")
	w.do(t, "up", "-d", "--no-build")
	w.waitHealthy(t)
	w.works(t, "came back")
	w.serviceAccounts(t)
}

func (w *world) weight(t *testing.T) {
	if got := strings.TrimSpace(docker(t, "inspect", "-f", "{{.HostConfig.CpuShares}}", w.container(t, "authsvc"))); got != "102" {
		t.Errorf("the service's CPU weight is %s", got)
	}
}

// hidesSecrets looks where secrets get lost: in what the engine tells of
// containers and in what they print.
func (w *world) hidesSecrets(t *testing.T) {
	hidden := secrets(t, w.dir)
	hidden["alice's password"], hidden["a wrong one"] = password, wrong
	places := map[string]string{}
	for _, id := range strings.Fields(w.do(t, "ps", "-q")) {
		name := strings.TrimSpace(docker(t, "inspect", "-f", "{{.Name}}", id))
		places["docker inspect "+name], places["docker logs "+name] = docker(t, "inspect", id), logs(t, id)
	}
	if len(places) != 10 {
		t.Errorf("looked at %d places, want 10", len(places))
	}
	for place, text := range places {
		for name, secret := range hidden {
			if contains(text, secret) {
				t.Errorf("%s shows %s", place, name)
			}
		}
		if len(text) < 10 {
			t.Errorf("%s shows nothing at all", place)
		}
	}
}
