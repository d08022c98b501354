-- mod_auth_http: asks the jitsiauth service whether a name and a password belong together, and follows its feed of
-- changes to end the sessions of people who may not be there any more
-- Prosody 0.12 and 13.0 on Lua 5.4. Options, log lines and the reasons for what looks odd: README.md beside this file.

local hex = require "util.hex".encode;
local ip_util = require "util.ip";
local json = require "util.json";
local new_cache = require "util.cache".new;
local new_sasl = require "util.sasl".new;
local random_bytes = require "util.random".bytes;

local service = module:require "service";
local sessions = module:require "sessions";
local feed = module:require "feed";
local report = module:require "report";

local host = module.host;

local trusted_proxies = module:context("*"):get_option_set("trusted_proxies", { "127.0.0.1", "::1" }); -- as mod_http has it

local max_verdict = 65536; -- bytes; an honest one has about 200, and much JSON is costly to parse
local known_users = new_cache(10000); -- names that logged in since this module was loaded
local in_flight = 0;
local told_of_proxy = false;

local results = { ok = true, bad_credentials = true, disabled = true, expired = true, not_yet_valid = true };

local function read_verdict(id, jid, code, body, response) --> result, the account with "ok"; or nil, kind of problem, detail
	if code == 429 then return "throttled"; end
	local answer, problem, detail = service.read_json(max_verdict, code, body, response);
	if not answer then return nil, problem, detail; end
	if type(answer.id) ~= "string" or type(answer.result) ~= "string" or not results[answer.result] then
		return nil, "garbage", "it holds no result";
	elseif answer.id ~= id then
		return nil, "swapped", "another request's id";
	elseif answer.result == "ok" and (type(answer.user) ~= "table" or answer.user.jid ~= jid) then
		return nil, "swapped", "another account's verdict";
	end
	return answer.result, answer.user;
end

local function ask(client, username, password) --> as read_verdict
	if in_flight >= service.max_requests then return nil, "busy", in_flight.." at once"; end
	local id = hex(random_bytes(16));
	local payload = json.encode({ id = id, username = username, domain = host, password = password,
		source = client.source, proxy = client.proxy, transport = client.transport });
	in_flight = in_flight + 1;
	local ok, code, body, response = xpcall(service.call, debug.traceback, "POST", "/verify", payload, service.timeout);
	in_flight = in_flight - 1;
	if not ok then error(code, 0); end
	if not code then return nil, body, response; end
	return read_verdict(id, username.."@"..host, code, body, response);
end

-- Again, where news of the account came meanwhile, which may be newer than the verdict
local function ask_now(client, username, password) --> as read_verdict
	for _ = 1, 3 do
		local before = feed.turn();
		local result, account, detail = ask(client, username, password);
		if result ~= "ok" or not feed.overtook(account.id, before) then return result, account, detail; end
	end
	return nil, "overtaken", "3 times";
end

local function warn_of_proxy(client) -- once: from then on it is known, or nobody reads the log
	if client.proxy and not told_of_proxy then
		told_of_proxy = true;
		module:log("warn", "All people seem to come from %s: guessing can be slowed only by account. Set trusted_proxies "
			.."(docker-jitsi-meet: PROSODY_TRUSTED_PROXIES) to exactly the address of the web server, and let that send X-Forwarded-For",
			client.source or "an unknown address");
	end
end

local function check(sasl, client, username, password) --> correct, enabled, as util.sasl.plain wants them
	warn_of_proxy(client);
	local result, more, detail = ask_now(client, username, password);
	sasl.no_verdict = not result or result == "throttled";
	if not result then
		service.report_problem(more, detail);
		return nil, true;
	end
	service.report_verdict();
	if result == "ok" then
		known_users:set(username, true);
		sasl.http_auth_login = type(more.id) == "string" and {
			id = more.id, revision = more.credential_revision, session_revision = more.session_revision;
			transport = client.transport, at = os.time();
		} or nil;
		return true, true;
	end
	-- People type passwords into the name field: a name is logged only when it is known to be one
	local proven = result ~= "bad_credentials" and result ~= "throttled";
	local name = (proven or known_users:get(username)) and username or "-";
	module:log("info", "Login of %s from %s over %s: %s", name, client.source or "an unknown address", client.transport, result);
	-- false means account-disabled, also to someone guessing: hence only after the password proved right
	return proven, not proven;
end

-- util.sasl has no "can't say": what it makes of a missing verdict is replaced on its way out
local function wrap_handler(handler)
	local process, clean_clone = handler.process, handler.clean_clone;
	function handler:process(message)
		local status, condition, text = process(self, message);
		if status == "failure" and self.no_verdict then
			return "failure", "temporary-auth-failure", "Logins can't be checked at the moment. Please try again.";
		end
		return status, condition, text;
	end
	function handler:clean_clone() -- mod_saslauth goes on with a clone after each failure
		return wrap_handler(clean_clone(self));
	end
	return handler;
end

local function is_trusted_proxy(ip)
	for proxy in trusted_proxies:items() do
		local ok, matches = pcall(function () return ip_util.match(ip_util.new_ip(ip), ip_util.parse_cidr(proxy)); end);
		if ok and matches then return true; end
	end
	return false;
end

-- Where the browser's proxy isn't in trusted_proxies, mod_http gives every session that proxy's address
local function remember_proxy(event)
	local session, request = event.session, event.request;
	local forwarded = request.headers.x_forwarded_for or request.headers.forwarded;
	session.http_auth_proxy = forwarded and request.ip == request.conn:ip() or is_trusted_proxy(request.ip);
end
module:hook_global("bosh-session", remember_proxy);
module:hook_global("websocket-session", remember_proxy);

local provider = {};

function provider.get_sasl_handler(session)
	local transport = sessions.transport_of(session);
	local client = { -- read now: the session's fields are gone once the client has left
		transport = transport;
		source = sessions.address_of(session);
		proxy = transport ~= "c2s" and session.http_auth_proxy ~= false; -- not looked at means suspected
	};
	return wrap_handler(new_sasl(host, {
		plain_test = function (sasl, username, password)
			local ok, correct, enabled = xpcall(check, debug.traceback, sasl, client, username, password);
			if ok then return correct, enabled; end
			sasl.no_verdict = true; -- an error that escaped from here would leave the client without any reply
			module:log("error", "No verdict: please report this bug of mod_auth_http: %s", correct);
			return nil, true;
		end;
	}));
end

-- From memory, because some callers are timers, which can't wait, and some are Jicofo's stream, which then would
function provider.user_exists(username)
	return known_users:get(username);
end

function provider.users()
	return function () end;
end

for method, command in pairs({ create_user = "add", set_password = "passwd", delete_user = "delete", enable = "enable", disable = "disable" }) do
	provider[method] = function ()
		return nil, "Accounts are managed by the jitsiauth service: use `jitsiauth user "..command.." NAME` there";
	end
end

function module.unload() -- what they wait for would outlive the reload
	feed.stop();
	report.stop();
end
module:hook_global("server-stopping", module.unload);

if service.load_error then service.report_problem("config", service.load_error); end -- an error() here would leave no mechanism and no reason

module:provides("auth", provider);

-- prosodyctl loads modules too
if prosody.process_type == "prosody" and not service.config_error and next(sessions.endings) then
	local instance = hex(random_bytes(8));
	feed.start(service, sessions, instance);
	report.start(service, sessions, feed, instance);
end
