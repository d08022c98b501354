-- For Prosody in docker-jitsi-meet, as /config/conf.d/jitsiauth.cfg.lua: the main
-- host asks the jitsiauth service. Needs PROSODY_AUTH_TYPE=http; guests, Jicofo and
-- the video bridge have hosts of their own and log in there as before.
VirtualHost (ENV_XMPP_DOMAIN or "meet.jitsi")
	authentication = "http"
	http_auth_url = ENV_JITSIAUTH_URL
	http_auth_token_file = "/run/secrets/jitsiauth.token"
