package main

import (
	"context"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
)

// beProsody reports sessions to the service of this directory as Prosody does, in
// place of what it reported before, and follows the feed until the story ends or
// the service does. Each session is an account's name, a way, an address ("-": not
// known; with "!": a proxy's), and rooms by comma; "guest" before a name is a
// guest's: prosody alice websocket 203.0.113.9 one@muc,two@muc guest bob bosh - -
func beProsody(ts *testscript.TestScript, _ bool, args []string) {
	secret, err := readSecret(ts.MkAbs("prosody.token"))
	ts.Check(err)
	server := "unix:" + ts.MkAbs("run/jitsiauth.sock")
	prosody, err := client.New(client.Options{Server: server, Token: secret})
	ts.Check(err)
	root, err := client.New(client.Options{Server: server})
	ts.Check(err)
	report := api.SessionReport{Domain: "meet.jitsi", Instance: "story", First: true}
	since := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	for len(args) > 0 {
		s := api.ReportedSession{Key: strings.Repeat("k", len(args)), Since: since}
		if args[0] == "guest" {
			s.Guest, args = true, args[1:]
		}
		user, err := root.User(context.Background(), args[0])
		ts.Check(err)
		s.Account, s.Transport = user.ID, args[1]
		if s.Source, s.Proxy = strings.CutSuffix(args[2], "!"); s.Source == "-" {
			s.Source = ""
		}
		if args[3] != "-" {
			s.Rooms = strings.Split(args[3], ",")
		}
		report.Sessions = append(report.Sessions, s)
		since, args = since.Add(time.Minute), args[4:]
	}
	ts.Check(prosody.ReportSessions(context.Background(), report))
	at, err := prosody.FeedHead(context.Background())
	ts.Check(err)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	ts.Defer(func() {
		stop()
		<-done
		prosody.Close()
		root.Close()
	})
	go func() {
		defer close(done)
		for {
			feed, err := prosody.WaitChangesAs(ctx, report.Instance, at, 50*time.Second)
			if err != nil {
				return
			}
			at = feed.Position
		}
	}()
}
