package web

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"rsc.io/qr"
)

// drawn is the path as dots.
func drawn(t *testing.T, code *QR) [][]bool {
	t.Helper()
	dots := make([][]bool, code.Side)
	for y := range dots {
		dots[y] = make([]bool, code.Side)
	}
	runs := regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`)
	if rest := runs.ReplaceAllString(code.Path, ""); rest != "" {
		t.Fatalf("the path has %q", rest)
	}
	for _, run := range runs.FindAllStringSubmatch(code.Path, -1) {
		var n [4]int
		for i := range n {
			n[i], _ = strconv.Atoi(run[i+1])
		}
		if n[2] != n[3] || n[2] < 1 {
			t.Fatalf("%s goes back elsewhere", run[0])
		}
		for x := n[0]; x < n[0]+n[2]; x++ {
			if dots[n[1]][x] {
				t.Fatalf("%s draws over another", run[0])
			}
			dots[n[1]][x] = true
		}
	}
	return dots
}

// The path draws what the library made, at its place, and nothing on the margin.
func TestQR(t *testing.T) {
	for _, test := range []struct {
		text    string
		modules int
	}{
		{"https://meet.example.org/accounts/link/jitsiauth_link_" + strings.Repeat("a", 32), 41}, // version 6 takes 106 bytes
		{"x", 21},
		{strings.Repeat("日本", 60), 73},
		{strings.Repeat("x", 2331), 177}, // the most that there is
	} {
		code := NewQR(test.text)
		if code == nil || code.Side != test.modules+8 {
			t.Errorf("%.20s…: %+v, want %d modules", test.text, code, test.modules)
			continue
		}
		want, err := qr.Encode(test.text, qr.M)
		if err != nil {
			t.Fatal(err)
		}
		dots := drawn(t, code)
		for y, row := range dots {
			for x, dark := range row {
				if dark != want.Black(x-4, y-4) {
					t.Fatalf("%.20s…: %d, %d is dark: %t", test.text, x, y, dark)
				}
			}
		}
		wantFinders(t, dots, test.modules)
	}
	if NewQR(strings.Repeat("x", 2332)) != nil {
		t.Error("more than fits")
	}
}

// wantFinders looks for the three squares by which readers find a code.
func wantFinders(t *testing.T, dots [][]bool, modules int) {
	t.Helper()
	const finder = "1111111 1000001 1011101 1011101 1011101 1000001 1111111"
	for _, at := range [][2]int{{4, 4}, {modules + 4 - 7, 4}, {4, modules + 4 - 7}} {
		var rows []string
		for y := range 7 {
			row := ""
			for x := range 7 {
				row += fmt.Sprint(map[bool]int{true: 1}[dots[at[1]+y][at[0]+x]])
			}
			rows = append(rows, row)
		}
		if got := strings.Join(rows, " "); got != finder {
			t.Errorf("at %v: %s", at, got)
		}
	}
}
