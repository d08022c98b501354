package authsvc

import (
	"errors"
	"time"
)

// Routes returns "METHOD path" of all that gin has registered.
func (s *Server) Routes() []string {
	var routes []string
	for _, r := range s.engine.Routes() {
		routes = append(routes, r.Method+" "+r.Path)
	}
	return routes
}

// TableHas reports whether the table of decisions holds the error itself.
func TableHas(err error) bool {
	for _, d := range decisions {
		if errors.Is(d.err, err) {
			return true
		}
	}
	return false
}

// WithStall shortens what imports and exports wait for the network.
func (o Options) WithStall(d time.Duration) Options {
	o.stall = d
	return o
}
