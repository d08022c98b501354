#!/bin/sh
# Runs the tests that need a Docker engine: the image, docker-compose.yml with both
# Composes, and the override for a docker-jitsi-meet. Says so where there is none.
#
# The stand-ins have the names of Jitsi's images only while the tests run.
set -eu
cd "$(dirname "$0")/../.."
here=examples/docker-compose

# Nobody's next "docker compose up" is to run stand-ins, and a build leaves its stages
# behind, a gigabyte each time that the source changed.
tidy() {
	for name in v1 v2 djm; do
		docker ps -aq --filter "label=com.docker.compose.project=jitsiauthtest$name" | xargs -r docker rm -f >/dev/null
	done
	"$here/standin/build.sh" --remove || : # it said why
	docker image prune -f --filter label=org.jitsiauth.standin >/dev/null 2>&1 || :
}
trap tidy EXIT
trap 'exit 1' INT TERM

"$here/standin/build.sh" || {
	code=$?
	[ $code = 3 ] || exit $code
	printf '\nSKIPPED:\n  the image and docker-compose.yml in a Docker engine: build.sh says why\n'
	trap - EXIT
	exit 0
}

skipped=
JITSIAUTH_COMPOSE_V2=$("$here/compose-v2.sh") || skipped='docker-compose.yml with Compose v2: compose-v2.sh says why'
export JITSIAUTH_COMPOSE_V2 JITSIAUTH_REQUIRE_DOCKER=1
${GO:-go} test -race -count 1 -timeout 40m ./examples/docker-compose ./examples/docker-jitsi-meet
if [ -n "$skipped" ]; then printf '\nSKIPPED:\n  %s\n' "$skipped"; else echo 'nothing was skipped'; fi
