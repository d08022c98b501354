-- Writes vectors.json: what a real Prosody makes of names and passwords.
--
-- Usage (Lua 5.4, from any directory; TREE holds usr/lib/prosody, so "/" is
-- the installed Prosody and a directory is what "dpkg -x prosody_*.deb" filled):
--
--     lua5.4 vectors.lua TREE [CHUNKS [SEED]] > vectors.json
--
-- CHUNKS (default 200) times 1,000 random texts are compared too.
-- A Prosody built with ICU is needed, as Debian's and the docker images' are.
-- Bytes are written as hex, because some inputs are not valid UTF-8.

local tree = assert(arg[1], "usage: lua5.4 vectors.lua TREE");
local lib = tree.."/usr/lib/prosody/";
package.path = lib.."?.lua;"..package.path;
package.cpath = lib.."?.so;"..package.cpath;
pcall(require, "loader"); -- 13.0 maps its module names with it, 0.12 has none

local stringprep = require "util.encodings".stringprep;
local sha256 = require "util.hashes".sha256;
local sasl = require "util.sasl";

local saslprep, nodeprep, nameprep = stringprep.saslprep, stringprep.nodeprep, stringprep.nameprep;

-- The three kinds of text. Each function returns the prepared bytes or nil.
local prepare = {};

function prepare.password(s)
	local out = saslprep(s);
	return out ~= "" and out or nil;
end

function prepare.username(s)
	local typed = prepare.password(s);
	local out = typed and nodeprep(typed);
	return out ~= "" and out or nil;
end

function prepare.domain(s)
	local out = nameprep(s);
	return out ~= "" and out or nil;
end

-- One login by util.sasl itself, so that the functions above are held against
-- what plain.lua really does.
local function login(username, password)
	local seen_username, seen_password;
	local handler = sasl.new("example.org", {
		plain_test = function (_, u, p)
			seen_username, seen_password = u, p;
			return true, true;
		end;
	});
	handler:select("PLAIN");
	handler:process("\0"..username.."\0"..password);
	return seen_username, seen_password;
end

local function hex(s)
	return (s:gsub(".", function (c) return ("%02x"):format(c:byte()); end));
end

------------------------------------------------------------------------------
-- Grid: texts that people type, and texts that break things.

local face = "\u{1F600}";
local same = {
	{ "ascii", "alice" }, { "every printable ascii", (function ()
		local t = {};
		for c = 32, 126 do t[#t+1] = string.char(c); end
		return table.concat(t);
	end)() },
	{ "capitals", "Alice.SMITH-42_x" }, { "empty", "" },
	{ "full-width", "ｐａｓｓ１ＡＢＣ" }, { "half-width kana", "ﾊﾟｽﾜｰﾄﾞｶﾞ" }, { "full-width kana", "パスワードガ" },
	{ "kana with separate sound marks", "カ\u{3099}ハ\u{309A}" }, { "hiragana", "ひみつのことば" },
	{ "kanji", "会議室東京" }, { "circled digits", "①②⑳" }, { "square units", "㍿㌔㎏" },
	{ "kanji compatibility", "\u{F900}\u{FA0E}\u{FA30}" },
	{ "corrected compatibility ideographs", "\u{2F868}\u{2F874}\u{2F91F}\u{2F95F}\u{2F9BF}" },
	{ "hangul syllables", "비밀번호" }, { "hangul jamo", "\u{1107}\u{1175}\u{1106}\u{1175}\u{11AF}" },
	{ "half-width hangul", "\u{FFB1}\u{FFC2}\u{FFA4}" }, { "hangul filler", "a\u{3164}b\u{115F}" },
	{ "emoji", "pass"..face.."word" }, { "emoji family", "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}" },
	{ "emoji skin and variation", "\u{1F44D}\u{1F3FD}\u{2764}\u{FE0F}" }, { "flag", "\u{1F1EF}\u{1F1F5}" },
	{ "e acute in two", "cafe\u{301}" }, { "e acute in one", "caf\u{E9}" },
	{ "marks out of order", "a\u{301}\u{323}" }, { "mark first", "\u{301}a" },
	{ "mark after emoji", face.."\u{301}" }, { "newer mark between", "e\u{1DC7}\u{301}" },
	{ "newer mark of lower class between", "a\u{1DCA}\u{301}\u{323}" },
	{ "composes only since 5.2", "\u{11099}\u{110BA}" }, { "vietnamese", "mật khẩu" },
	{ "thai", "รหัสผ่าน" }, { "devanagari", "पासवर्ड" }, { "nukta", "\u{915}\u{93C}\u{958}" }, { "tibetan", "\u{F43}\u{FB9}\u{F77}" },
	{ "space in front", " alice" }, { "space behind", "alice " }, { "spaces only", "   " }, { "space inside", "a b" },
	{ "ideographic space", "a\u{3000}b" }, { "ideographic space alone", "\u{3000}" },
	{ "U+00A0", "a\u{A0}b" }, { "U+1680", "a\u{1680}b" }, { "U+2003", "a\u{2003}b" }, { "U+202F", "a\u{202F}b" },
	{ "U+200B", "a\u{200B}b" }, { "U+200B alone", "\u{200B}" }, { "U+180E", "a\u{180E}b" },
	{ "soft hyphen", "a\u{AD}b" }, { "soft hyphen alone", "\u{AD}" }, { "U+1806", "a\u{1806}b" }, { "U+1806 alone", "\u{1806}" },
	{ "joiners", "a\u{200C}b\u{200D}c" }, { "word joiner", "a\u{2060}b" }, { "byte order mark", "\u{FEFF}a" },
	{ "variation selector", "a\u{FE00}" }, { "grapheme joiner", "a\u{34F}\u{301}" }, { "late variation selector", "葛\u{E0100}" },
	{ "sharp s", "Straße" }, { "capital sharp s", "STRA\u{1E9E}E" }, { "final sigma", "ΟΔΟΣ ς" }, { "final sigma alone", "ΟΔΟς" },
	{ "dotted capital i", "\u{130}stanbul" }, { "dotless i", "\u{131}" }, { "n with apostrophe", "\u{149}" }, { "j caron", "\u{1F0}" },
	{ "iota below", "\u{1FB3}\u{1FBC}α\u{345}" }, { "ligature", "oﬃce ﬁ" }, { "ligature alone", "oﬃceﬁ" }, { "roman numeral", "Ⅸⅸ" },
	{ "kelvin and angstrom", "\u{212A}\u{212B}" }, { "micro", "\u{B5}" }, { "superscript", "x²" }, { "fraction", "½" }, { "tel", "℡" },
	{ "care of", "℅" }, { "newer capitals", "\u{2C6F}\u{A64A}\u{10C80}" }, { "georgian capitals", "\u{1C90}\u{10A0}" }, { "deseret", "\u{10400}" },
	{ "mathematical letters", "\u{1D400}\u{1D7D8}" }, { "newer mathematical letters", "\u{1D6A4}\u{1EE00}" }, { "newer squared letters", "\u{1F130}\u{1F200}" },
	{ "hebrew", "שלום" }, { "hebrew with points", "שָׁלוֹם" }, { "hebrew, digit at the end", "שלום1" }, { "hebrew, digit inside", "ש1ם" }, { "hebrew with emoji inside", "ש"..face.."ם" },
	{ "hebrew with emoji at the end", "שם"..face }, { "hebrew and latin", "שaם" }, { "latin then hebrew", "aש" }, { "arabic", "كلمة" }, { "arabic and latin", "اa1" },
	{ "arabic, full stop at the end", "كلمة." }, { "arabic digits", "\u{661}\u{662}" }, { "arabic ligature", "\u{FDFA}" }, { "arabic presentation forms", "\u{FEFB}" },
	{ "adlam", "\u{1E900}\u{1E922}" }, { "adlam and latin", "\u{1E900}a" }, { "n'ko", "\u{7D2}\u{7DE}" }, { "n'ko digit at the end", "\u{7D2}\u{7C1}" },
	{ "hebrew and newer latin", "ש\u{2C65}ש" }, { "hebrew and newer mark at the end", "ש\u{1DC7}" },
	{ "U+FFFD", "a\u{FFFD}" }, { "object replacement", "a\u{FFFC}" }, { "ideographic description", "\u{2FF0}" },
	{ "private use", "\u{E000}" }, { "private use plane 15", "\u{F0000}" }, { "apple logo", "a\u{F8FF}" }, { "non-character", "\u{FFFE}" }, { "last code point", "\u{10FFFF}" },
	{ "tag", "a\u{E0061}" }, { "language tag", "\u{E0001}" }, { "left-to-right mark", "a\u{200E}" }, { "override", "a\u{202E}b" }, { "isolate", "a\u{2066}b" },
	{ "line separator", "a\u{2028}b" }, { "next line", "a\u{85}b" }, { "tab", "a\tb" }, { "newline", "a\n" }, { "delete", "a\127" }, { "escape", "\27[31m" },
	{ "nul", "a\0b" }, { "nul alone", "\0" },
	{ "lone continuation byte", "a\x80" }, { "latin-1", "caf\xE9" }, { "cut short", "a\xE3\x81" }, { "overlong slash", "a\xC0\xAF" },
	{ "surrogate", "\xED\xA0\x80" }, { "surrogate pair", "\xED\xA0\xBD\xED\xB8\x80" }, { "beyond U+10FFFF", "\xF4\x90\x80\x80" }, { "five bytes", "\xF8\x88\x80\x80\x80" }, { "byte FF", "\xFF" },
	{ "72 bytes", ("a"):rep(72) }, { "73 bytes", ("a"):rep(73) }, { "24 kana", ("あ"):rep(24) }, { "25 kana", ("あ"):rep(25) },
	{ "1022 bytes", ("a"):rep(1022) }, { "1023 bytes", ("a"):rep(1023) }, { "1024 bytes", ("a"):rep(1024) }, { "2000 bytes", ("a"):rep(2000) },
	{ "1023 capitals", ("A"):rep(1023) },
	{ "1023 bytes of full-width", ("ａ"):rep(341) }, { "1026 bytes of full-width", ("ａ"):rep(342) },
	{ "1024 bytes, 1022 prepared", ("a"):rep(1022).."\u{AD}" }, { "1023 bytes, 1021 prepared", ("a"):rep(1021).."\u{AD}" },
	{ "grows to 1023 bytes", ("\u{FDFA}"):rep(31) }, { "31 times 33 bytes", ("\u{FDFA}"):rep(31).."م" }, { "grows beyond", ("\u{FDFA}"):rep(32) }, { "grows far beyond", ("\u{FDFA}"):rep(341) },
	{ "sharp s keeps its bytes", ("ß"):rep(511).."x" }, { "case folding grows", ("\u{149}"):rep(340) }, { "case folding grows beyond 1023", ("\u{390}"):rep(500).."\u{1E98}\u{1F56}" },
	{ "250 emoji", (face):rep(255) }, { "256 emoji", (face):rep(256) },
	{ "30 marks", "e"..("\u{301}"):rep(30) }, { "29 marks that reorder", "e"..("\u{301}"):rep(14)..("\u{323}"):rep(15) },
	{ "30 marks, letter between", ("\u{301}"):rep(20).."e"..("\u{301}"):rep(30) },
};
for c in ([["&'/:<>@\]]):gmatch(".") do
	same[#same+1] = { "forbidden? "..c, "al"..c.."ice" };
	same[#same+1] = { "full-width "..c, "al"..utf8.char(c:byte() + 0xFEE0).."ice" };
end

-- Prosody takes these; we refuse them and say so.
local stricter = {
	{ "31 marks", "e"..("\u{302}"):rep(31).."x" }, { "40 marks that reorder", "e"..("\u{301}"):rep(20)..("\u{323}"):rep(20) },
	{ "300 marks", "e"..("\u{301}"):rep(300) }, { "40 hangul vowels", "\u{1100}"..("\u{1161}"):rep(40) },
};

local domains = {
	{ "host name", "meet.example.org" }, { "one label", "localhost" }, { "docker", "meet.jitsi" }, { "capitals", "Meet.Example.ORG" },
	{ "full-width", "ｍｅｅｔ．ｊｉｔｓｉ" }, { "punycode", "XN--BCHER-KVA.example" }, { "umlaut", "Bücher.example" }, { "sharp s", "straße.example" },
	{ "kanji", "会議.example" }, { "ideographic full stop", "会議。example" }, { "hebrew", "שלום" }, { "hebrew with latin", "שלום.example" },
	{ "digits", "127.0.0.1" }, { "underscore", "_xmpp.example" }, { "hyphen", "a-b.example" }, { "emoji", face..".example" }, { "soft hyphen", "me\u{AD}et.example" },
	{ "1023 bytes", ("a"):rep(1023) }, { "1024 bytes", ("a"):rep(1024) }, { "private use", "\u{E000}.example" }, { "invalid UTF-8", "caf\xE9.example" }, { "empty", "" },
	{ "soft hyphen alone", "\u{AD}" }, { "zero width space", "me\u{200B}et" },
};
-- nameprep takes these, they are no host names.
local no_hosts = {
	{ "space", "a b" }, { "no-break space", "a\u{A0}b" }, { "spaces at the ends", " meet.jitsi " }, { "slash", "meet.jitsi/x" }, { "url", "https://meet.jitsi" }, { "port", "meet.jitsi:443" },
	{ "at", "a@meet.jitsi" }, { "nul", "a\0b" }, { "newline", "meet.jitsi\n" }, { "full-width slash", "a／b" }, { "care of", "a℅b" }, { "ellipsis", "a…b" },
	{ "two dots", "a..b" }, { "dot in front", ".meet" }, { "two dots behind", "meet.." }, { "full-width dot behind", "meet．" }, { "ampersand", "a&b" }, { "quote", "a\"b" },
	{ "backslash", "a\\b" }, { "star", "*.example" }, { "comma", "a,b" }, { "address literal", "[::1]" }, { "percent", "a%b" },
};

------------------------------------------------------------------------------
-- Digests: the first 8 bytes of SHA-256 over the outputs of many inputs, each
-- as a 2-byte little-endian length and its bytes, or FF FF for a refusal.

local function digest(outputs)
	return hex(sha256(table.concat(outputs)):sub(1, 8));
end

local function framed(out)
	return out and string.pack("<s2", out) or "\xFF\xFF";
end

-- Every code point between two texts, one digest for each 0x1000 code points.
local sweeps = {
	{ kind = "password", before = "", after = "" },
	{ kind = "password", before = "a", after = "" }, -- which are right-to-left
	{ kind = "password", before = "ש", after = "ש" }, -- which are left-to-right
	{ kind = "password", before = "e\u{301}", after = "\u{323}" }, -- which let marks through
	{ kind = "username", before = "", after = "" },
	{ kind = "username", before = "a", after = "\u{301}\u{345}" },
	{ kind = "domain", before = "", after = "" },
};

local function sweep(spec)
	local blocks, f = {}, prepare[spec.kind];
	for block = 0, 0x10F do
		local outputs = {};
		for c = block * 0x1000, block * 0x1000 + 0xFFF do
			if c < 0xD800 or c > 0xDFFF then
				outputs[#outputs+1] = framed(f(spec.before..utf8.char(c)..spec.after));
			end
		end
		blocks[#blocks+1] = digest(outputs);
	end
	return blocks;
end

-- Random short texts: each mixes marks and two ranges of code points.
local ranges = {
	{ 0x20, 0x7E }, { 0x30, 0x7A }, { 0xA0, 0xFF }, { 0x100, 0x24F }, { 0x370, 0x3FF }, { 0x400, 0x52F }, { 0x5D0, 0x5EA }, { 0x591, 0x5F4 },
	{ 0x620, 0x6FF }, { 0x700, 0x7FF }, { 0x800, 0x8FF }, { 0x900, 0x9FF }, { 0xB80, 0xCFF }, { 0xD00, 0xEFF }, { 0xF00, 0xFFF }, { 0x1000, 0x109F },
	{ 0x1100, 0x11FF }, { 0x1161, 0x11C2 }, { 0x1780, 0x18AF }, { 0x1AB0, 0x1B7F }, { 0x1DC0, 0x1EFF }, { 0x1F00, 0x1FFF }, { 0x2000, 0x206F }, { 0x20D0, 0x218F },
	{ 0x2460, 0x24FF }, { 0x2C00, 0x2DFF }, { 0x3000, 0x30FF }, { 0x3130, 0x33FF }, { 0xA640, 0xA69F }, { 0xAC00, 0xAC7F }, { 0xF900, 0xFAFF }, { 0xFB00, 0xFDFF },
	{ 0xFE00, 0xFEFF }, { 0xFF00, 0xFFEF }, { 0x10400, 0x1044F }, { 0x10A00, 0x10A6F }, { 0x11080, 0x110FF }, { 0x11130, 0x1134F }, { 0x1D150, 0x1D1AF }, { 0x1D400, 0x1D7FF },
	{ 0x1E900, 0x1E95F }, { 0x1F100, 0x1F2FF }, { 0x1F600, 0x1F64F }, { 0x2F800, 0x2FA1F }, { 0x4E00, 0xD7FF }, { 0x10000, 0x10FFFF },
};
local marks = {
	{ 0x300, 0x36F }, { 0x591, 0x5C7 }, { 0x64B, 0x65F }, { 0x1AB0, 0x1ACE }, { 0x1DC0, 0x1DFF }, { 0x20D0, 0x20F0 }, { 0x3099, 0x309A }, { 0xFE20, 0xFE2F },
};
local random = { chunks = tonumber(arg[2]) or 200, seed = tonumber(arg[3]) or 20250601, texts = 1000 };

local state = random.seed;
local function below(n) -- 64-bit linear congruential generator, Knuth's constants
	state = state * 6364136223846793005 + 1442695040888963407;
	return (state >> 33) % n;
end

local function pick(list)
	return list[below(#list) + 1];
end

local function random_text()
	local pools = { pick(ranges), pick(ranges), pick(marks) };
	local t = {};
	for _ = 1, 1 + below(8) do
		local range = pools[below(3) + 1];
		t[#t+1] = utf8.char(range[1] + below(range[2] - range[1] + 1));
	end
	return table.concat(t);
end

-- Every text as password and as name, one digest for each chunk.
local function random_digests()
	local digests = {};
	for _ = 1, random.chunks do
		local outputs = {};
		for _ = 1, random.texts do
			local text = random_text();
			outputs[#outputs+1] = framed(prepare.password(text));
			outputs[#outputs+1] = framed(prepare.username(text));
		end
		digests[#digests+1] = digest(outputs);
	end
	return digests;
end

------------------------------------------------------------------------------
-- Output. One case on a line, so that a change can be reviewed.

local function case(kind, entry, is_stricter)
	local note, input = entry[1], entry[2];
	local out = prepare[kind](input);
	if not input:find("\0", 1, true) then -- NUL separates the fields of PLAIN
		local u, p = login(kind == "username" and input or "x", kind == "password" and input or "x");
		if kind == "username" then assert(u == out, note); end
		if kind == "password" then assert(p == out, note); end
	end
	assert(not is_stricter or out, note);
	return ('    {"kind": "%s", "note": "%s", "in": "%s", "out": %s%s}'):format(
		kind, (note:gsub('["\\]', "\\%0")), hex(input), out and '"'..hex(out)..'"' or "null",
		is_stricter and ', "stricter": true' or "");
end

local cases = {};
for _, kind in ipairs{ "username", "password" } do
	for _, entry in ipairs(same) do cases[#cases+1] = case(kind, entry); end
	for _, entry in ipairs(stricter) do cases[#cases+1] = case(kind, entry, true); end
end
for _, entry in ipairs(domains) do cases[#cases+1] = case("domain", entry); end
for _, entry in ipairs(no_hosts) do cases[#cases+1] = case("domain", entry, true); end

local function list(strings)
	return '["'..table.concat(strings, '", "')..'"]';
end

local function pairs_of(list_of_ranges)
	local t = {};
	for i, range in ipairs(list_of_ranges) do t[i] = ("[%d, %d]"):format(range[1], range[2]); end
	return "["..table.concat(t, ", ").."]";
end

local swept = {};
for i, spec in ipairs(sweeps) do
	swept[i] = ('    {"kind": "%s", "before": "%s", "after": "%s", "blocks": %s}'):format(
		spec.kind, hex(spec.before), hex(spec.after), list(sweep(spec)));
end

io.write('{\n  "cases": [\n', table.concat(cases, ",\n"), '\n  ],\n');
io.write('  "sweeps": [\n', table.concat(swept, ",\n"), '\n  ],\n');
io.write(('  "random": {"seed": %d, "texts": %d,\n    "ranges": %s,\n    "marks": %s,\n    "chunks": %s}\n}\n'):format(
	random.seed, random.texts, pairs_of(ranges), pairs_of(marks), list(random_digests())));
