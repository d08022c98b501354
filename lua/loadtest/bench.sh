#!/bin/sh
# Runs the benchmarks and writes their rows, with the machine named, to a file.
#
#   bench.sh FILE [SECONDS]     SECONDS of each measurement; the default takes under 45 minutes on 2 cores
set -eu

file=$1
seconds=${2:-10}
go=${GO:-go}
log=bin/bench.log

# What is printed goes to the terminal too, as it takes long; a pipe hides how the tests ended.
mkdir -p bin
"$go" test -tags nomsgpack -run '^$' -bench . -benchtime 1x -timeout 90m ./lua/loadtest -args -seconds "$seconds" 2>&1 | tee $log
grep -q '^ok' $log || exit 1

cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
trees=${JITSIAUTH_PROSODY_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/jitsiauth/prosody}
prosodys=$(cat "$trees"/*/usr/lib/prosody/prosody.version 2>/dev/null | paste -sd ' ' - | sed 's/ / and /')

{
	cat <<END
# Benchmarks of the login path

\`make bench\` writes this file; what is measured, and how, stands in [lua/loadtest](lua/loadtest/doc.go). bcrypt has its default
cost, 12, the access log and the throttle are on, and everything runs on one machine, the clients too. Machines are shared and
noisy, so what can be a ratio is one, of two measurements that took turns in one run: the round with the median ratio is quoted,
with its own figures.

Measured on $(date -u +%Y-%m-%d): ${cpu:-$(uname -m)}, $(nproc) cores, $(uname -s) $(uname -r | cut -d - -f 1); $("$go" env GOVERSION); Prosody ${prosodys:-not installed};
$seconds seconds each.

| what | bound | measured | met |
|---|---|---|---|
END
	grep '^| ' $log
	sed -n 's/^.*skipped: /\nLeft out: /p' $log | sort -u
} >"$file"
