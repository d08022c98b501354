-- The hosts, under the names that Jitsi's image gives them. Like there, this is one file
-- of several in conf.d, and another one that names the same host adds to it.
local function on(value)
	return value == "1" or value == "true";
end

local domain = ENV_XMPP_DOMAIN or "meet.jitsi";
local auth = ENV_XMPP_AUTH_DOMAIN or "auth.meet.jitsi";

local function certificate(host)
	return { key = "/run/prosody/config/certs/"..host..".key"; certificate = "/run/prosody/config/certs/"..host..".crt" };
end

local servants = { "focus@"..auth; (ENV_JVB_AUTH_USER or "jvb").."@"..auth };
admins = servants
unlimited_jids = servants
http_default_host = domain
smacks_max_unacked_stanzas = 5
smacks_hibernation_time = 60
smacks_max_old_sessions = 1

VirtualHost (domain)
	-- With any other type the host's own file in conf.d must say what it is.
	if not on(ENV_ENABLE_AUTH) then
		authentication = "anonymous"
	elseif (ENV_PROSODY_AUTH_TYPE or ENV_AUTH_TYPE or "internal") == "internal" then
		authentication = "internal_hashed"
	end
	ssl = certificate(domain)
	modules_enabled = { "bosh"; "websocket"; "smacks"; "http_health" }

if on(ENV_ENABLE_AUTH) and on(ENV_ENABLE_GUESTS) then
	VirtualHost (ENV_XMPP_GUEST_DOMAIN or "guest.meet.jitsi")
		authentication = "anonymous"
		modules_enabled = { "smacks" }
end

VirtualHost (auth)
	authentication = "internal_hashed"
	ssl = certificate(auth)
	modules_enabled = { "smacks" }
	smacks_hibernation_time = 15

local function rooms(name)
	Component (name) "muc"
	storage = "memory"
	restrict_room_creation = true
	muc_room_locking = false
	muc_room_default_public_jids = true
	muc_tombstones = false
	muc_room_allow_persistent = false
end

-- Where clients reach Jicofo.
Component ("focus."..domain) "client_proxy"
	target_address = "focus@"..auth

rooms(ENV_XMPP_INTERNAL_MUC_DOMAIN or "internal-muc.meet.jitsi")
rooms(ENV_XMPP_MUC_DOMAIN or "muc.meet.jitsi")
