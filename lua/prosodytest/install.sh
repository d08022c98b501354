#!/bin/sh
# Puts Prosody 0.12 (Debian 12) and 13.0 (bookworm-backports) side by side into a
# cache directory, for the tests, the demo and the benchmarks in this repository.
#
# It installs the Lua libraries Prosody needs by apt (root only), and unpacks the two
# Prosody packages without installing them: no service, no user, no change of the
# machine's apt sources. A second run finds everything there and needs no network.
#
# Where:   $JITSIAUTH_PROSODY_DIR, or ${XDG_CACHE_HOME:-$HOME/.cache}/jitsiauth/prosody
# Exits:   0 all there, 3 can't be done on this machine (the reason is printed), 1 broken
set -eu

# The Depends and Recommends of both prosody packages, minus what only a service needs
# (adduser, ssl-cert), plus busted and luacheck for the Lua module's own tests.
packages='lua5.4 lua-bitop lua-event lua-expat lua-filesystem lua-readline lua-sec
lua-socket lua-unbound libicu72 libssl3 lua-busted lua-check'

say() { echo "install.sh: $*"; }
skip() { echo "install.sh: skipped: $*" >&2; exit 3; }
fail() { echo "install.sh: error: $*" >&2; exit 1; }

has_tree() { # version
	[ -x "$dir/$1/usr/bin/prosody" ] || return 1
	case "$(cat "$dir/$1/usr/lib/prosody/prosody.version" 2>/dev/null)" in
	"$1" | "$1".*) return 0 ;;
	*) return 1 ;;
	esac
}

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
	export DEBIAN_FRONTEND=noninteractive
	opts='-q -o DPkg::Lock::Timeout=120 -o Acquire::Retries=2'
	# shellcheck disable=SC2086 # both are lists of words
	{ apt-get $opts update && apt-get $opts install -y --no-install-recommends $1; } \
		>"$tmp/log" 2>&1 || skip "apt-get install failed: $(reason "$tmp/log")"
}

# Copies the apt source this machine uses for Debian 12 itself (same mirror, same key),
# with its suites replaced by the two that are needed.
write_source() { # directory
	for f in /etc/apt/sources.list.d/*.sources; do
		[ -r "$f" ] || continue
		awk 'BEGIN { RS = ""; FS = "\n" }
			/(^|\n)Types:[^\n]*deb([ \t\n]|$)/ && /(^|\n)Suites:([^\n]*[ \t])?bookworm([ \t\n]|$)/ && !/(^|\n)Enabled:[ \t]*no/ {
				for (i = 1; i <= NF; i++) {
					if ($i ~ /^Suites:/) $i = "Suites: bookworm bookworm-backports"
					if ($i ~ /^Types:/) $i = "Types: deb"
					print $i
				}
				exit
			}' "$f" >"$1/machine.sources"
		[ -s "$1/machine.sources" ] && return
		rm "$1/machine.sources"
	done
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ -r "$f" ] || continue
		sed -nE 's#^deb[ \t]+(\[[^]]*\][ \t]+)?([a-z+]+:/[^ \t]+)[ \t]+bookworm[ \t].*#deb \1\2 bookworm main\ndeb \1\2 bookworm-backports main#p' \
			"$f" | head -n 2 >"$1/machine.list"
		[ -s "$1/machine.list" ] && return
		rm "$1/machine.list"
	done
	k=/usr/share/keyrings/debian-archive-keyring.gpg
	for s in bookworm bookworm-backports; do
		echo "deb [signed-by=$k] http://deb.debian.org/debian $s main"
	done >"$1/fallback.list"
}

# An apt of its own: sources, lists and cache live in $tmp and go with it.
private_apt() {
	apt-get -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$tmp/sources" \
		-o Dir::State::lists="$tmp/lists" -o Dir::Cache="$tmp/cache" \
		-o Acquire::Languages=none -o Acquire::Retries=2 \
		-o APT::Update::Error-Mode=any "$@" >"$tmp/log" 2>&1
}

unpack() { # version suite
	say "unpacking prosody $1 from $2 into $dir/$1"
	mkdir -p "$tmp/$1/deb"
	chown _apt "$tmp/$1/deb" 2>/dev/null || : # as root apt drops to this user to download
	(cd "$tmp/$1/deb" && private_apt download "prosody/$2") ||
		skip "download of prosody from $2 failed: $(reason "$tmp/log")"
	set -- "$1" "$2" "$tmp/$1/deb"/prosody_*.deb
	[ -f "$3" ] || fail "apt-get download left no package of $2"
	v=$(dpkg-deb -f "$3" Version)
	case "$v" in "$1".*) ;; *) fail "$2 has prosody $v, expected $1" ;; esac
	dpkg -x "$3" "$tmp/$1/tree"
	rm -rf "${dir:?}/$1"
	mv "$tmp/$1/tree" "$dir/$1" # same file system: a reader sees all or nothing
}

main() {
	dir=${JITSIAUTH_PROSODY_DIR:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/jitsiauth/prosody}
	# shellcheck source=/dev/null
	[ -r /etc/os-release ] && os=$(. /etc/os-release && echo "${ID:-} ${VERSION_ID:-}") || os=unknown
	[ "$os" = 'debian 12' ] || skip "needs Debian 12, this is $os"

	need=$(missing_packages)
	if [ -z "$need" ] && has_tree 0.12 && has_tree 13.0; then
		say "prosody 0.12 and 13.0 and their libraries are there: $dir"
		return
	fi

	mkdir -p "$dir" || skip "$dir can't be made"
	dir=$(cd "$dir" && pwd)
	exec 9>"$dir/.lock"
	flock 9 # two test runs may start this at once
	tmp=$(mktemp -d "$dir/.tmp.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 1' INT TERM
	chmod 755 "$tmp" # or apt's own user could not read below it

	[ -z "$need" ] || install_packages "$need"
	if has_tree 0.12 && has_tree 13.0; then
		say "prosody 0.12 and 13.0 are in $dir"
		return
	fi
	mkdir -p "$tmp/sources" "$tmp/lists/partial" "$tmp/cache/archives/partial"
	write_source "$tmp/sources"
	say "reading the package lists of bookworm and bookworm-backports (private copy)"
	private_apt update || skip "the Debian mirror can't be read: $(reason "$tmp/log")"
	has_tree 0.12 || unpack 0.12 bookworm
	has_tree 13.0 || unpack 13.0 bookworm-backports
	say "prosody 0.12 and 13.0 are in $dir"
}

main "$@"
