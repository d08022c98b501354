-- Removed means out: the feed is followed, and sessions of people who may not be there any more end.
local harness = require "spec.harness";
local null = require "util.json".null;

local out, stays = { "presence unavailable", "close not-authorized" }, {};

local function change(id, name, changes)
	local item = { position = "e:2", action = "user.updated", id = id, jid = name.."@meet.example", fields = {},
		state = "disabled", credential_revision = 1 };
	for field, value in pairs(changes or {}) do
		item[field] = value;
		if value == "missing" then item[field] = nil; end
	end
	return item;
end

describe("mod_auth_http's follower", function ()
	local h;

	-- Ready to follow from position e:1, with one poll under way
	local function join(options, sessions)
		h = harness.new(options, "prosody");
		if sessions then sessions(); end
		h:settle();
		h:answer(h:last_request(), { body = { changes = {}, position = "e:1" } });
		h:settle();
	end
	before_each(function () join(); end);
	after_each(harness.check_leaks);

	local function feed(...)
		h:answer(h:last_request(), { body = { changes = { ... }, position = "e:2" } });
		h:settle();
	end

	local function last(path)
		for i = #h.http.requests, 1, -1 do
			if h.http.requests[i].url:find(path, 1, true) then return h.http.requests[i]; end
		end
	end

	local function url_of(request)
		return (request.url:gsub("instance=%x+", "instance=X"));
	end

	local function is_polling(position)
		h.clock.advance(0.05);
		local request = h:last_request();
		assert.equal("http://authsvc:8090/auth/changes?only=endings&wait=25s&instance=X&after="..position, url_of(request));
		return request;
	end

	it("is only in the server itself", function ()
		h = harness.new();
		h:settle();
		assert.equal(0, #h.http.requests);
		assert.equal(0, h.clock.pending());
	end);

	it("ends who logged in without this module, also where the name is given out again in the same answer", function ()
		local session = h:session("alice", nil);
		feed(change("id-1", "alice", { action = "user.deleted", state = null }),
			change("id-2", "alice", { action = "user.created", state = "active" }),
			change("id-2", "alice", { action = "user.updated", state = "active" }));
		assert.same("close not-authorized", session.did[#session.did]);
	end);

	it("begins at the newest position and goes on from each answer, one request at a time", function ()
		assert.equal("http://authsvc:8090/auth/changes?instance=X", url_of(h.http.requests[1]));
		assert.equal("GET", h.http.requests[1].options.method);
		assert.equal("Bearer "..harness.token, h.http.requests[1].headers.Authorization);
		is_polling("e%3a1");
		assert.equal(2, #h.http.requests);
		feed(change("id-x", "x"));
		is_polling("e%3a2");
		assert.equal(3, #h.http.requests);
	end);

	it("doesn't decode what concerns nobody who is in, but remembers it", function ()
		local json = require "util.json";
		local decode, decoded = json.decode, 0;
		json.decode = function (...) -- luacheck: ignore 122
			decoded = decoded + 1;
			return decode(...);
		end;
		h:session("alice", { id = "id-alice", revision = 1 });
		local attempt = h:login("bob");
		local poll = h.http.requests[#h.http.requests - 1];
		h:answer(poll, { body = '{"changes":[{"position":"e:2","action":"user.deleted","id":"id-bob","jid":"bob@meet.example",'
			..'"fields":[],"state":null,"credential_revision":null}],"position":"e:2"}' });
		h.clock.advance(0.01);
		json.decode = decode; -- luacheck: ignore 122
		assert.equal(0, decoded);
		assert.equal("http://authsvc:8090/auth/changes?only=endings&wait=25s&instance=X&after=e%3a2", url_of(h:last_request()));
		h:answer(attempt.request, { body = h:verdict(attempt.request, "ok", { user = { id = "id-bob", jid = "bob@meet.example" } }) });
		assert.equal("waiting", h:told(attempt)); -- it is asked again
	end);

	it("asks about the accounts of the sessions that it finds", function ()
		local gone, off, fine, other;
		join(nil, function ()
			gone, off = h:session("gone", { id = "id-gone", revision = 1 }), h:session("off", { id = "id-off", revision = 1 });
			fine, other = h:session("fine", { id = "id-fine", revision = 3 }), h:session("other");
		end);
		local asked = h:last_request();
		assert.equal("http://authsvc:8090/auth/accounts", asked.url);
		local sent = h:sent(asked);
		table.sort(sent.ids);
		assert.same({ domain = "meet.example", ids = { "id-fine", "id-gone", "id-off" } }, sent);
		h:answer(asked, { body = { position = "e:1", accounts = {
			{ id = "id-off", jid = "off@meet.example", state = "disabled", credential_revision = 1 };
			{ id = "id-fine", jid = "fine@meet.example", state = "active", credential_revision = 3 };
		} } });
		h:settle();
		assert.same({ out, out, stays, stays }, { gone.did, off.did, fine.did, other.did });
		assert.equal(1, h:logged("Sessions of gone ended (deleted): 1", "info"));
		is_polling("e%3a1");
	end);

	for name, answer in pairs({
		["an answer for another domain"] = { status = 422, body = { code = "unknown_domain" } };
		["an account without a state"] = { body = { position = "e:1", accounts = { { id = "id-alice", jid = "alice@meet.example" } } } };
		["an error"] = { status = 500 };
		["HTML"] = { body = "<html>" };
		["no accounts"] = { body = { position = "e:1" } };
	}) do
		it("ends nothing because of "..name, function ()
			local alice;
			join(nil, function () alice = h:session("alice", { id = "id-alice", revision = 1 }); end);
			h:answer(h:last_request(), answer);
			h:settle();
			assert.same(stays, alice.did);
			assert.equal(1, h:logged("Changes of accounts don't arrive", "warn"));
			h.clock.advance(2);
			assert.equal("http://authsvc:8090/auth/changes?instance=X", url_of(h:last_request())); -- from the beginning
		end);
	end

	describe("ends", function ()
		for _, case in ipairs({ { "disabled", "disabled" }, { "expired", "expired" }, { "not_yet_valid", "not_yet_valid" }, { null, "deleted" } }) do
			it("what is "..case[2], function ()
				local alice = h:session("alice", { id = "id-alice", revision = 1 });
				feed(change("id-alice", "alice", { state = case[1] }));
				assert.same(out, alice.did);
				assert.equal(1, h:logged("Sessions of alice ended ("..case[2].."): 1", "info"));
			end);
		end

		it("all sessions of the account, also those that are not bound, and nobody else's", function ()
			local ended, others = {}, {};
			for i = 1, 3 do ended[i] = h:session("ab", { id = "id-ab", revision = 1 }); end
			local unbound = h:session("ab", { id = "id-ab", revision = 1 }, { full_jid = false });
			for _, name in ipairs({ "a", "abc", "AB", "ab@x", "ab" }) do table.insert(others, h:session(name, { id = "id of "..name, revision = 1 })); end
			feed(change("id-ab", "ab", { state = null }));
			for i = 1, 3 do assert.same(out, ended[i].did); end
			assert.same({ "close not-authorized" }, unbound.did);
			for _, other in ipairs(others) do assert.same(stays, other.did); end
			assert.equal(1, h:logged("Sessions of ab ended (deleted): 4", "info"));
		end);

		it("what an administrator ended, and nothing that logged in since", function ()
			local old, new = h:session("ab", { id = "id-ab", session_revision = 1 }), h:session("ab", { id = "id-ab", session_revision = 2 });
			feed(change("id-ab", "ab", { state = "active", session_revision = 2, action = "user.sessions_ended" }));
			assert.same(out, old.did);
			assert.same(stays, new.did);
			assert.equal(1, h:logged("Sessions of ab ended (ended by an administrator): 1", "info"));
		end);

		it("what other modules know of, and looks again for what was opened meanwhile", function ()
			local dropped, guest = 0, nil;
			h.prosody.events.handlers["http-auth-logins"] = function (event)
				assert.equal(harness.host, event.host);
				if dropped == 0 then
					event.add({ username = "ab", login = { id = "id-ab" }, drop = function ()
						dropped = 1;
						guest = h:session("guest", nil, { host = "guest.example", full_jid = "x@guest.example/y" });
					end });
				else
					event.add({ username = "ab", login = { id = "id-ab" }, session = guest, guest = {} });
				end
				event.add({ username = "abc", login = { id = "id-abc" }, drop = function () error("another account's"); end });
			end;
			h.prosody.hosts["guest.example"] = { events = h.prosody.events };
			feed(change("id-ab", "ab"));
			assert.equal(1, dropped);
			assert.same(out, guest.did);
			assert.equal(0, h:logged("While a session was ended"));
		end);

		it("and tells other modules by Prosody's own events, of names that nobody else has", function ()
			local told = {};
			for _, event in ipairs({ "user-deleted", "user-disabled" }) do
				h.prosody.events.handlers[event] = function (data) table.insert(told, event.." "..data.username.."@"..data.host); end;
			end
			local users = h.prosody.hosts[harness.host].sessions;
			local function leave(session)
				session.destroyed = true;
				users[session.username].sessions[session.full_jid] = nil;
				if not next(users[session.username].sessions) then users[session.username] = nil; end
			end
			for i, name in ipairs({ "alice", "again", "off", "late" }) do h:session(name, { id = tostring(i), revision = 1 }, { close = leave }); end
			h:session("again", { id = "another" });
			h:session("secret", { id = "5", revision = 0 }, { close = leave });
			feed(change("1", "alice", { action = "user.deleted", state = null }),
				change("2", "again", { action = "user.deleted", state = null }),
				change("3", "off"), change("4", "late", { action = "user.expired", state = "expired" }),
				change("5", "secret", { action = "user.password_set", state = "active" }),
				change("6", "nobody", { action = "user.deleted", state = null }));
			table.sort(told);
			assert.same({ "user-deleted alice@meet.example", "user-disabled late@meet.example", "user-disabled off@meet.example" }, told);
		end);

		it("by name what logged in without this module", function ()
			local alice, bob = h:session("alice"), h:session("bob");
			feed(change("id-alice", "alice"));
			assert.same({ out, stays }, { alice.did, bob.did });
		end);

		it("sessions with an earlier password, and not those with the new one", function ()
			local old, new = h:session("alice", { id = "id-alice", revision = 1 }), h:session("alice", { id = "id-alice", revision = 2 });
			local newer, unknown = h:session("alice", { id = "id-alice", revision = 3 }), h:session("alice");
			feed(change("id-alice", "alice", { action = "user.password_set", state = "active", credential_revision = 2 }));
			assert.same({ out, stays, stays, out }, { old.did, new.did, newer.did, unknown.did });
			assert.equal(1, h:logged("ended (password changed): 2"));
		end);

		it("nothing where the account is active, whatever the change was", function ()
			local alice = h:session("alice", { id = "id-alice", revision = 1 });
			feed(change("id-alice", "alice", { state = "active" }), change("id-alice", "alice", { state = "active", action = "user.expired" }));
			assert.same(stays, alice.did);
		end);

		it("a session that other modules' handlers stumble over", function ()
			h.prosody.core_process_stanza = function () error("boom"); end;
			local alice = h:session("alice", { id = "id-alice" }, { close = function () error("bang"); end });
			feed(change("id-alice", "alice"));
			assert.same({ "destroy" }, alice.did);
			assert.equal(2, h:logged("While a session was ended", "error"));
			is_polling("e%3a2");
		end);

		it("each transport in its way", function ()
			local reasons = {};
			local function close(session, reason)
				reasons[session.username] = reason;
				session.destroyed = session.username ~= "hibernating";
			end
			h:session("tcp", { id = "1" }, { close = close });
			h:session("ws", { id = "1" }, { close = close, websocket_request = {} });
			h:session("tcp-then-ws", { id = "1", transport = "websocket" }, { close = close });
			h:session("bosh", { id = "1" }, { close = close, bosh_wait = 60 });
			local hibernating = h:session("hibernating", { id = "1" }, { close = close });
			feed(change("1", "tcp"));
			assert.equal("not-authorized", reasons.tcp.condition);
			assert.equal("not-authorized", reasons.bosh.condition);
			assert.equal("http://etherx.jabber.org/streams", reasons.ws.attr["xmlns:stream"]);
			assert.equal("http://etherx.jabber.org/streams", reasons["tcp-then-ws"].attr["xmlns:stream"]);
			assert.same({ "pre-session-close" }, h.prosody.hosts[harness.host].events.fired);
			assert.same({ "presence unavailable", "destroy" }, hibernating.did);
		end);
	end);

	describe("does as http_auth_end_sessions says:", function ()
		local function both(value)
			join({ http_auth_end_sessions = value });
			local removed, password = h:session("alice", { id = "1", revision = 1 }), h:session("bob", { id = "2", revision = 1 });
			feed(change("1", "alice"), change("2", "bob", { action = "user.password_set", state = "active", credential_revision = 2 }));
			return { removed.did, password.did };
		end
		it("removed", function () assert.same({ out, stays }, both({ "removed" })); end);
		it("password", function () assert.same({ stays, out }, both({ "password" })); end);
		it("both, where it holds a wrong word", function ()
			assert.same({ out, out }, both({ "removd" }));
			assert.equal(1, h:logged("http_auth_end_sessions may hold", "error"));
		end);
		it("nothing", function ()
			h = harness.new({ http_auth_end_sessions = {} }, "prosody");
			h:settle();
			assert.equal(0, #h.http.requests);
		end);
	end);

	describe("goes on", function ()
		it("after a service that accepts and doesn't answer", function ()
			local hung = is_polling("e%3a1");
			h.clock.advance(30);
			assert.equal(hung, h.http.destroyed[1].request);
			h.clock.advance(2);
			assert.equal(3, #h.http.requests);
			assert.equal(1, h:logged("didn't answer in time (30 seconds)", "warn"));
		end);

		it("within a second of the service's return, and says so", function ()
			for _ = 1, 100 do
				h:last_request().callback("connection refused", 0);
				h.clock.advance(0.7);
			end
			assert.equal(102, #h.http.requests);
			assert.equal(1, #h.lines);
			assert.equal(0, #h.module.statuses);
			assert.equal(1, h:logged("Until they do, people who are removed stay connected", "warn"));
			feed(change("id-x", "x"));
			assert.equal(1, h:logged("Changes of accounts arrive again, after ", "info"));
		end);

		it("ever more slowly where it gets errors", function ()
			local asked = #h.http.requests;
			for _ = 1, 600 do
				if h:last_request().answered == nil then
					h:last_request().answered = true;
					h:answer(h:last_request(), { status = 500 });
				end
				h.clock.advance(1);
			end
			asked = #h.http.requests - asked;
			assert.is_true(asked > 15 and asked < 35, asked);
		end);

		it("at most 20 times a second where a stopping service answers at once", function ()
			for _ = 1, 100 do
				if not h:last_request().answered then
					h:last_request().answered = true;
					h:answer(h:last_request(), { body = { changes = {}, position = "e:1" } });
				end
				h.clock.advance(0.01);
			end
			assert.is_true(#h.http.requests <= 22, #h.http.requests);
		end);

		for name, body in pairs({
			["null"] = "null", ["no position"] = { changes = {} }, ["no changes"] = { position = "e:9" },
			["a change without a state"] = { position = "e:9", changes = { change("id-alice", "alice", { state = "missing" }) } };
			["a change without an account"] = { position = "e:9", changes = { change(7, "alice", { id = "missing" }) } };
		}) do
			it("after "..name..", which ends nothing", function ()
				local alice = h:session("alice", { id = "id-alice", revision = 1 });
				h:answer(h:last_request(), { body = body });
				h:settle();
				assert.same(stays, alice.did);
				h.clock.advance(2);
				assert.equal(3, #h.http.requests);
			end);
		end

		it("after a position that is lost, once it knows how things are", function ()
			local gone, restored = h:session("gone", { id = "id-gone", revision = 1 }), h:session("restored", { id = "id-restored", revision = 2 });
			h:answer(h:last_request(), { status = 410, body = { code = "position_lost", head = "f:7" } });
			h:answer(h:last_request(), { body = { changes = {}, position = "f:7" } });
			h:answer(h:last_request(), { body = { position = "f:7", accounts = {
				{ id = "id-restored", jid = "restored@meet.example", state = "active", credential_revision = 1 };
			} } });
			h:settle();
			assert.same({ out, out }, { gone.did, restored.did });
			is_polling("f%3a7");
		end);

		it("with a new token, once the old one is refused", function ()
			local path = os.tmpname();
			local function write(token)
				local file = assert(io.open(path, "w"));
				file:write(token);
				file:close();
			end
			write("old-token");
			join({ http_auth_token = false, http_auth_token_file = path });
			write("new-token");
			h:answer(h:last_request(), { status = 401 });
			assert.equal("Bearer new-token", h:last_request().headers.Authorization);
			os.remove(path);
		end);

		it("not when the module is unloaded or Prosody stops", function ()
			for _, stop in ipairs({ function () h.module.unload(); end, function () h.module.hooks["server-stopping"](); end }) do
				join();
				local polled = is_polling("e%3a1");
				stop();
				assert.equal(polled, h.http.destroyed[1].request);
				h.clock.advance(100);
				h:answer(polled, { body = { changes = {}, position = "e:2" } });
				h.clock.advance(100);
				assert.equal(2, #h.http.requests);
				assert.equal(0, h.clock.pending());
				assert.equal(0, #h.lines);
			end
		end);
	end);

	describe("and logins:", function ()
		local alice = { id = "id-alice", jid = "alice@meet.example", credential_revision = 4, session_revision = 2 };

		it("a session knows its account and password", function ()
			local attempt = h:login("alice");
			h:answer(attempt.request, { body = h:verdict(attempt.request, "ok", { user = alice }) });
			local session = { sasl_handler = attempt.handler };
			h.module.hooks["authentication-success"]({ session = session });
			local login = session.http_auth_login;
			assert.same({ id = "id-alice", revision = 4, session_revision = 2, transport = "c2s", at = login.at }, login);
			h.module.hooks["authentication-success"]({ session = {} });
		end);

		it("a resumed session takes the newer login", function ()
			local old = { host = harness.host, http_auth_login = { id = "id-alice", revision = 3 } };
			h.module.hooks["smacks-hibernation-end"]({ resumed = old, origin = { http_auth_login = { id = "id-alice", revision = 4 } } });
			assert.equal(4, old.http_auth_login.revision);
			h.module.hooks["smacks-hibernation-end"]({ resumed = old, origin = {} });
			assert.equal(4, old.http_auth_login.revision);
			h.module.hooks["c2s-session-updated"]({ session = old, from_session = { http_auth_login = { id = "id-alice", revision = 5 } } });
			assert.equal(5, old.http_auth_login.revision);
		end);

		it("a yes that news of the account overtook is asked for again", function ()
			local poll = h:last_request();
			local attempt = h:login("alice");
			local first = attempt.request;
			h:answer(poll, { body = { changes = { change("id-alice", "alice") }, position = "e:2" } });
			h:settle();
			h:answer(first, { body = h:verdict(first, "ok", { user = alice }) });
			assert.equal("waiting", h:told(attempt));
			local second = h:last_request();
			assert.not_equal(h:sent(first).id, h:sent(second).id);
			h:answer(second, { body = h:verdict(second, "disabled") });
			assert.equal("account-disabled", h:told(attempt));
		end);

		it("news of others, and news from before, cost nothing", function ()
			feed(change("id-alice", "alice", { state = "active" }));
			local poll = h:last_request();
			local attempt = h:login("alice");
			h:answer(poll, { body = { changes = { change("id-bob", "bob") }, position = "e:3" } });
			h:settle();
			h:answer(attempt.request, { body = h:verdict(attempt.request, "ok", { user = alice }) });
			assert.equal("success", h:told(attempt));
		end);

		it("a yes from before the feed was joined is asked for again", function ()
			h = harness.new(nil, "prosody");
			local attempt = h:login("alice");
			local first = attempt.request;
			h:settle();
			h:answer(h:last_request(), { body = { changes = {}, position = "e:1" } });
			h:answer(first, { body = h:verdict(first, "ok", { user = alice }) });
			assert.equal("waiting", h:told(attempt));
			local second = h:last_request();
			h:answer(second, { body = h:verdict(second, "ok", { user = alice }) });
			assert.equal("success", h:told(attempt));
		end);

		it("an account that never stands still isn't let in", function ()
			local attempt = h:login("alice");
			for _ = 1, 3 do
				local poll, request = last("/changes"), last("/verify");
				h:answer(poll, { body = { changes = { change("id-alice", "alice", { state = "active" }) }, position = "e:2" } });
				h:settle();
				h:answer(request, { body = h:verdict(request, "ok", { user = alice }) });
			end
			assert.equal("temporary-auth-failure", h:told(attempt));
			assert.equal(1, h:logged("changed again and again", "error"));
		end);
	end);
end);
