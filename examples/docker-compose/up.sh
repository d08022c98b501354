#!/bin/sh
# Makes .env, config/jitsi.env and .secrets/ where they are missing, and starts
# everything in docker-compose.yml. Nothing that is there is overwritten.
#
#   up.sh                       try it on this machine: https://localhost:8443
#   up.sh DOMAIN EMAIL          on a server: ports 80 and 443, certificate from Let's Encrypt
#   up.sh --files [DOMAIN EMAIL]  only makes the files
#
# TIMEZONE is the zone of dates and times; without it, the first run asks at a terminal,
# and takes this machine's elsewhere. COMPOSE names another Compose than the one that is
# found.
set -eu
cd "$(dirname "$0")/../.."
here=examples/docker-compose

say() { echo "up.sh: $*"; }
fail() { echo "up.sh: error: $*" >&2; exit 1; }

# The file appears whole or not at all, and never in place of another.
make_file() { # name, mode, text
	temp=$(mktemp "$1.XXXXXX")
	printf '%s\n' "$3" >"$temp"
	chmod "$2" "$temp"
	if ln "$temp" "$1" 2>/dev/null; then say "made $1"; else say "kept $1, which is there"; fi
	rm -f "$temp"
}

make_settings() { # domain, email
	env=$(sed "s|^TZ=.*|TZ=$zone|" .env.example)
	jitsi=$(cat $here/jitsi.env)
	if [ -n "$1" ]; then
		env=$(printf '%s\n' "$env" | sed -e 's/^HTTP_PORT=.*/HTTP_PORT=80/' -e 's/^HTTPS_PORT=.*/HTTPS_PORT=443/' \
			-e "s|^JITSIAUTH_PUBLIC_URL=.*|JITSIAUTH_PUBLIC_URL=https://$1|")
		jitsi=$(sed -e "s|^PUBLIC_URL=.*|PUBLIC_URL=https://$1|" -e "s|^#LETSENCRYPT_DOMAIN=.*|LETSENCRYPT_DOMAIN=$1|" \
			-e "s|^#LETSENCRYPT_EMAIL=.*|LETSENCRYPT_EMAIL=$2|" \
			-e 's/^#\(ENABLE_LETSENCRYPT\|LETSENCRYPT_ACME_SERVER\|ENABLE_HTTP_REDIRECT\)=/\1=/' $here/jitsi.env)
	fi
	make_file .env 600 "$env"
	make_file config/jitsi.env 600 "$jitsi"
}

# Readable for the containers' users, whoever they are; the directory keeps
# everybody else on this machine out.
make_secrets() {
	for name in JICOFO_AUTH_PASSWORD JVB_AUTH_PASSWORD jitsiauth.token; do
		secret=$(head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n')
		[ ${#secret} = 64 ] || fail 'no random numbers from /dev/urandom'
		make_file ".secrets/$name" 444 "$secret"
	done
}

is_zone() { # name
	case $1 in
	'' | *[!A-Za-z0-9_+/-]* | /* | */) return 1 ;;
	esac
	[ ! -d /usr/share/zoneinfo ] || [ -f "/usr/share/zoneinfo/$1" ]
}

# Sets zone: that in .env, TIMEZONE, what is typed, or this machine's.
choose_zone() {
	wanted=${TIMEZONE:-}
	[ -z "$wanted" ] || is_zone "$wanted" || fail "TIMEZONE must be a name like Asia/Tokyo, not \"$wanted\""
	if [ -e .env ]; then
		zone=$(sed -n 's/^TZ=//p' .env)
		[ -z "$wanted" ] || [ "$wanted" = "$zone" ] || fail ".env is there, with another zone: change TZ= in it"
		return
	fi
	zone=$(cat /etc/timezone 2>/dev/null || readlink /etc/localtime | sed 's|.*/zoneinfo/||') || zone=
	is_zone "$zone" || zone=UTC
	if [ -n "$wanted" ]; then zone=$wanted; elif [ -t 0 ]; then ask_zone; fi
	say "dates and times are those of $zone: TZ= in .env is where to change that"
}

ask_zone() {
	while printf 'Time zone for dates and times, such as Asia/Tokyo [%s]: ' "$zone" && read -r typed && [ -n "$typed" ]; do
		if is_zone "$typed"; then zone=$typed; break; fi
		say "there is no zone called \"$typed\""
	done
}

bad_domain() { fail "DOMAIN must be a name like meet.example.org, not \"$1\""; }
bad_email() { fail "EMAIL must be an address like you@example.org, not \"$1\": Let's Encrypt wants one"; }

check() { # domain, email
	case $1 in
	*[!a-z0-9.-]* | .* | *. | *..*) bad_domain "$1" ;;
	*.*) ;;
	*) bad_domain "$1" ;;
	esac
	case $2 in
	*[!A-Za-z0-9._+@-]* | *@*@*) bad_email "$2" ;;
	?*@?*.?*) ;;
	*) bad_email "$2" ;;
	esac
	[ ! -e config/jitsi.env ] || grep -qxF "PUBLIC_URL=https://$1" config/jitsi.env ||
		fail "config/jitsi.env is there, for another PUBLIC_URL. To begin anew: mv .env env.before; mv config/jitsi.env jitsi.env.before (.secrets/ stays)"
}

start() { # domain
	if [ -n "${COMPOSE:-}" ]; then compose=$COMPOSE
	elif docker compose version >/dev/null 2>&1; then compose='docker compose'
	elif command -v docker-compose >/dev/null; then compose=docker-compose
	else fail "needs Docker with Compose: apt-get install docker.io docker-compose-v2 docker-buildx (Ubuntu), docker.io docker-compose (Debian)"; fi
	# Or the web container would ask for a certificate again and again, until Let's Encrypt has enough.
	[ -z "$1" ] || getent ahosts "$1" >/dev/null || fail "$1 has no address: make a DNS record that points to this server, then try again"
	JITSIAUTH_VERSION=${JITSIAUTH_VERSION:-$(git describe --tags --always --dirty 2>/dev/null || true)}
	export JITSIAUTH_VERSION
	$compose up -d --build
	tested=$(grep '^JITSI_IMAGE_VERSION=' .env.example)
	grep -qxF "$tested" .env || say "this release is made for another version of Jitsi than .env has: $tested"
	say "Jitsi Meet comes up at $(sed -n 's/^PUBLIC_URL=//p' config/jitsi.env). Next, add a person who may open rooms:"
	say "  $compose exec authsvc jitsiauth user add alice"
}

main() {
	only_files=
	if [ "${1:-}" = --files ]; then only_files=1; shift; fi
	domain=${1:-} email=${2:-}
	[ -z "$domain$email" ] || check "$domain" "$email"
	choose_zone
	mkdir -p config/web/nginx-custom config/jicofo config/jvb
	# Jitsi's own web server passes the pages at /accounts/ on. Your changes of that stay.
	pages=config/web/nginx-custom/accounts.conf
	[ -e $pages ] || cp examples/docker-jitsi-meet/nginx-custom/accounts.conf $pages
	[ -d .secrets ] || mkdir -m 700 .secrets
	make_settings "$domain" "$email"
	make_secrets
	# Read by the containers' users; a clone made with umask 077 keeps them out.
	chmod -R a+rX lua/mod_*.lua lua/auth_http examples/docker-jitsi-meet/jitsiauth.cfg.lua
	chmod a+rx config config/web config/web/nginx-custom config/jicofo config/jvb
	chmod a+r $pages
	[ -n "$only_files" ] || start "$domain"
}

main "$@"
