#!/bin/sh
# Unpacks nginx beside the system, for the tests in this directory.
#
# Where:   $JITSIAUTH_NGINX_DIR, or ${XDG_CACHE_HOME:-$HOME/.cache}/jitsiauth/nginx
# Exits:   0 it is there, 3 can't be done on this machine (the reason is printed), 1 broken
set -eu
# shellcheck source=examples/unpack.sh
. "$(dirname "$0")/../unpack.sh"

works() { # tree
	LD_LIBRARY_PATH=$(echo "$1"/usr/lib/*-linux-gnu) "$1/usr/sbin/nginx" -v 2>/dev/null
}

# With the libraries that a small Debian lacks.
unpack nginx "${JITSIAUTH_NGINX_DIR:-}" 'nginx libssl3 libpcre2-8-0'
