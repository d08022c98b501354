#!/bin/sh
# Makes the root file system of a small Debian 12 in DIR, from the mirror that this
# machine's apt uses: what all stand-ins need at run time, and the user that Jitsi's
# images run as. build.sh calls it, and makes the base image anew when it changes.
set -eu

# Prosody's libraries (as in lua/prosodytest/install.sh), nginx, TLS, a health check's
# HTTP client, and a PID 1 that reaps and hands on signals.
packages='lua5.4 lua-bitop lua-event lua-expat lua-filesystem lua-readline lua-sec
lua-socket lua-unbound libicu72 libssl3 nginx-light openssl ca-certificates curl tini'

# apt takes forms of address that debootstrap doesn't know, such as mirror+file:.
mirror() { # shellcheck disable=SC2016 # apt's own syntax
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' 'Release: bookworm' |
		grep -E '^(https?|file):/' | head -n 1
}

# debootstrap downloads by wget, which asks the environment and not apt.
proxy() {
	eval "$(apt-config shell http_proxy Acquire::http::Proxy https_proxy Acquire::https::Proxy)"
	export http_proxy https_proxy
}

main() {
	dir=$1
	from=$(mirror) && [ -n "$from" ] || from=http://deb.debian.org/debian
	http_proxy=${http_proxy-} https_proxy=${https_proxy-}
	proxy
	# shellcheck disable=SC2086 # a list of words, to be joined by commas
	debootstrap --variant=minbase --include="$(echo $packages | tr ' ' ',')" bookworm "$dir" "$from"
	chroot "$dir" useradd --uid 1000 --user-group --no-create-home --home-dir /run --shell /bin/sh s6
	rm -rf "$dir"/var/cache/apt/* "$dir"/var/lib/apt/lists/* "$dir"/var/log/* "$dir"/usr/share/doc/* \
		"$dir"/usr/share/man/* "$dir"/usr/share/locale/* "$dir"/etc/nginx/sites-enabled/*
	mkdir -p "$dir"/var/log/nginx
}

main "$@"
