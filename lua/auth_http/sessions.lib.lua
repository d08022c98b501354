-- Part of mod_auth_http: who is logged in, and how that ends.
-- A login is { id, revision, session_revision, transport, at }: what the verdict said of the account, and for reports the
-- transport and the moment. A session has it as http_auth_login. An entry is { session, login, username }, or
-- what another module adds: a session that goes on elsewhere with such a login, or { drop, login, username } for what isn't
-- a session and ends by a call of drop.

local new_ip = require "util.ip".new_ip;
local sessionmanager = require "core.sessionmanager";
local st = require "util.stanza";

local host = module.host;

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

local function transport_of(session)
	local login = session.http_auth_login; -- a resumed session has the other fields of the connection that it began on
	return login and login.transport or session.websocket_request and "websocket" or session.bosh_wait and "bosh" or "c2s";
end

local function address_of(session) -- some proxies add a port
	return session.ip and new_ip(session.ip) and session.ip;
end

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

-- By id, because the name may be another person's by now. By name what logged in without this module
local function account_of(entry, by_id, by_jid)
	local login = entry.login;
	return login and by_id[login.id] or not login and by_jid[entry.username.."@"..host];
end

-- Those of this host that are logged in: bound, hibernating, and not yet bound
local function each_session(visit)
	for _, user in pairs(prosody.hosts[host].sessions) do
		for _, session in pairs(user.sessions) do visit(session); end
	end
	for _, registry in ipairs({ connections, bosh_sessions }) do
		for _, session in pairs(registry) do
			if session.host == host and session.username and not session.full_jid then visit(session); end
		end
	end
end

local function list_entries(by_id, by_jid) --> all; with by_id and by_jid, only those of these accounts
	local list = {};
	local function add(entry)
		if not by_id or account_of(entry, by_id, by_jid) then table.insert(list, entry); end
	end
	each_session(function (session)
		add({ session = session, login = session.http_auth_login, username = session.username });
	end);
	prosody.events.fire_event("http-auth-logins", { host = host, by_id = by_id, by_jid = by_jid, add = add });
	return list;
end

local function held_accounts() --> ids, as a set; nil where somebody is in of whom only the name is known
	local ids, unknown = {}, false;
	local function add(login)
		if login then ids[login.id] = true; else unknown = true; end
	end
	each_session(function (session) add(session.http_auth_login); end);
	prosody.events.fire_event("http-auth-logins", { host = host, add = function (entry) add(entry.login); end });
	return not unknown and ids or nil;
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
		local events = prosody.hosts[session.host].events; -- a guest's host is another one
		try(events.fire_event, "pre-session-close", { session = session });
	end
	session.send = real_send;
	try(session.close, session, close_reason(session, text));
	if not session.destroyed then try(sessionmanager.destroy_session, session); end -- 0.12: a WebSocket that hibernates
	if jid and prosody.full_sessions[jid] == session then module:log("error", "The session %s could not be ended", jid); end
end

-- The login's number of something isn't the account's any more. is_old: the account was asked about after that login, so
-- that a lower one, of a file that was restored, is another one too. told: it is what the news were of, which is all there
-- is to know of a login from before this module was loaded.
local function is_other(had, has, is_old, told)
	if had and has then return had < has or is_old and had ~= has; end
	return told;
end

local function why_end(login, account, is_old) --> reason, text for the person; nil for what may go on
	login = login or {};
	if account.state ~= "active" then
		return endings.removed and account.state, "This account may not be used any more";
	elseif is_other(login.session_revision, account.session_revision, is_old, account.sessions_ended) then
		return "ended by an administrator", "An administrator ended the sessions of this account";
	elseif is_other(login.revision, account.revision, is_old, account.password_set) then
		return endings.password and "password changed", "The password of this account was changed";
	end
end

-- Prosody's own events, by which other modules clean up; 0.12 has nothing that hears of the second. Their handlers go by
-- name, so not where somebody of that name is in, who is another one by now.
local function tell_modules(username, state)
	if prosody.hosts[host].sessions[username] then return; end
	try(prosody.events.fire_event, state == "deleted" and "user-deleted" or "user-disabled", { username = username, host = host });
end

-- old_logins: a set of those that the accounts were asked about after.
-- Pauses between two people, and after eight of one, to let others have their turn: whoever loses one session must not act
-- by another. Looks again, because who was in may have opened another door meanwhile
local function end_entries(by_id, by_jid, old_logins, pause)
	local ended, removed, again = {}, {}, true; -- number of sessions by account and reason; state by name
	for _ = 1, 3 do
		if not again then break; end
		again = false;
		local last, row;
		for _, entry in ipairs(list_entries(by_id, by_jid)) do
			local account = account_of(entry, by_id, by_jid);
			if last and (last ~= account or row == 8) then
				pause(0);
				last = nil;
			end
			local reason, text = why_end(entry.login, account, entry.login and old_logins[entry.login]);
			if reason and not (entry.session and entry.session.destroyed) then -- by itself meanwhile
				again = true;
				row = last and row + 1 or 1;
				last = account;
				if account.state ~= "active" then removed[entry.username] = account.state; end
				if entry.drop then
					try(entry.drop);
				else
					end_session(entry.session, text);
					local line = ("Sessions of %s ended (%s)"):format(entry.username, reason);
					ended[line] = (ended[line] or 0) + 1;
				end
			end
		end
		if last then pause(0); end
	end
	for line, number in pairs(ended) do module:log("info", "%s: %d", line, number); end
	for username, state in pairs(removed) do tell_modules(username, state); end
end

return {
	list = list_entries, held_accounts = held_accounts, end_entries = end_entries, endings = endings;
	transport_of = transport_of, address_of = address_of;
};
