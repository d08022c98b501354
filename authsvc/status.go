package authsvc

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

func (s *Server) showStatus(c *gin.Context) error {
	if _, err := queryParams(c.Request); err != nil {
		return err
	}
	st, warnings, err := s.status(c)
	if err != nil {
		return err
	}
	for _, w := range warnings {
		st.Warnings = append(st.Warnings, api.StatusWarning{Code: w.code, Message: w.In("en")})
	}
	return writeJSON(c, http.StatusOK, jsonType, st)
}

// warning is something that an administrator should look at.
type warning struct {
	code string
	web.Said
}

func warn(code string, args ...any) warning {
	return warning{code, web.Said{Key: "status.warn." + code, Args: args}}
}

// status is how the service is; the warnings, which api.Status lacks yet, are not
// put into words. It goes on with the count of the accounts, for a moment only.
func (s *Server) status(c *gin.Context) (api.Status, []warning, error) {
	ctx, now := c.Request.Context(), s.opts.Now()
	own, err := s.svc.Status(ctx)
	if err != nil {
		return api.Status{}, nil, err
	}
	pause := countPause
	if s.count.quick.Load() {
		pause = 0 // who has just made an administrator wants to see it
	}
	s.countUsers(c, pause)
	st := api.Status{
		Version: s.opts.Version, StartedAt: s.began.UTC(), Timezone: s.opts.Timezone.String(), Domains: s.svc.Domains(),
		PublicURL: s.opts.PublicURL, StoreBytes: own.Size, Accounts: s.count.last.Load(), Hashing: wireHashing(&own.Stats),
		Warnings: []api.StatusWarning{},
	}
	warnings := warnOfAdmins(st.Accounts)
	var ofProsody []warning
	st.Prosody = s.prosodys.look(now, own.Head, func(name string, p *prosodyCaller) {
		ofProsody = append(ofProsody, warnOfProsody(name, p, now)...)
	})
	for _, p := range st.Prosody {
		for i := range p.Instances {
			p.Instances[i].ReportsSessions = s.sessions.reports(follower{p.Caller, p.Instances[i].Name}, now)
		}
	}
	if len(st.Prosody) == 0 && now.Sub(s.began) >= settleTime {
		ofProsody = append(ofProsody, warn("prosody_never"))
	}
	ofSources, err := s.warnOfSources(ctx, now)
	if err != nil {
		return st, nil, err
	}
	warnings = append(append(warnings, ofProsody...), ofSources...)
	if st.PublicURL == "" {
		warnings = append(warnings, warn("no_public_url"))
	}
	return st, warnings, nil
}

func wireHashing(st *jitsiauth.Stats) api.StatusHashing {
	shown := api.StatusHashing{AtOnce: st.Hashers, Now: st.Hashing}
	for _, lane := range st.Lanes {
		shown.Waiting += lane.Waiting
		shown.Refused += lane.Refused
	}
	return shown
}
