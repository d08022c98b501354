package lua_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/boltstore"
	"github.com/jitsiauth/server/jitsiauth/prosodydata"
	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/servicetest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// TestUpgradeEndsNobody: people whose accounts came from Prosody are in, over each
// transport. A login that makes bcrypt of the record ends none of their sessions
// and is no news to anybody.
func TestUpgradeEndsNobody(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		w := newWorld(t, options{version: v})
		const password = "ｃｏｒｒｅｃｔ horse ぱすわーど"
		record := w.ownRecord("alice", password)
		importLines(t, w.client(), api.ImportLine{Username: "alice", PasswordHash: record})
		head := feedHead(t, w.service)
		var sessions []*xmpptest.Conn
		for _, way := range xmpptest.Transports {
			w.putRecord("alice", record)
			sessions = append(sessions, w.join(way, "alice", password)) // by the record
			w.wantUpgraded("alice")
		}
		for _, way := range xmpptest.Transports {
			w.putRecord("alice", record)
			w.expect(way, "alice", password, "ok")
			w.wantUpgraded("alice")
		}
		if now := feedHead(t, w.service); now != head {
			t.Errorf("the feed went from %s to %s", head, now)
		}
		w.add("zz", "right") // news come in order: what was before them has been seen
		last := w.join(xmpptest.TCP, "zz", "right")
		w.cli("", "user", "delete", "zz", "--yes")
		w.wantOut(last, "zz")
		for i, way := range xmpptest.Transports {
			w.wantIn(sessions[i], "alice over "+string(way))
		}
	})
}

// TestNewPasswordWinsOverUpgrade: while the first login makes bcrypt of a record
// of Prosody's, another password is set. Whoever is first, that one is valid
// afterwards and the old one isn't.
func TestNewPasswordWinsOverUpgrade(t *testing.T) {
	t.Parallel()
	const rounds, old, fresh = 30, "pencil", "another password"
	// The example of RFC 7677 section 3.
	const record = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
	s := newService(t, "JITSIAUTH_HASHERS=4") // a login and a change at the same time
	admin, prosody := socketClient(t, s), prosodyClient(t, s)
	in := 0
	for round := range rounds {
		name := fmt.Sprint("user", round)
		importLines(t, admin, api.ImportLine{Username: name, PasswordHash: record})
		login := func(password string) error {
			_, err := prosody.Verify(limit(t), api.VerifyRequest{Username: name, Password: password, Source: fmt.Sprint("192.0.2.", round)})
			return err
		}
		lead := time.Duration(round-rounds/2) * 4 * time.Millisecond // of the login, which takes some 50 ms on a machine that is not busy
		logins := make(chan error, 1)
		go func() {
			time.Sleep(-lead)
			logins <- login(old)
		}()
		time.Sleep(lead)
		if _, err := admin.SetPassword(limit(t), name, api.NewPassword{Password: fresh}); err != nil {
			t.Fatal(err)
		}
		if err := <-logins; err == nil {
			in++
		} else if !errors.Is(err, jitsiauth.ErrBadCredentials) {
			t.Errorf("round %d: %v", round, err)
		}
		if err := login(old); !errors.Is(err, jitsiauth.ErrBadCredentials) {
			t.Errorf("round %d: the old password: %v", round, err)
		}
		if err := login(fresh); err != nil {
			t.Errorf("round %d: the new password: %v", round, err)
		}
		if u, err := admin.User(limit(t), name); err != nil || u.PasswordKind != "set" {
			t.Errorf("round %d: %+v, %v", round, u, err)
		}
	}
	t.Logf("%d of %d logins were let in before the change", in, rounds)
}

// ownRecord is what Prosody's internal_hashed makes of a password.
func (w *world) ownRecord(name, password string) string {
	w.t.Helper()
	if err := w.prosody.Register(limit(w.t), name, w.prosody.Auth, password); err != nil {
		w.t.Fatal(err)
	}
	dir, err := prosodydata.Open(filepath.Join(w.prosody.Dir, "data"))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, host := range dir.Hosts() {
		if host.Name == w.prosody.Auth {
			return readAll(w.t, dir, host)[name].PasswordHash
		}
	}
	w.t.Fatal("Prosody keeps no accounts")
	return ""
}

// putRecord gives an account the hash that it had, as if no login had renewed it.
// The service is stopped for it.
func (w *world) putRecord(name, hash string) {
	w.t.Helper()
	if err := w.service.Stop(); err != nil {
		w.t.Fatal(err)
	}
	store, err := boltstore.Open(w.service.DB(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	jid, err := jitsiauth.NewJID(name, w.prosody.Domain)
	if err != nil {
		w.t.Fatal(err)
	}
	r, err := store.UserByJID(w.t.Context(), jid)
	if err == nil {
		_, err = store.UpdateUser(w.t.Context(), r.ID, func(r jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
			r.PasswordHash, r.PasswordKind = hash, jitsiauth.PasswordSCRAM
			return r, nil, nil
		})
	}
	if err := errors.Join(err, store.Close(), w.service.Start()); err != nil {
		w.t.Fatal(err)
	}
}

// wantUpgraded fails the test unless a login has made bcrypt of the record.
func (w *world) wantUpgraded(name string) {
	w.t.Helper()
	if u, err := w.client().User(limit(w.t), name); err != nil || u.PasswordKind != "imported" {
		w.t.Errorf("after a login: %+v, %v", u, err)
	}
}

// prosodyClient asks as Prosody does.
func prosodyClient(t *testing.T, s *servicetest.Service) *client.Client {
	t.Helper()
	token, err := os.ReadFile(s.TokenFile())
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(client.Options{Server: "http://" + s.Addr, Token: strings.TrimSpace(string(token))})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func feedHead(t *testing.T, s *servicetest.Service) string {
	t.Helper()
	head, err := prosodyClient(t, s).FeedHead(limit(t))
	if err != nil {
		t.Fatal(err)
	}
	return head
}
