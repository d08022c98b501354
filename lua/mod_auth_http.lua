-- mod_auth_http: asks the jitsiauth service whether a name and a password belong together, and follows its feed of
-- changes to end the sessions of people who may not be there any more
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
local sessionmanager = require "core.sessionmanager";
local st = require "util.stanza";
local timer = require "util.timer";
local urlencode = require "util.http".urlencode;

local host = module.host;

-- Config options
local service_url = (module:get_option_string("http_auth_url") or ""):gsub("/+$", "");
local token = module:get_option_string("http_auth_token");
local token_file = module:get_option_string("http_auth_token_file");
local credentials = module:get_option_string("http_auth_credentials");
local timeout = module:get_option_number("http_auth_timeout", 5); -- seconds: DNS, connecting and the answer together
local max_requests = module:get_option_number("http_auth_max_requests", 256);
local trusted_proxies = module:context("*"):get_option_set("trusted_proxies", { "127.0.0.1", "::1" }); -- as mod_http has it

local max_verdict = 65536; -- bytes; an honest one has about 200, and much JSON is costly to parse
local max_page = 4194304; -- the same for 100 changes or accounts, whose names may be long
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
	overtaken = { "the account is changed again and again while it logs in", "Who changes it?" };
	bug = { "an error of mod_auth_http, or of what the service says", "Please report it" };
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

local function read_json(limit, code, body, response) --> table; or nil, kind of problem, detail
	if code == 0 then -- body is net.http's own words
		return nil, body:find("^certificate") and "certificate" or "unreachable", body;
	end
	if problem_by_status[code] then return nil, problem_by_status[code], "status "..code; end -- in a flood, unread
	local whole = type(body) == "string" and #body <= limit;
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
	end
	return answer;
end

local function read_verdict(id, jid, code, body, response) --> result, the account with "ok"; or nil, kind of problem, detail
	if code == 429 then return "throttled"; end
	local answer, problem, detail = read_json(max_verdict, code, body, response);
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

-- Calls answered once: with body, code, response, or with nothing when the time was up. Returns what gives the request up
local function send(method, path, payload, seconds, answered)
	local finished, called_back, looks = false, false, 0;
	local deadline;
	local function finish(...)
		if finished then return; end
		finished = true;
		answered(...);
	end
	-- The default client doesn't pool connections: a pool hands the answer to a given-up request to the next login
	local ok, request = pcall(http.request, service_url..path, {
		method = method, body = payload, suppress_url = true;
		headers = { ["Content-Type"] = payload and "application/json", Accept = "application/json", Authorization = authorization };
	}, function (...)
		called_back = true;
		if deadline then timer.stop(deadline); end
		finish(...);
	end);
	if not ok then finish(tostring(request), 0); end
	local function give_up()
		if called_back then return; end
		looks = looks + 1;
		finish();
		if request.conn then
			http.destroy_request(request, true);
			return;
		end
		request.body = nil; -- can't be cancelled while connecting, but the password won't be sent any more
		return looks < 60 and 1 or nil; -- look again, to close what gets connected late
	end
	-- net.http has no time limit, and module:add_timer would forget this one when the module is reloaded
	deadline = not finished and timer.add_task(seconds, give_up);
	return function ()
		if deadline and not finished then
			timer.stop(deadline);
			give_up();
		end
	end;
end

-- Waits, so only in an async runner. started, if given, gets what gives the request up
local function wait_for(method, path, payload, seconds, started) --> code, body, response; nothing when the time was up
	local wait, done = async.waiter();
	local body, code, response;
	local give_up = send(method, path, payload, seconds, function (...)
		body, code, response = ...;
		done();
	end);
	if started then started(give_up); end
	wait();
	return code, body, response;
end

local function call(method, path, payload, seconds, started) --> code, body, response; or nil, kind of problem, detail
	if config_error then return nil, "config", config_error; end
	if not authorization then
		local loaded, err = load_authorization();
		if not loaded then return nil, "config", err; end
	end
	local used, began = authorization, monotonic();
	local code, body, response = wait_for(method, path, payload, seconds, started);
	if code == 401 and token_file then -- perhaps it has been rotated
		local loaded, err = load_authorization();
		if not loaded then return nil, "config", err; end
		if authorization ~= used then
			code, body, response = wait_for(method, path, payload, math.max(began + seconds - monotonic(), 0), started);
		end
	end
	if not code then return nil, "timeout", ("%g seconds"):format(seconds); end
	return code, body, response;
end

local function ask(client, username, password) --> as read_verdict
	if in_flight >= max_requests then return nil, "busy", in_flight.." at once"; end
	local id = hex(random_bytes(16));
	local payload = json.encode({ id = id, username = username, domain = host, password = password,
		source = client.source, proxy = client.proxy, transport = client.transport });
	in_flight = in_flight + 1;
	local ok, code, body, response = xpcall(call, debug.traceback, "POST", "/verify", payload, timeout);
	in_flight = in_flight - 1;
	if not ok then error(code, 0); end
	if not code then return nil, body, response; end
	return read_verdict(id, username.."@"..host, code, body, response);
end

-- Verdicts and news of accounts come on different ways, and one may overtake the other. So a verdict that was asked for
-- before news of the account came, or before the feed was joined, is asked for again.
local turn, joined_at = 0, 0; -- grows with each answer of the feed
local news = new_cache(10000); -- turn of the newest change, by account

local function ask_now(client, username, password) --> as read_verdict
	for _ = 1, 3 do
		local before = turn;
		local result, account, detail = ask(client, username, password);
		if result ~= "ok" or math.max(joined_at, account.id and news:get(account.id) or 0) <= before then
			return result, account, detail;
		end
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
		report_problem(more, detail);
		return nil, true;
	end
	report_verdict();
	if result == "ok" then
		known_users:set(username, true);
		sasl.http_auth_login = type(more.id) == "string" and {
			id = more.id, revision = more.credential_revision, transport = client.transport;
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

local function transport_of(session)
	local login = session.http_auth_login; -- a resumed session has the other fields of the connection that it began on
	return login and login.transport or session.websocket_request and "websocket" or session.bosh_wait and "bosh" or "c2s";
end

local provider = {};

function provider.get_sasl_handler(session)
	local transport = transport_of(session);
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

-- Sessions, and how they end

module:hook("authentication-success", function (event)
	local handler = event.session.sasl_handler; -- mod_legacyauth has none
	event.session.http_auth_login = handler and handler.http_auth_login;
end);

-- A resumed session is the old one's table on the new one's connection: the newer login is what counts
local function take_login(resumed, new)
	resumed.http_auth_login = new.http_auth_login or resumed.http_auth_login;
end
module:hook("smacks-hibernation-end", function (event) take_login(event.resumed, event.origin); end); -- 0.12
module:hook_global("c2s-session-updated", function (event) -- 13.0
	if event.session.host == host then take_login(event.session, event.from_session); end
end);

local function read_endings() --> what ends sessions, as a table
	local endings = {};
	for word in module:get_option_set("http_auth_end_sessions", { "removed", "password" }):items() do
		if word ~= "removed" and word ~= "password" then
			-- Not a reason to refuse logins, but one to do what most want rather than nothing
			module:log("error", "http_auth_end_sessions may hold \"removed\" and \"password\" only; it counts as if both were there");
			return { removed = true, password = true };
		end
		endings[word] = true;
	end
	return endings;
end
local endings = read_endings();

local connections = module:shared("/*/c2s/sessions"); -- WebSockets too
local bosh_sessions = module:shared("/*/bosh/sessions");

local function list_sessions() --> those of this host that are logged in: bound, hibernating, and not yet bound
	local list = {};
	for _, user in pairs(prosody.hosts[host].sessions) do
		for _, session in pairs(user.sessions) do table.insert(list, session); end
	end
	for _, registry in ipairs({ connections, bosh_sessions }) do
		for _, session in pairs(registry) do
			if session.host == host and session.username and not session.full_jid then table.insert(list, session); end
		end
	end
	return list;
end

local xmlns_errors = "urn:ietf:params:xml:ns:xmpp-streams";
local function close_reason(session, text)
	if transport_of(session) ~= "websocket" then return { condition = "not-authorized", text = text }; end
	-- 13.0.1 doesn't declare the prefix of what it makes from a table
	return st.stanza("stream:error", { xmlns = "jabber:client", ["xmlns:stream"] = "http://etherx.jabber.org/streams" })
		:tag("not-authorized", { xmlns = xmlns_errors }):up():tag("text", { xmlns = xmlns_errors }):text(text):up();
end

local function try(what, ...) -- handlers of other modules run in it, and one that fails must not keep anybody connected
	local ok, err = xpcall(what, debug.traceback, ...);
	if not ok then module:log("error", "While a session was ended: %s", err); end
end

-- Others in the room see somebody leave, and no more. close() alone would tell them the reason (mod_presence), and what
-- the client has not yet acknowledged would come back and look like a kick (mod_smacks).
local function end_session(session, text)
	local jid, real_send = session.full_jid, session.send;
	session.send = function () return true; end; -- anything sent now would use up the request that BOSH holds for the farewell
	if jid then try(prosody.core_process_stanza, session, st.presence({ type = "unavailable" })); end
	if transport_of(session) == "bosh" then -- mod_bosh doesn't say so itself, and mod_smacks would keep the session, and what resumes it
		try(module.fire_event, module, "pre-session-close", { session = session });
	end
	session.send = real_send;
	try(session.close, session, close_reason(session, text));
	if not session.destroyed then try(sessionmanager.destroy_session, session); end -- 0.12: a WebSocket that hibernates
	if jid and prosody.full_sessions[jid] == session then module:log("error", "The session %s could not be ended", jid); end
end

local function pause(seconds)
	local wait, done = async.waiter();
	timer.add_task(seconds, function () done(); end);
	wait();
end

-- What the service says of an account, in a change or when asked. It must be whole: a field that is missing must not
-- look like the end of an account.
local function read_account(item) --> { state, revision, password_set }
	local state = item.state == json.null and "deleted" or item.state;
	local revision = tonumber(item.credential_revision);
	assert(type(item.id) == "string" and type(item.jid) == "string" and type(state) == "string", "an account without its state");
	return { state = state, revision = revision, password_set = item.action == "user.password_set" };
end

-- asked: the account was asked about after all of the sessions had logged in
local function why_end(session, account, asked) --> reason, text for the person; nil for a session that may go on
	local login = session.http_auth_login or {};
	if account.state ~= "active" then
		return endings.removed and account.state, "This account may not be used any more";
	end
	local older = account.password_set; -- nothing is known of the password of a session from before this module was loaded
	if login.revision and account.revision then
		-- A file that was restored may have an earlier one, which is not the one of the login either
		older = login.revision < account.revision or asked and login.revision ~= account.revision;
	end
	return endings.password and older and "password changed", "The password of this account was changed";
end

local function end_sessions(sessions, by_id, by_jid, asked)
	local ended = {}; -- number of sessions by account and reason
	for _, session in ipairs(sessions) do
		local login = session.http_auth_login;
		-- By id, because the name may be another person's by now. By name what logged in without this module
		local account = login and by_id[login.id] or not login and session.username and by_jid[session.username.."@"..host];
		local reason, text;
		if account then reason, text = why_end(session, account, asked); end
		if reason then
			local name = session.username;
			end_session(session, text);
			local line = ("Sessions of %s ended (%s)"):format(name, reason);
			ended[line] = (ended[line] or 0) + 1;
			pause(0); -- let others have their turn
		end
	end
	for line, number in pairs(ended) do module:log("info", "%s: %d", line, number); end
end

-- The feed

local stopped, give_up_poll = false, nil;

local function get_feed(query, seconds) --> feed; or nil, kind of problem, detail
	local code, body, response = call("GET", "/changes"..query, nil, seconds, function (give_up) give_up_poll = give_up; end);
	if not code then return nil, body, response; end
	if code == 410 then return nil, "lost"; end
	local feed, problem, detail = read_json(max_page, code, body, response);
	if feed and (type(feed.changes) ~= "table" or type(feed.position) ~= "string") then
		return nil, "garbage", "it holds no changes";
	end
	return feed, problem, detail;
end

local function get_accounts(ids) --> accounts by id; or nil, kind of problem, detail
	local code, body, response = call("POST", "/accounts", json.encode({ domain = host, ids = ids }), timeout);
	if not code then return nil, body, response; end
	local answer, problem, detail = read_json(max_page, code, body, response);
	if not answer then return nil, problem, detail; end
	if type(answer.accounts) ~= "table" then return nil, "garbage", "it holds no accounts"; end
	local accounts = {};
	for _, id in ipairs(ids) do accounts[id] = { state = "deleted" }; end
	for _, account in ipairs(answer.accounts) do
		accounts[account.id] = read_account(account);
	end
	return accounts;
end

-- The newest position comes first: what changes while the accounts are looked at is then behind it
local function join_feed() --> position; or nil, kind of problem, detail
	local feed, problem, detail = get_feed("", timeout);
	if not feed then return nil, problem, detail; end
	turn = turn + 1;
	joined_at = turn;
	local sessions, ids, seen = list_sessions(), {}, {};
	for _, session in ipairs(sessions) do
		local id = session.http_auth_login and session.http_auth_login.id;
		if id and not seen[id] then
			seen[id] = true;
			table.insert(ids, id);
		end
	end
	for first = 1, #ids, 100 do
		local accounts;
		accounts, problem, detail = get_accounts({ table.unpack(ids, first, math.min(first + 99, #ids)) });
		if not accounts then return nil, problem, detail; end
		end_sessions(sessions, accounts, {}, true);
	end
	return feed.position;
end

local function obey(changes)
	turn = turn + 1;
	local by_id, by_jid = {}, {};
	for _, change in ipairs(changes) do
		local account = read_account(change);
		if account.state ~= "active" or change.action ~= "user.created" then
			by_id[change.id], by_jid[change.jid] = account, account;
			news:set(change.id, turn);
		end
	end
	if next(by_id) then end_sessions(list_sessions(), by_id, by_jid); end
end

local function follow(position) --> position to go on from; or nil, kind of problem, detail
	if not position then return join_feed(); end
	local feed, problem, detail = get_feed("?wait=25s&after="..urlencode(position), 30);
	if not feed then
		if problem == "lost" then
			module:log("info", "The service can't tell all changes any more (restored, or long away): its accounts are looked at anew");
			return join_feed();
		end
		return nil, problem, detail;
	end
	if stopped then return position; end
	obey(feed.changes);
	if #feed.changes == 0 then pause(0.05); end -- a service that stops answers early
	return feed.position;
end

local function run_follower()
	local position, failures, failing_feed_since = nil, 0, nil;
	while not stopped do
		local ok, next_position, problem, detail = xpcall(follow, debug.traceback, position);
		if not ok then -- such as an answer that isn't what it should be: not to be met again and again
			position, next_position, problem, detail = nil, nil, "bug", next_position;
		end
		if stopped then return; end
		if next_position then
			position, failures = next_position, 0;
			if failing_feed_since then
				module:log("info", "Changes of accounts arrive again, after %d seconds without", math.floor(monotonic() - failing_feed_since));
				failing_feed_since = nil;
			end
		else
			failures = failures + 1;
			if not failing_feed_since then
				failing_feed_since = monotonic();
				module:log("warn", "Changes of accounts don't arrive: %s (%s). %s. Until they do, people who are removed stay connected",
					problems[problem][1], detail, problems[problem][2]);
			end
			-- Asking a port that nobody listens on costs little, and the service is to be heard as soon as it is back
			local base = problem == "unreachable" and 0.5 or math.min(2 ^ (failures - 1), 30);
			pause(base * (0.8 + 0.4 * math.random()));
		end
	end
end

local function stop_follower()
	stopped = true;
	if give_up_poll then give_up_poll(); end
end
module:hook_global("server-stopping", stop_follower);
module.unload = stop_follower; -- what it waits for would outlive the reload

local load_error = config_error or select(2, load_authorization());
if load_error then report_problem("config", load_error); end -- an error() here would leave no mechanism and no reason

module:provides("auth", provider);

-- prosodyctl loads modules too
if prosody.process_type == "prosody" and not config_error and next(endings) then
	timer.add_task(0, function () async.runner(run_follower):run(true); end);
end
