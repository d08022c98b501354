package browsertest

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// takePictures writes what the page looks like to the directory that is asked for:
// NAME.LANGUAGE.SIZE.COLOURS.png.
func (g *tour) takePictures(name string) {
	g.t.Helper()
	dir := os.Getenv("JITSIAUTH_SCREENSHOTS")
	if dir == "" {
		return
	}
	g.check(os.MkdirAll(dir, 0o750))
	for _, size := range []viewport{phone, desk} {
		for _, scheme := range []string{"dark", "light"} {
			g.size(size)
			g.colours(scheme)
			picture, err := smaller(g.picture())
			g.check(err)
			file := filepath.Join(dir, name+"."+g.lang+"."+size.name+"."+scheme+".png")
			g.check(os.WriteFile(file, picture, 0o600))
		}
	}
}

// smaller is a picture in its 256 most frequent colours, which pages with text
// hardly have more of: two of them are in the READMEs.
func smaller(picture []byte) ([]byte, error) {
	full, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return nil, err
	}
	plain := image.NewRGBA(full.Bounds())
	draw.Draw(plain, plain.Rect, full, plain.Rect.Min, draw.Src)
	count := map[[4]uint8]int{}
	for dot := range slices.Chunk(plain.Pix, 4) {
		count[[4]uint8(dot)]++
	}
	often := slices.SortedFunc(maps.Keys(count), func(a, b [4]uint8) int { return cmp.Compare(count[b], count[a]) })
	var palette color.Palette
	for _, c := range often[:min(len(often), 256)] {
		palette = append(palette, color.RGBA{c[0], c[1], c[2], c[3]})
	}
	place := map[[4]uint8]uint8{}
	for _, c := range often {
		place[c] = uint8(palette.Index(color.RGBA{c[0], c[1], c[2], c[3]}))
	}
	small := image.NewPaletted(plain.Rect, palette)
	for i := range small.Pix { // as plain.Pix: neither has anything between its lines
		small.Pix[i] = place[[4]uint8(plain.Pix[4*i:])]
	}
	var out bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, small)
	return out.Bytes(), err
}

// The pictures in the READMEs are there, and small.
func TestPicturesInReadme(t *testing.T) {
	for readme, picture := range map[string]string{"README.md": "authsvc/web/screenshot-users.png", "README.ja.md": "authsvc/web/screenshot-users.ja.png"} {
		text, err := os.ReadFile(filepath.Join("..", "..", readme))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(text, []byte("]("+picture+")")) {
			t.Errorf("%s doesn't show %s", readme, picture)
		}
		if file, err := os.Stat(filepath.Join("..", "..", picture)); err != nil || file.Size() > 150_000 {
			t.Errorf("%s: %v, %v", picture, file, err)
		}
	}
}
