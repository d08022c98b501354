-- Part of mod_auth_http: asks the jitsiauth service, and says what is wrong where there is no good answer.

local async = require "util.async";
local base64 = require "util.encodings".base64.encode;
local http = require "net.http";
local json = require "util.json";
local monotonic = require "util.time".monotonic;
local timer = require "util.timer";

local host = module.host;

local service_url = (module:get_option_string("http_auth_url") or ""):gsub("/+$", "");
local token = module:get_option_string("http_auth_token");
local token_file = module:get_option_string("http_auth_token_file");
local credentials = module:get_option_string("http_auth_credentials");
local timeout = module:get_option_number("http_auth_timeout", 5); -- seconds: DNS, connecting and the answer together
local max_requests = module:get_option_number("http_auth_max_requests", 256);

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

local problem_by_status = { [401] = "token", [403] = "scope", [503] = "overloaded" };

local function decode(body) --> table; empty for what is no JSON
	local ok, answer = pcall(json.decode, body); -- throws on an "__array" that is none
	return ok and type(answer) == "table" and answer or {};
end

-- All but the content of an answer
local function check(limit, code, body, response) --> true; or nil, kind of problem, detail
	if code == 0 then -- body is net.http's own words
		return nil, body:find("^certificate") and "certificate" or "unreachable", body;
	end
	if problem_by_status[code] then return nil, problem_by_status[code], "status "..code; end -- in a flood, unread
	local whole = type(body) == "string" and #body <= limit;
	if code ~= 200 then
		local unknown = code == 422 and whole and decode(body).code == "unknown_domain";
		return nil, unknown and "domain" or "status", "status "..code;
	end
	-- net.http hands over some cut-off bodies as if they were whole
	local headers = response.headers;
	if not whole or headers["content-length"] ~= tostring(#body) or headers["transfer-encoding"] then
		return nil, "garbage", "its length is wrong or missing";
	elseif not (headers["content-type"] or ""):lower():find("^application/json%f[%s;\0]") then
		return nil, "garbage", "it isn't called JSON";
	end
	return true;
end

local function read_json(limit, code, body, response) --> table; or nil, kind of problem, detail
	local ok, problem, detail = check(limit, code, body, response);
	if not ok then return nil, problem, detail; end
	return decode(body);
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

local function pause(seconds)
	local wait, done = async.waiter();
	timer.add_task(seconds, function () done(); end);
	wait();
end

return {
	config_error = config_error, load_error = config_error or select(2, load_authorization());
	timeout = timeout, max_requests = max_requests;
	call = call, check = check, decode = decode, read_json = read_json, pause = pause;
	problems = problems, report_problem = report_problem, report_verdict = report_verdict;
};
