-- mod_jitsi_auth_sessions: Jitsi's second door. With guests allowed, a host logs in over a second connection that is closed
-- at once: Jicofo gives it a session-id, and with that the host goes on as a guest, and comes back as one, without a
-- password. This module learns whose session-id it is, so that it ends with the account's right to log in.
-- For modules_enabled of the host where Jicofo logs in, or of all. What it relies on: README.md beside this file.

local jid_split = require "util.jid".split;
local new_cache = require "util.cache".new;
local st = require "util.stanza";
local uuid = require "util.uuid".generate;

local focus_username = module:get_option_string("jitsi_auth_sessions_focus", "focus");

local xmlns = "http://jitsi.org/protocol/focus";
local max_tickets = 20000; -- of all accounts
local max_tickets_of_one = 50; -- Jicofo gives a new one at each login

-- A ticket is a session-id and whose it is: { sid, host, username, login, machine_uid }; login as mod_auth_http has it.
-- An account is { host, username, tickets, guests }: its tickets, oldest first, and by JID which sessions came in by one,
-- { session, login, at, key }. Those stay when the ticket is gone: Jicofo made them hosts.
local accounts = {};
local tickets; -- by session-id
local logouts = new_cache(max_tickets); -- session-ids that Jicofo has to hear of when it is back

local function account_key(ticket) -- tells accounts apart as mod_auth_http does
	return ticket.login and ticket.login.id or ticket.username.."@"..ticket.host;
end

local function is_in(jid, guest)
	return prosody.full_sessions[jid] == guest.session;
end

local function drop_those_who_left(key)
	local account = accounts[key];
	for jid, guest in pairs(account.guests) do
		if not is_in(jid, guest) then account.guests[jid] = nil; end
	end
	if not account.tickets[1] and not next(account.guests) then accounts[key] = nil; end
end

-- Tells Jicofo that a session-id is over
local function log_out(sid)
	local user = prosody.hosts[module.host].sessions[focus_username];
	if not user then
		logouts:set(sid, true);
		return;
	end
	for resource in pairs(user.sessions) do
		module:send(st.iq({ type = "set", id = uuid(), from = module.host, to = focus_username.."@"..module.host.."/"..resource })
			:tag("logout", { xmlns = xmlns, ["session-id"] = sid }));
	end
end

module:hook("resource-bind", function (event)
	if event.session.username ~= focus_username then return; end
	for sid in logouts:items() do
		log_out(sid);
		logouts:set(sid, nil);
	end
end);

local function remove_from_account(ticket)
	local key = account_key(ticket);
	local list = accounts[key].tickets;
	for i = #list, 1, -1 do
		if list[i] == ticket then table.remove(list, i); end
	end
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
	tickets:set(sid, ticket); -- to the front: used now
	local key = account_key(ticket);
	drop_those_who_left(key);
	local guests = accounts[key].guests;
	local guest = guests[jid] or { session = session, at = os.time(), key = uuid() };
	guest.login, guests[jid] = ticket.login, guest;
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
			forget(tickets:get(asked.sid)); -- Jicofo has forgotten it
		end
	end
end
for _, to in ipairs({ "host", "full", "bare" }) do module:hook("pre-iq/"..to, on_answer, 1000); end

-- mod_auth_http asks who else is logged in by an account of its host, with by_id and by_jid by these accounts
local function add_account(account, add)
	for _, ticket in ipairs(account.tickets) do
		add({ username = account.username, login = ticket.login, drop = function ()
			forget(ticket);
			log_out(ticket.sid);
			module:log("info", "Jicofo is told to forget a login of %s@%s", account.username, account.host);
		end });
	end
	for jid, guest in pairs(account.guests) do
		if is_in(jid, guest) then
			add({ username = account.username, login = guest.login, session = guest.session, guest = guest });
		end
	end
end

module:hook_global("http-auth-logins", function (event)
	if not event.by_id then
		for _, account in pairs(accounts) do
			if account.host == event.host then add_account(account, event.add); end
		end
		return;
	end
	for _, wanted in ipairs({ event.by_id, event.by_jid }) do
		for key in pairs(wanted) do
			local account = accounts[key];
			if account and account.host == event.host then add_account(account, event.add); end
		end
	end
end);

-- A reload forgets nobody
function module.save()
	local list = {};
	for _, ticket in tickets:items() do table.insert(list, 1, ticket); end
	local waiting = {};
	for sid in logouts:items() do table.insert(waiting, sid); end
	return { accounts = accounts, tickets = list, logouts = waiting };
end

function module.restore(saved)
	accounts = saved.accounts;
	for _, ticket in ipairs(saved.tickets) do tickets:set(ticket.sid, ticket); end
	for _, sid in ipairs(saved.logouts) do logouts:set(sid, true); end
end
