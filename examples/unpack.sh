# Read by the install.sh of examples whose tests need a program that must not be
# installed, because Debian's package would start a service: its packages are unpacked
# into a cache directory. A second run finds everything there and needs no network.
#
# The install.sh has a function "works TREE" that says whether a tree is all there, and
# may have one "prepare" for what unpacking needs. It exits with 0 if all is there, 3 if
# that can't be on this machine (the reason is printed), 1 if something is broken.
# shellcheck shell=sh

say() { echo "install.sh: $*"; }
skip() { echo "install.sh: skipped: $*" >&2; exit 3; }
fail() { echo "install.sh: error: $*" >&2; exit 1; }

# The first thing apt complained of, as the reason to print.
reason() { grep '^[EW]: ' "$tmp/log" | head -n 1 | sed 's/^[EW]: //'; }

root_apt() { # a command of apt-get, which needs root
	[ "$(id -u)" = 0 ] &&
		DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 -o Acquire::Retries=2 "$@" >"$tmp/log" 2>&1
}

prepare() { :; }

download() { # shellcheck disable=SC2086 # a list of words
	(cd "$tmp/deb" && apt-get -q -o Acquire::Retries=2 download $1) >"$tmp/log" 2>&1
}

unpack() { # name, directory or "" for the usual one, packages
	name=$1 dir=${2:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/jitsiauth/$1}
	# shellcheck source=/dev/null
	[ -r /etc/os-release ] && os=$(. /etc/os-release && echo "${ID:-} ${VERSION_ID:-}") || os=unknown
	[ "$os" = 'debian 12' ] || skip "needs Debian 12, this is $os"
	if works "$dir/tree"; then
		say "$name is there: $dir/tree"
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

	prepare
	say "unpacking $name into $dir/tree"
	# Package lists may be missing or old.
	download "$3" || { root_apt update && download "$3"; } || skip "download of $name failed: $(reason)"
	for deb in "$tmp"/deb/*.deb; do dpkg -x "$deb" "$tmp/tree"; done
	works "$tmp/tree" || fail 'what was unpacked does not run'
	rm -rf "${dir:?}/tree"
	mv "$tmp/tree" "$dir/tree" # same file system: a reader sees all or nothing
	say "$name is in $dir/tree"
}
