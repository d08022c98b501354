package loadtest_test

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// neighbourVariable makes the test program be the neighbour.
const neighbourVariable = "JITSIAUTH_BENCH_NEIGHBOUR"

// beNeighbour keeps all cores busy, as the video bridge may, and prints how far
// it is whenever a line comes. It ends with its input.
func beNeighbour() {
	var done atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		go func() {
			for block := make([]byte, 4096); ; done.Add(1) {
				sum := sha256.Sum256(block)
				copy(block, sum[:])
			}
		}()
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		fmt.Println(done.Load())
	}
}

// neighbour is that program, running.
type neighbour struct {
	b   *testing.B
	ask func() int64
}

func newNeighbour(b *testing.B) *neighbour {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), neighbourVariable+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait() // killed with the context, or ended with its input
	})
	lines := bufio.NewReader(out)
	return &neighbour{b, func() int64 {
		_, _ = fmt.Fprintln(in)
		line, _ := lines.ReadString('\n')
		n, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		return n
	}}
}

// speed is how much it does a second.
func (n *neighbour) speed(long time.Duration) float64 {
	before, start := n.ask(), time.Now()
	time.Sleep(long)
	return float64(n.ask()-before) / time.Since(start).Seconds()
}

// weightGroup is a control group of the benchmark's own.
const weightGroup = "/sys/fs/cgroup/jitsiauth-bench"

// lighter writes a program that runs bin with a low CPU weight, and says which:
// 20 of the usual 100, where this machine has control groups (v2) and lets us
// make one, or else the nearest that nice has.
func lighter(b *testing.B, bin string) (path, how string) {
	b.Helper()
	command, how := "exec nice -n 10", "nice 10, no cgroup v2 here"
	if err := makeWeightGroup(); err == nil {
		b.Cleanup(func() { _ = os.Remove(weightGroup) })
		command, how = "echo $$ >"+weightGroup+"/cgroup.procs && exec", "cgroup cpu.weight 20"
	}
	path = filepath.Join(b.TempDir(), "jitsiauth")
	if err := os.WriteFile(path, fmt.Appendf(nil, "#!/bin/sh\n%s %s \"$@\"\n", command, bin), 0o700); err != nil {
		b.Fatal(err)
	}
	return path, how
}

func makeWeightGroup() error {
	if _, err := os.Stat("/sys/fs/cgroup/cgroup.controllers"); err != nil {
		return err // not v2, or none
	}
	if err := os.MkdirAll(weightGroup, 0o755); err != nil {
		return err
	}
	err := os.WriteFile(weightGroup+"/cpu.weight", []byte("20"), 0)
	if err != nil {
		_ = os.Remove(weightGroup)
	}
	return err
}

// BenchmarkNeighbour is a neighbour that wants all cores while others guess
// passwords from 10,000 sources: with the program's own settings, and with a low
// weight as well.
func BenchmarkNeighbour(b *testing.B) {
	bin, err := build()
	if err != nil {
		b.Fatal(err)
	}
	light, how := lighter(b, bin)
	programs := []*program{newProgram(b), runProgram(b, light)}
	perSecond := 10 * hashesPerSecond(b, defaultHashers())
	for _, p := range programs {
		p.add(b, crowd)
	}
	n := newNeighbour(b)
	n.speed(span(.1)) // once it is there
	rounds, floods := make([][]round, 2), make([]tally, 2)
	times := turns(5)
	for turn := range times {
		for i, p := range programs {
			alone := n.speed(span(.4))
			flooded := make(chan *tally, 1)
			go func() { flooded <- flood{b, p, perSecond, 10_000, turn * 2000}.run(span(.5)) }()
			time.Sleep(span(.1))
			rounds[i] = append(rounds[i], round{n.speed(span(.4)), alone})
			floods[i].join(<-flooded)
		}
	}
	for i, weight := range []string{"default settings, same weight", "default settings, " + how} {
		r, bound := median(rounds[i]), noBound
		if i == 1 {
			bound = "≥ 0.9"
		}
		row(b, fmt.Sprintf("speed that a CPU-bound neighbour on all %d cores keeps during a guessing flood from 10,000 sources; %s", runtime.GOMAXPROCS(0), weight), bound,
			r.ratio() >= .9, "%.2f; the flood: %s", r.ratio(), floods[i].perSecond(time.Duration(times)*span(.5)))
	}
}
