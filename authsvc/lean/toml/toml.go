// Package toml is what gin.Context.TOML and binding.TOML need, without the format:
// nobody calls them here.
package toml

import (
	"errors"
	"io"
)

var errLeftOut = errors.New("this program is built without TOML")

// Marshal returns an error.
func Marshal(any) ([]byte, error) { return nil, errLeftOut }

// Decoder reads nothing.
type Decoder struct{}

// NewDecoder returns a Decoder.
func NewDecoder(io.Reader) *Decoder { return &Decoder{} }

// Decode returns an error.
func (*Decoder) Decode(any) error { return errLeftOut }
