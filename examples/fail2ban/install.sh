#!/bin/sh
# Unpacks fail2ban beside the system, for the tests in this directory. With it come what
# reads and what writes a journal, so that the systemd backend is tested too.
#
# Where:   $JITSIAUTH_FAIL2BAN_DIR, or ${XDG_CACHE_HOME:-$HOME/.cache}/jitsiauth/fail2ban
# Exits:   0 all there, 3 can't be done on this machine (the reason is printed), 1 broken
set -eu
# shellcheck source=examples/unpack.sh
. "$(dirname "$0")/../unpack.sh"

# Debian 12's own Python: the package's programs name it, and a newer one lacks
# modules that this fail2ban wants.
python=/usr/bin/python3

works() { # tree
	PYTHONPATH="$1/usr/lib/python3/dist-packages" $python "$1/usr/bin/fail2ban-regex" --version >/dev/null 2>&1 &&
		PYTHONPATH="$1/usr/lib/python3/dist-packages" $python -c 'import systemd.journal' 2>/dev/null &&
		[ -x "$1/lib/systemd/systemd-journal-remote" ]
}

prepare() {
	[ ! -x $python ] || return 0
	[ "$(id -u)" = 0 ] || skip 'needs root, once, to install by apt: python3'
	say 'installing by apt: python3'
	{ root_apt update && root_apt install -y --no-install-recommends python3; } || skip "needs python3: $(reason)"
}

# fail2ban, the Python module for its systemd backend, and systemd-journal-remote with
# the libraries that a small Debian lacks.
unpack fail2ban "${JITSIAUTH_FAIL2BAN_DIR:-}" 'fail2ban python3-systemd systemd-journal-remote
libsystemd-shared libmicrohttpd12 libip4tc2 libkmod2 libssl3'
