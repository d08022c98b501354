-- Logins: each trap of the way between Prosody and the service, the dangerous ones first.
local harness = require "spec.harness";

local temporary = "temporary-auth-failure";

describe("mod_auth_http", function ()
	local h;
	before_each(function () h = harness.new(); end);
	after_each(harness.check_leaks);

	describe("never takes another login's answer", function ()
		it("after a login that was given up", function ()
			local alice = h:login("alice");
			h.clock.advance(5);
			assert.equal(temporary, h:told(alice));
			local bob = h:login("bob", "wrong");
			h:answer(bob.request, { body = h:verdict(alice.request, "ok") }); -- what a pooled connection hands over
			assert.equal(temporary, h:told(bob));
			assert.equal(1, h:logged("SECURITY", "error"));
		end);

		it("with this request's id but a verdict about someone else", function ()
			local others = { { jid = "bob@meet.example" }, { jid = "alice@other.example" }, { jid = "alice" }, { jid = true }, {}, "alice@meet.example" };
			for _, user in ipairs(others) do
				local alice = h:login("alice");
				h:answer(alice.request, { body = h:verdict(alice.request, "ok", { user = user }) });
				assert.equal(temporary, h:told(alice));
			end
			assert.is_nil(h.provider.user_exists("alice"));
		end);

		it("and asks with an id of its own each time", function ()
			local seen = {};
			for _ = 1, 50 do
				local id = h:sent(h:login("alice").request).id;
				assert.truthy(id:find("^%x+$") and #id == 32 and not seen[id]);
				seen[id] = true;
			end
		end);

		it("and closes what it gives up by force, so that no pool can keep it", function ()
			local alice = h:login("alice");
			h.clock.advance(5);
			assert.equal(1, #h.http.destroyed);
			assert.is_true(h.http.destroyed[1].force);
			assert.equal(alice.request, h.http.destroyed[1].request);
		end);
	end);

	describe("never waits for ever", function ()
		it("for a service that accepts and doesn't answer", function ()
			local alice = h:login("alice");
			h.clock.advance(4.9);
			assert.equal("waiting", h:told(alice));
			h.clock.advance(0.1);
			assert.equal(temporary, h:told(alice));
			assert.equal(0, h.clock.pending());
			assert.equal(1, h:logged("didn't answer in time (5 seconds)", "error"));
		end);

		it("and ignores an answer after the deadline, or a second one", function ()
			local alice = h:login("alice");
			h.clock.advance(5);
			h:answer(alice.request, { body = h:verdict(alice.request, "ok") });
			assert.equal(temporary, h:told(alice));
			assert.is_nil(h.provider.user_exists("alice"));

			local bob = h:login("bob");
			h:answer(bob.request, { body = h:verdict(bob.request, "bad_credentials") });
			h:answer(bob.request, { body = h:verdict(bob.request, "ok") });
			assert.equal("not-authorized", h:told(bob));
			h.clock.advance(60);
			assert.equal("not-authorized", h:told(bob));
			assert.equal(0, h.clock.pending());
		end);

		it("and neither sends the password late nor leaves a late connection open", function ()
			h.http.connecting = true;
			local alice = h:login("alice");
			h.clock.advance(5);
			assert.equal(temporary, h:told(alice));
			assert.is_nil(alice.request.body);
			assert.equal(0, #h.http.destroyed);
			alice.request.conn = {};
			h.clock.advance(1);
			assert.equal(1, #h.http.destroyed);
			assert.equal(0, h.clock.pending());
		end);

		it("and stops looking for a connection that never comes", function ()
			h.http.connecting = true;
			h:login("alice");
			for _ = 1, 70 do h.clock.advance(5); end
			assert.equal(0, h.clock.pending());

			local bob = h:login("bob");
			h.clock.advance(5);
			assert.equal(1, h.clock.pending());
			bob.request.callback("connection timeout", 0, bob.request);
			h.clock.advance(1);
			assert.equal(0, h.clock.pending());
		end);

		it("with more requests than http_auth_max_requests", function ()
			h = harness.new({ http_auth_max_requests = 2 });
			h:login("alice");
			local bob = h:login("bob");
			assert.equal(temporary, h:told(h:login("carol")));
			assert.equal(2, #h.http.requests);
			h:answer(bob.request, { body = h:verdict(bob.request, "ok") });
			assert.equal("waiting", h:told(h:login("carol")));
			h.clock.advance(5);
			assert.equal("waiting", h:told(h:login("dave")));
		end);
	end);

	describe("takes no verdict from", function ()
		local function whole(change) return function (h_, request) return change(h_:verdict(request, "ok"), h_, request); end; end
		local cases = {
			["an empty 200"] = whole(function () return { body = "" }; end);
			["an empty 200 without a length"] = whole(function () return { body = "", headers = { ["content-length"] = false } }; end);
			["a 200 without a body"] = whole(function () return { headers = { ["content-length"] = "98" } }; end);
			["a body without a length"] = whole(function (ok) return { body = ok, headers = { ["content-length"] = false } }; end);
			["a body shorter than its length"] = whole(function (ok) return { body = ok, headers = { ["content-length"] = "500" } }; end);
			["a body longer than its length"] = whole(function (ok) return { body = ok, headers = { ["content-length"] = "2" } }; end);
			["two lengths"] = whole(function (ok) return { body = ok, headers = { ["content-length"] = "9,9" } }; end);
			["a chunked body"] = whole(function (ok) return { body = ok, headers = { ["transfer-encoding"] = "chunked" } }; end);
			["HTML"] = whole(function () return { body = "<html>It works!</html>", headers = { ["content-type"] = "text/html" } }; end);
			["JSON that isn't called so"] = whole(function (ok) return { body = ok, headers = { ["content-type"] = "text/plain" } }; end);
			["JSON without a type"] = whole(function (ok) return { body = ok, headers = { ["content-type"] = false } }; end);
			["a type that only begins like JSON"] = whole(function (ok) return { body = ok, headers = { ["content-type"] = "application/jsonp" } }; end);
			["garbage"] = whole(function () return { body = "\0\255{{{" }; end);
			["null"] = whole(function () return { body = "null" }; end);
			["true"] = whole(function () return { body = "true" }; end);
			["the string ok"] = whole(function () return { body = '"ok"' }; end);
			["a number"] = whole(function () return { body = "200" }; end);
			["an array"] = whole(function () return { body = '["ok"]' }; end);
			["an empty object"] = whole(function () return { body = "{}" }; end);
			["JSON that makes Prosody's parser throw"] = whole(function () return { body = '{"__array":5}' }; end);
			["deep nesting"] = whole(function () return { body = ("["):rep(60000) }; end);
			["an answer of a megabyte"] = whole(function (ok) ok.more = ("x"):rep(2^20); return { body = ok }; end);
			["a verdict inside another object"] = whole(function (ok) return { body = { answer = ok } }; end);
			["text behind the object"] = whole(function (_, h_, r) return { body = require "util.json".encode(h_:verdict(r, "ok")).."x" }; end);
			["the community module's true"] = whole(function () return { body = "true", headers = { ["content-type"] = "text/plain" } }; end);
			["an ok without a user"] = whole(function (ok) ok.user = nil; return { body = ok }; end);
			["an ok about a null user"] = whole(function (ok) ok.user = require "util.json".null; return { body = ok }; end);
			["the result true"] = whole(function (ok) ok.result = true; return { body = ok }; end);
			["the result OK in capitals"] = whole(function (ok) ok.result = "OK"; return { body = ok }; end);
			["a result nobody knows"] = whole(function (ok) ok.result = "perhaps"; return { body = ok }; end);
			["the result throttled"] = whole(function (ok) ok.result = "throttled"; return { body = ok }; end);
			["a result in a table"] = whole(function (ok) ok.result = { "ok" }; return { body = ok }; end);
			["no result"] = whole(function (ok) ok.result = nil; return { body = ok }; end);
			["no id"] = whole(function (ok) ok.id = nil; return { body = ok }; end);
			["a number as id"] = whole(function (ok) ok.id = 7; return { body = ok }; end);
			["a table as id"] = whole(function (ok) ok.id = { ok.id }; return { body = ok }; end);
			["an id in other capitals"] = whole(function (ok) ok.id = ok.id:upper().."A"; return { body = ok }; end);
			["a refusal with another id"] = whole(function (_, h_, r) return { body = h_:verdict(r, "bad_credentials", { id = "0" }) }; end);
		};
		for _, status in ipairs({ 100, 201, 202, 204, 206, 301, 302, 304, 400, 401, 403, 404, 408, 413, 415, 422, 429, 500, 502, 503, 504 }) do
			cases["status "..status.." with a perfect body"] = whole(function (ok) return { status = status, body = ok }; end);
			cases["status "..status.." without a body"] = whole(function () return { status = status }; end);
		end
		for name, make in pairs(cases) do
			it(name, function ()
				local alice = h:login("alice");
				h:answer(alice.request, make(h, alice.request));
				assert.equal(temporary, h:told(alice));
				assert.is_nil(h.provider.user_exists("alice"));
				assert.equal(0, h.clock.pending());
				assert.equal(0, h:logged("report this bug"));
			end);
		end

		for _, reason in ipairs({ "connection refused", "connection timeout", "closed", "unexpected-eof", "certificate-chain-invalid",
			"unable to resolve service", "NXDomain in A lookup", "invalid-status-line" }) do
			it("the client's own error "..reason, function ()
				local alice = h:login("alice");
				alice.request.callback(reason, 0, alice.request);
				assert.equal(temporary, h:told(alice));
				assert.equal(1, h:logged(" ("..reason..")", "error"));
			end);
		end

		it("a request that can't even be made", function ()
			h = harness.new({ http_auth_max_requests = 1 });
			h.http.before_request = function () error("SSL not available"); end;
			assert.equal(temporary, h:told(h:login("alice")));
			h.http.before_request = function (callback) callback("invalid-url", 0); end;
			assert.equal(temporary, h:told(h:login("alice")));
			h.http.before_request = nil;
			assert.equal(0, h.clock.pending());
			local again = h:login("alice");
			h:answer(again.request, { body = h:verdict(again.request, "ok") });
			assert.equal("success", h:told(again));
		end);

		it("a bug in the module itself", function ()
			h.clock.add_task = function () error("boom"); end;
			assert.equal(temporary, h:told(h:login("alice")));
			assert.equal(1, h:logged("boom", "error"));
		end);

		it("a caller that can't wait", function ()
			local correct = h.provider.get_sasl_handler({}).profile.plain_test({}, "alice", harness.password);
			assert.falsy(correct);
			assert.equal(0, #h.http.requests);
			assert.equal(1, h:logged("async context", "error"));
		end);
	end);

	describe("passes on", function ()
		for result, told in pairs({ ok = "success", bad_credentials = "not-authorized",
			disabled = "account-disabled", expired = "account-disabled", not_yet_valid = "account-disabled" }) do
			it(result.." as "..told, function ()
				local alice = h:login("alice");
				h:answer(alice.request, { body = h:verdict(alice.request, result) });
				assert.equal(told, h:told(alice));
				assert.equal(0, h.clock.pending());
			end);
		end

		it("each attempt on one stream by itself", function ()
			local steps = { { nil, temporary }, { "bad_credentials", "not-authorized" }, { nil, temporary }, { "disabled", "account-disabled" },
				{ nil, temporary }, { "ok", "success" } };
			local handler;
			for _, step in ipairs(steps) do
				local attempt = h:login("alice", nil, { handler = handler });
				if step[1] then
					h:answer(attempt.request, { body = h:verdict(attempt.request, step[1]) });
				else
					h.clock.advance(5);
				end
				assert.equal(step[2], h:told(attempt));
				handler = attempt.handler:clean_clone();
			end
		end);

		it("what the client sent, prepared, and where it comes from", function ()
			local alice = h:login("ＡLICE", "ｐａｓｓ①");
			assert.equal("http://authsvc:8090/auth/verify", alice.request.url);
			assert.equal("POST", alice.request.options.method);
			assert.equal("application/json", alice.request.headers["Content-Type"]);
			assert.equal("application/json", alice.request.headers.Accept);
			assert.equal("Bearer "..harness.token, alice.request.headers.Authorization);
			local sent = h:sent(alice.request);
			sent.id = nil;
			assert.same({ username = "alice", domain = "meet.example", password = "pass1", source = "198.51.100.7",
				proxy = false, transport = "c2s" }, sent);
		end);

		it("an answer after the client has left", function ()
			local alice = h:login("alice");
			for field in pairs(alice.session) do alice.session[field] = nil; end
			h:answer(alice.request, { body = h:verdict(alice.request, "disabled") });
			assert.equal("account-disabled", h:told(alice));
			assert.equal(1, h:logged("from 198.51.100.7", "info"));
		end);
	end);
end);
