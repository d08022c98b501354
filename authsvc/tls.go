package authsvc

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// TLSConfig returns a configuration for tls.NewListener: TLS 1.2 or newer,
// HTTP/1.1, and the certificate in two PEM files (the certificate with those of
// its issuers, and its key). Both files are looked at for each connection and
// read again once either has changed, so that a renewal needs no restart; a pair
// that can't be used is logged once, and the one before it stays. TLSConfig
// returns an error for a pair that can't be used at the start. logger may be nil.
func TLSConfig(certFile, keyFile string, logger *slog.Logger) (*tls.Config, error) {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	pair := &keyPair{certFile: certFile, keyFile: keyFile, log: logger}
	if err := pair.renew(); err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return pair.current(), nil },
	}, nil
}

// keyPair is a certificate that follows its files.
type keyPair struct {
	certFile, keyFile string
	log               *slog.Logger

	mu    sync.Mutex
	pair  *tls.Certificate
	state [2]fileState // of the files at the last attempt to read them
}

// fileState changes with the content; two calls of stat are all it costs.
type fileState struct {
	changed time.Time
	size    int64
}

func (k *keyPair) current() *tls.Certificate {
	k.mu.Lock()
	defer k.mu.Unlock()
	if state, err := k.look(); err == nil && state == k.state {
		return k.pair
	}
	switch err := k.renew(); {
	case err == nil:
		k.log.Info("certificate read again", slog.Time("valid_until", k.pair.Leaf.NotAfter))
	case errors.Is(err, errSameFailure):
	default:
		k.log.Error("the renewed certificate can't be used; the one before it stays", slog.Any("error", err))
	}
	return k.pair
}

// errSameFailure keeps one failure from being logged for each connection.
var errSameFailure = errors.New("still missing")

// renew reads the files. The state is taken first: files that change meanwhile
// are read again at the next connection.
func (k *keyPair) renew() error {
	before := k.state
	var err error
	if k.state, err = k.look(); err != nil {
		if k.pair != nil && before == k.state {
			return errSameFailure
		}
		return err
	}
	pair, err := tls.LoadX509KeyPair(k.certFile, k.keyFile)
	if err != nil {
		return fmt.Errorf("%s with %s: %w", k.certFile, k.keyFile, err)
	}
	k.pair = &pair
	return nil
}

// look returns the zero state, which no files have, where one is missing.
func (k *keyPair) look() (state [2]fileState, err error) {
	for i, name := range []string{k.certFile, k.keyFile} {
		info, err := os.Stat(name)
		if err != nil {
			return [2]fileState{}, err
		}
		state[i] = fileState{changed: info.ModTime(), size: info.Size()}
	}
	return state, nil
}
