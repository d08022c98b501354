#!/bin/sh
# Unpacks nginx beside the system, for the tests in this directory. It is not
# installed: Debian's package would start a web server. A second run finds it there
# and needs no network.
#
# Where:   $JITSIAUTH_NGINX_DIR, or ${XDG_CACHE_HOME:-$HOME/.cache}/jitsiauth/nginx
# Exits:   0 it is there, 3 can't be done on this machine (the reason is printed), 1 broken
set -eu

packages='nginx libssl3 libpcre2-8-0' # and the libraries that a small Debian lacks

say() { echo "install.sh: $*"; }
skip() { echo "install.sh: skipped: $*" >&2; exit 3; }
fail() { echo "install.sh: error: $*" >&2; exit 1; }

works() { # tree
	LD_LIBRARY_PATH=$(echo "$1"/usr/lib/*-linux-gnu) "$1/usr/sbin/nginx" -v 2>/dev/null
}

download() { # shellcheck disable=SC2086 # a list of words
	(cd "$tmp/deb" && apt-get -q -o Acquire::Retries=2 download $packages) >"$tmp/log" 2>&1
}

update() { # which needs root
	[ "$(id -u)" = 0 ] && apt-get -q -o DPkg::Lock::Timeout=120 -o Acquire::Retries=2 update >"$tmp/log" 2>&1
}

main() {
	dir=${JITSIAUTH_NGINX_DIR:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/jitsiauth/nginx}
	# shellcheck source=/dev/null
	[ -r /etc/os-release ] && os=$(. /etc/os-release && echo "${ID:-} ${VERSION_ID:-}") || os=unknown
	[ "$os" = 'debian 12' ] || skip "needs Debian 12, this is $os"
	if works "$dir/tree"; then
		say "nginx is there: $dir/tree"
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

	say "unpacking nginx into $dir/tree"
	# Package lists may be missing or old.
	download || { update && download; } || skip "download of nginx failed: $(grep '^[EW]: ' "$tmp/log" | head -n 1 | sed 's/^[EW]: //')"
	for deb in "$tmp"/deb/*.deb; do dpkg -x "$deb" "$tmp/tree"; done
	works "$tmp/tree" || fail 'what was unpacked does not run'
	rm -rf "${dir:?}/tree"
	mv "$tmp/tree" "$dir/tree" # same file system: a reader sees all or nothing
	say "nginx is in $dir/tree"
}

main "$@"
