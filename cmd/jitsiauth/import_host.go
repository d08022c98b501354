package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/prosodydata"
)

// hostChoice says which hosts of Prosody's come over.
type hostChoice struct {
	served []string // by this service
	wanted []string // by the caller; empty: all that are served
	lefts  []leftHost
}

// leftHost is one that stays where it is.
type leftHost struct {
	name     string
	accounts int
	err      error // they can't be counted
}

// serviceHosts are how the hosts of Jitsi's own services begin: Jicofo, the video
// bridge, Jibri, Jigasi. docker-jitsi-meet calls them auth. and hidden., which was
// recorder. before; Jitsi's Debian packages and handbook, auth. and recorder.
var serviceHosts = []string{"auth.", "hidden.", "recorder."}

func isServiceHost(host string) bool {
	for _, prefix := range serviceHosts {
		if strings.HasPrefix(host, prefix) {
			return true
		}
	}
	return false
}

func newHostChoice(served, wanted []string) (*hostChoice, error) {
	h := &hostChoice{served: served}
	for _, name := range wanted {
		host, err := jitsiauth.PrepareDomain(name)
		if err != nil {
			return nil, usageError("--host "+name+": "+err.Error(), "")
		}
		switch {
		case isServiceHost(host):
			return nil, usageError("--host "+host+": its accounts are those that Jitsi's own services log in with, which stay with Prosody", "leave that host out")
		case !slices.Contains(served, host):
			return nil, usageError("--host "+host+": this service serves "+strings.Join(served, ", "), serveHint(host))
		}
		h.wanted = append(h.wanted, host)
	}
	return h, nil
}

func serveHint(host string) string {
	return "add --domain " + host + " to 'jitsiauth serve' (or to JITSIAUTH_DOMAIN), and then run this again"
}

// takes reports whether the accounts of a host come over.
func (h *hostChoice) takes(host string) bool {
	return !isServiceHost(host) && slices.Contains(h.served, host) && (len(h.wanted) == 0 || slices.Contains(h.wanted, host))
}

// wantedIn refuses a host that is not there.
func (h *hostChoice) wantedIn(dir *prosodydata.Directory) error {
	var names []string
	for _, host := range dir.Hosts() {
		if host.Name != "" {
			names = append(names, host.Name)
		}
	}
	for _, host := range h.wanted {
		if !slices.Contains(names, host) {
			return usageError("--host "+host+": "+dir.Path()+" has "+strings.Join(names, ", "), "")
		}
	}
	return nil
}

// mostLeft bounds how many hosts are remembered.
const mostLeft = 100

// left notes accounts of a host that does not come over.
func (h *hostChoice) left(name string, accounts int, err error) {
	for i := range h.lefts {
		if h.lefts[i].name == name {
			h.lefts[i].accounts += accounts
			return
		}
	}
	if len(h.lefts) < mostLeft {
		h.lefts = append(h.lefts, leftHost{name, accounts, err})
	}
}

// tell says what stays where it is, and why.
func (h *hostChoice) tell(r *accountReport) {
	for _, left := range h.lefts {
		number := fmt.Sprintf("%d accounts", left.accounts)
		if left.accounts == 1 {
			number = "1 account"
		}
		if left.err != nil {
			number = "the accounts"
		}
		switch {
		case isServiceHost(left.name):
			r.say("left where they are: %s of %s, which Jitsi's own services log in with", number, left.name)
		case !slices.Contains(h.served, left.name):
			r.say("left out: %s of %s, which this service does not serve; if they are people's, %s", number, left.name, serveHint(left.name))
		}
	}
}

// nothing is the error where no account comes over.
func (h *hostChoice) nothing(where string) error {
	return usageError("no accounts of "+strings.Join(h.served, ", ")+" in "+where, "the service brings over the hosts that it serves: start it with --domain, or JITSIAUTH_DOMAIN, as Prosody's VirtualHost is called")
}
