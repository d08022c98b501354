package web

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// QR is a text as a QR code: a path of an SVG that is Side units wide and high,
// with the margin that readers need.
type QR struct {
	Side int
	Path string
}

// quiet is the width of that margin (ISO/IEC 18004, 9.1).
const quiet = 4

// NewQR returns nil for a text that is too long for a code. A sixth of one may be
// hidden or dirty, which is usual on paper and on screens.
func NewQR(text string) *QR {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for code.Black(x, y) { // nothing is black beyond the edge
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	return &QR{Side: code.Size + 2*quiet, Path: path.String()}
}
