-- Jitsi's second door: whose session-id it is, and its end. What Jicofo and clients do is in ../door_test.go.
require "spec.harness";
local st = require "util.stanza";

local xmlns, focus = "http://jitsi.org/protocol/focus", "focus@auth.example/res";

describe("mod_jitsi_auth_sessions", function ()
	local hooks, sent, lines, prosody, module, registry, now;

	local function load(saved)
		hooks, sent = {}, {};
		module = { host = "auth.example" };
		function module:get_option_string(_, default) return default; end -- luacheck: ignore 212/self
		function module:hook(event, handler) hooks[event] = handler; end -- luacheck: ignore 212/self
		function module:hook_global(event, handler) hooks[event] = handler; end -- luacheck: ignore 212/self
		function module:send(stanza) table.insert(sent, stanza); end -- luacheck: ignore 212/self
		function module:log(_, line, ...) table.insert(lines, line:format(...)); end -- luacheck: ignore 212/self
		function module:shared(path) return path == "/*/c2s/sessions" and registry or {}; end -- luacheck: ignore 212/self
		local env = setmetatable({ module = module, prosody = prosody, os = { time = function () return now; end } }, { __index = _G });
		assert(loadfile("mod_jitsi_auth_sessions.lua", "t", env))();
		if saved then module.restore(saved); end
	end

	before_each(function ()
		lines, registry, now = {}, {}, 1795500000;
		prosody = { full_sessions = {}, bare_sessions = {}, hosts = {
			["meet.example"] = { modules = { auth_http = {} } };
			["guest.example"] = { modules = {} };
			["auth.example"] = { modules = {}, sessions = { focus = { sessions = { res = {} } } } };
			["focus.example"] = { modules = { client_proxy = {} } };
		} };
		load();
	end);

	local function client(name, host, id, resource)
		local bare, jid = name.."@"..host, name.."@"..host.."/"..(resource or "r");
		prosody.bare_sessions[bare] = prosody.bare_sessions[bare] or { sessions = {} };
		local session = { username = name, host = host, full_jid = jid, http_auth_login = id and { id = id } or nil };
		prosody.full_sessions[jid], prosody.bare_sessions[bare].sessions[resource or "r"] = session, session;
		return jid;
	end

	local function leave(jid)
		prosody.full_sessions[jid], prosody.bare_sessions[jid:match("^[^/]+")] = nil, nil;
	end

	local function ask(jid, sid, changes)
		local attr = { xmlns = xmlns, ["session-id"] = sid, ["machine-uid"] = "machine", room = "r@conference.example" };
		for name, value in pairs(changes or {}) do attr[name] = value or nil; end
		local stanza = st.iq({ type = "set", id = "q", from = "focus.example/"..jid, to = focus }):tag(attr.name or "conference", attr):reset();
		return hooks["iq/full"]({ stanza = stanza }), stanza.tags[1].attr["session-id"];
	end

	local function answer(jid, sid, origin)
		local stanza = st.iq({ type = "result", id = "q", from = focus, to = "focus.example/"..jid })
			:tag("conference", { xmlns = xmlns, ["session-id"] = sid }):reset();
		return hooks["pre-iq/host"]({ origin = origin or { username = "focus" }, stanza = stanza });
	end

	-- The session-id comes to be the account's
	local function log_in(name, id, sid)
		local jid = client(name, "meet.example", id);
		ask(jid);
		answer(jid, sid);
		leave(jid); -- the second connection is closed
	end

	local function logins(by_id, host)
		local list = {};
		hooks["http-auth-logins"]({ host = host or "meet.example", by_id = by_id, by_jid = by_id and {},
			add = function (entry) table.insert(list, entry); end });
		return list;
	end

	local function told(i) return sent[i] and sent[i].tags[1].attr["session-id"]; end

	it("knows whose a session-id is, and who came in by it", function ()
		log_in("alice", "id-a", "sid-a");
		local guest = client("uuid", "guest.example");
		assert.same({ nil, "sid-a" }, { ask(guest, "sid-a") });
		local list = logins({ ["id-a"] = {}, ["id-b"] = {} });
		assert.equal(2, #list);
		assert.same({ "alice", "id-a" }, { list[1].username, list[1].login.id });
		assert.equal(prosody.full_sessions[guest], list[2].session);
		assert.equal(2, #logins());
		assert.same({}, logins({ ["id-b"] = {} }));
		assert.same({}, logins(nil, "other.example"));
		leave(guest);
		assert.equal(1, #logins());
	end);

	it("knows all that have the name of a guest who came in by it", function ()
		log_in("alice", "id-a", "sid-a");
		local guest = client("uuid", "guest.example");
		ask(guest, "sid-a");
		local other = client("uuid", "guest.example", nil, "other");
		local unbound = { username = "uuid", host = "guest.example" };
		registry[1], registry[2] = unbound, { username = "uuid", host = "elsewhere.example" };
		registry[3] = { host = "guest.example" };
		local found = {};
		for _, entry in ipairs(logins({ ["id-a"] = {} })) do
			if entry.session then found[entry.session] = true; end
		end
		assert.same({ [prosody.full_sessions[guest]] = true, [prosody.full_sessions[other]] = true, [unbound] = true }, found);
		leave(guest);
		assert.equal(unbound, logins({ ["id-a"] = {} })[2].session);
	end);

	it("ends what it knows, and nobody gets in by it", function ()
		log_in("alice", "id-a", "sid-a");
		logins()[1].drop();
		assert.same({ "sid-a", "res" }, { told(1), sent[1].attr.to:match("/(.*)") });
		assert.is_true(ask(client("uuid", "guest.example"), "sid-a"));
		assert.equal("not-acceptable", select(2, sent[2]:get_error()));
		assert.truthy(sent[2].tags[1]:get_child("session-invalid", xmlns));
		assert.same({}, logins());
	end);

	it("keeps those who came in by a session-id that is over", function ()
		log_in("alice", "id-a", "sid-0");
		ask(client("uuid", "guest.example"), "sid-0");
		for i = 1, 50 do log_in("alice", "id-a", "sid-"..i); end
		assert.equal("sid-0", told(1));
		assert.equal(51, #logins({ ["id-a"] = {} }));
		for _, entry in ipairs(logins()) do
			if entry.drop then entry.drop(); end
		end
		assert.equal("uuid", logins()[1].session.username);
	end);

	it("is bounded", function ()
		for i = 1, 20001 do log_in("u"..i, "id-"..i, "sid-"..i); end
		assert.equal(20000, #logins());
		assert.same({ "sid-1" }, { told(1), told(2) });
		assert.is_true(ask(client("uuid", "guest.example"), "sid-1"));
	end);

	for what, changes in pairs({ ["another machine"] = { ["machine-uid"] = "other" }, ["no machine"] = { ["machine-uid"] = false } }) do
		it("refuses "..what, function ()
			log_in("alice", "id-a", "sid-a");
			assert.is_true(ask(client("uuid", "guest.example"), "sid-a", changes));
			assert.equal(1, #logins());
		end);
	end

	it("refuses who is no client, such as an occupant of a room", function ()
		log_in("alice", "id-a", "sid-a");
		assert.is_true(ask("r@conference.example/x", "sid-a"));
	end);

	it("lets guests pass that have none, or a blank one", function ()
		local guest = client("uuid", "guest.example");
		assert.is_nil(ask(guest));
		assert.is_nil(ask(guest, ""));
		assert.is_nil(ask(guest, " "));
		assert.same({}, sent);
	end);

	it("takes another account's session-id off a request", function ()
		log_in("alice", "id-a", "sid-a");
		assert.same({ nil, nil }, { ask(client("bob", "meet.example", "id-b"), "sid-a") });
		assert.same({ nil, nil }, { ask(client("alice", "meet.example", "id-of-another-alice"), "sid-a") });
		assert.same({ nil, "sid-a" }, { ask(client("alice", "meet.example", "id-a"), "sid-a") });
	end);

	it("logs out what Jicofo gives to who has left, and doesn't pass it on", function ()
		local jid = client("alice", "meet.example", "id-a");
		ask(jid);
		leave(jid);
		assert.is_true(answer(jid, "sid-a"));
		assert.equal("sid-a", told(1));
		assert.equal("error", sent[2].attr.type);
		assert.same({}, logins());
	end);

	it("believes Jicofo only", function ()
		local jid = client("alice", "meet.example", "id-a");
		answer(jid, "sid-a", { username = "jvb" });
		assert.same({}, logins());
	end);

	it("tells Jicofo when it is back", function ()
		log_in("alice", "id-a", "sid-a");
		local users = prosody.hosts["auth.example"].sessions;
		users.focus = nil;
		logins()[1].drop();
		assert.same({}, sent);
		users.focus = { sessions = { new = {} } };
		hooks["resource-bind"]({ session = { username = "jvb" } });
		assert.same({}, sent);
		hooks["resource-bind"]({ session = { username = "focus" } });
		hooks["resource-bind"]({ session = { username = "focus" } });
		assert.same({ "sid-a", "sid-a", nil }, { told(1), told(2), told(3) });
		local said = st.iq({ type = "result", id = sent[2].attr.id, from = focus, to = "auth.example" }):tag("logout", { xmlns = xmlns }):reset();
		hooks["pre-iq/host"]({ origin = { username = "focus" }, stanza = said });
		hooks["resource-bind"]({ session = { username = "focus" } });
		assert.equal(2, #sent);
	end);

	it("gives no more of an account than 1000 guests", function ()
		log_in("alice", "id-a", "sid-a");
		for i = 1, 1000 do assert.is_nil(ask(client("uuid"..i, "guest.example"), "sid-a")); end
		assert.is_true(ask(client("more", "guest.example"), "sid-a"));
		assert.is_nil(ask(client("uuid7", "guest.example"), "sid-a"));
	end);

	it("keeps of an account what was used last", function ()
		log_in("alice", "id-a", "sid-0");
		local guest = client("uuid", "guest.example");
		for i = 1, 49 do log_in("alice", "id-a", "sid-"..i); end
		ask(guest, "sid-0");
		log_in("alice", "id-a", "sid-50");
		assert.equal("sid-1", told(1));
		assert.is_nil(ask(guest, "sid-0"));
	end);

	it("refuses a request with more than one child", function ()
		log_in("alice", "id-a", "sid-a");
		local stanza = st.iq({ type = "set", id = "q", from = client("uuid", "guest.example"), to = focus })
			:tag("conference", { xmlns = xmlns }):up():tag("conference", { xmlns = xmlns, ["session-id"] = "sid-a" }):reset();
		assert.is_true(hooks["iq/full"]({ stanza = stanza }));
	end);

	it("keeps all in a reload", function ()
		log_in("alice", "id-a", "sid-a");
		local guest = client("uuid", "guest.example");
		ask(guest, "sid-a");
		load(module.save());
		assert.equal(2, #logins({ ["id-a"] = {} }));
		assert.is_nil(ask(guest, "sid-a"));
	end);

	it("keeps nothing of an account that ended, once its guests are out", function ()
		for i = 1, 3 do
			local guest = client("uuid"..i, "guest.example");
			log_in("alice"..i, "id-"..i, "sid-"..i);
			ask(guest, "sid-"..i);
			for _, entry in ipairs(logins({ ["id-"..i] = {} })) do -- as sessions.end_entries does
				if entry.drop then entry.drop(); else leave(guest); end
			end
		end
		now = now + 601;
		logins();
		log_in("bob", "id-b", "sid-b");
		local names = {};
		for key in pairs(module.save().accounts) do table.insert(names, key); end
		assert.same({ "id-b" }, names);
	end);

	it("has Jicofo forget what it knows, whatever a client did by requests of the same id", function ()
		log_in("alice", "id-a", "sid-a");
		local guest = client("uuid", "guest.example");
		ask(guest, "sid-a"); -- a host now
		ask(guest, "bogus", { name = "logout" }); -- reaches Jicofo, which doesn't know it
		ask(guest, "sid-a", { room = false }); -- overwrites what was asked, and is a bad-request there
		local stanza = st.iq({ type = "error", id = "q", from = focus, to = "focus.example/"..guest })
			:tag("error", { type = "modify" }):tag("not-acceptable", { xmlns = "urn:ietf:params:xml:ns:xmpp-stanzas" }):up()
			:tag("session-invalid", { xmlns = xmlns }):reset();
		hooks["pre-iq/host"]({ origin = { username = "focus" }, stanza = stanza });
		for _, entry in ipairs(logins({ ["id-a"] = {} })) do -- the account ends
			if entry.drop then entry.drop(); end
		end
		assert.equal("sid-a", told(1));
	end);

	it("does nothing where people log in", function ()
		prosody.hosts["auth.example"].modules.auth_http = {};
		assert.is_nil(ask(client("uuid", "guest.example"), "sid-x"));
		log_in("alice", "id-a", "sid-a");
		assert.same({}, logins());
	end);

	it("logs no session-id", function ()
		log_in("alice", "id-a", "sid-a");
		logins()[1].drop();
		assert.same({ "Jicofo is told to forget a login of alice@meet.example" }, lines);
	end);
end);
