#!/bin/sh
# Installs what the tests in this directory drive: chromium and a Japanese font, by apt
# as root, and unpacks nginx (examples/docker-jitsi-meet/install.sh).
#
# Exits:   0 it is there, 3 can't be done on this machine (the reason is printed), 1 broken
set -eu

# Without a Japanese font, pictures of pages show boxes.
packages='chromium fonts-ipafont-gothic fonts-dejavu-core'

say() { echo "install.sh: $*"; }
skip() { echo "install.sh: skipped: $*" >&2; exit 3; }
fail() { echo "install.sh: error: $*" >&2; exit 1; }

missing_packages() {
	for p in $packages; do
		s=$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null) || s=none
		[ "$s" = installed ] || printf ' %s' "$p"
	done
}

# The first thing apt complained of, as the reason to print.
reason() { grep '^[EW]: ' "$1" | head -n 1 | sed 's/^[EW]: //'; }

install_packages() { # names
	[ "$(id -u)" = 0 ] || skip "needs root, once, to install by apt:$1"
	say "installing by apt:$1"
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	export DEBIAN_FRONTEND=noninteractive
	opts='-q -o DPkg::Lock::Timeout=120 -o Acquire::Retries=2'
	# shellcheck disable=SC2086 # both are lists of words
	{ apt-get $opts update && apt-get $opts install -y --no-install-recommends $1; } \
		>"$tmp/log" 2>&1 || skip "apt-get install failed: $(reason "$tmp/log")"
}

# shellcheck source=/dev/null
[ -r /etc/os-release ] && os=$(. /etc/os-release && echo "${ID:-} ${VERSION_ID:-}") || os=unknown
[ "$os" = 'debian 12' ] || skip "needs Debian 12, this is $os"

need=$(missing_packages)
[ -z "$need" ] || install_packages "$need"
version=$(chromium --version 2>/dev/null) || fail 'chromium is installed and does not run'
say "$version and a Japanese font are there"
"$(dirname "$0")/../../examples/docker-jitsi-meet/install.sh"
