-- A stand-in, for tests only, for the module of this name that Jitsi Meet ships: a
-- component whose addresses all stand for one account on this server, its target.
-- It is written anew, after what the public one does to stanzas, in order that other
-- modules meet here what they meet there:
--   * it acts late (priority -1), so hooks on these events come first;
--   * a request is changed in place and sent on from <component>/<sender's full JID> to
--     one of the target's resources, which it knows from the target's presence;
--   * an answer is changed back in place and sent on to the sender, from the
--     component's domain, whichever of its addresses was asked.
-- Messages and presence of others are refused.
if module:get_host_type() ~= "component" then
	error("client_proxy is for components only", 0);
end

local jid = require "util.jid";
local st = require "util.stanza";

local target = assert(module:get_option_string("target_address"), "target_address is missing");

-- The target's resources.
local resources = {};

local function forget(resource)
	for i = #resources, 1, -1 do
		if not resource or resources[i] == resource then table.remove(resources, i); end
	end
end

local function presence_of_target(stanza)
	local kind, resource = stanza.attr.type, jid.resource(stanza.attr.from);
	if kind == "error" then
		forget();
	elseif resource and (kind == "unavailable" or not kind) then
		forget(resource);
		if not kind then table.insert(resources, resource); end
	end
end

local function answer_of_target(stanza)
	local sender = jid.prep(jid.resource(stanza.attr.to));
	if not sender then return; end
	stanza.attr.from, stanza.attr.to = module.host, sender;
	module:send(stanza);
end

local function request_to_target(stanza)
	if #resources == 0 then
		module:send(st.error_reply(stanza, "cancel", "service-unavailable"));
		return;
	end
	stanza.attr.from = module.host .. "/" .. stanza.attr.from;
	stanza.attr.to = target .. "/" .. resources[math.random(#resources)];
	module:send(stanza);
end

local function refuse(stanza, condition)
	if stanza.attr.type ~= "error" and stanza.attr.type ~= "result" then
		module:send(st.error_reply(stanza, "cancel", condition));
	end
end

local function handle(event)
	local stanza = event.stanza;
	local kind, is_iq = stanza.attr.type, stanza.name == "iq";
	local is_request = is_iq and (kind == "get" or kind == "set");
	if jid.bare(stanza.attr.from) ~= target then
		if is_request then
			request_to_target(stanza);
		else
			refuse(stanza, stanza.name == "presence" and "bad-request" or "feature-not-implemented");
		end
	elseif jid.resource(stanza.attr.to) then
		if is_iq and not is_request then
			answer_of_target(stanza);
		elseif stanza.name ~= "presence" then
			refuse(stanza, "feature-not-implemented");
		end
	elseif stanza.name == "presence" then
		presence_of_target(stanza);
	else
		refuse(stanza, "bad-request");
	end
	return true;
end

for _, name in ipairs { "iq", "message", "presence" } do
	for _, kind in ipairs { "bare", "full", "host" } do
		module:hook(name .. "/" .. kind, handle, -1);
	end
end

module:send(st.presence { type = "subscribe", to = target, from = module.host });
