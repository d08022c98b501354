-- Options, the rest of the provider, and where a client is said to come from.
local harness = require "spec.harness";

local temporary = "temporary-auth-failure";

local function with_file(content, run)
	local path = os.tmpname();
	local function write(text)
		local file = assert(io.open(path, "w"));
		file:write(text);
		file:close();
	end
	write(content);
	local ok, err = pcall(run, path, write);
	os.remove(path);
	assert(ok, err);
end

describe("mod_auth_http options", function ()
	after_each(harness.check_leaks);

	-- what is wrong, the options, the one the log line must name
	local wrong = {
		{ "no url", { http_auth_url = false }, "http_auth_url" };
		{ "an empty url", { http_auth_url = "" }, "http_auth_url" };
		{ "a url without a scheme", { http_auth_url = "authsvc:8090/auth" }, "http_auth_url" };
		{ "another scheme", { http_auth_url = "ftp://authsvc/auth" }, "http_auth_url" };
		{ "a scheme in capitals, which net.http takes for plain http", { http_auth_url = "HTTPS://authsvc/auth" }, "http_auth_url" };
		{ "a url without a host", { http_auth_url = "http:///auth" }, "http_auth_url" };
		{ "a port that is no number", { http_auth_url = "http://authsvc:port/auth" }, "http_auth_url" };
		{ "a name and password in the url", { http_auth_url = "http://u:p@authsvc/auth" }, "http_auth_url" };
		{ "a query", { http_auth_url = "http://authsvc/auth?x=1" }, "http_auth_url" };
		{ "a fragment", { http_auth_url = "http://authsvc/auth#x" }, "http_auth_url" };
		{ "a line break", { http_auth_url = "http://authsvc/auth\r\nX-Y: z" }, "http_auth_url" };
		{ "no credential", { http_auth_token = false }, "http_auth_token_file, http_auth_token and http_auth_credentials" };
		{ "two credentials", { http_auth_credentials = "prosody:x" }, "only one" };
		{ "an empty token", { http_auth_token = "" }, "http_auth_token is empty" };
		{ "a token with a line break", { http_auth_token = harness.token.."\r\nX: y" }, "http_auth_token is empty" };
		{ "credentials without a colon", { http_auth_token = false, http_auth_credentials = "prosody" }, "http_auth_credentials must" };
		{ "a token file that isn't there", { http_auth_token = false, http_auth_token_file = "/does/not/exist" },
			"http_auth_token_file: /does/not/exist: No such file" };
		{ "a token file that is a directory", { http_auth_token = false, http_auth_token_file = "/" }, "http_auth_token_file is empty" };
		{ "no timeout", { http_auth_timeout = 0 }, "http_auth_timeout" };
		{ "a timeout of hours", { http_auth_timeout = 7200 }, "http_auth_timeout" };
		{ "a timeout that is no number", { http_auth_timeout = "soon" }, "http_auth_timeout" };
		{ "a timeout that is not a number at all", { http_auth_timeout = 0/0 }, "http_auth_timeout" };
		{ "no requests at once", { http_auth_max_requests = 0 }, "http_auth_max_requests" };
	};
	for _, case in ipairs(wrong) do
		it("fail closed with "..case[1], function ()
			local h = harness.new(case[2]);
			assert.equal(1, #h.lines);
			assert.equal(1, h:logged("every login is refused", "error"));
			assert.equal(1, h:logged(case[3], "error"));
			assert.equal("warn", h.module.statuses[1].status);
			assert.equal("auth", h.module.provided.kind);
			assert.equal(temporary, h:told(h:login("alice")));
			assert.equal(0, #h.http.requests);
		end);
	end

	for url, expected in pairs({
		["http://authsvc:8090/auth/"] = "http://authsvc:8090/auth/verify";
		["https://login.example.org/jitsi/auth//"] = "https://login.example.org/jitsi/auth/verify";
		["http://10.0.0.9"] = "http://10.0.0.9/verify";
		["http://[2001:db8::1]:8090/auth"] = "http://[2001:db8::1]:8090/auth/verify";
	}) do
		it("take "..url, function ()
			local h = harness.new({ http_auth_url = url });
			assert.equal(expected, h:login("alice").request.url);
		end);
	end

	it("send http_auth_credentials as the community module does", function ()
		local h = harness.new({ http_auth_token = false, http_auth_credentials = "prosody:se:cret" });
		assert.equal("Basic cHJvc29keTpzZTpjcmV0", h:login("alice").request.headers.Authorization);
	end);

	it("bound the wait", function ()
		local h = harness.new({ http_auth_timeout = 60 });
		local alice = h:login("alice");
		h.clock.advance(59);
		assert.equal("waiting", h:told(alice));
		h.clock.advance(1);
		assert.equal(temporary, h:told(alice));
	end);

	describe("read a token file", function ()
		it("without the space around the token", function ()
			with_file("  "..harness.token.."\n", function (path)
				local h = harness.new({ http_auth_token = false, http_auth_token_file = path });
				assert.equal("Bearer "..harness.token, h:login("alice").request.headers.Authorization);
			end);
		end);

		it("that is written after Prosody started", function ()
			with_file("", function (path, write)
				local h = harness.new({ http_auth_token = false, http_auth_token_file = path });
				assert.equal(temporary, h:told(h:login("alice")));
				write(harness.token);
				local alice = h:login("alice");
				h:answer(alice.request, { body = h:verdict(alice.request, "ok") });
				assert.equal("success", h:told(alice));
				assert.equal(1, h:logged("gives verdicts again", "info"));
			end);
		end);

		it("anew when the service refuses the token, and ask once more", function ()
			with_file(harness.token, function (path, write)
				local h = harness.new({ http_auth_token = false, http_auth_token_file = path });
				local alice = h:login("alice");
				write(harness.token.."2");
				h:answer(alice.request, { status = 401 });
				assert.equal(2, #h.http.requests);
				assert.equal("Bearer "..harness.token.."2", h.http.requests[2].headers.Authorization);
				h:answer(h.http.requests[2], { body = h:verdict(h.http.requests[2], "ok") });
				assert.equal("success", h:told(alice));
				assert.equal(0, #h.lines);
				assert.equal(0, h.clock.pending());
			end);
		end);

		for what, text in pairs({ ["is empty"] = "", ["holds no token"] = "two words" }) do
			it("and says so when the service refuses the token and the file "..what, function ()
				with_file(harness.token, function (path, write)
					local h = harness.new({ http_auth_token = false, http_auth_token_file = path });
					local alice = h:login("alice");
					write(text);
					h:answer(alice.request, { status = 401 });
					assert.equal(temporary, h:told(alice));
					assert.equal(1, #h.http.requests);
					assert.equal(1, h:logged("http_auth_token_file is empty or holds something that is no token", "error"));
				end);
			end);
		end

		it("and says so when the service refuses the token and the file is gone", function ()
			with_file(harness.token, function (path)
				local h = harness.new({ http_auth_token = false, http_auth_token_file = path });
				local alice = h:login("alice");
				os.remove(path);
				h:answer(alice.request, { status = 401 });
				assert.equal(temporary, h:told(alice));
				assert.equal(1, h:logged("can't read http_auth_token_file", "error"));
			end);
		end);

		it("within one deadline for both questions", function ()
			with_file(harness.token, function (path, write)
				local h = harness.new({ http_auth_token = false, http_auth_token_file = path });
				local alice = h:login("alice");
				write(harness.token.."2");
				h.clock.advance(4.5);
				h:answer(alice.request, { status = 401 });
				assert.equal(2, #h.http.requests);
				h.clock.advance(0.4);
				assert.equal("waiting", h:told(alice));
				h.clock.advance(0.2);
				assert.equal(temporary, h:told(alice));
			end);
		end);

		it("but don't ask again with the same token, nor a third time", function ()
			with_file(harness.token, function (path, write)
				local h = harness.new({ http_auth_token = false, http_auth_token_file = path });
				local alice = h:login("alice");
				h:answer(alice.request, { status = 401 });
				assert.equal(temporary, h:told(alice));
				assert.equal(1, #h.http.requests);
				local bob = h:login("bob");
				write(harness.token.."2");
				h:answer(bob.request, { status = 401 });
				write(harness.token.."3");
				h:answer(h.http.requests[3], { status = 401 });
				assert.equal(temporary, h:told(bob));
				assert.equal(3, #h.http.requests);
			end);
		end);
	end);
end);

describe("mod_auth_http provider", function ()
	local h;
	before_each(function () h = harness.new(); end);
	after_each(harness.check_leaks);

	it("knows from memory who exists", function ()
		assert.is_nil(h.provider.user_exists("alice"));
		for _, result in ipairs({ "bad_credentials", "disabled" }) do
			local alice = h:login("alice");
			h:answer(alice.request, { body = h:verdict(alice.request, result) });
			assert.is_nil(h.provider.user_exists("alice"));
		end
		local alice = h:login("alice");
		h:answer(alice.request, { body = h:verdict(alice.request, "ok") });
		local asked = #h.http.requests;
		assert.is_true(h.provider.user_exists("alice"));
		assert.is_nil(h.provider.user_exists("bob"));
		assert.equal(asked, #h.http.requests);
	end);

	it("remembers 10,000 names", function ()
		for i = 0, 10000 do
			local user = h:login("user"..i);
			h:answer(user.request, { body = h:verdict(user.request, "ok") });
		end
		assert.is_nil(h.provider.user_exists("user0"));
		assert.is_true(h.provider.user_exists("user1"));
		assert.is_true(h.provider.user_exists("user10000"));
	end);

	it("lists nobody, by an iterator", function ()
		for _ in h.provider.users() do error("a user"); end
	end);

	for method, command in pairs({ create_user = "user add", set_password = "user passwd", delete_user = "user delete",
		enable = "user enable", disable = "user disable" }) do
		it("answers "..method.." with the command to use", function ()
			local ok, err = h.provider[method]("alice", "x");
			assert.is_nil(ok);
			assert.truthy(err:find("`jitsiauth "..command.." NAME`", 1, true));
		end);
	end

	it("leaves out what would answer an outage like a wrong password", function ()
		assert.is_nil(h.provider.test_password);
		assert.is_nil(h.provider.get_password);
	end);
end);

describe("the client's address", function ()
	after_each(harness.check_leaks);

	local nginx, browser = "172.18.0.5", "203.0.113.9";
	local docker = { "127.0.0.1", "web/24", "172.16.0.0/12", "web" };
	-- trusted_proxies, peer, X-Forwarded-For, what mod_http makes of it → is it a proxy's?
	local cases = {
		{ "a browser through a trusted proxy", docker, nginx, browser, browser, false };
		{ "a browser through a proxy that isn't trusted", nil, nginx, browser, nginx, true };
		{ "a proxy that is trusted but says nothing", docker, nginx, nil, nginx, true };
		{ "a trusted proxy whose client is one too", docker, nginx, "172.18.0.9", nginx, true };
		{ "a browser without a proxy", docker, browser, nil, browser, false };
		{ "a browser that pretends to be a proxy", docker, browser, "192.0.2.1", browser, true };
		{ "nginx on this machine that says nothing", nil, "127.0.0.1", nil, "127.0.0.1", true };
		{ "a browser over IPv6", nil, "::1", "2001:db8::7", "2001:db8::7", false };
	};
	for _, case in ipairs(cases) do
		local name, trusted, peer, header, ip, proxy = table.unpack(case, 1, 6);
		for transport, fields in pairs({ bosh = { bosh_wait = 60 }, websocket = { websocket_request = {} } }) do
			it("over "..transport..": "..name, function ()
				local h = harness.new({ trusted_proxies = trusted });
				local session = { ip = ip, bosh_wait = fields.bosh_wait, websocket_request = fields.websocket_request };
				h.module.hooks[transport.."-session"]({ session = session, request = {
					ip = ip, headers = { x_forwarded_for = header }, conn = { ip = function () return peer; end } } });
				local sent = h:sent(h:login("alice", nil, { session = session }).request);
				assert.equal(ip, sent.source);
				assert.equal(transport, sent.transport);
				assert.equal(proxy, sent.proxy);
			end);
		end
	end

	it("is a proxy's that speaks of its client in the header Forwarded only", function ()
		local h = harness.new();
		local session = { ip = nginx, websocket_request = {} };
		h.module.hooks["websocket-session"]({ session = session, request = {
			ip = nginx, headers = { forwarded = "for="..browser }, conn = { ip = function () return nginx; end } } });
		assert.is_true(h:sent(h:login("alice", nil, { session = session }).request).proxy);
	end);

	local direct = {
		{ "over c2s is nobody's proxy, not even on this machine", { ip = "127.0.0.1" }, "127.0.0.1", false };
		{ "is left out when nobody knows it", {}, nil, false };
		{ "is left out when it is none", { ip = "unix:" }, nil, false };
		{ "of a session from before this module was loaded is suspected", { ip = browser, bosh_wait = 60 }, browser, true };
	};
	for _, case in ipairs(direct) do
		it(case[1], function ()
			local h = harness.new();
			local sent = h:sent(h:login("alice", nil, { session = case[2] }).request);
			assert.equal(case[3], sent.source);
			assert.equal(case[4], sent.proxy);
		end);
	end
end);
