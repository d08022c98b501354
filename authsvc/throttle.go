package authsvc

import (
	"net/http"
	"net/netip"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

func (s *Server) showUserThrottle(c *gin.Context) error {
	user, err := s.refUser(c)
	if err != nil {
		return err
	}
	view, err := s.svc.Throttle(c.Request.Context(), user.ID)
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, jsonType, api.UserThrottle{
		StrangersWait: seconds(view.StrangersWait),
		Sources:       wireAll(view.Sources, wireSource),
		Known: wireAll(view.Known, func(k *jitsiauth.KnownSource) api.KnownSource {
			return api.KnownSource{Source: k.Source.String(), LastSeen: k.LastSeen}
		}),
	})
}

func (s *Server) clearUserThrottle(c *gin.Context) error {
	user, err := s.refUser(c)
	if err != nil {
		return err
	}
	if err := s.svc.ClearThrottle(c.Request.Context(), user.ID); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

func (s *Server) showThrottle(c *gin.Context) error {
	all, err := s.svc.Throttles(c.Request.Context())
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, jsonType, api.Throttle{
		Sources: wireAll(all.Sources, wireSource),
		Accounts: wireAll(all.Accounts, func(a *jitsiauth.SlowedAccount) api.SlowedAccount {
			return api.SlowedAccount{ID: a.User.ID.String(), JID: a.User.JID.String(), StrangersWait: seconds(a.StrangersWait)}
		}),
	})
}

func (s *Server) clearSource(c *gin.Context) error {
	ref, err := pathRef(c)
	if err != nil {
		return err
	}
	source, _ := netip.ParseAddr(ref) // an invalid one is refused below, by its rule
	if err := s.svc.ClearSource(c.Request.Context(), source); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

func wireSource(t *jitsiauth.SourceThrottle) api.SourceThrottle {
	return api.SourceThrottle{Source: t.Source.String(), Attempts: t.Attempts, RetryAfter: seconds(t.RetryAfter), By: string(t.By)}
}

// seconds rounds up: who waits for so long does not come too early.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
