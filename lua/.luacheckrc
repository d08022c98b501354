-- Prosody's own settings (.luacheckrc of its source), cut down to what this directory needs.
-- From the root of the repository: luacheck --config lua/.luacheckrc lua
cache = false;
codes = true;
std = "lua54";
max_line_length = 150;
read_globals = { "prosody", module = { other_fields = true, fields = {
	unload = { read_only = false }, save = { read_only = false }, restore = { read_only = false };
} } };

files["**/spec/*.lua"] = {
	std = "lua54+busted";
};
