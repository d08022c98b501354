package main

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/jitsiauth/server/authsvc/api"
)

// completeWithin is how long someone who pressed Tab waits at most.
const completeWithin = time.Second

// completeMost is more names than anybody reads.
const completeMost = 100

// plainName is what a shell takes for nothing but a word. Others are not
// offered: a shell's script may expand what it is given, and names come from
// people who are not at this terminal.
var plainName = regexp.MustCompile(`^[\pL\pN][\pL\pN._+@-]*$`)

// flagValues are the words that a flag knows.
var flagValues = map[string][]string{
	"role":   {"user", "manager", "admin"},
	"state":  {"active", "disabled", "not_yet_valid", "expired"},
	"scope":  {"auth", "users:read", "users:write", "admin"},
	"format": {"ndjson", "csv"},
	"result": {"ok", "bad_credentials", "disabled", "expired", "not_yet_valid", "throttled"},
}

// fileFlags take the name of a file.
var fileFlags = []string{"db", "socket", "token-file", "tls-cert", "tls-key"}

// addCompletion says what stands where, for the shell: files only where files
// are meant, and names of accounts.
func (a *app) addCompletion(root *cobra.Command) {
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	for _, command := range []string{"show", "set", "passwd", "reset-link", "enable", "disable", "delete"} {
		mustFind(root, "user", command).ValidArgsFunction = a.completeAccount
	}
	mustFind(root, "user", "kick").ValidArgsFunction = a.completeAccounts
	mustFind(root, "invite", "revoke").ValidArgsFunction = a.completeLink
	for _, command := range []string{"show", "clear"} {
		mustFind(root, "throttle", command).ValidArgsFunction = a.completeAccount
	}
	for _, command := range []string{"backup", "restore", "import"} {
		mustFind(root, command).ValidArgsFunction = completeFile
	}
	mustFind(root, "import", "htpasswd").ValidArgsFunction = completeFile
	mustFind(root, "import", "prosody").ValidArgsFunction = completeFolder
	a.completeFlags(root)
}

// mustFind is a command of this program.
func mustFind(root *cobra.Command, path ...string) *cobra.Command {
	cmd, _, err := root.Find(path)
	if err != nil || cmd.Name() != path[len(path)-1] {
		panic("no command " + strings.Join(path, " "))
	}
	return cmd
}

// completeFlags goes through a command and those below it.
func (a *app) completeFlags(cmd *cobra.Command) {
	// LocalFlags: a flag of the root is the root's to complete. The errors say
	// only that there is no such flag, or that this was done before.
	cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
		values, known := flagValues[flag.Name]
		switch {
		case known:
			_ = cmd.RegisterFlagCompletionFunc(flag.Name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
		case flag.Name == "user":
			_ = cmd.RegisterFlagCompletionFunc(flag.Name, func(cmd *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
				return a.completeAccount(cmd, nil, begun)
			})
		case slices.Contains(fileFlags, flag.Name):
			_ = cmd.RegisterFlagCompletionFunc(flag.Name, completeFile)
		}
	})
	for _, sub := range cmd.Commands() {
		a.completeFlags(sub)
	}
}

// completeFile leaves it to the shell, which knows files.
func completeFile(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}

// completeFolder is completeFile for a command that reads a folder.
func completeFolder(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// offer has the shell offer the words that a flag of this command knows, other ones
// than flags of that name elsewhere.
func offer(cmd *cobra.Command, flag string, words ...cobra.Completion) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // there is no such flag
	}
}

// completeAccount asks the service on this machine, and is silent where that is
// not possible: a shell has no place for errors.
func (a *app) completeAccount(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 || a.target.db != "" || a.serverURL() != "" {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completeWithin)
	defer cancel()
	names, err := a.accountNames(ctx, strings.ToLower(begun))
	if err != nil {
		names = nil
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeAccounts is completeAccount for a command that takes several.
func (a *app) completeAccounts(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	names, directive := a.completeAccount(cmd, nil, begun)
	return slices.DeleteFunc(names, func(name string) bool { return slices.Contains(args, name) }), directive
}

// accountNames are those that begin so, as the other commands take them: without
// a domain if they are of the default one.
func (a *app) accountNames(ctx context.Context, begun string) (names []string, err error) {
	c, done, err := a.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done()) }()
	local, _, _ := strings.Cut(begun, "@")
	page, err := c.UsersPage(ctx, api.UserQuery{Limit: completeMost, Text: local})
	if err != nil {
		return nil, err
	}
	isDefault := map[string]bool{}
	for _, user := range page.Users {
		if _, known := isDefault[user.Domain]; !known {
			found, err := c.User(ctx, user.Username)
			isDefault[user.Domain] = err == nil && found.ID == user.ID
		}
		name := user.JID
		if isDefault[user.Domain] && !strings.Contains(begun, "@") {
			name = user.Username
		}
		if strings.HasPrefix(name, begun) && plainName.MatchString(name) {
			names = append(names, name)
		}
	}
	return names, nil
}
