-- mod_auth_http: asks the jitsiauth service whether a name and a password belong together
-- Prosody 0.12 and 13.0 on Lua 5.4. Options, log lines and the reasons for what looks odd: README.md beside this file.

local async = require "util.async";
local base64 = require "util.encodings".base64.encode;
local hex = require "util.hex".encode;
local http = require "net.http";
local ip_util = require "util.ip";
local json = require "util.json";
local monotonic = require "util.time".monotonic;
local new_cache = require "util.cache".new;
local new_sasl = require "util.sasl".new;
local random_bytes = require "util.random".bytes;
local timer = require "util.timer";

local host = module.host;

-- Config options
local service_url = (module:get_option_string("http_auth_url") or ""):gsub("/+$", "");
local token = module:get_option_string("http_auth_token");
local token_file = module:get_option_string("http_auth_token_file");
local credentials = module:get_option_string("http_auth_credentials");
local timeout = module:get_option_number("http_auth_timeout", 5); -- seconds: DNS, connecting and the answer together
local max_requests = module:get_option_number("http_auth_max_requests", 256);
local trusted_proxies = module:context("*"):get_option_set("trusted_proxies", { "127.0.0.1", "::1" }); -- as mod_http has it

local max_answer = 65536; -- bytes; an honest answer has about 200, and much JSON is costly to parse
local known_users = new_cache(10000); -- names that logged in since this module was loaded
local in_flight = 0;
local told_of_proxy = false;

local function find_config_error()
	local rest = service_url:match("^https?://[%w._-]+(.*)$") or service_url:match("^https?://%[[%x:.]+%](.*)$");
	if not rest or not rest:gsub("^:%d+", ""):find("^/?[%w._~/-]*$") then
		return "http_auth_url must look like \"http://authsvc:8090/auth\", without a name, password or query";
	elseif (token and 1 or 0) + (token_file and 1 or 0) + (credentials and 1 or 0) ~= 1 then
		return "set one, and only one, of http_auth_token_file, http_auth_token and http_auth_credentials";
	elseif not (timeout and timeout >= 1 and timeout <= 60) then
		return "http_auth_timeout must be a number of seconds from 1 to 60";
	elseif not (max_requests and max_requests >= 1) then
		return "http_auth_max_requests must be 1 or more";
	end
end
local config_error = find_config_error();

local authorization; -- value of the header; nil while there is none
local function load_authorization() --> true, or nil and a reason
	local bearer = token;
	if credentials then
		if not credentials:find("^[^:%c]+:[^%c]+$") then return nil, "http_auth_credentials must look like \"user:password\""; end
		authorization = "Basic "..base64(credentials);
		return true;
	elseif token_file then
		local file, err = io.open(token_file);
		if not file then return nil, "the user that Prosody runs as can't read http_auth_token_file: "..err; end
		bearer = (file:read(4096) or ""):match("^%s*(.-)%s*$");
		file:close();
	end
	if not bearer:find("^[%w._~+/=-]+$") then
		return nil, (token_file and "http_auth_token_file" or "http_auth_token").." is empty or holds something that is no token";
	end
	authorization = "Bearer "..bearer;
	return true;
end

-- Why there is no verdict, and what the administrator can do about it
local try_curl = "try `curl "..(service_url:match("^https?://[^/]+") or "").."/healthz`";
local problems = {
	config = { "every login is refused", "Correct it and restart Prosody; only the token file is looked for again" };
	unreachable = { "can't reach the service", "Is it running? On this machine, "..try_curl };
	certificate = { "the service's certificate isn't trusted", "It must name the host of http_auth_url and come from an authority in client_https_ssl" };
	timeout = { "the service didn't answer in time", "Does it hang, or is its machine overloaded? On this machine, "..try_curl };
	token = { "the service refuses this server's token", "Make one with `jitsiauth token create prosody --scope auth`" };
	scope = { "this server's token may not ask about logins", "Make one with `jitsiauth token create prosody --scope auth`" };
	domain = { "the service doesn't serve the domain "..host.." to this token",
		"Start it with `jitsiauth serve --domain "..host.."`, or correct the name of this VirtualHost" };
	overloaded = { "the service is overloaded", "It recovers by itself; if this stays, look for guessing in its log or give it more cores" };
	busy = { "too many logins wait for the service", "If the service is healthy, raise http_auth_max_requests" };
	status = { "the service answered with something that is no verdict", "Does http_auth_url end in /auth? The service's log says more" };
	garbage = { "that wasn't the service's answer", "Does http_auth_url lead to it? Does something in between change answers?" };
	swapped = { "SECURITY: an answer that belongs to another login came and was thrown away",
		"Take away the proxy or cache between Prosody and the service" };
};

local failing_since, reported; -- this outage: since when, and whether there is a line about it
local reports = {}; -- for each kind of problem: when its last line was written, and how many logins it met since
local function report_problem(kind, detail) -- one line a minute for each kind, however many logins it meets
	local now, last = monotonic(), reports[kind];
	local text = ("%s (%s). %s"):format(problems[kind][1], detail, problems[kind][2]);
	failing_since = failing_since or now;
	module:set_status("warn", text); -- not "error": docker-jitsi-meet's health check would fail for the whole server
	if last and now - last.at < 60 then
		last.logins = last.logins + 1;
		return;
	end
	module:log("error", "No verdict: %s%s", text, last and (" [%d since the last such line]"):format(last.logins) or "");
	reports[kind], reported = { at = now, logins = 1 }, true;
end

local function report_verdict()
	if failing_since then
		module:set_status("info", "The service gives verdicts");
		if reported then
			module:log("info", "The service gives verdicts again, after %d seconds without", math.floor(monotonic() - failing_since));
		end
	end
	failing_since, reported = nil, nil;
end

local results = { ok = true, bad_credentials = true, disabled = true, expired = true, not_yet_valid = true };
local problem_by_status = { [401] = "token", [403] = "scope", [503] = "overloaded" };

local function read_answer(id, jid, body, code, response) --> result; or nil, kind of problem, detail
	if code == 0 then -- body is net.http's own words
		return nil, body:find("^certificate") and "certificate" or "unreachable", body;
	end
	if code == 429 then return "throttled"; end
	if problem_by_status[code] then return nil, problem_by_status[code], "status "..code; end -- in a flood, unread
	local whole = type(body) == "string" and #body <= max_answer;
	local ok, answer = pcall(json.decode, whole and body or ""); -- throws on an "__array" that is none
	if not ok or type(answer) ~= "table" then answer = {}; end
	if code ~= 200 then
		return nil, code == 422 and answer.code == "unknown_domain" and "domain" or "status", "status "..code;
	end
	-- net.http hands over some cut-off bodies as if they were whole
	local headers = response.headers;
	if not whole or headers["content-length"] ~= tostring(#body) or headers["transfer-encoding"] then
		return nil, "garbage", "its length is wrong or missing";
	elseif not (headers["content-type"] or ""):lower():find("^application/json%f[%s;\0]") then
		return nil, "garbage", "it isn't called JSON";
	elseif type(answer.id) ~= "string" or type(answer.result) ~= "string" or not results[answer.result] then
		return nil, "garbage", "it holds no result";
	elseif answer.id ~= id then
		return nil, "swapped", "another request's id";
	elseif answer.result == "ok" and (type(answer.user) ~= "table" or answer.user.jid ~= jid) then
		return nil, "swapped", "another account's verdict";
	end
	return answer.result;
end

local function post(payload, seconds) --> body, code, response; nothing when the time was up. Waits, so only in an async runner
	local wait, done = async.waiter();
	local finished, called_back, looks = false, false, 0;
	local body, code, response;
	local function finish(...)
		if finished then return; end
		finished, in_flight = true, in_flight - 1;
		body, code, response = ...;
		done();
	end
	in_flight = in_flight + 1;
	-- The default client doesn't pool connections: a pool hands the answer to a given-up request to the next login
	local ok, request = pcall(http.request, service_url.."/verify", {
		method = "POST", body = payload, suppress_url = true;
		headers = { ["Content-Type"] = "application/json", Accept = "application/json", Authorization = authorization };
	}, function (...)
		called_back = true;
		finish(...);
	end);
	if not ok then finish(tostring(request), 0); end
	-- net.http has no time limit, and module:add_timer would forget this one when the module is reloaded
	local deadline = not finished and timer.add_task(seconds, function ()
		if called_back then return; end
		looks = looks + 1;
		finish();
		if request.conn then
			http.destroy_request(request, true);
			return;
		end
		request.body = nil; -- can't be cancelled while connecting, but the password won't be sent any more
		return looks < 60 and 1 or nil; -- look again, to close what gets connected late
	end);
	wait();
	if deadline and called_back then timer.stop(deadline); end
	return body, code, response;
end

local function ask(client, username, password) --> result; or nil, kind of problem, detail
	if config_error then return nil, "config", config_error; end
	if not authorization then
		local loaded, err = load_authorization();
		if not loaded then return nil, "config", err; end
	end
	if in_flight >= max_requests then return nil, "busy", in_flight.." at once"; end
	local id, used, started = hex(random_bytes(16)), authorization, monotonic();
	local payload = json.encode({ id = id, username = username, domain = host, password = password,
		source = client.source, proxy = client.proxy, transport = client.transport });
	local body, code, response = post(payload, timeout);
	if code == 401 and token_file then -- perhaps it has been rotated
		local loaded, err = load_authorization();
		if not loaded then return nil, "config", err; end
		if authorization ~= used then
			body, code, response = post(payload, math.max(started + timeout - monotonic(), 0));
		end
	end
	if not code then return nil, "timeout", ("%g seconds"):format(timeout); end
	return read_answer(id, username.."@"..host, body, code, response);
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
	local result, problem, detail = ask(client, username, password);
	sasl.no_verdict = not result or result == "throttled";
	if not result then
		report_problem(problem, detail);
		return nil, true;
	end
	report_verdict();
	if result == "ok" then
		known_users:set(username, true);
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
	local transport = session.websocket_request and "websocket" or session.bosh_wait and "bosh" or "c2s";
	local client = { -- read now: the session's fields are gone once the client has left
		transport = transport;
		source = session.ip and ip_util.new_ip(session.ip) and session.ip;
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

local load_error = config_error or select(2, load_authorization());
if load_error then report_problem("config", load_error); end -- an error() here would leave no mechanism and no reason

module:provides("auth", provider);
