-- What the specs share: the module loaded into a stand-in for Prosody's module API, with the network and
-- the clock replaced. Everything else (util.sasl, util.async, util.json, util.cache …) is Prosody's own.

if not pcall(require, "prosody.loader") then
	pcall(require, "loader"); -- 13.0 knows its libraries as prosody.util.x too; 0.12 has no such file
end

local async = require "util.async";
local format = require "util.format".format;
local json = require "util.json";
local set = require "util.set";

local harness = {
	host = "meet.example";
	password = "Pa55-of-alice!";
	token = "jat_0123456789abcdefghijABCDEFGHIJ~x";
};

local function new_clock()
	local clock = { now = 5000, tasks = {} };
	function clock.add_task(delay, callback)
		local task = { due = clock.now + delay, callback = callback };
		clock.tasks[task] = true;
		return task;
	end
	function clock.stop(task)
		clock.tasks[task] = nil;
	end
	function clock.pending()
		local n = 0;
		for _ in pairs(clock.tasks) do n = n + 1; end
		return n;
	end
	function clock.advance(seconds)
		clock.now = clock.now + seconds;
		local due = {};
		for task in pairs(clock.tasks) do
			if task.due <= clock.now then table.insert(due, task); end
		end
		for _, task in ipairs(due) do
			clock.tasks[task] = nil;
			local again = task.callback(clock.now, task);
			if type(again) == "number" then
				task.due = clock.now + again;
				clock.tasks[task] = true;
			end
		end
	end
	return clock;
end

local function new_http()
	local http = { requests = {}, reports = {}, destroyed = {} }; -- reports: of who is in, at moments of their own
	function http.request(url, ex, callback)
		if http.before_request then http.before_request(callback); end
		local request = { url = url, options = ex, headers = ex.headers, body = ex.body, callback = callback, conn = {} };
		if http.connecting then request.conn = nil; end
		table.insert(url:find("/sessions$") and http.reports or http.requests, request);
		return request;
	end
	function http.destroy_request(request, force)
		table.insert(http.destroyed, { request = request, force = force });
		request.conn = nil;
	end
	return http;
end

local function new_module(options, lines)
	-- luacheck: ignore 212/self
	local module = { host = harness.host, name = "auth_http", hooks = {}, statuses = {}, tables = {}, fired = {} };
	function module:context() return self; end
	function module:get_option_string(name, default)
		local value = options[name];
		if value == nil then value = default; end
		return value ~= nil and tostring(value) or nil;
	end
	function module:get_option_number(name, default)
		local value = options[name];
		if value == nil then value = default; end
		return tonumber(value);
	end
	function module:get_option_set(name, default)
		return set.new(options[name] or default);
	end
	function module:log(level, ...)
		table.insert(lines, { level = level, text = format(...) });
	end
	function module:set_status(status, text)
		table.insert(self.statuses, { status = status, text = text });
	end
	function module:hook(event, handler) self.hooks[event] = handler; end
	function module:shared(path)
		self.tables[path] = self.tables[path] or {};
		return self.tables[path];
	end
	function module:fire_event(event, data)
		table.insert(self.fired, event);
		if self.hooks[event] then self.hooks[event](data); end
	end
	function module:hook_global(event, handler) self.hooks[event] = handler; end
	function module:provides(kind, provider) self.provided = { kind = kind, provider = provider }; end
	function module:add_timer() error("a timer of module:add_timer is lost when the module is reloaded"); end
	return module;
end

-- What is done to a session is in its `did`
local function new_prosody(process_type)
	local function new_events()
		local events = { fired = {}, handlers = {} };
		function events.fire_event(event, data)
			table.insert(events.fired, event);
			if events.handlers[event] then events.handlers[event](data); end
		end
		return events;
	end
	local prosody = { process_type = process_type or "prosodyctl", full_sessions = {}, events = new_events(),
		hosts = { [harness.host] = { sessions = {}, events = new_events() } } };
	function prosody.core_process_stanza(session, stanza)
		table.insert(session.did, stanza.name.." "..stanza.attr.type);
	end
	local function destroy_session(session)
		table.insert(session.did, "destroy");
		session.destroyed = true;
	end
	package.loaded["core.sessionmanager"] = { destroy_session = destroy_session };
	return prosody;
end

local mt = { __index = {} };

-- Options that work, with the given ones on top; `false` takes one away. Only in process_type "prosody" the feed is followed
function harness.new(changes, process_type)
	local options = { http_auth_url = "http://authsvc:8090/auth", http_auth_token = harness.token };
	for name, value in pairs(changes or {}) do
		options[name] = value or nil;
	end
	local self = setmetatable({ clock = new_clock(), http = new_http(), lines = {}, errors = {} }, mt);
	local function now() return self.clock.now; end
	package.loaded["util.timer"] = self.clock;
	package.loaded["net.http"] = self.http;
	package.loaded["util.time"] = { now = now, monotonic = now };
	self.module = new_module(options, self.lines);
	self.prosody = new_prosody(process_type);
	local env = setmetatable({ module = self.module, prosody = self.prosody }, { __index = _G });
	function self.module.require(_, part)
		return assert(loadfile("auth_http/"..part..".lib.lua", "t", env))();
	end
	assert(loadfile("mod_auth_http.lua", "t", env))();
	self.provider = self.module.provided.provider;
	harness.current = self;
	return self;
end

-- Runs one SASL PLAIN exchange as mod_saslauth does, in an async runner. The result's `outcome` is nil while it waits.
function mt.__index:login(username, password, options)
	options = options or {};
	local session = options.session or { ip = "198.51.100.7" };
	local handler = options.handler or self.provider.get_sasl_handler(session);
	local attempt = { handler = handler, session = session };
	assert(handler:select("PLAIN"), "PLAIN isn't offered");
	async.runner(function (message)
		attempt.outcome = table.pack(handler:process(message));
	end, { error = function (_, err) table.insert(self.errors, err); end }):run("\0"..username.."\0"..(password or harness.password));
	attempt.request = self.http.requests[#self.http.requests];
	return attempt;
end

-- A session that is logged in and bound; changes are more fields
function mt.__index:session(name, login, changes)
	local session = { username = name, host = harness.host, http_auth_login = login, did = {} };
	session.full_jid = name.."@"..harness.host.."/"..tostring(session);
	function session.close(_, reason)
		local condition = reason.condition or reason.tags[1].name;
		table.insert(session.did, "close "..condition);
		session.destroyed = true;
	end
	for field, value in pairs(changes or {}) do session[field] = value or nil; end
	if session.full_jid then
		local users = self.prosody.hosts[harness.host].sessions;
		users[name] = users[name] or { sessions = {} };
		users[name].sessions[session.full_jid] = session;
	else
		self.module.tables["/*/c2s/sessions"][session] = session;
	end
	return session;
end

-- Lets what is due now happen, and what follows from it
function mt.__index:settle()
	for _ = 1, 20 do self.clock.advance(0); end
	self.clock.advance(0.002); -- the pause after news that concern nobody
	for _ = 1, 20 do self.clock.advance(0); end
end

function mt.__index:last_request()
	return self.http.requests[#self.http.requests];
end

function mt.__index:sent(request) -- luacheck: ignore 212/self
	return json.decode(request.options.body);
end

-- Answers a request as the service does; `changes` has status, body, headers (false takes one away)
function mt.__index:answer(request, changes) -- luacheck: ignore 212/self
	changes = changes or {};
	local body = changes.body;
	if type(body) == "table" then body = json.encode(body); end
	local headers = { ["content-type"] = "application/json; charset=utf-8", ["content-length"] = tostring(#(body or "")) };
	for name, value in pairs(changes.headers or {}) do
		headers[name] = value or nil;
	end
	request.callback(body, changes.status or 200, { headers = headers }, request);
end

-- The body of a verdict on the login that the request asks about
function mt.__index:verdict(request, result, changes)
	local sent = self:sent(request);
	local body = { id = sent.id, result = result };
	if result == "ok" then
		body.user = { id = "01J0000000000000000000000A", jid = sent.username.."@"..sent.domain };
	end
	for name, value in pairs(changes or {}) do body[name] = value; end
	return body;
end

-- What the client is told: "success", or the condition
function mt.__index:told(attempt) -- luacheck: ignore 212/self
	if not attempt.outcome then return "waiting"; end
	return attempt.outcome[1] == "success" and "success" or attempt.outcome[2];
end

function mt.__index:logged(pattern, level)
	local n = 0;
	for _, line in ipairs(self.lines) do
		if line.text:find(pattern, 1, true) and (not level or line.level == level) then n = n + 1; end
	end
	return n;
end

-- For after_each: whatever a test did, no line shows a secret, no runner died, no status is "error"
function harness.check_leaks()
	local self = harness.current;
	if not self then return; end
	harness.current = nil;
	for _, secret in ipairs({ harness.password, harness.token, "Bearer", "Basic" }) do
		for _, line in ipairs(self.lines) do
			assert(not line.text:find(secret, 1, true), "a secret in the log: "..line.text);
		end
		for _, status in ipairs(self.module.statuses) do
			assert(not status.text:find(secret, 1, true), "a secret in the status: "..status.text);
			assert(status.status ~= "error", "status error: "..status.text);
		end
	end
	for _, request in ipairs(self.http.requests) do
		assert(request.options.suppress_url == true and not request.url:find(harness.password, 1, true));
	end
	assert(#self.errors == 0, self.errors[1]);
end

package.loaded["spec.harness"] = harness;
return harness;
