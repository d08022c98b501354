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

func newNeighbour(b *testing.B, bin string) *neighbour {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), bin)
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

// serviceWeight is the CPU weight that the unit and the Compose files give the service,
// where others have 100.
const serviceWeight = 10

// cpuGroup makes a control group with a weight and returns the file that takes
// processes into it, or an error where this machine has none or lets us make none.
func cpuGroup(b *testing.B, name string, weight int) (procs string, err error) {
	b.Helper()
	root, file, value := "/sys/fs/cgroup", "cpu.weight", weight
	if _, err := os.Stat(root + "/cgroup.controllers"); err != nil { // not v2
		root, file, value = "/sys/fs/cgroup/cpu", "cpu.shares", weight*1024/100
		if _, err := os.Stat(root + "/" + file); err != nil {
			return "", err
		}
	}
	group := filepath.Join(root, "jitsiauth-bench-"+name)
	if err := os.MkdirAll(group, 0o755); err != nil {
		return "", err
	}
	b.Cleanup(func() { _ = os.Remove(group) })
	return group + "/cgroup.procs", os.WriteFile(filepath.Join(group, file), []byte(strconv.Itoa(value)), 0)
}

// wrapped writes a program that runs bin by way of a shell command.
func wrapped(b *testing.B, command, bin string) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), filepath.Base(bin))
	if err := os.WriteFile(path, fmt.Appendf(nil, "#!/bin/sh\n%s %s \"$@\"\n", command, bin), 0o700); err != nil {
		b.Fatal(err)
	}
	return path
}

// weighted returns programs that run the neighbour, the service with the same
// weight, and the service with its own, each as if in a container; and how. Where
// there are no control groups, nice has something near.
func weighted(b *testing.B, service string) (neighbour, same, light, how string) {
	b.Helper()
	into := map[string]string{}
	for name, weight := range map[string]int{"neighbour": 100, "same": 100, "light": serviceWeight} {
		procs, err := cpuGroup(b, name, weight)
		if err != nil {
			return os.Args[0], service, wrapped(b, "exec nice -n 10", service), "nice 10, no control groups here"
		}
		into[name] = "echo $$ >" + procs + " && exec"
	}
	return wrapped(b, into["neighbour"], os.Args[0]), wrapped(b, into["same"], service), wrapped(b, into["light"], service),
		fmt.Sprintf("CPU weight %d of 100", serviceWeight)
}

// BenchmarkNeighbour is a neighbour that wants all cores while others guess
// passwords from 10,000 sources: with the program's own settings, and with a low
// weight as well.
func BenchmarkNeighbour(b *testing.B) {
	bin, err := build()
	if err != nil {
		b.Fatal(err)
	}
	busy, same, light, how := weighted(b, bin)
	programs := []*program{runProgram(b, same), runProgram(b, light)}
	perSecond := 10 * hashesPerSecond(b, defaultHashers())
	for _, p := range programs {
		p.add(b, crowd)
	}
	n := newNeighbour(b, busy)
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
