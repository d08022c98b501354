// Package servicetest runs the program jitsiauth as people run it, built and as
// a process of its own, for the tests against a real Prosody and for the demo.
package servicetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// Config says how to run the program.
type Config struct {
	// Bin is the program; see Build.
	Bin string
	// Dir holds the database and everything beside it. It must exist.
	Dir string
	// Env are more variables, such as JITSIAUTH_BCRYPT_COST=10.
	Env []string
	// Stdout gets what "jitsiauth serve" prints. Default: nobody.
	Stdout io.Writer
}

// Service is "jitsiauth serve" on a free port of 127.0.0.1, which it keeps over
// Stop and Start.
type Service struct {
	Config
	Addr string // host:port; set by the first Start

	cmd    *exec.Cmd
	output sync.WaitGroup
}

// Build compiles the program into dir and returns its path.
func Build(ctx context.Context, dir string) (string, error) {
	bin := filepath.Join(dir, "jitsiauth")
	cmd := exec.CommandContext(ctx, "go", "build", "-tags", "nomsgpack", "-o", bin, "github.com/jitsiauth/server/cmd/jitsiauth") //nolint:gosec // a path of the caller's
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return bin, nil
}

// Start runs the service and returns once it answers. It lives until Stop,
// Kill, or (on Linux) the end of the thread that started it, which for a main
// program and a test is their own end.
func (s *Service) Start() error {
	log, err := os.OpenFile(s.LogFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()  // the process has a descriptor of its own
	cmd := exec.Command(s.Bin, "serve") //nolint:gosec,noctx // the caller's program; Stop ends it
	cmd.Env, cmd.Stderr = s.Environ(), log
	cmd.SysProcAttr = dieWithParent()
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	s.cmd = cmd
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n')
	_, rest, found := strings.Cut(first, "http://")
	if err != nil || !found {
		return errors.Join(fmt.Errorf("%q instead of the line with the addresses; its log:\n%s", first, s.Log()), s.Stop())
	}
	s.Addr, _, _ = strings.Cut(rest, " ")
	sink := s.Stdout
	if sink == nil {
		sink = io.Discard
	}
	// What came with the first line is shown before Start returns.
	more, _ := lines.Peek(lines.Buffered())
	_, _ = fmt.Fprintf(sink, "%s%s", first, more)
	_, _ = lines.Discard(len(more))
	s.output.Go(func() { _, _ = io.Copy(sink, lines) })
	return nil
}

// Stop ends the service as systemd and Docker do, by SIGTERM, and waits for it.
// It returns an error where the service did not exit with 0.
func (s *Service) Stop() error { return s.end(syscall.SIGTERM) }

// Kill ends the service by SIGKILL.
func (s *Service) Kill() { _ = s.end(syscall.SIGKILL) }

// PID is the process of the running service.
func (s *Service) PID() int { return s.cmd.Process.Pid }

func (s *Service) end(signal os.Signal) error {
	if s.cmd == nil {
		return nil
	}
	err := s.cmd.Process.Signal(signal)
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	s.output.Wait()
	err = errors.Join(err, s.cmd.Wait())
	s.cmd = nil
	return err
}

// CLI runs a command of the program against this service's directory and
// returns what it printed.
func (s *Service) CLI(ctx context.Context, stdin string, args ...string) (stdout, stderr string, err error) {
	var out, problems strings.Builder
	cmd := exec.CommandContext(ctx, s.Bin, args...) //nolint:gosec // the caller's program
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = s.Environ(), strings.NewReader(stdin), &out, &problems
	err = cmd.Run()
	return out.String(), problems.String(), err
}

// DB is the database file.
func (s *Service) DB() string { return filepath.Join(s.Dir, "jitsiauth.db") }

// TokenFile is the file with Prosody's token, made by the first Start.
func (s *Service) TokenFile() string { return filepath.Join(s.Dir, "prosody.token") }

// LogFile is where the service's log goes.
func (s *Service) LogFile() string { return filepath.Join(s.Dir, "serve.log") }

// Log is the service's log so far.
func (s *Service) Log() string {
	text, _ := os.ReadFile(s.LogFile())
	return string(text)
}

// Environ points the program at Dir and lets nothing of this process's own
// settings through.
func (s *Service) Environ() []string {
	listen := s.Addr
	if listen == "" {
		listen = "127.0.0.1:0"
	}
	var env []string
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "JITSIAUTH_") {
			env = append(env, pair)
		}
	}
	return append(append(env, "JITSIAUTH_DB="+s.DB(), "JITSIAUTH_LISTEN="+listen), s.Env...)
}
