// Package http3 is what gin.Engine.RunQUIC needs of quic-go, without a server. Nobody
// calls that here: a web server does TLS and HTTP/3 before us.
package http3

import (
	"errors"
	"net/http"
)

// ListenAndServeQUIC returns an error.
func ListenAndServeQUIC(_, _, _ string, _ http.Handler) error {
	return errors.New("this program is built without HTTP/3")
}
