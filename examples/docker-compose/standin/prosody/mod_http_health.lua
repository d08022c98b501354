-- GET /health: 200, or 500 while any module is in state "error" (module:set_status),
-- as in Jitsi's image.
local modulemanager = require "prosody.core.modulemanager";

local function broken()
	for host in pairs(prosody.hosts) do
		for name, mod in pairs(modulemanager.get_modules(host)) do
			if mod.module:get_status() == "error" then
				return name.." on "..host;
			end
		end
	end
end

module:provides("http", {
	default_path = "/health";
	route = {
		GET = function (event)
			local what = broken();
			if what then
				event.response.status_code = 500;
				return "error in "..what.."\n";
			end
			return "ok\n";
		end;
	};
});
