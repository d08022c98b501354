-- Where the lines for jitsiauth go in /etc/prosody/conf.avail/YOUR.DOMAIN.cfg.lua, the file
-- that Jitsi's Debian package made. It is complete, and Prosody loads it in a test, but much
-- smaller than yours: don't replace yours by it. Only the lines marked CHANGE and ADD matter.

-- CHANGE: your own directory of modules, first. This line replaces the plugin_paths of
-- /etc/prosody/prosody.cfg.lua, and upgrades of Jitsi replace what is in /usr/share.
plugin_paths = { "/usr/local/lib/prosody/modules", "/usr/share/jitsi-meet/prosody-plugins/" }

consider_bosh_secure = true
unlimited_jids = { "focus@auth.meet.example.org", "jvb@auth.meet.example.org" }

VirtualHost "meet.example.org"
	-- CHANGE: it was "jitsi-anonymous", or "internal_hashed".
	authentication = "http"
	-- ADD
	http_auth_url = "http://127.0.0.1:8090/auth"
	http_auth_token_file = "/etc/prosody/jitsiauth.token"
	modules_enabled = { "bosh", "ping" }
	c2s_require_encryption = false

-- ADD: guests, who need no account. The name is known to Jitsi alone: no DNS, no certificate.
VirtualHost "guest.meet.example.org"
	authentication = "jitsi-anonymous"
	c2s_require_encryption = false

-- Jicofo and the video bridges keep their own accounts.
VirtualHost "auth.meet.example.org"
	authentication = "internal_hashed"
	-- CHANGE: the last one is new. What Jicofo remembers of a login ends with the account.
	modules_enabled = { "limits_exception", "jitsi_auth_sessions" }

Component "conference.meet.example.org" "muc"
	restrict_room_creation = true
	storage = "memory"
	admins = { "focus@auth.meet.example.org" }
	muc_room_locking = false
	muc_room_default_public_jids = true

Component "internal.auth.meet.example.org" "muc"
	storage = "memory"
	admins = { "focus@auth.meet.example.org", "jvb@auth.meet.example.org" }
	muc_room_locking = false
	muc_room_default_public_jids = true

Component "focus.meet.example.org" "client_proxy"
	target_address = "focus@auth.meet.example.org"
