-- Who is in: the service is told of sessions, in parts, and only of what is different.
local harness = require "spec.harness";

describe("mod_auth_http's report", function ()
	local h;
	before_each(function ()
		h = harness.new(nil, "prosody");
		h:settle();
		h:answer(h:last_request(), { body = { changes = {}, position = "e:1" } });
		h:settle();
	end);
	after_each(harness.check_leaks);

	local function login(number)
		return { id = "id-"..number, transport = "websocket", at = 1795500000 };
	end

	-- The reports since the last call, which are answered well
	local seen = 0;
	before_each(function () seen = 0; end);
	local function reports(seconds, changes)
		local list = {};
		h:answer(h:last_request(), { body = { position = "e:1", changes = {
			{ id = "id-x", jid = "x@meet.example", action = "user.updated", state = "active", credential_revision = 1 } } } });
		h.clock.advance(seconds or 2);
		for _ = 1, 300 do
			local request = h.http.reports[seen + 1];
			if not request then break; end
			seen = seen + 1;
			table.insert(list, h:sent(request));
			h:answer(request, changes or { body = "{}" });
			h.clock.advance(0);
		end
		return list;
	end

	it("tells of each session, and then of what changed", function ()
		local alice = h:session("alice", login(1), { ip = "198.51.100.7", http_auth_key = "key1" });
		alice.http_auth_proxy = false;
		h:session("unbound", login(2), { full_jid = false });
		h:session("before", nil);
		local first = reports()[1];
		assert.matches("^%x+$", first.instance);
		assert.same({ domain = harness.host, instance = first.instance, first = true, sessions = { {
			key = "key1", account = "id-1", since = "2026-11-24T06:00:00Z", transport = "websocket",
			source = "198.51.100.7", proxy = false, guest = false } } }, first);
		assert.same({}, reports());
		h.prosody.hosts["conference.example"] = { modules = { muc = {} } };
		h.prosody.hosts["other.example"] = { modules = {} };
		alice.directed = { ["b@conference.example/x"] = true, ["b@conference.example/y"] = true, ["a@conference.example/x"] = true,
			["c@other.example/x"] = true, [("c"):rep(1024).."@conference.example/x"] = true, ["d@elsewhere.example/x"] = true };
		local second = reports()[1];
		assert.falsy(second.first);
		assert.same({ "a@conference.example", "b@conference.example" }, second.sessions[1].rooms);
		h.prosody.hosts[harness.host].sessions.alice = nil;
		assert.same({ domain = harness.host, instance = first.instance, first = false, ended = { "key1" } }, reports()[1]);
	end);

	it("says that nobody is in", function ()
		local first = reports()[1];
		assert.same({ domain = harness.host, instance = first.instance, first = true }, first);
	end);

	it("has a hundred in a part", function ()
		for i = 1, 250 do h:session("u"..i, login(i)); end
		h.clock.advance(2);
		h:settle(); -- it pauses while it looks
		local list = reports(0);
		assert.same({ 100, 100, 50 }, { #list[1].sessions, #list[2].sessions, #list[3].sessions });
		assert.same({ true, false, false }, { list[1].first, list[2].first, list[3].first });
	end);

	it("begins anew where the service doesn't know what it was told, and after a failure", function ()
		h:session("alice", login(1));
		assert.is_true(reports()[1].first);
		h:session("bob", login(2));
		assert.equal(1, #reports(2, { status = 409, body = { code = "sessions_unknown" } })[1].sessions);
		assert.equal(2, #reports()[1].sessions);
		h:session("eve", login(3));
		reports(2, { status = 500 });
		assert.same({}, reports(2));
		local again = reports(2)[1];
		assert.is_true(again.first);
		assert.equal(3, #again.sessions);
		assert.equal(1, h:logged("The service isn't told who is in", "info"));
	end);

	it("asks from time to time whether the service still knows", function ()
		h:session("alice", login(1));
		reports();
		for _ = 1, 14 do assert.same({}, reports()); end
		local question = reports(2, { status = 409, body = { code = "sessions_unknown" } })[1];
		assert.same({ domain = harness.host, instance = question.instance, first = false }, question);
		assert.equal(1, #reports()[1].sessions);
	end);

	it("begins anew when the service was away", function ()
		h:session("alice", login(1));
		reports();
		h:last_request().callback("connection refused", 0);
		h.clock.advance(0.7);
		assert.is_true(reports()[1].first);
		assert.same({}, reports());
		h:answer(h:last_request(), { body = { changes = {}, position = "e:1" } }); -- early: it stops
		h.clock.advance(0.1);
		assert.is_true(reports()[1].first);
	end);

	it("tells of a login of an earlier version of this module, since when it is known", function ()
		h:session("old", { id = "id-2", revision = 1, transport = "websocket" });
		local first = reports()[1];
		assert.equal("id-2", first.sessions[1].account);
		assert.matches("^20%d%d%-", first.sessions[1].since);
	end);

	it("tells no address that is none", function ()
		h:session("alice", login(1), { ip = "198.51.100.7:51234" });
		assert.is_nil(reports()[1].sessions[1].source);
	end);

	it("looks at some of very many addresses only", function ()
		h.prosody.hosts["conference.example"] = { modules = { muc = {} } };
		local directed = setmetatable({}, { __index = function (_, key) return key; end, __pairs = function ()
			local i = 0;
			return function ()
				i = i + 1;
				assert(i <= 1000, "looks at too many");
				return "r"..i.."@conference.example/x", true;
			end;
		end });
		h:session("alice", login(1), { directed = directed });
		assert.equal(20, #reports()[1].sessions[1].rooms);
	end);

	it("stops with the module", function ()
		h.module.unload();
		h.clock.advance(60);
		assert.equal(0, #h.http.reports);
	end);
end);
