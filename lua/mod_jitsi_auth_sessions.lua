-- mod_jitsi_auth_sessions: Jitsi's second door. With guests allowed, a host logs in over a second connection that is closed
-- at once: Jicofo gives it a session-id, and with that the host goes on as a guest, and comes back as one, without a
-- password. This module learns whose session-id it is, so that it ends with the account's right to log in.
-- For modules_enabled of the host where Jicofo logs in, or of all. What it relies on: README.md beside this file.

local jid_bare = require "util.jid".bare;
local jid_split = require "util.jid".split;
local new_cache = require "util.cache".new;
local st = require "util.stanza";
local uuid = require "util.uuid".generate;

local focus_username = module:get_option_string("jitsi_auth_sessions_focus", "focus");

local xmlns = "http://jitsi.org/protocol/focus";
local max_tickets = 20000; -- of all accounts
local max_tickets_of_one = 50; -- Jicofo gives a new one at each login
local max_guests_of_one = 1000; -- since ten minutes ago
local memory = 600; -- seconds; longer than a connection that has logged in may take to bind (mod_c2s)

-- A ticket is a session-id and whose it is: { sid, host, username, login, machine_uid }; login as mod_auth_http has it.
-- An account is { host, username, tickets, guests }: its tickets, the one used last at the end, and by bare JID which guests
-- came in by one: { login, at, seen }. By the bare one, because rooms know owners by that, and Jitsi gives the name of a
-- guest to another connection of the same browser. They stay when the ticket is gone: Jicofo made them hosts.
local accounts = {};
local tickets; -- by session-id
local logouts = new_cache(max_tickets); -- session-ids that Jicofo has not yet said to have forgotten, by the id of the request
local connections = module:shared("/*/c2s/sessions"); -- WebSockets too
local bosh_sessions = module:shared("/*/bosh/sessions");

local function account_key(ticket) -- tells accounts apart as mod_auth_http does
	return ticket.login and ticket.login.id or ticket.username.."@"..ticket.host;
end

local function drop_those_who_left(key) --> number of guests that are left
	local account, number, now = accounts[key], 0, os.time();
	for bare, guest in pairs(account.guests) do
		if prosody.bare_sessions[bare] then guest.seen = now; end
		if now - guest.seen > memory then account.guests[bare] = nil; else number = number + 1; end
	end
	if not account.tickets[1] and number == 0 then accounts[key] = nil; end
	return number;
end

local function send_logout(id, sid)
	local user = prosody.hosts[module.host].sessions[focus_username];
	for resource in pairs(user and user.sessions or {}) do
		module:send(st.iq({ type = "set", id = id, from = module.host, to = focus_username.."@"..module.host.."/"..resource })
			:tag("logout", { xmlns = xmlns, ["session-id"] = sid }));
	end
end

-- Tells Jicofo that a session-id is over; again when it comes back, until it has answered
local function log_out(sid)
	local id = uuid();
	logouts:set(id, sid);
	send_logout(id, sid);
end

module:hook("resource-bind", function (event)
	if event.session.username ~= focus_username then return; end
	for id, sid in logouts:items() do send_logout(id, sid); end
end);

local function take_out(list, ticket)
	for i = #list, 1, -1 do
		if list[i] == ticket then table.remove(list, i); end
	end
end

local function remove_from_account(ticket)
	local key = account_key(ticket);
	take_out(accounts[key].tickets, ticket);
	drop_those_who_left(key);
end

tickets = new_cache(max_tickets, function (sid, ticket) -- too many: the one that was used least lately is over
	remove_from_account(ticket);
	log_out(sid);
end);

local function forget(ticket)
	if tickets:get(ticket.sid) == ticket then
		tickets:set(ticket.sid, nil);
		remove_from_account(ticket);
	end
end

local function learn(ticket)
	tickets:set(ticket.sid, ticket);
	local key = account_key(ticket);
	accounts[key] = accounts[key] or { host = ticket.host, username = ticket.username, tickets = {}, guests = {} };
	local list = accounts[key].tickets;
	table.insert(list, ticket);
	if #list > max_tickets_of_one then
		local oldest = list[1];
		forget(oldest);
		log_out(oldest.sid);
	end
end

-- The client behind an address that Jicofo is asked from and answers to: mod_client_proxy, through which clients reach it,
-- puts theirs into the resource of its own. No session for who isn't a client of this server, such as an occupant's address.
local function client_at(address) --> JID, session
	local _, host, resource = jid_split(address);
	local via = prosody.hosts[host];
	local jid = via and via.modules and via.modules.client_proxy and resource or address;
	return jid, prosody.full_sessions[jid];
end

local function has_account(session)
	return session and session.username and prosody.hosts[session.host].modules.auth_http ~= nil;
end

local function owner(session)
	return { host = session.host, username = session.username, login = session.http_auth_login };
end

-- As Jicofo says it: the client forgets its session-id and asks for the password (lib-jitsi-meet's moderator)
local function refuse(id, from, to)
	module:send(st.iq({ type = "error", id = id, from = from, to = to })
		:tag("error", { type = "modify" })
			:tag("not-acceptable", { xmlns = "urn:ietf:params:xml:ns:xmpp-stanzas" }):up()
			:tag("session-invalid", { xmlns = xmlns }));
	return true;
end

-- Whether somebody who isn't logged in may use a session-id; who does is in from now on, whatever Jicofo answers
local function admit(jid, session, sid, machine_uid)
	local ticket = tickets:get(sid);
	if not ticket or not session or (ticket.machine_uid or machine_uid) ~= machine_uid then return false; end
	local key, bare, now = account_key(ticket), jid_bare(jid), os.time();
	local account = accounts[key];
	if drop_those_who_left(key) >= max_guests_of_one and not account.guests[bare] then return false; end
	local guest = account.guests[bare] or { at = now };
	guest.login, guest.seen, account.guests[bare] = ticket.login, now, guest;
	tickets:set(sid, ticket); -- used last, in both
	take_out(account.tickets, ticket);
	table.insert(account.tickets, ticket);
	return true;
end

local function acts_here() -- not where people log in, one of whom may be called "focus"
	return not prosody.hosts[module.host].modules.auth_http;
end

module:hook("iq/full", function (event)
	local stanza = event.stanza;
	if stanza.attr.type ~= "set" or jid_split(stanza.attr.to) ~= focus_username or not acts_here() then return; end
	local conference = stanza:get_child("conference", xmlns);
	local request = conference or stanza:get_child("logout", xmlns);
	if not request then return; end
	if #stanza.tags ~= 1 then return refuse(stanza.attr.id, stanza.attr.to, stanza.attr.from); end -- which one would Jicofo take?
	local jid, session = client_at(stanza.attr.from);
	local sid, machine_uid = request.attr["session-id"], request.attr["machine-uid"];
	if sid and not sid:find("%S") then sid = nil; end -- for Jicofo, a blank one is none
	if conference and sid then
		if not has_account(session) then
			if not admit(jid, session, sid, machine_uid) then return refuse(stanza.attr.id, stanza.attr.to, stanza.attr.from); end
		elseif not tickets:get(sid) or account_key(tickets:get(sid)) ~= account_key(owner(session)) then
			request.attr["session-id"], sid = nil, nil; -- who has just logged in gets one of their own
		end
	end
	if session then -- until the answer comes
		session.jitsi_auth_request = { id = stanza.attr.id, sid = sid, machine_uid = machine_uid, logout = not conference };
	end
end, 1000);

local function on_answer(event)
	local stanza, attr = event.stanza, event.stanza.attr;
	if event.origin.username ~= focus_username or (attr.type ~= "result" and attr.type ~= "error") or not acts_here() then return; end
	if attr.to == module.host then logouts:set(attr.id, nil); end
	local _, session = client_at(attr.to);
	local asked = session and session.jitsi_auth_request or {};
	if asked.id ~= attr.id then asked = {}; end
	local conference = attr.type == "result" and stanza:get_child("conference", xmlns);
	local sid = conference and conference.attr["session-id"];
	if sid and not tickets:get(sid) then
		-- New, for who didn't send one. Jicofo gives one to nobody but who has logged in, also by accounts that aren't ours
		if has_account(session) or session and asked.id and not asked.sid then
			local ticket = owner(session);
			ticket.sid, ticket.machine_uid = sid, asked.machine_uid;
			learn(ticket);
		else -- it ended while Jicofo answered, or whoever asked has left
			log_out(sid);
			return refuse(attr.id, attr.from, attr.to);
		end
	elseif asked.sid and tickets:get(asked.sid) then
		local problem = stanza:get_child("error");
		if asked.logout and not problem or problem and problem:get_child("session-invalid", xmlns) then
			forget(tickets:get(asked.sid)); -- Jicofo has forgotten it,
			log_out(asked.sid); -- or the client made us think so, by requests of the same id
		end
	end
end
for _, to in ipairs({ "host", "full", "bare" }) do module:hook("pre-iq/"..to, on_answer, 1000); end

-- mod_auth_http asks who else is logged in by an account of its host, with by_id and by_jid by these accounts
local function add_tickets(account, add)
	for _, ticket in ipairs(account.tickets) do
		add({ username = account.username, login = ticket.login, drop = function ()
			forget(ticket);
			log_out(ticket.sid);
			module:log("info", "Jicofo is told to forget a login of %s@%s", account.username, account.host);
		end });
	end
end

local function add_guests(account, add)
	for bare, guest in pairs(account.guests) do
		local user = prosody.bare_sessions[bare];
		for _, session in pairs(user and user.sessions or {}) do
			add({ username = account.username, login = guest.login, session = session, guest = guest });
		end
	end
end

-- A connection that has logged in and will bind has the name already
local function add_unbound(list, add)
	for _, registry in ipairs({ connections, bosh_sessions }) do
		for _, session in pairs(registry) do
			local bare = session.username and not session.full_jid and session.username.."@"..session.host;
			for _, account in ipairs(bare and list or {}) do
				local guest = account.guests[bare];
				if guest then add({ username = account.username, login = guest.login, session = session, guest = guest }); end
			end
		end
	end
end

module:hook_global("http-auth-logins", function (event)
	local list = {};
	local function visit(key)
		local account = accounts[key];
		if not account or account.host ~= event.host then return; end
		add_tickets(account, event.add);
		add_guests(account, event.add);
		if next(account.guests) then table.insert(list, account); end
		drop_those_who_left(key);
	end
	if event.by_id then
		for key in pairs(event.by_id) do visit(key); end
		for key in pairs(event.by_jid) do visit(key); end
		if list[1] then add_unbound(list, event.add); end
	else
		for key in pairs(accounts) do visit(key); end
	end
end);

-- A reload forgets nobody
function module.save()
	local list = {};
	for _, ticket in tickets:items() do table.insert(list, ticket); end
	local waiting = {};
	for _, sid in logouts:items() do table.insert(waiting, sid); end
	return { accounts = accounts, tickets = list, logouts = waiting };
end

function module.restore(saved)
	accounts = saved.accounts;
	for i = #saved.tickets, 1, -1 do tickets:set(saved.tickets[i].sid, saved.tickets[i]); end -- the one used last at the end
	for _, sid in ipairs(saved.logouts) do log_out(sid); end
end
