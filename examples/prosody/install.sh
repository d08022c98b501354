#!/bin/sh
# Sees to it that systemd-analyze is there, for the tests in this directory. Where it
# is not, Debian's package systemd is installed: that starts no service and does not
# make systemd the init, which is what another package, systemd-sysv, is for.
#
# Exits:   0 there, 3 can't be done on this machine (the reason is printed), 1 broken
set -eu

say() { echo "install.sh: $*"; }
skip() { echo "install.sh: skipped: $*" >&2; exit 3; }
fail() { echo "install.sh: error: $*" >&2; exit 1; }

# The first thing apt complained of, as the reason to print.
reason() { grep '^[EW]: ' "$log" | head -n 1 | sed 's/^[EW]: //'; }

# --offline came with systemd 250.
works() { systemd-analyze security --help 2>/dev/null | grep -q -- --offline; }

main() {
	if works; then
		say "systemd-analyze is there: $(systemd-analyze --version | head -n 1)"
		return
	fi
	command -v systemd-analyze >/dev/null && skip "needs systemd 250 or newer, this is $(systemd-analyze --version | head -n 1)"
	command -v apt-get >/dev/null || skip 'needs systemd-analyze, and there is no apt-get to install it'
	[ "$(id -u)" = 0 ] || skip 'needs root, once, to install by apt: systemd'
	log=$(mktemp)
	trap 'rm -f "$log"' EXIT
	say 'installing by apt: systemd'
	export DEBIAN_FRONTEND=noninteractive
	opts='-q -o DPkg::Lock::Timeout=120 -o Acquire::Retries=2'
	# shellcheck disable=SC2086 # a list of words
	{ apt-get $opts update && apt-get $opts install -y --no-install-recommends systemd; } >"$log" 2>&1 ||
		skip "apt-get install failed: $(reason)"
	works || fail 'what was installed does not run'
	say "installed: $(systemd-analyze --version | head -n 1)"
}

main "$@"
