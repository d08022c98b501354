-- Server-wide settings of the stand-in. Prosody's configuration is a Lua program, and
-- ENV_X is the environment variable X; no template is needed.
local function list(text)
	local items = {};
	for item in Lua.string.gmatch(text, "[^,%s]+") do
		Lua.table.insert(items, item);
	end
	return items;
end

local modules = {
	"roster"; "saslauth"; "tls"; "disco"; "ping"; "private"; "limits"; "version"; "posix";
	"admin_shell";
}
for _, name in Lua.ipairs(list(ENV_GLOBAL_MODULES or "")) do
	Lua.table.insert(modules, name);
end
modules_enabled = modules
modules_disabled = { "offline"; "register"; "s2s" }
plugin_paths = { "/prosody-plugins-custom"; "/prosody-plugins" }
allow_registration = false
component_admins_as_room_owners = true
authentication = "internal_hashed"
storage = { smacks_h = "memory" }
limits = { c2s = { rate = ENV_PROSODY_C2S_LIMIT or "10kb/s" } }

c2s_ports = { Lua.tonumber(ENV_XMPP_PORT or "5222") }
c2s_direct_tls_ports = {}
c2s_require_encryption = true
http_interfaces = { "*"; "::" }
https_ports = {}
trusted_proxies = list(ENV_PROSODY_TRUSTED_PROXIES or "127.0.0.1,::1")
-- The web container does TLS for these two.
consider_bosh_secure = true
consider_websocket_secure = true

pidfile = "/run/prosody/prosody.pid"
admin_socket = "/run/prosody/prosody.sock"
-- Not to = "console": to a pipe that is written in blocks, so lines would come late.
log = { { levels = { min = ENV_LOG_LEVEL or "info" }, timestamps = "%Y-%m-%d %X", to = "file", filename = "/dev/stdout" } }

-- Lines, separated by the two characters \n.
if ENV_GLOBAL_CONFIG then
	Lua.assert(Lua.load((Lua.string.gsub(ENV_GLOBAL_CONFIG, "\\n", "\n")), "=GLOBAL_CONFIG", "t", _ENV))();
end

-- After GLOBAL_CONFIG, which therefore can't change these; conf.d can.
network_backend = "epoll"
unbound = { resolvconf = true }
http_ports = { Lua.tonumber(ENV_PROSODY_HTTP_PORT or "5280") }
data_path = "/var/lib/prosody/data"

Include "conf.d/*.cfg.lua"
