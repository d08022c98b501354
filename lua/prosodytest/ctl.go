package prosodytest

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Ctl runs prosodyctl of the same tree and configuration and returns all it printed. A
// command that fails gives an error with that text. Each is a process of its own, about
// 0.2 s; `shell …` talks to the running server through its admin socket.
func (s *Server) Ctl(ctx context.Context, args ...string) (string, error) {
	all := append([]string{filepath.Join(s.Dir, "prosodyctl"), "--config", filepath.Join(s.Dir, "prosody.cfg.lua")}, args...)
	cmd := exec.CommandContext(ctx, luaProgram, all...) //nolint:gosec // no shell between; a test's own words
	cmd.Env, cmd.Dir, cmd.WaitDelay = environ(), s.Dir, 2*time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("prosodyctl %s: %w: %s", args[0], err, strings.TrimSpace(string(out)))
	}
	return string(out), nil
}

// Register makes an internal_hashed account user@domain. The running server sees it at
// once, because it reads account files at each login.
func (s *Server) Register(ctx context.Context, user, domain, password string) error {
	_, err := s.Ctl(ctx, "register", user, domain, password)
	return err
}
