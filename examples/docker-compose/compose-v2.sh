#!/bin/sh
# Builds Compose v2 from its source, once, and prints where the program is: Debian 12
# has only version 1, and docker-compose.yml must work with both. It runs by itself, as
# "docker-compose" does.
#
# Exits: 0 printed, 3 can't be done on this machine (the reason is printed)
set -eu

version=v2.40.3

say() { echo "compose-v2.sh: $*" >&2; }
skip() { echo "compose-v2.sh: skipped: $*" >&2; exit 3; }

dir=${XDG_CACHE_HOME:-${HOME:?}/.cache}/jitsiauth/compose/$version
program=$dir/docker-compose
if [ ! -x "$program" ]; then
	command -v go >/dev/null || skip 'needs Go'
	mkdir -p "$dir" || skip "$dir can't be made"
	tmp=$(mktemp -d "$dir/.tmp.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 1' INT TERM
	say "building Compose $version, which takes some minutes"
	cd "$tmp" # a module of its own: ours must not grow
	{
		go mod init compose && go get "github.com/docker/compose/v2/cmd@$version" &&
			CGO_ENABLED=0 go build -ldflags "-s -w -X github.com/docker/compose/v2/internal.Version=$version" \
				-o docker-compose github.com/docker/compose/v2/cmd
	} >log 2>&1 || skip "Compose can't be built: $(tail -n 1 log)"
	mv docker-compose "$program" # same file system: a reader sees all or nothing
fi
"$program" version >/dev/null || skip "$program doesn't run"
echo "$program"
