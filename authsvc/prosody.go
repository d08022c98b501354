package authsvc

import (
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// verdicts are the errors of Verify that are an answer, not the lack of one.
var verdicts = []struct {
	err    error
	result api.Result
}{
	{jitsiauth.ErrBadCredentials, api.ResultBadCredentials},
	{jitsiauth.ErrDisabled, api.ResultDisabled},
	{jitsiauth.ErrExpired, api.ResultExpired},
	{jitsiauth.ErrNotYetValid, api.ResultNotYetValid},
}

// verify answers lua/mod_auth_http.lua. 200 means that there is a verdict, and
// anything else that there is none, so that no failure can look like a wrong
// password.
func (s *Server) verify(c *gin.Context) error {
	var question api.VerifyRequest
	if err := bind(c, &question, maxLoginBody); err != nil {
		return err
	}
	if err := checkVerifyID(question.ID); err != nil {
		return err
	}
	attempt := jitsiauth.Attempt{
		Username: question.Username, Domain: question.Domain, Password: question.Password,
		Source: s.source(c, question.Source), Proxy: question.Proxy, Transport: question.Transport,
	}
	s.warnOfProxy(c, &attempt)
	user, result, err := s.judge(c, attempt)
	if err != nil {
		return err
	}
	answer := api.VerifyAnswer{ID: question.ID, Result: result}
	if result == api.ResultOK {
		answer.User = &api.VerifiedUser{
			ID: user.ID.String(), JID: user.JID.String(),
			CredentialRevision: user.CredentialRevision, SessionRevision: user.SessionRevision,
		}
	}
	return writeJSON(c, http.StatusOK, jsonType, answer)
}

// judge asks the domain. The answer comes within loginTimeout even if hashing
// goes on (Service.Verify) or the store hangs (late.go): Prosody doesn't wait for
// it any longer.
func (s *Server) judge(c *gin.Context, attempt jitsiauth.Attempt) (jitsiauth.User, api.Result, error) {
	s.prosodys.asked(c.GetString(callerKey{}), s.isOpen(c.Request), s.opts.Now())
	user, result, err := s.decide(c, attempt)
	if errors.Is(err, jitsiauth.ErrUnknownDomain) {
		s.logUnknownDomain(c, "login", attempt.Domain)
	}
	return user, result, err
}

// decide is judge for domains that people type: what they type is not for the log.
func (s *Server) decide(c *gin.Context, attempt jitsiauth.Attempt) (user jitsiauth.User, result api.Result, err error) {
	start := time.Now()
	defer func() { s.metrics.countLogin(c.Request.Context(), attempt.Transport, result, err, time.Since(start)) }()
	user, err = s.svc.Verify(c.Request.Context(), attempt)
	if err == nil {
		return user, api.ResultOK, nil
	}
	c.Set(loginRefusedKey{}, true)
	for _, v := range verdicts {
		if errors.Is(err, v.err) {
			return jitsiauth.User{}, v.result, nil
		}
	}
	return jitsiauth.User{}, "", err
}

// logUnknownDomain names both sides of the commonest misconfiguration.
func (s *Server) logUnknownDomain(c *gin.Context, what, asked string) {
	served := s.svc.Domains()
	if bound := jitsiauth.ActorFrom(c.Request.Context()).Domains; len(bound) > 0 {
		served = bound
	}
	s.log.LogAttrs(c.Request.Context(), slog.LevelWarn, what+" for a domain that is not served to this caller",
		slog.String("asked", printable(asked, 255)), slog.String("served", strings.Join(served, " ")),
		slog.String("caller", c.GetString(callerKey{})), slog.String("request_id", requestID(c)),
		slog.String("hint", "serve it (--domain), or correct the name of Prosody's VirtualHost"))
}

// proxyWarnEvery is how often the log says that a proxy hides where people are.
const proxyWarnEvery = time.Hour

// warnOfProxy says what to set where people can't be told apart by their address.
func (s *Server) warnOfProxy(c *gin.Context, a *jitsiauth.Attempt) {
	if a.Source.IsValid() && !a.Proxy {
		return
	}
	now := s.opts.Now()
	last := s.proxyWarned.Load()
	if last != nil && now.Sub(*last) < proxyWarnEvery && now.After(last.Add(-proxyWarnEvery)) || !s.proxyWarned.CompareAndSwap(last, &now) {
		return
	}
	hidden, address := "Prosody sends no address", "the web server"
	if a.Source.IsValid() {
		hidden, address = "all people seem to be at a proxy's address", a.Source.String()
	}
	s.log.LogAttrs(c.Request.Context(), slog.LevelWarn, hidden+": guessing is slowed by account only",
		slog.String("source", address), slog.String("caller", c.GetString(callerKey{})),
		slog.String("hint", "set Prosody's trusted_proxies (docker-jitsi-meet: PROSODY_TRUSTED_PROXIES) to exactly the address of "+
			"the web server before it, not to a whole network, and let that send X-Forwarded-For"))
}

// source reads the client's address. One that can't be read is no reason to
// refuse a login.
func (s *Server) source(c *gin.Context, text string) netip.Addr {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		if text != "" {
			s.log.LogAttrs(c.Request.Context(), slog.LevelDebug, "source of a login is no address",
				slog.String("source", printable(text, maxShown)), slog.String("request_id", requestID(c)))
		}
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}

func checkVerifyID(id string) error {
	if !isName(id, api.MaxVerifyID) {
		return &jitsiauth.InvalidError{Field: "id", Rule: "must be 1 to 128 printable characters"}
	}
	return nil
}
