-- Damaged answers: only one that still says exactly "ok, this request, this account" may let someone in.
local harness = require "spec.harness";
local json = require "util.json";

local cases = 2000;

describe("a damaged answer", function ()
	local h;
	before_each(function () h = harness.new(); end);
	after_each(harness.check_leaks);

	local function answer(body, headers)
		local alice = h:login("alice");
		h:answer(alice.request, { body = body(alice.request), headers = headers });
		return h:told(alice), alice.request;
	end

	it("cut off at any byte gives no verdict, whatever its length says", function ()
		local length = #json.encode(h:verdict(h:login("alice").request, "ok"));
		for at = 0, length - 1 do
			local function cut(request) return json.encode(h:verdict(request, "ok")):sub(1, at); end
			assert.equal("temporary-auth-failure", (answer(cut)));
			assert.equal("temporary-auth-failure", (answer(cut, { ["content-length"] = tostring(length) })));
		end
	end);

	local operations = {
		function (body, at, byte) return body:sub(1, at - 1)..byte..body:sub(at + 1); end; -- another byte
		function (body, at) return body:sub(1, at - 1)..body:sub(at + 1); end; -- one less
		function (body, at, byte) return body:sub(1, at)..byte..body:sub(at + 1); end; -- one more
		function (body, at) return body:sub(1, at)..body:sub(at); end; -- a piece twice
		function (body, at) return body:sub(at)..body:sub(1, at - 1); end; -- turned round
	};

	local function means_yes(body, request)
		local parsed, value = pcall(json.decode, body);
		local sent = h:sent(request);
		return parsed and type(value) == "table" and value.id == sent.id and value.result == "ok"
			and type(value.user) == "table" and value.user.jid == sent.username.."@"..sent.domain;
	end

	for _, result in ipairs({ "ok", "bad_credentials", "disabled" }) do
		it("with changed bytes lets nobody in who wasn't ("..result..")", function ()
			math.randomseed(20260801); -- the same damage each time
			for _ = 1, cases do
				local damaged;
				local told, request = answer(function (request)
					damaged = json.encode(h:verdict(request, result));
					for _ = 1, math.random(3) do
						local operation = operations[math.random(#operations)];
						damaged = operation(damaged, math.random(#damaged), string.char(math.random(0, 255)));
					end
					return damaged;
				end);
				assert.not_equal("waiting", told);
				assert.equal(means_yes(damaged, request) or false, told == "success", damaged);
			end
		end);
	end
end);
