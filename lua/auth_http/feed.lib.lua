-- Part of mod_auth_http: follows the service's feed of changes, and ends what has to end.

local async = require "util.async";
local json = require "util.json";
local monotonic = require "util.time".monotonic;
local timer = require "util.timer";
local urlencode = require "util.http".urlencode;

local host = module.host;
local service, sessions; -- the other parts, given to start

local max_page = 4194304; -- bytes; for 100 changes or accounts, whose names may be long

-- Verdicts and news of accounts come on different ways, and one may overtake the other. So a verdict that was asked for
-- before news of the account came, or before the feed was joined, is asked for again.
local turn, joined_at = 0, 0; -- grows with each answer of the feed
local max_news = 10000; -- accounts; twice as many at most
local news, old_news, number_of_news = {}, {}, 0; -- turn of the newest change, by account; two tables make less garbage than a cache

local stopped, give_up_poll, outages = false, nil, 0;

local function remember_news(id)
	if not news[id] then number_of_news = number_of_news + 1; end
	if number_of_news > max_news then
		news, old_news, number_of_news = {}, news, 1;
	end
	news[id] = turn;
end

-- Where very many accounts are changed, most news are of accounts that nobody is logged in with, and to decode a page of
-- them would keep Prosody for milliseconds, with the garbage of it. So the text is searched for accounts that matter first.
local function skim(body) --> feed without changes, if none of them matters; else nothing
	local position = body:match('^{"changes":%[{.*}%],"position":"([^"]+)"}%s*$');
	local held = position and sessions.held_accounts();
	if not held then return; end
	local ids = {};
	for id in body:gmatch('"id":"([^"]+)"') do -- inside of a string, the quotes have backslashes
		if held[id] then return; end
		table.insert(ids, id);
	end
	turn = turn + 1;
	for _, id in ipairs(ids) do remember_news(id); end
	return { changes = {}, position = position, skimmed = true };
end

local function get_feed(query, seconds) --> feed; or nil, kind of problem, detail
	local code, body, response = service.call("GET", "/changes"..query, nil, seconds, function (give_up) give_up_poll = give_up; end);
	if not code then return nil, body, response; end
	if code == 410 then return nil, "lost"; end
	local ok, problem, detail = service.check(max_page, code, body, response);
	if not ok then return nil, problem, detail; end
	local feed = skim(body) or service.decode(body);
	if type(feed.changes) ~= "table" or type(feed.position) ~= "string" then
		return nil, "garbage", "it holds no changes";
	end
	return feed;
end

-- What the service says of an account, in a change or when asked. It must be whole: a field that is missing must not
-- look like the end of an account.
local function read_account(item)
	local state = item.state == json.null and "deleted" or item.state;
	assert(type(item.id) == "string" and type(item.jid) == "string" and type(state) == "string", "an account without its state");
	return {
		id = item.id, state = state, revision = tonumber(item.credential_revision), session_revision = tonumber(item.session_revision);
		password_set = item.action == "user.password_set", sessions_ended = item.action == "user.sessions_ended";
	};
end

local function get_accounts(ids) --> accounts by id; or nil, kind of problem, detail
	local code, body, response = service.call("POST", "/accounts", json.encode({ domain = host, ids = ids }), service.timeout);
	if not code then return nil, body, response; end
	local answer, problem, detail = service.read_json(max_page, code, body, response);
	if not answer then return nil, problem, detail; end
	if type(answer.accounts) ~= "table" then return nil, "garbage", "it holds no accounts"; end
	local accounts = {};
	for _, id in ipairs(ids) do accounts[id] = { state = "deleted" }; end
	for _, account in ipairs(answer.accounts) do
		accounts[account.id] = read_account(account);
	end
	return accounts;
end

local function list_logins() --> ids of accounts; their logins, as a set
	local ids, logins, seen = {}, {}, {};
	for _, entry in ipairs(sessions.list()) do
		local login = entry.login;
		if login then
			logins[login] = true;
			if not seen[login.id] then
				seen[login.id] = true;
				table.insert(ids, login.id);
			end
		end
	end
	return ids, logins;
end

-- The newest position comes first: what changes while the accounts are looked at is then behind it
local function join(instance) --> position; or nil, kind of problem, detail
	local feed, problem, detail = get_feed("?instance="..instance, service.timeout);
	if not feed then return nil, problem, detail; end
	turn = turn + 1;
	joined_at = turn;
	local ids, logins = list_logins();
	for first = 1, #ids, 100 do
		local accounts;
		accounts, problem, detail = get_accounts({ table.unpack(ids, first, math.min(first + 99, #ids)) });
		if not accounts then return nil, problem, detail; end
		sessions.end_entries(accounts, {}, logins, service.pause);
	end
	return feed.position;
end

local function obey(changes)
	turn = turn + 1;
	local by_id, by_jid = {}, {};
	for _, change in ipairs(changes) do
		local account, before = read_account(change), by_id[change.id];
		if account.state ~= "active" or change.action ~= "user.created" then
			account.password_set = account.password_set or before and before.password_set;
			account.sessions_ended = account.sessions_ended or before and before.sessions_ended;
			by_id[change.id] = account;
			local named = by_jid[change.jid];
			-- A name that was given out again: what logged in without this module is of the one who is gone
			if not named or named.id == account.id or named.state == "active" then by_jid[change.jid] = account; end
			remember_news(change.id);
		end
	end
	if next(by_id) then sessions.end_entries(by_id, by_jid, {}, service.pause); end
end

-- instance: under which name those who are in are reported; while it asks for changes, it counts as there
local function follow(position, instance) --> position to go on from; or nil, kind of problem, detail
	if not position then return join(instance); end
	local began = monotonic();
	local feed, problem, detail = get_feed("?only=endings&wait=25s&instance="..instance.."&after="..urlencode(position), 30);
	if not feed then
		if problem == "lost" then
			module:log("info", "The service can't tell all changes any more (restored, or long away): its accounts are looked at anew");
			return join(instance);
		end
		return nil, problem, detail;
	end
	if stopped then return position; end
	obey(feed.changes);
	if feed.skimmed then
		service.pause(0.002); -- more may be behind it
	elseif #feed.changes == 0 then
		if monotonic() - began < 20 then outages = outages + 1; end -- a service that stops answers early
		service.pause(0.05);
	end
	return feed.position;
end

local function run(instance)
	local position, failures, failing_since = nil, 0, nil;
	while not stopped do
		local ok, next_position, problem, detail = xpcall(follow, debug.traceback, position, instance);
		if not ok then -- such as an answer that isn't what it should be: not to be met again and again
			position, next_position, problem, detail = nil, nil, "bug", next_position;
		end
		if stopped then return; end
		if next_position then
			position, failures = next_position, 0;
			if failing_since then
				module:log("info", "Changes of accounts arrive again, after %d seconds without", math.floor(monotonic() - failing_since));
				failing_since = nil;
			end
		else
			failures = failures + 1;
			if not failing_since then
				outages = outages + 1;
				failing_since = monotonic();
				module:log("warn", "Changes of accounts don't arrive: %s (%s). %s. Until they do, people who are removed stay connected",
					service.problems[problem][1], detail, service.problems[problem][2]);
			end
			-- Asking a port that nobody listens on costs little, and the service is to be heard as soon as it is back
			local base = problem == "unreachable" and 0.5 or math.min(2 ^ (failures - 1), 30);
			service.pause(base * (0.8 + 0.4 * math.random()));
		end
	end
end

local feed = {};

function feed.start(the_service, the_sessions, instance)
	service, sessions = the_service, the_sessions;
	timer.add_task(0, function () async.runner(function () run(instance); end):run(true); end);
end

function feed.stop()
	stopped = true;
	if give_up_poll then give_up_poll(); end
end

function feed.turn() return turn; end

-- How often the service was, or may have been, away
function feed.outages() return outages; end

-- Whether news of the account may have come after that turn
function feed.overtook(id, since)
	return math.max(joined_at, news[id] or old_news[id] or 0) > since;
end

return feed;
