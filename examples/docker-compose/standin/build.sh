#!/bin/sh
# Makes local stand-ins for the images that docker-compose.yml and the Dockerfile name,
# for tests on a machine that can't pull any. README.md says what they are. A second
# run finds everything there and takes seconds.
#
#   build.sh            makes them
#   build.sh --remove   takes their public names away, so that nobody's next
#                       "docker compose up" runs stand-ins by accident; they stay cached
#   build.sh --purge    removes the cached images, too
#
# It never touches an image that it didn't make: its own carry a label.
# Exits: 0 done, 3 can't be done on this machine (the reason is printed), 1 broken
set -eu
here=$(cd "$(dirname "$0")" && pwd)
repo=$(cd "$here/../../.." && pwd)

label=org.jitsiauth.standin
cache=jitsiauth-standin
version=$(sed -n 's/^JITSI_IMAGE_VERSION=//p' "$repo/.env.example")
golang=$(sed -n 's/^FROM .*\(golang:[^ ]*\) AS build$/\1/p' "$repo/Dockerfile")

say() { echo "build.sh: $*"; }
skip() { echo "build.sh: skipped: $*" >&2; exit 3; }
fail() { echo "build.sh: error: $*" >&2; exit 1; }

has() { docker image inspect "$1" >/dev/null 2>&1; }
list() { docker image ls --no-trunc --format '{{.Repository}}:{{.Tag}}' "$@"; }

# Those with the public names of Jitsi's images, and ours of Go; more options choose
# which. A real one of Go does as well.
public_images() { list --filter reference='ghcr.io/jitsi/*' --filter reference="$golang" "$@" | sort -u; }

foreign_images() {
	ours=$(public_images --filter label=$label)
	public_images | grep -vxF "$golang" | while read -r image; do
		echo "$ours" | grep -qxF "$image" || printf ' %s' "$image"
	done
}

remove() { # nothing, or "all"
	public_images --filter label=$label | xargs -r docker rmi --no-prune >/dev/null || fail 'containers still use some'
	[ "${1-}" = all ] || return 0
	list --filter reference="$cache/*" --filter label=$label | xargs -r docker rmi >/dev/null || fail 'containers still use some'
	docker image prune -f --filter label=$label >/dev/null # build stages
}

# The first line that says what went wrong, as the reason to print.
reason() { grep -E '^([EW]|E): |rror' "$tmp/log" | head -n 1 | sed 's/^[EW]: //'; }

install_packages() {
	need=
	command -v debootstrap >/dev/null || need=debootstrap
	command -v docker-compose >/dev/null || need="$need docker-compose"
	[ -n "$need" ] || return 0
	say "installing by apt: $need"
	export DEBIAN_FRONTEND=noninteractive
	# shellcheck disable=SC2086 # a list of words
	{ apt-get -q update && apt-get -q -o DPkg::Lock::Timeout=120 install -y --no-install-recommends $need; } \
		>"$tmp/log" 2>&1 || skip "apt-get install failed: $(reason)"
}

key() { sha256sum | cut -c1-12; }

# Everything in a directory: names, contents, and what may be executed.
key_of() { (cd "$1" && { find . -printf '%p %M %l\n' | sort; find . -type f -print0 | sort -z | xargs -0 sha256sum; } | key); }

# Older ones of the same name are of no use any more.
forget_others() { # name, key
	list --filter reference="$cache/$1" --filter label=$label | grep -vxF -e "$cache/$1:$2" -e "$cache/$1:latest" | xargs -r docker rmi >/dev/null 2>&1 || :
}

build() { # name, key; from the directory $tmp/name
	say "making $1"
	docker build --network none -t "$cache/$1:$2" --build-arg BASE="$base" "$tmp/$1" >"$tmp/log" 2>&1 ||
		fail "docker build of $1: $(tail -n 5 "$tmp/log")"
	forget_others "$1" "$2"
}

make_base() {
	base=$cache/base:$(key <"$here/base.sh")
	has "$base" && return
	say 'making base, a Debian 12 by debootstrap'
	"$here/base.sh" "$tmp/base" >"$tmp/log" 2>&1 || skip "debootstrap failed: $(reason)"
	tar -C "$tmp/base" --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' -c . |
		docker import -c "LABEL $label=base" - "$base" >/dev/null
	forget_others base "${base#*:}"
}

make_golang() {
	if has "$golang" && [ -z "$(list --filter reference="$golang" --filter label=$label)" ]; then
		say "$golang is a real one, and is used"
		return
	fi
	goroot=$(cd "$repo" && go env GOROOT) || skip 'needs Go'
	k=$({ echo "$base"; "$goroot/bin/go" version; cat "$repo/go.sum" "$here/golang/Dockerfile"; } | key)
	if ! has "$cache/golang:$k"; then
		mkdir -p "$tmp/golang/go" "$tmp/golang-modules"
		cp "$here/golang/Dockerfile" "$tmp/golang/"
		cp "$repo/go.mod" "$repo/go.sum" "$tmp/golang-modules/"
		say "downloading this repository's modules"
		# What is in this machine's module cache isn't downloaded again.
		cached=$(go env GOMODCACHE) || fail 'go env'
		(cd "$tmp/golang-modules" && GOMODCACHE="$tmp/modcache" GOFLAGS=-modcacherw \
			GOPROXY="file://$cached/cache/download,$(go env GOPROXY)" go mod download) >"$tmp/log" 2>&1 ||
			skip "go mod download failed: $(tail -n 1 "$tmp/log")"
		mv "$tmp/modcache/cache/download" "$tmp/golang/modules"
		tar -C "$goroot" --exclude=./test --exclude=./doc --exclude=./api -c . | tar -C "$tmp/golang/go" -x
		build golang "$k"
	fi
	docker tag "$cache/golang:$k" "$golang"
}

# The directory of that name, plus what was put into $tmp/name before.
make_image() { # name, public name
	mkdir -p "$tmp/$1"
	cp -R "$here/$1/." "$tmp/$1"
	rm -f "$tmp/$1"/*.go # what an image needs of them is a program
	k=$({ echo "$base"; key_of "$tmp/$1"; } | key)
	has "$cache/$1:$k" || build "$1" "$k"
	docker tag "$cache/$1:$k" "$2"
}

make_peers() {
	(cd "$repo" && CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$tmp/bin/peer" "$here/peer") >"$tmp/log" 2>&1 ||
		fail "go build of peer: $(tail -n 5 "$tmp/log")"
	mkdir -p "$tmp/peer" "$tmp/jicofo" "$tmp/jvb"
	for name in peer jicofo jvb; do cp "$tmp/bin/peer" "$tmp/$name/"; done
	make_image peer "$cache/peer:latest"
	make_image jicofo "ghcr.io/jitsi/jicofo:$version"
	make_image jvb "ghcr.io/jitsi/jvb:$version"
}

make_prosody() {
	code=0
	"$repo/lua/prosodytest/install.sh" || code=$?
	[ $code = 0 ] || exit $code # it said why
	tree=${JITSIAUTH_PROSODY_DIR:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/jitsiauth/prosody}/13.0
	mkdir -p "$tmp/prosody/tree/usr"
	cp "$repo/lua/focustest/mod_client_proxy.lua" "$tmp/prosody/"
	cp -R "$tree/usr/bin" "$tree/usr/lib" "$tmp/prosody/tree/usr/"
	make_image prosody "ghcr.io/jitsi/prosody:$version"
}

main() {
	docker version >/dev/null 2>&1 || skip 'needs a Docker engine that answers "docker version"'
	case "${1-}" in
	--remove) remove; return ;;
	--purge) remove all; return ;;
	'') ;;
	*) fail "unknown option $1" ;;
	esac
	[ "$(id -u)" = 0 ] || skip 'needs root, for debootstrap'
	foreign=$(foreign_images)
	[ -z "$foreign" ] || skip "here are real images of these names, which stay as they are:$foreign"

	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 1' INT TERM
	install_packages
	make_base
	make_golang
	make_prosody
	make_image web "ghcr.io/jitsi/web:$version"
	make_peers
	say "ready: $(public_images --filter label=$label | tr '\n' ' ')"
}

main "$@"
