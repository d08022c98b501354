-- What an administrator reads, and how often.
local harness = require "spec.harness";

describe("mod_auth_http's log", function ()
	local h;
	before_each(function () h = harness.new(); end);
	after_each(harness.check_leaks);

	local function refuse(changes)
		local attempt = h:login("alice");
		h:answer(attempt.request, changes);
	end

	for _, case in ipairs({
		{ { status = 401 }, "refuses this server's token (status 401). Make one with `jitsiauth token create prosody --scope auth`" };
		{ { status = 403 }, "may not ask about logins (status 403)" };
		{ { status = 422, body = { code = "unknown_domain", title = "x" } }, "`jitsiauth serve --domain meet.example`" };
		{ { status = 422, body = { code = "invalid" } }, "no verdict (status 422)" };
		{ { status = 503, body = { code = "overloaded" } }, "overloaded (status 503)" };
		{ { status = 404 }, "Does http_auth_url end in /auth?" };
		{ { body = "hello" }, "wasn't the service's answer" };
	}) do
		it("says what to do: "..case[2], function ()
			refuse(case[1]);
			assert.equal(1, #h.lines);
			assert.equal(1, h:logged(case[2], "error"));
			assert.equal("warn", h.module.statuses[1].status);
		end);
	end

	it("names the health check of the service", function ()
		local attempt = h:login("alice");
		attempt.request.callback("connection refused", 0);
		assert.equal(1, h:logged("`curl http://authsvc:8090/healthz`", "error"));
	end);

	it("never shows what the service wrote, nor what an echo sends back", function ()
		refuse({ status = 500, body = { detail = "for-your-eyes-only", code = "for-your-eyes-only" } });
		assert.equal(0, h:logged("for-your-eyes-only"));
		for _, status in ipairs({ 200, 422, 500 }) do
			local attempt = h:login("alice");
			h:answer(attempt.request, { status = status, body = attempt.request.options.body }); -- check_leaks looks
			h.clock.advance(60);
		end
	end);

	it("tells a certificate that isn't trusted from a service that isn't there", function ()
		for i, words in ipairs({ "certificate-chain-invalid", "certificate verify failed" }) do
			local attempt = h:login("alice");
			attempt.request.callback(words, 0);
			assert.equal(i, h:logged("client_https_ssl", "error"));
			h.clock.advance(60);
		end
		assert.equal(0, h:logged("Is it running?"));
	end);

	it("counts each kind for itself", function ()
		for _ = 1, 300 do refuse({ status = 503 }); end
		h.clock.advance(3600);
		refuse({ status = 401 });
		assert.equal(0, h:logged("since the last such line"));
		refuse({ status = 503 });
		assert.equal(1, h:logged("[300 since the last such line]"));
	end);

	it("has the right status also while it is silent", function ()
		refuse({ status = 503 });
		local alice = h:login("alice");
		h:answer(alice.request, { body = h:verdict(alice.request, "ok") });
		assert.equal("info", h.module.statuses[#h.module.statuses].status);
		refuse({ status = 503 });
		assert.equal(2, #h.lines);
		assert.equal("warn", h.module.statuses[#h.module.statuses].status);
	end);

	it("says the same thing once a minute, with a count", function ()
		for _ = 1, 500 do refuse({ status = 503 }); end
		assert.equal(1, #h.lines);
		h.clock.advance(60);
		refuse({ status = 503 });
		assert.equal(2, #h.lines);
		assert.equal(1, h:logged("[500 since the last such line]"));
	end);

	it("says another thing at once, and when it is over", function ()
		refuse({ status = 503 });
		refuse({ status = 401 });
		assert.equal(2, #h.lines);
		h.clock.advance(30.25);
		local alice = h:login("alice");
		h:answer(alice.request, { body = h:verdict(alice.request, "ok") });
		assert.equal(1, h:logged("gives verdicts again, after 30 seconds", "info"));
		assert.equal("info", h.module.statuses[#h.module.statuses].status);
	end);

	it("isn't flooded by a service that comes and goes", function ()
		for _ = 1, 100 do
			refuse({ status = 503 });
			local alice = h:login("alice");
			h:answer(alice.request, { body = h:verdict(alice.request, "ok") });
		end
		assert.equal(2, #h.lines);
	end);

	it("is silent about a good login", function ()
		local alice = h:login("alice");
		h:answer(alice.request, { body = h:verdict(alice.request, "ok") });
		assert.equal(0, #h.lines);
		assert.equal(0, #h.module.statuses);
	end);

	it("takes throttling for what it is: the service works", function ()
		refuse({ status = 503 });
		refuse({ status = 429, headers = { ["retry-after"] = "30" } });
		assert.equal(1, h:logged("throttled", "info"));
		assert.equal(1, h:logged("gives verdicts again", "info"));
	end);

	it("says once what to set when all people seem to be at a proxy's address", function ()
		for _ = 1, 3 do
			h:login("alice"); -- at an address of their own
		end
		assert.equal(0, h:logged("trusted_proxies"));
		for _ = 1, 3 do
			h:login("alice", nil, { session = { ip = "172.18.0.5", websocket_request = {}, http_auth_proxy = true } });
		end
		assert.equal(1, h:logged("come from 172.18.0.5", "warn"));
		assert.equal(1, h:logged("trusted_proxies", "warn"));
	end);

	it("names an account only when the name is known to be one", function ()
		local typed = h:login("my-password-by-mistake");
		h:answer(typed.request, { body = h:verdict(typed.request, "bad_credentials") });
		assert.equal(0, h:logged("my-password-by-mistake"));
		assert.equal(1, h:logged("Login of - from 198.51.100.7 over c2s: bad_credentials", "info"));

		local disabled = h:login("alice");
		h:answer(disabled.request, { body = h:verdict(disabled.request, "disabled") });
		assert.equal(1, h:logged("Login of alice from 198.51.100.7 over c2s: disabled", "info"));

		for _, result in ipairs({ "ok", "bad_credentials" }) do
			local bob = h:login("bob");
			h:answer(bob.request, { body = h:verdict(bob.request, result) });
		end
		assert.equal(1, h:logged("Login of bob from 198.51.100.7 over c2s: bad_credentials", "info"));
	end);
end);
