#!/bin/sh
# Unpacks fail2ban beside the system, for the tests in this directory. It is not
# installed: Debian's package would start a service that bans who fails at ssh.
# With it come what reads and what writes a journal, so that the systemd backend is
# tested too. A second run finds everything there and needs no network.
#
# Where:   $JITSIAUTH_FAIL2BAN_DIR, or ${XDG_CACHE_HOME:-$HOME/.cache}/jitsiauth/fail2ban
# Exits:   0 all there, 3 can't be done on this machine (the reason is printed), 1 broken
set -eu

# fail2ban, the Python module for its systemd backend, and systemd-journal-remote with
# the libraries that a small Debian lacks.
packages='fail2ban python3-systemd systemd-journal-remote
libsystemd-shared libmicrohttpd12 libip4tc2 libkmod2 libssl3'

say() { echo "install.sh: $*"; }
skip() { echo "install.sh: skipped: $*" >&2; exit 3; }
fail() { echo "install.sh: error: $*" >&2; exit 1; }

# The first thing apt complained of, as the reason to print.
reason() { grep '^[EW]: ' "$tmp/log" | head -n 1 | sed 's/^[EW]: //'; }

# Debian 12's own Python: the package's programs name it, and a newer one lacks
# modules that this fail2ban wants.
python=/usr/bin/python3

works() { # tree
	PYTHONPATH="$1/usr/lib/python3/dist-packages" $python "$1/usr/bin/fail2ban-regex" --version >/dev/null 2>&1 &&
		PYTHONPATH="$1/usr/lib/python3/dist-packages" $python -c 'import systemd.journal' 2>/dev/null &&
		[ -x "$1/lib/systemd/systemd-journal-remote" ]
}

download() { # shellcheck disable=SC2086 # a list of words
	(cd "$tmp/deb" && apt-get -q -o Acquire::Retries=2 download $packages) >"$tmp/log" 2>&1
}

root_apt() { # a command of apt-get, which needs root
	[ "$(id -u)" = 0 ] &&
		DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 -o Acquire::Retries=2 "$@" >"$tmp/log" 2>&1
}

main() {
	dir=${JITSIAUTH_FAIL2BAN_DIR:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/jitsiauth/fail2ban}
	# shellcheck source=/dev/null
	[ -r /etc/os-release ] && os=$(. /etc/os-release && echo "${ID:-} ${VERSION_ID:-}") || os=unknown
	[ "$os" = 'debian 12' ] || skip "needs Debian 12, this is $os"
	if works "$dir/tree"; then
		say "fail2ban is there: $dir/tree"
		return
	fi

	mkdir -p "$dir" || skip "$dir can't be made"
	exec 9>"$dir/.lock"
	flock 9 # two test runs may start this at once
	tmp=$(mktemp -d "$dir/.tmp.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 1' INT TERM
	mkdir "$tmp/deb"
	chmod 755 "$tmp"                       # or apt's own user could not read below it
	chown _apt "$tmp/deb" 2>/dev/null || : # as root apt drops to this user to download

	if [ ! -x $python ]; then
		[ "$(id -u)" = 0 ] || skip 'needs root, once, to install by apt: python3'
		say 'installing by apt: python3'
		{ root_apt update && root_apt install -y --no-install-recommends python3; } || skip "needs python3: $(reason)"
	fi
	say "unpacking fail2ban into $dir/tree"
	# Package lists may be missing or old.
	download || { root_apt update && download; } || skip "download of fail2ban failed: $(reason)"
	for deb in "$tmp"/deb/*.deb; do dpkg -x "$deb" "$tmp/tree"; done
	works "$tmp/tree" || fail 'what was unpacked does not run'
	rm -rf "${dir:?}/tree"
	mv "$tmp/tree" "$dir/tree" # same file system: a reader sees all or nothing
	say "fail2ban is in $dir/tree"
}

main "$@"
