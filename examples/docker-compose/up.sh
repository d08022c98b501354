#!/bin/sh
# Makes .env and .secrets/ where they are missing, and starts everything in
# docker-compose.yml. Nothing that is there is overwritten.
#
#   up.sh                       try it on this machine: https://localhost:8443
#   up.sh DOMAIN EMAIL          on a server: ports 80 and 443, certificate from Let's Encrypt
#   up.sh --files [DOMAIN EMAIL]  only makes the files
#
# COMPOSE names another Compose than the one that is found.
set -eu
cd "$(dirname "$0")/../.."

say() { echo "up.sh: $*"; }
fail() { echo "up.sh: error: $*" >&2; exit 1; }

# Appears whole or not at all, and never in place of another.
place() { # temporary file, name
	if ln "$1" "$2" 2>/dev/null; then say "made $2"; else say "kept $2, which is there"; fi
	rm -f "$1"
}

make_env() { # domain, email
	umask 077
	if [ -z "$1" ]; then
		cp .env.example .env.tmp
	else
		sed -e "s|^PUBLIC_URL=.*|PUBLIC_URL=https://$1|" -e 's|^HTTP_PORT=.*|HTTP_PORT=80|' -e 's|^HTTPS_PORT=.*|HTTPS_PORT=443|' \
			-e "s|^#LETSENCRYPT_DOMAIN=.*|LETSENCRYPT_DOMAIN=$1|" -e "s|^#LETSENCRYPT_EMAIL=.*|LETSENCRYPT_EMAIL=$2|" \
			-e 's/^#\(ENABLE_LETSENCRYPT\|LETSENCRYPT_ACME_SERVER\|ENABLE_HTTP_REDIRECT\)=/\1=/' .env.example >.env.tmp
	fi
	place .env.tmp .env
}

# Readable for the containers' users, whoever they are; the directory keeps
# everybody else on this machine out.
make_secret() { # name
	(
		umask 077
		mkdir -p .secrets
		head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >".secrets/$1.tmp"
		chmod 444 ".secrets/$1.tmp"
		place ".secrets/$1.tmp" ".secrets/$1"
	)
}

bad_domain() { fail "DOMAIN must be a name like meet.example.org, not \"$1\""; }
bad_email() { fail "EMAIL must be an address like you@example.org, not \"$1\": Let's Encrypt wants one"; }

main() {
	only_files=
	if [ "${1:-}" = --files ]; then only_files=1; shift; fi
	domain=${1:-} email=${2:-}
	if [ -n "$domain$email" ]; then
		case $domain in
		*[!a-z0-9.-]* | .* | *. | *..*) bad_domain "$domain" ;;
		*.*) ;;
		*) bad_domain "$domain" ;;
		esac
		case $email in
		*[!A-Za-z0-9._+@-]* | *@*@*) bad_email "$email" ;;
		?*@?*.?*) ;;
		*) bad_email "$email" ;;
		esac
	fi
	make_env "$domain" "$email"
	for secret in JICOFO_AUTH_PASSWORD JVB_AUTH_PASSWORD jitsiauth.token; do make_secret "$secret"; done
	[ -z "$domain" ] || grep -qxF "PUBLIC_URL=https://$domain" .env ||
		say "PUBLIC_URL in .env is another than https://$domain; if that is not meant, change it there"
	mkdir -p config/web config/jicofo config/jvb
	# Read by the containers' users; a clone made with umask 077 keeps them out.
	chmod a+r lua/mod_auth_http.lua examples/docker-jitsi-meet/jitsiauth.cfg.lua
	chmod a+rx config config/web config/jicofo config/jvb
	[ -z "$only_files" ] || return 0

	if [ -n "${COMPOSE:-}" ]; then compose=$COMPOSE
	elif docker compose version >/dev/null 2>&1; then compose='docker compose'
	elif command -v docker-compose >/dev/null; then compose=docker-compose
	else fail "needs Docker with Compose: apt-get install docker.io docker-compose-v2 (Ubuntu), docker.io docker-compose (Debian)"; fi
	JITSIAUTH_VERSION=${JITSIAUTH_VERSION:-$(git describe --tags --always --dirty 2>/dev/null || true)}
	export JITSIAUTH_VERSION
	$compose up -d --build
	say "Jitsi Meet is at $(sed -n 's/^PUBLIC_URL=//p' .env). Next, add a person who may open rooms:"
	say "  $compose exec authsvc jitsiauth user add alice"
}

main "$@"
