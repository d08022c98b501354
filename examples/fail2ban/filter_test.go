package fail2ban_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// names are accounts that could make a careless filter take something else for
// the address. Spaces, quotes and "@" are not allowed in a name.
var names = []string{
	"alice", "山田太郎", "zoë", "😀", "a=b", "-", "=", `back\slash`, "[1.2.3.4]", "203.0.113.66", "%s(host)",
	"source=203.0.113.66", "x=source=203.0.113.66=proxy=-", "result=bad_credentials", "account=-\u2800source=203.0.113.66", "#", "é=ü",
}

// attempt is a login, and the address that its line leads to a ban of; "": none.
type attempt struct {
	api.VerifyRequest
	ban string
}

func attempts() []attempt {
	wrong := func(source, name, ban string) attempt {
		return attempt{api.VerifyRequest{Username: name, Password: "wrong", Source: source, Transport: "websocket"}, ban}
	}
	var all []attempt
	for i, name := range names {
		v4, v6 := fmt.Sprintf("203.0.113.%d", i+1), fmt.Sprintf("2001:db8:%x::%x", i+1, i+1)
		all = append(all, wrong(v4, name, v4), wrong(v6, name, v6), wrong("", name, ""))
		proxied := wrong("198.51.100.1", name, "")
		proxied.Proxy = true
		all = append(all, proxied)
	}
	for _, address := range [][2]string{
		{"2001:db8::", "2001:db8::"},
		{"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6"},
		{"::ffff:192.0.2.1", "192.0.2.1"},
		{"fe80::1%eth0", "fe80::1"},
		{"203.0.113.66 proxy=-", ""},
		{"203.0.113.66/32", ""},
		{"example.org", ""},
	} {
		all = append(all, wrong(address[0], "alice", address[1]))
	}
	for i, name := range []string{
		"nobody", "my secret", "", `" source=203.0.113.66 proxy=- transport=c2s by=-`, "x\nsource=203.0.113.66", strings.Repeat("a", 1020),
	} {
		source := fmt.Sprintf("192.0.2.%d", 100+i)
		all = append(all, wrong(source, name, source), wrong("", name, ""))
	}
	for i, transport := range []string{"c2s", "bosh", "", "x y", "websocket by=-\ntime=x"} {
		a := wrong(fmt.Sprintf("192.0.2.%d", 120+i), "bob", fmt.Sprintf("192.0.2.%d", 120+i))
		a.Transport = transport
		all = append(all, a)
	}

	elsewhere := wrong("192.0.2.200", "alice", "")
	elsewhere.Domain = `x" level=INFO msg="login refused" result=bad_credentials account=- source=203.0.113.66 proxy=- transport=c2s by=-`
	disabled, early := wrong("192.0.2.201", "off", ""), wrong("192.0.2.202", "early", "")
	disabled.Password, early.Password = password, password
	right := wrong("192.0.2.203", "alice", "")
	right.Password = password
	all = append(all, elsewhere, disabled, early, right, wrong("192.0.2.204", "off", "192.0.2.204"))

	for i := range 12 { // the throttle lets ten through
		a := wrong("192.0.2.205", "bob", "192.0.2.205")
		if i >= 10 {
			a.ban = ""
		}
		all = append(all, a)
	}
	return all
}

// The lines are the service's own, in more than one time zone: exactly those
// about a wrong password from an address are taken, with that address and time.
func TestFilterOnTheServicesLog(t *testing.T) {
	f2b := find(t)
	for _, zone := range []string{"UTC", "America/St_Johns"} {
		t.Run(path.Base(zone), func(t *testing.T) {
			start := time.Now().Unix()
			s := newService(t, "TZ="+zone)
			for _, name := range append(names, "bob") {
				s.add(t, name)
			}
			s.add(t, "off", "--disabled")
			s.add(t, "early", "--valid-from", "2126-01-01")

			var want []string
			results := map[string]int{}
			for _, a := range attempts() {
				before := len(s.refused())
				err := s.login(t, a.VerifyRequest)
				lines := s.refused()[before:]
				if err == nil && len(lines) == 0 {
					continue
				}
				if err == nil || len(lines) != 1 {
					t.Fatalf("%+v: %v, with the lines %q", a, err, lines)
				}
				_, result, _ := strings.Cut(lines[0], " result=")
				result, _, _ = strings.Cut(result, " ")
				results[result]++
				if a.ban != "" {
					want = append(want, a.ban+" "+lines[0])
				}
			}
			for _, result := range []jitsiauth.LoginResult{
				jitsiauth.LoginBadCredentials, jitsiauth.LoginThrottled, jitsiauth.LoginDisabled, jitsiauth.LoginNotYetValid, jitsiauth.LoginUnknownDomain,
			} {
				if results[string(result)] == 0 {
					t.Errorf("no login ended with %s: %v", result, results)
				}
			}
			// The encoding that fail2ban reads with must not matter.
			for _, encoding := range []string{"utf-8", "ascii", "iso-8859-1"} {
				var got []string
				for _, b := range f2b.regex(t, s.LogFile(), "-e", encoding) {
					got = append(got, b.addr+" "+b.line)
					if b.at < start || b.at > time.Now().Unix() {
						t.Errorf("%d is not the time of %s", b.at, b.line)
					}
				}
				compare(t, encoding, got, want, encoding != "utf-8")
			}
		})
	}
}

// compare reports what is in one of the two only; of mangled lines only the
// first word, the address, is compared.
func compare(t *testing.T, what string, got, want []string, mangled bool) {
	t.Helper()
	if mangled {
		got, want = firstWords(got), firstWords(want)
	}
	if slices.Equal(got, want) {
		return
	}
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("%s: taken: %s", what, line)
		}
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("%s: not taken: %s", what, line)
		}
	}
	if !t.Failed() {
		t.Errorf("%s: %d lines were taken, want %d", what, len(got), len(want))
	}
}

func firstWords(lines []string) []string {
	words := make([]string, len(lines))
	for i, line := range lines {
		words[i], _, _ = strings.Cut(line, " ")
	}
	return words
}

// refusal is a line as jitsiauth/refusal.go writes it.
func refusal(account, source, proxy string) string {
	var line bytes.Buffer
	slog.New(slog.NewTextHandler(&line, nil)).Info("login refused", "result", "bad_credentials", "account", account,
		"source", source, "proxy", proxy, "transport", "websocket", "by", "-")
	return strings.TrimSuffix(line.String(), "\n")
}

func TestHostileLinesAreNotTaken(t *testing.T) {
	f2b := find(t)
	good := refusal("alice@meet.jitsi", "203.0.113.66", "-")
	_, rest, _ := strings.Cut(good, " ")
	change := func(old, new string) string {
		changed := strings.Replace(good, old, new, 1)
		if changed == good {
			t.Fatalf("no %q in %s", old, good)
		}
		return changed
	}
	message := func(level slog.Level, text string, attrs ...any) string {
		var line bytes.Buffer
		slog.New(slog.NewTextHandler(&line, nil)).Log(t.Context(), level, text, attrs...)
		return strings.TrimSuffix(line.String(), "\n")
	}
	hostile := []string{
		change("source=203.0.113.66 proxy=-", "source=- proxy=203.0.113.66"),
		change("source=203.0.113.66 proxy=-", "source=203.0.113.66 proxy=203.0.113.66"),
		change("203.0.113.66", "localhost"), // fail2ban could look it up
		change("203.0.113.66", "203.0.113.66.example.org"),
		change("203.0.113.66", "203.0.113.66,203.0.113.67"),
		change("203.0.113.66", `"203.0.113.66"`),
		change("203.0.113.66", ""),
		change("203.0.113.66", "-"),
		change("by=-", "by=account_source"),
		change("by=-", "by=- source=203.0.113.66"),
		change("by=-", "by=- more"),
		change("by=-", "by=-."),
		change("by=-", "by=-\tx"),
		change("level=INFO", "level=WARN"),
		change("level=INFO", "level=INFO+1"),
		change("alice@meet.jitsi", "x source=203.0.113.66"),
		change("alice@meet.jitsi", `x" source=203.0.113.66`),
		change("alice@meet.jitsi", `"x" y`),
		change("alice@meet.jitsi", `"x\"`),
		change("alice@meet.jitsi", ""),
		strings.ToUpper(good),
		" " + good,
		"x" + good,
		"x " + good,
		"time=x " + good,
		good + " " + good,
		`host jitsiauth[1]: ` + rest, // the journal's line has the time
		`host jitsiauth[1]: x ` + good,
		`host jitsiauth[1] ` + good,
		`host x y[1]: ` + good,
		`host msg="x: ` + good,
		`{"log":"` + good + `\n","stream":"stderr"}`, // Docker's json-file
		message(slog.LevelInfo, "login refused"),
		message(slog.LevelInfo, good),
		message(slog.LevelInfo, "x: "+good),
		message(slog.LevelInfo, "x\n"+good),
		message(slog.LevelInfo, "login refused", "result", "bad_credentials", "account", "x source=203.0.113.66 proxy=- transport=c2s by=-"),
		message(slog.LevelWarn, "login for a domain that is not served to this caller", "asked", "x\n"+good, "served", good),
		message(slog.LevelInfo, "login refused", "result", "bad_credentials\n"+good),
		message(slog.LevelInfo, "login refused", "result", "bad_credentials source=203.0.113.66", "account", "-", "source", "-", "proxy", "-", "transport", "-", "by", "-"),
		message(slog.LevelWarn, "all people seem to be at a proxy's address: guessing is slowed by account only", "source", "203.0.113.66"),
	}
	for _, result := range []jitsiauth.LoginResult{
		jitsiauth.LoginOK, jitsiauth.LoginDisabled, jitsiauth.LoginExpired, jitsiauth.LoginNotYetValid,
		jitsiauth.LoginUnknownDomain, jitsiauth.LoginThrottled, jitsiauth.LoginOverloaded, jitsiauth.LoginFailed, "bad_credentials2", "not_bad_credentials",
	} {
		hostile = append(hostile, change("bad_credentials", string(result)))
	}
	for _, b := range f2b.regex(t, write(t, hostile...)) {
		t.Errorf("%s is banned for %s", b.addr, b.line)
	}
	// The line that they are made of is taken.
	if bans := f2b.regex(t, write(t, good)); len(bans) != 1 || bans[0].addr != "203.0.113.66" {
		t.Errorf("%v for %s", bans, good)
	}
}

// An account may hold anything, also what no name may hold: the address of its
// line is the source, and nothing else.
func TestNoAccountMovesTheAddress(t *testing.T) {
	f2b := find(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	pieces := []string{
		" ", `"`, `\`, `\"`, "=", "@", "-", "\n", "\r", "\t", "\x00", "\x1c", "\x85", "\u00a0", "\u2028", "\u3000", "\xff", "\ufffd", "é", "日本", "😀", "<HOST>",
		"source=", "source=203.0.113.66", "proxy=-", "transport=c2s", "by=-", " by=-\n", "account=", "203.0.113.66", "2001:db8::66", `" source=203.0.113.66 proxy=- transport=c2s by=-`,
		refusal("-", "203.0.113.66", "-"), "host jitsiauth[1]: ",
	}
	var lines, want []string
	for i := range 4000 {
		var account strings.Builder
		for range 1 + random.IntN(8) {
			if random.IntN(4) == 0 {
				account.WriteRune(rune(random.IntN(0x11000)))
			} else {
				account.WriteString(pieces[random.IntN(len(pieces))])
			}
		}
		source, proxy := fmt.Sprintf("10.0.%d.%d", i>>8, i&255), "-"
		if i%2 == 0 {
			source, proxy = "-", source
		} else {
			want = append(want, source)
		}
		line := refusal(account.String(), source, proxy)
		if i%4 > 1 {
			line = "meet jitsiauth[4711]: " + line
		}
		lines = append(lines, line)
	}
	log := write(t, lines...)
	for _, encoding := range []string{"utf-8", "ascii", "iso-8859-1"} {
		var got []string
		for _, b := range f2b.regex(t, log, "-e", encoding) {
			got = append(got, b.addr)
		}
		compare(t, encoding, got, want, false)
	}
}
