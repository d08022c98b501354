-- Part of mod_auth_http: tells the service who is in, so that administrators see it.

local async = require "util.async";
local datetime = require "util.datetime".datetime;
local hex = require "util.hex".encode;
local jid = require "util.jid";
local json = require "util.json";
local monotonic = require "util.time".monotonic;
local random_bytes = require "util.random".bytes;
local timer = require "util.timer";

local host = module.host;
local service, sessions, feed; -- the other parts, given to start

local interval = 2; -- seconds
local max_silence = 30; -- seconds without a change after which the service is asked whether it still knows
local max_items = 100; -- in a report: more would hold others up while it is written
local max_sessions = 20000;
local max_rooms, max_room = 20, 1024; -- the latter in bytes; longer ones aren't told
local max_addresses = 200; -- to which a session sent presence, and that are looked at

local stopped, heard = false, 0; -- heard: when the service last took a report

-- The rooms that a session sent its presence to (mod_presence)
local function rooms_of(session)
	local rooms, seen, looked = {}, {}, 0;
	for address in pairs(session.directed or {}) do
		looked = looked + 1;
		if looked > max_addresses then break; end
		local room, component = jid.bare(address), prosody.hosts[jid.host(address)];
		if not seen[room] and #rooms < max_rooms and #room <= max_room and component and component.modules and component.modules.muc then
			seen[room] = true;
			table.insert(rooms, room);
		end
	end
	table.sort(rooms);
	return rooms[1] and rooms or nil;
end

local function describe(entry) --> as POST /auth/sessions has it
	local session, transport = entry.session, sessions.transport_of(entry.session);
	local began = entry.guest or entry.login;
	began.at = began.at or os.time(); -- a login of an earlier version of this module
	session.http_auth_key = session.http_auth_key or hex(random_bytes(8));
	return {
		key = session.http_auth_key, account = entry.login.id, since = datetime(began.at), guest = entry.guest ~= nil;
		transport = transport, source = sessions.address_of(session), proxy = transport ~= "c2s" and session.http_auth_proxy ~= false;
		rooms = rooms_of(session);
	};
end

local function is_same(a, b)
	return a and a.account == b.account and a.since == b.since and a.transport == b.transport and a.source == b.source and a.proxy == b.proxy
		and table.concat(a.rooms or {}, "\0") == table.concat(b.rooms or {}, "\0");
end

local function list_those_in() --> descriptions by key
	local list, number = {}, 0;
	for i, entry in ipairs(sessions.list()) do
		if i % 100 == 0 then service.pause(0); end -- let others have their turn
		if entry.session and entry.session.full_jid and entry.login and entry.login.id and number < max_sessions then
			local item = describe(entry);
			list[item.key] = item;
			number = number + 1;
		end
	end
	return list;
end

local function send(body) --> true; or nil, kind of problem, detail
	local code, answer, response = service.call("POST", "/sessions", json.encode(body), service.timeout);
	if not code then return nil, answer, response; end
	if code == 409 then return nil, "unknown"; end -- the service was restarted: anew
	local read, problem, detail = service.read_json(65536, code, answer, response);
	return read and true, problem, detail;
end

-- Tells what is different from what the service was told, and with ask something in any case; told is nil where it knows nothing
local function tell(told, instance, ask) --> what it was told now; or nil, kind of problem, detail
	local now, changed = list_those_in(), {};
	for key, item in pairs(now) do
		if not (told and is_same(told[key], item)) then table.insert(changed, { item = item }); end
	end
	for key in pairs(told or {}) do
		if not now[key] then table.insert(changed, { gone = key }); end
	end
	local first = not told;
	for i = 1, math.max(#changed, (first or ask) and 1 or 0), max_items do
		local body = { domain = host, instance = instance, first = first };
		for n = i, math.min(i + max_items - 1, #changed) do
			local list = changed[n].gone and "ended" or "sessions";
			body[list] = body[list] or {};
			table.insert(body[list], changed[n].gone or changed[n].item);
		end
		local ok, problem, detail = send(body);
		if not ok then return nil, problem, detail; end
		first, heard = false, monotonic();
	end
	return now;
end

local function run(instance)
	local told, failures, outages = nil, 0, 0;
	while not stopped do
		service.pause(math.min(interval * 2 ^ failures, 30));
		if stopped then return; end
		if feed.outages() > outages then
			told, outages = nil, feed.outages(); -- it was restarted, perhaps
		end
		local ok, problem, detail;
		ok, told, problem, detail = xpcall(tell, debug.traceback, told, instance, monotonic() - heard >= max_silence);
		if not ok then told, problem, detail = nil, "bug", told; end
		if told then
			failures = 0;
		elseif problem ~= "unknown" then
			failures = failures + 1;
			-- What keeps the feed from arriving, too, is said there
			if failures == 1 and (problem == "status" or problem == "garbage" or problem == "bug") then
				module:log("info", "The service isn't told who is in: %s (%s)", service.problems[problem][1], detail);
			end
		end
	end
end

local report = {};

-- The instance is the name of this reporter. Only while it follows the feed, the service takes it for there.
function report.start(the_service, the_sessions, the_feed, instance)
	service, sessions, feed = the_service, the_sessions, the_feed;
	timer.add_task(0, function () async.runner(function () run(instance); end):run(true); end);
end

function report.stop()
	stopped = true;
end

return report;
