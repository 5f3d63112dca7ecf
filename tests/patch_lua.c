/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The language of patches: what is the same, what is made of it, and what is
   refused in which words. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "base/rng.h"
#include "synth/lua/patch_lua.h"
#include "synth/lua/patch_text.h"
#include "synth/registry.h"
#include "tap.h"

static struct arena arena;

static int
read_with(const char *text, const struct lua_settings *s, struct recipe *r, struct err *err)
{
	arena_release(&arena);
	arena_init(&arena, (size_t)64 << 20);
	err->text[0] = 0;
	return patch_lua_text(text, strlen(text), "t.lua", s, r, &arena, err);
}

static int
read_text(const char *text, struct recipe *r)
{
	static const struct lua_settings plain;
	struct err err;
	const int status = read_with(text, &plain, r, &err);
	if (status < 0)
		diag("%s", err.text);
	return status;
}

static bool
id_of(const char *text, uint8_t id[HASH_SIZE])
{
	struct recipe r;
	if (read_text(text, &r) < 0)
		return false;
	recipe_id(&r, id);
	return true;
}

/* --- what is the same ---------------------------------------------------------------- */

struct two {
	const char *what, *a, *b;
};

static const struct two same[] = {
    {"an operator is a module", "return saw{} * 0.5", "return mul{a = saw{}, b = 0.5}"},
    {"a number may stand first", "return 0.5 * saw{}", "return mul{0.5, saw{}}"},
    {"a module by its name", "return guest{'svf', saw{}, cutoff = 500}", "return svf{saw{}, cutoff = 500}"},
    {"and after >>", "return saw{} >> guest'svf'{cutoff = 500} >> guest'voices'", "return svf{saw{}, cutoff = 500}"},
    {"a module's name may be a local's", "local mix, hold, sync = 0.5, saw{}, 1 return hold * mix * sync", "return saw{} * 0.5 * 1"},
    {"or a global's", "window = saw{} function alias(x) return x * 0.5 end return alias(window)", "return saw{} * 0.5"},
    {"what a port takes unsaid cannot be hidden", "note = 1 return saw{}", "return saw{}"},
    {"all operators", "local a, b = saw{}, sine{} return -(a + b - a / b) ^ 3",
        "local a, b = saw{}, sine{} local s = add{a, b} local d = div{a, b} return neg{pow{sub{s, d}, 3}}"},
    {"2 ^ signal is exp2", "return saw{} * 2 ^ sine{}", "local s = saw{} return mul{s, exp2{sine{}}}"},
    {">> gives a module its sound", "return saw{} >> svf{cutoff = 500}", "return svf{saw{}, cutoff = 500}"},
    {">> binds looser than *", "return saw{} * sine{} >> svf{}", "return svf{saw{} * sine{}}"},
    {">> takes a bare module", "return saw{} >> voices", "return saw{} >> voices()"},
    {">> takes a function", "local function half(x) return x * 0.5 end return saw{} >> half", "return saw{} * 0.5"},
    {"functions compose", "local f = svf{} >> gain{gain = -6} return saw{} >> f", "return gain{svf{saw{}}, gain = -6}"},
    {"a signal may stand alone in brackets", "return voices(saw{})", "return voices{saw{}}"},
    {"voices() comes by itself, last", "return saw{} * 0.5", "return voices{saw{} * 0.5}"},
    {"silent ports take what feeds them", "return saw{}", "return saw{pitch = note.pitch, detune = 0, phase = 0, random = 0}"},
    {"the first output is the usual one", "return svf{saw{}}", "return svf{saw{}}.low"},
    {"what is not heard is dropped", "local x = saw{} >> svf{} return sine{}", "return sine{}"},
    {"a mono signal feeds both sides", "return saw{} >> voices() >> haas{}",
        "local v = saw{} >> voices() return haas{left = v, right = v}"},
    {"a mono module is made twice for stereo", "return svf{stereo{saw{}, sine{}}, cutoff = 300}",
        "local a, b = saw{}, sine{} return stereo{svf{a, cutoff = 300}, svf{b, cutoff = 300}}"},
    {"operators work by side", "return stereo{saw{}, sine{}} * 0.5",
        "local a, b = saw{}, sine{} return stereo{a * 0.5, b * 0.5}"},
    {"sides can be taken", "return stereo{saw{}, sine{}}.right", "return sine{}"},
    {"a mono signal is both its sides", "return saw{}.left", "return saw{}"},
    {"open is no part of the sound", "return saw{detune = open{-9, 9, value = 3}}", "return saw{detune = 3}"},
    {"nor is pin, nor a name", "return saw{detune = pin(3, {name = 'x'})}", "return saw{detune = open{0, 4, value = 3}}"},
    {"a choice by name", "return noise{colour = 'pink'}", "return noise{colour = open{'white', 'pink', value = 'pink'}}"},
    {"pairs goes in order", "local s = 0 for k, v in pairs{b = 2, a = 1, c = 3} do s = s + saw{detune = v} end return s",
        "return 0 + saw{detune = 1} + saw{detune = 2} + saw{detune = 3}"},
    {"kits sort by name", "return kit{b = saw{}, a = sine{}}",
        "return kit{part{sine{}, name = 'a'}, part{saw{}, name = 'b'}}"},
    {"notes find parts by name and number",
        "return kit{a = saw{}, b = sine{}}, phrase{notes = {{0, 1, 60, 1, 'b'}}}",
        "return kit{a = saw{}, b = sine{}}, phrase{notes = {{0, 1, 60, 1, 2}}}"},
    {"arcs find parameters by name",
        "return saw{detune = open{0, 9, name = 'd'}}, phrase{arcs = {d = {{0, 0}, {4, 9}}}}",
        "return saw{detune = open{0, 9, name = 'x'}}, phrase{arcs = {{'x', {0, 0}, {4, 9}}}}"},
    {"oversample waits for what its function waits for", "return saw{} >> oversample(2, svf{cutoff = 500})",
        "local f = oversample(2, function(x) return svf{x, cutoff = 500} end) return f(saw{})"},
    {"or does not wait", "return oversample(4, function() return sine{} end)",
        "local f = oversample(4, function(pitch) return sine{pitch = pitch} end) return f(note.pitch)"},
    {"a function made outside works inside", "local f = svf{cutoff = 500} return saw{} >> oversample(8, f)",
        "local f = svf{cutoff = 500} return saw{} >> oversample(8, function(x) return x >> f end)"},
    {"no text has numbers hidden in it", "return saw{detune = tonumber('7')}", "return saw{detune = 7}"},
    {"vectors of Lua: ipairs, select, #, ..", "local t = {1, 2} local n = 0 for i, v in ipairs(t) do n = n + v end "
        "return saw{detune = n + #t + select('#', 1, 2) + #('a' .. 'b')}", "return saw{detune = 9}"},
};

static const struct two other[] = {
    {"outputs have names", "return svf{saw{}}.low", "return svf{saw{}}.high"},
    {"a factor counts", "return saw{} >> oversample(2, svf{})", "return saw{} >> oversample(4, svf{})"},
    {"where it is", "return saw{} >> oversample(2, svf{})", "return saw{} >> svf{}"},
    {"a choice counts", "return noise{colour = 'pink'}", "return noise{colour = 'white'}"},
    {"gain is heard", "return part{saw{}, gain = 0.5}", "return saw{}"},
    {"the third thing is rate and seed", "return saw{}, nil, {seed = 1}", "return saw{}"},
};

static void
test_pairs(const struct two *two, size_t n, bool differ)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t a[HASH_SIZE], b[HASH_SIZE];
		const bool read = id_of(two[i].a, a) && id_of(two[i].b, b);
		ok(read && (memcmp(a, b, HASH_SIZE) != 0) == differ, "%s", two[i].what);
	}
}

/* --- what is refused ----------------------------------------------------------------- */

static const struct {
	const char *text, *says;
} bad[] = {
    {"\n\nreturn svv{}", "t.lua:3: unknown name 'svv' (did you mean 'svf'?)"},
    {"return svf{saw{},\ncutof = 3}", "t.lua:1: svf: no port 'cutof' (did you mean 'cutoff'?)"},
    {"return svf{saw{}, cutoff = 1e6}", "t.lua:1: svf: port 'cutoff': 1000000 is not within 10 to 20000 Hz"},
    {"return svf{saw{}, cutoff = {}}", "t.lua:1: svf: port 'cutoff' takes a number, a signal or a choice, not a table"},
    {"return svf{saw{}, cutoff = 'x'}", "t.lua:1: svf: port 'cutoff' takes a number or a signal, not the text 'x'"},
    {"return svf{saw{}, saw{}}", "t.lua:1: svf: takes no more than 1 signals without a name"},
    {"return svf{saw{}, ['in'] = saw{}}", "t.lua:1: svf: port 'in' is fed twice"},
    {"return svf{'x'}", "t.lua:1: svf: item 1 is a string, not a signal"},
    {"return saw{saw{}}", "t.lua:1: saw: takes no sound; name the port"},
    {"return saw(1, 2)", "t.lua:1: saw: takes one table: saw{...}"},
    {"return saw('x')", "t.lua:1: saw: takes a table, saw{...}, not a string"},
    {"return noise{colour = 'red'}", "t.lua:1: noise: port 'colour' is one of: white pink brown blue violet tilted; not 'red'"},
    {"return noise{colour = saw{}}", "t.lua:1: noise: port 'colour' is one of: white pink brown blue violet tilted; not a signal"},
    {"return noise{colour = 1}", "t.lua:1: noise: port 'colour' is one of: white pink brown blue violet tilted; not a number"},
    {"return haas{saw{}, ms = stereo{saw{}, saw{}}}", "t.lua:1: haas: port 'ms' takes one signal, not left and right"},
    {"return oversample(3, svf{})", "t.lua:1: oversample: the factor is 2, 4 or 8, and fixed: it can be neither open nor a signal"},
    {"return oversample(open{2, 8}, svf{})", "t.lua:1: oversample: the factor is 2, 4 or 8, and fixed: it can be neither open nor a signal"},
    {"return oversample('2', svf{})", "t.lua:1: oversample: the factor is 2, 4 or 8, and fixed: it can be neither open nor a signal"},
    {"return oversample(2, saw{})", "t.lua:1: oversample: takes a factor and a function: oversample(4, function(x) return x >> svf{} end)"},
    {"local f = oversample(4, svf{})\nreturn oversample(2, function() return saw{} >> f end)",
        "t.lua:2: oversample: within another oversample(2, ...); one factor holds for all of it"},
    {"return oversample(2, function() return saw{} >> voices() end)",
        "t.lua:1: voices: cannot stand within oversample(); before or after it can"},
    {"return oversample(8, function() return saw{} end), nil, {rate = 384000}",
        "t.lua: part 0 't', node 1 (saw): 8 times 384000 Hz; at most 1536000 Hz are allowed"},
    {"return saw{}.hi", "t.lua:1: saw: no output 'hi'"},
    {"\nreturn guest('sav'){}", "t.lua:2: there is no module 'sav'"},
    {"return guest{'lv3:x', gain = 1}", "t.lua:1: there is no module 'lv3:x'"},
    {"return guest{}", "t.lua:1: guest: the first item is a text that says which, not a nil"},
    {"return guest(saw{})", "t.lua:1: guest: the first item is a text that says which, not a userdata"},
    {"return guest{'svf', saw{}, cutof = 300}", "t.lua:1: svf: no port 'cutof' (did you mean 'cutoff'?)"},
    {"while true do guest('svf') end", "t.lua:1: stopped after"},
    {"return svf{saw{}}.hihg", "t.lua:1: svf: no output 'hihg' (did you mean 'high'?)"},
    {"return saw.out", "t.lua:1: a function has no output 'out': call it first"},
    {"return saw{} * svf{}", "t.lua: the file returns a function, not a signal: a module still waits for its sound"},
    {"return saw{} >> svf{} * {}", "t.lua:1: 'mul' with a table"},
    {"return saw{} + {}", "t.lua:1: 'add' with a table"},
    {"return saw{} + 'x'", "t.lua:1: 'add' with a string"},
    {"return saw{} >> 3", "t.lua:1: >>: what follows is a number and takes no sound"},
    {"return saw{} >> saw{}", "t.lua:1: >>: what follows is a userdata and takes no sound"},
    {"return saw{}()", "t.lua:1: a signal is called like a module: is a >> or a comma missing?"},
    {"return saw{pitch = 1 / 0}", "t.lua:1: inf is not a number that a port can take"},
    {"return stereo{saw{}}", "t.lua:1: stereo: takes two mono signals: stereo{left, right}"},
    {"", "t.lua: the file returns nothing; a patch ends in `return` and a signal"},
    {"return 3", "t.lua: the file returns a number, not a signal"},
    {"return svf{}", "t.lua: the file returns a function, not a signal: a module still waits for its sound"},
    {"return open{0, 1}", "t.lua: the patch is a parameter, not a signal"},
    {"return saw{}, 1", "t.lua: the file returns a number after the patch, not a phrase{...}"},
    {"return saw{}, nil, {sead = 1}", "settings: no 'sead' here (did you mean 'seed'?)"},
    {"return saw{}, nil, {rate = 1}", "t.lua: the rate is 1 Hz, not within 8000 to 384000"},
    {"return saw{}, nil, {engine = 99}", "t.lua: made for engine 99; this is engine"},
    {"local a = saw{} >> voices()\nreturn a >> voices()", "t.lua:2: a second voices(); the first is at t.lua:1"},
    {"return saw{} >> voices()\n>> svf{cutoff = 100 * note.velocity}",
        "comes after voices() but takes from note, which belongs to one note"},
    {"local e = adsr{}\nlocal v = saw{} * e >> voices()\nreturn v * e",
        "t.lua:3: mul comes after voices() but takes from adsr, which belongs to one note"},
    {"return saw{detune = open{1}}", "t.lua:1: open: a range is two numbers"},
    {"return saw{detune = open{2, 1}}", "t.lua:1: open: 2 to 1 is not a range"},
    {"return saw{detune = open{0, 9, valeu = 1}}", "t.lua:1: open: no 'valeu' here (did you mean 'value'?)"},
    {"return saw{detune = open{0, 9, value = 10}}", "t.lua:1: open: the value 10 is not within 0 to 9"},
    {"return saw{detune = open{0, 9, log = true}}", "t.lua:1: open: a logarithmic range starts above 0, not at 0"},
    {"return saw{detune = open{0, 9, name = ''}}", "t.lua:1: open: the name is empty"},
    {"return saw{detune = open{0, 9, name = 3}}", "t.lua:1: open: name is a number, not a text"},
    {"return saw{detune = open{0, 1e4}}",
        "t.lua:1: saw: port 'detune': the parameter's 0 to 10000 is not within -1200 to 1200 cents"},
    {"return saw{} * open{}", "t.lua:1: mul: an open parameter here needs a range of its own"},
    {"return saw{detune = open{'a', 'b'}}", "t.lua:1: saw: port 'detune' is no choice, the parameter is one"},
    {"return choose{1, 2, index = open{'a', 'b', step = 1}}", "t.lua:1: open: choices have no step"},
    {"return supersaw{count = open{'a', 'b'}}",
        "t.lua:1: supersaw: port 'count': 2 choices are the numbers 0 to 1, which is not within 1 to 16"},
    {"return saw{} * open{1, 4, step = -1}", "t.lua:1: open: the step -1 is not above 0"},
    {"return saw{} * open{1, 4, step = 1, log = true}", "t.lua:1: open: steps are even, and a logarithmic range has none"},
    {"return saw{} * open{1, 4, step = 1, value = 2.5}", "t.lua:1: open: the value 2.5 is no step of 1 from 1"},
    {"local k = open{'white', 'pink'}\nreturn choose{noise{colour = k}, 0, index = k}",
        "t.lua:2: choose: port 'index' counts, and the parameter feeds another that has choices of its own"},
    {"return noise{colour = open{0, 1}}", "t.lua:1: noise: port 'colour' is a choice, the parameter is a range"},
    {"return noise{colour = open{'white', 'red'}}", "t.lua:1: noise: port 'colour' has no choice 'red'"},
    {"return noise{colour = open{'white', 'white'}}", "t.lua:1: open: 'white' stands there twice"},
    {"return noise{colour = open{'white', 'pink', value = 'red'}}", "t.lua:1: open: the value is not one of the choices"},
    {"return noise{colour = pin(1)}", "t.lua:1: noise: port 'colour' is a choice, the parameter is a number"},
    {"return saw{\ndetune = open{0, 1, name = 'a'},\nphase = open{0, 1, name = 'a'}}",
        "t.lua:3: a second parameter is named 'a'; the first is at t.lua:2"},
    {"return saw{}, phrase{tempo = 0}", "t.lua:1: phrase: the tempo 0 is not within 1 to 1000 beats a minute"},
    {"return saw{}, phrase{bpm = 1}", "t.lua:1: phrase: no 'bpm' here"},
    {"return saw{}, phrase{beats = 1e9}", "t.lua:1: phrase: 1e+09 beats and a tail of 0.5 s: not within 0 to 1200 s"},
    {"return saw{}, phrase{notes = {{0, 1}}}", "t.lua:1: phrase: note 1 is not {start, length, pitch, velocity, part}"},
    {"return saw{}, phrase{notes = {{0, 1, 60, 2}}}", "t.lua:1: phrase: note 1: start and length"},
    {"return saw{}, phrase{notes = {{0, 0/0, 60}}}", "t.lua:1: phrase: note 1: the length is not a number"},
    {"return saw{}, phrase{notes = {{0, 1, 60, 1, 2}}}", "t.lua:1: phrase: note 1 is for part 2 of 1"},
    {"return kit{kick = saw{}}, phrase{notes = {{0, 1, 60, 1, 'kik'}}}",
        "t.lua:1: phrase: there is no part 'kik' (did you mean 'kick'?)"},
    {"return saw{}, phrase{arcs = {d = {{0, 1}}}}", "t.lua:1: phrase: arc 'd': no such parameter"},
    {"return saw{detune = open{0, 1, name = 'd'}}, phrase{arcs = {d = {{1, 0}, {0, 0}}}}",
        "t.lua:1: phrase: arc 'd': point 2 is out of order or not within 0 to 1"},
    {"return kit{saw{}, x = saw{}}", "t.lua:1: kit: parts either all have names or none"},
    {"return kit{}", "t.lua:1: kit: 0 parts, not 1 to 256"},
    {"return part{saw{}, gain = 1e6}", "t.lua:1: part: the gain 1e+06 is not within -100 to 100"},
    {"return part{svf{}}", "t.lua:1: part: a function, not a signal: a module still waits for its sound"},
    {"local x\nreturn x.y", "t.lua:2: attempt to index a nil value (local 'x')"},
    {"return saw{", "t.lua:1: unexpected symbol near <eof>"},
    {"error('so')", "t.lua:1: so"},
    {"\nassert(false, 'no')", "t.lua:2: no"},
    {"return use 'nothing'", "t.lua:1: use: no file 'nothing.lua' beside this one or in the library"},
    {"return use '../secret'", "t.lua:1: use: '../secret' is not a name like 'techniques.wide'"},
    {"return use '/etc/passwd'", "t.lua:1: use: '/etc/passwd' is not a name like 'techniques.wide'"},
};

static void
test_errors(void)
{
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		static const struct lua_settings plain;
		struct recipe r;
		struct err err;
		const int status = read_with(bad[i].text, &plain, &r, &err);
		if (!ok(status < 0 && strstr(err.text, bad[i].says) && !strncmp(err.text, "t.lua:", 6), "%s", bad[i].says))
			diag("said: %s", status < 0 ? err.text : "nothing");
	}
}

/* --- what is made ---------------------------------------------------------------------- */

static const struct param *
param_named(const struct recipe *r, const char *name)
{
	for (size_t i = 0; i < r->parts[0].patch.n_params; i++)
		if (!strcmp(r->parts[0].patch.params[i].name, name))
			return &r->parts[0].patch.params[i];
	return NULL;
}

static void
test_params(void)
{
	struct recipe r;
	const struct param *p;
	if (!ok(read_text("local f = open{100, 10000, log = true}\n"
	                  "return svf{saw{detune = open{-10, 30}, phase = open{}} * open{0, 1}, cutoff = f * 2 ^ open{-1, 1},\n"
	                  "resonance = pin(0.5), ['in'] = nil}, nil", &r) == 0, "a patch with six parameters reads"))
		return;
	ok(r.parts[0].patch.n_params == 6, "it has six");
	p = param_named(&r, "detune");
	ok(p && p->open && p->value == 10 && p->min == -10 && p->max == 30, "the middle is the usual value");
	p = param_named(&r, "cutoff");
	ok(p && p->scale == SCALE_LOG && fabs((double)p->value - 1000) < 0.01, "the geometric middle on a logarithmic scale");
	ok(param_named(&r, "cutoff.2") != NULL, "a name goes through mathematics and is made unique");
	ok(param_named(&r, "level") != NULL, "a parameter on the sound's way is its level");
	p = param_named(&r, "phase");
	ok(p && p->min == 0 && p->max == 1, "open{} takes the port's range");
	p = param_named(&r, "resonance");
	ok(p && !p->open && p->value == 0.5f && p->min == 0 && p->max == 1, "pin() is closed and knows the port's range");

	ok(read_text("return svf{saw{}, cutoff = open{100, 400}}", &r) == 0 && (p = param_named(&r, "cutoff"))
	        && p->scale == SCALE_LOG && fabs((double)p->value - 200) < 0.01, "a port's scale is its parameter's");
	ok(read_text("return svf{saw{}, cutoff = open{100, 400, log = false}}", &r) == 0 && (p = param_named(&r, "cutoff"))
	        && p->scale == SCALE_LINEAR && p->value == 250, "unless the parameter says otherwise");
	ok(read_text("return shaper{saw{}, shape = open{'fold', 'hard', value = 'fold'}}", &r) == 0
	        && (p = param_named(&r, "shape")) && p->scale == SCALE_CHOICE && p->min == 1 && p->max == 2 && p->value == 2
	        && p->n_choices == 14, "choices are counted as the port counts them");

	ok(read_text("return saw{pitch = note.pitch + open{-24, 12, step = 12}} * open{0.1, 1, step = 0.3, value = 0.4}", &r) == 0
	        && (p = param_named(&r, "pitch")) && p->step == 12 && p->value == 0 && (p = param_named(&r, "level"))
	        && p->step == 0.3f && p->value == 0.4f, "a step, and the middle one");
	ok(read_text("return supersaw{count = open{}} * choose{1, 0.5, index = open{'loud', 'soft', name = 'how', value = 'soft'}}", &r) == 0
	        && (p = param_named(&r, "count")) && p->step == 1 && p->min == 1 && p->max == 16 && p->value == 9
	        && (p = param_named(&r, "how")) && p->scale == SCALE_CHOICE && p->max == 1 && p->value == 1 && !strcmp(p->choices[0], "loud"),
	    "where a port counts a parameter does, and may name the numbers");
	ok(read_text("return supersaw{count = open{1, 9, step = 0}} * choose{1, 0.5, index = open{0, 1, value = 0.5, name = 'index'}}", &r) == 0
	        && (p = param_named(&r, "count")) && p->step == 0 && (p = param_named(&r, "index")) && p->step == 0 && p->value == 0.5f,
	    "unless it says otherwise");

	const bool chained = read_text("return saw{} >> svf{cutoff = 300} * adsr{} + sine{} >> voices()", &r) == 0;
	const struct patch *lifted = &r.parts[0].patch;
	ok(chained && !strcmp(lifted->nodes[lifted->n_nodes - 2].module, "add") && !strcmp(lifted->nodes[lifted->n_nodes - 3].module, "mul"),
	    "what is done to a waiting module is done to what comes of it");
	read_text("return svf{saw{}} * adsr{}", &r);
	bool stated = true;
	for (size_t i = 0; i < r.parts[0].patch.n_nodes; i++) {
		const struct node *n = &r.parts[0].patch.nodes[i];
		const struct module *m = module_find(n->module);
		stated = stated && (n->n_inputs == port_count(m, PORT_IN) || (m->flags & MODULE_VOICES));
	}
	ok(stated, "every port is stated");
	ok(r.parts[0].patch.n_outputs == 1, "a mono patch is mono");
	ok(read_text("return saw{} >> voices() >> plate{}", &r) == 0 && r.parts[0].patch.n_outputs == 2, "a stereo one stereo");
	ok(r.rate == 48000 && r.seed == 0 && r.phrase.n_notes == 1 && r.phrase.beats == 2 && r.phrase.tempo == 120
	        && r.phrase.notes[0].pitch == 60, "without a phrase: one C4");
	ok(read_text("return saw{}, nil, {rate = 44100, seed = 0xfedcba9876543210}", &r) == 0 && r.rate == 44100
	        && r.seed == 0xfedcba9876543210u, "rate and seed are as stated");
}

/* --- numbers --------------------------------------------------------------------------- */

/* What an expression is to the last bit: by way of a note's start. */
static double
evaluate(const char *expression, const struct lua_settings *s)
{
	char text[256];
	struct recipe r;
	struct err err;
	snprintf(text, sizeof text, "return saw{}, phrase{beats = 1, notes = {{%s, 1, 60}}}", expression);
	if (read_with(text, s, &r, &err) < 0)
		return diag("%s", err.text), (double)NAN;
	return r.phrase.notes[0].start;
}

static void
test_numbers(void)
{
	static const struct lua_settings plain, seeded = {.has_seed = true, .seed = 7};
	const struct {
		const char *expression;
		double is;
	} cases[] = {
	    {"2 ^ (7 / 12)", fm_pow(2, 7.0 / 12)}, {"10 ^ 3", 1000}, {"(-2) ^ 4", 16}, {"2 ^ -2", 0.25}, {"9 ^ 0.5", 3},
	    {"(1 + 3) ^ 1.5", fm_pow(4, 1.5)}, {"math.sin(1)", fm_sin(1)}, {"math.exp(1)", fm_exp(1)},
	    {"math.log(5)", fm_log(5)}, {"math.log(8, 2)", 3}, {"math.tan(0.5)", fm_tan(0.5)}, {"math.atan(1, 2)", fm_atan2(1, 2)},
	    {"math.floor(2.5)", 2}, {"7 // 2", 3}, {"math.max(1, 3, 2)", 3},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ok(evaluate(cases[i].expression, &plain) == cases[i].is, "%s to the bit", cases[i].expression);
	const double a = evaluate("math.random()", &plain), b = evaluate("math.random()", &seeded);
	ok(a != b && a >= 0 && a < 1 && b >= 0 && b < 1, "math.random follows the seed");
	ok(b == evaluate("math.random()", &seeded), "and nothing else");
	const double c = evaluate("math.random(3, 5)", &seeded);
	ok(c >= 3 && c <= 5 && c == floor(c), "math.random(m, n)");
}

/* --- attacks ---------------------------------------------------------------------------- */

static const struct {
	const char *what, *text, *says;
} attacks[] = {
    {"an endless loop", "\nwhile true do end", "t.lua:2: stopped after 200000 steps: a loop without end?"},
    {"endless recursion", "local function f() return 1 + f() end f()", "t.lua:1: "},
    {"an endless tail call", "local function f() return f() end f()", "t.lua:1: stopped after"},
    {"doubling a text", "local s = 'x' while true do s = s .. s end", "t.lua:1: a text is longer than a patch may make it"},
    {"string.rep", "string.rep('x', 1e9)", "t.lua:1: string.rep: a text of more than 16384 bytes"},
    {"string.rep of nothing", "string.rep('', 1e15)", "t.lua:1: string.rep: a text of more than 16384 bytes"},
    {"string.rep by method", "('x'):rep(1e9)", "t.lua:1: string.rep"},
    {"a huge table", "local t = {} for i = 1, 1e9 do t[i] = i end", "t.lua:1: "},
    {"a table of tables", "local t = {} while true do t = {t, t} end", "t.lua:1: "},
    {"joining a huge table", "local t = {} for i = 1, 9000 do t[i] = 'xxxxxxxx' end return table.concat(t)",
        "t.lua:1: a text is longer"},
    {"shifting a table for ever", "local t = {} for i = 1, 9000 do t[i] = i end while true do table.insert(t, 1, 1) end",
        "t.lua:1: stopped"},
    {"sorting for ever", "local t = {} for i = 1, 9000 do t[i] = i end while true do table.sort(t) end", "t.lua:1: stopped"},
    {"a sort order that lies", "local t = {} for i = 1, 99 do t[i] = i % 7 end\ntable.sort(t, function() return true end)",
        "invalid order function"},
    {"unpacking too much", "return table.unpack({}, 1, 1e8)", "t.lua:1: too many results to unpack"},
    {"many modules", "while true do saw{} end", "t.lua:1: "},
    {"many parameters", "while true do open{0, 1} end", "t.lua:1: "},
    {"a deep expression", NULL, "t.lua: nested too deep"},
    {"pcall", "pcall(error)", "unknown name 'pcall'"},
    {"setmetatable", "setmetatable({}, {})", "unknown name 'setmetatable'"},
    {"getmetatable", "getmetatable('')", "unknown name 'getmetatable'"},
    {"load", "load('return 1')", "unknown name 'load'"},
    {"dofile", "dofile('/etc/passwd')", "unknown name 'dofile'"},
    {"io", "io.open('x')", "unknown name 'io'"},
    {"os", "os.exit()", "unknown name 'os'"},
    {"debug", "debug.getregistry()", "unknown name 'debug'"},
    {"package", "package.loadlib('x', 'y')", "unknown name 'package'"},
    {"coroutine", "coroutine.wrap(print)", "unknown name 'coroutine'"},
    {"collectgarbage", "collectgarbage('stop')", "unknown name 'collectgarbage'"},
    {"rawset", "rawset({}, 1, 1)", "unknown name 'rawset'"},
    {"next", "next{}", "unknown name 'next'"},
    {"_G", "_G.saw = 1", "unknown name '_G'"},
    {"string.dump", "string.dump(function() end)", "t.lua:1: attempt to call a nil value (field 'dump')"},
    {"patterns", "('x'):find('x')", "t.lua:1: attempt to call a nil value (method 'find')"},
    {"table.move", "table.move({}, 1, 1e18, 2)", "t.lua:1: attempt to call a nil value (field 'move')"},
    {"math.randomseed", "math.randomseed(1)", "attempt to call a nil value"},
    {"an address by format", "string.format('%p', {})", "t.lua:1: string.format: '%p' is an address"},
    {"an address by format, hidden", "string.format('%%%-5p', {})", "t.lua:1: string.format: '%p' is an address"},
    {"pairs over tables", "for k in pairs{[{}] = 1} do end", "t.lua:1: pairs: a key is a table"},
    {"an error that is a table", "error({})", "t.lua:1: error() with a table instead of a text"},
    {"an error that is nothing", "error()", "t.lua:1: error() with a"},
    {"writing to a signal", "saw{}.x = 1", "t.lua:1: attempt to index a signal value"},
    {"a signal for an index", "note.pitch.pitch.pitch.x = 3", "t.lua:1: attempt to index a signal value"},
    {"bytecode", "\033Lua", "t.lua"},
    {"goto for ever", "::a:: goto a", "t.lua:1: stopped"},
    {"closures for ever", "local f = function(x) return x end while true do local g = f f = function(x) return g(x) end end",
        "t.lua:1: "},
    {"composed for ever", "local f = svf{} while true do f = f >> svf{} end", "t.lua:1: "},
    {"composed deep, then called", "local f = gain{} for i = 1, 900 do f = f >> gain{} end return f(saw{})", "t.lua:1: "},
    {"a note's length without end", "return saw{}, phrase{notes = {{0, 1e300, 60}}}", "t.lua:1: phrase: note 1"},
    {"print in a loop", "while true do print(1) end", "t.lua:1: stopped"},
};

static void
test_attacks(void)
{
	static const struct lua_settings tight = {.steps = 200000, .memory = (size_t)4 << 20};
	static char deep[20000] = "return ";
	memset(deep + 7, '(', 9000);
	for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
		struct recipe r;
		struct err err;
		const char *text = attacks[i].text ? attacks[i].text : deep;
		const int status = read_with(text, &tight, &r, &err);
		if (!ok(status < 0 && strstr(err.text, attacks[i].says), "refused: %s", attacks[i].what))
			diag("said: %s", status < 0 ? err.text : "nothing");
	}
	/* no address comes out of a text */
	struct recipe r;
	struct err err;
	read_with("error(tostring({}) .. tostring(saw) .. string.format('%s', {}) .. tostring(saw{}))", &tight, &r, &err);
	ok(strstr(err.text, "tablefunctiontablesignal") != NULL, "no address is seen: %s", err.text);
}

/* --- random graphs, there and back ------------------------------------------------------- */

/* Of what is drawn for a port: all of its range, or what lies within a thousand of its start. */
static double
low_end(const struct port *p)
{
	return fmax((double)p->min, -1e3);
}

static double
high_end(const struct port *p)
{
	return fmin((double)p->max, low_end(p) + 2e3);
}

static void
random_number(FILE *f, struct rng *rng, const struct port *p)
{
	const double u = rng_uniform(rng);
	if (p->scale == SCALE_CHOICE) {
		size_t n = 0;
		while (p->choices[n])
			n++;
		fprintf(f, "\"%s\"", p->choices[rng_below(rng, n)]);
		return;
	}
	fprintf(f, "%.17g", (double)(float)(low_end(p) + u * (high_end(p) - low_end(p))));
}

/* Modules at random, each wired to some before it; all of them are in the sum at the end. */
static char *
random_patch(uint64_t seed)
{
	struct rng rng = {.seed = seed};
	char *text = NULL;
	size_t n, modules = 0;
	while (modules_scalar[modules])
		modules++;
	FILE *f = open_memstream(&text, &n);
	const int nodes = 2 + (int)rng_below(&rng, seed % 10 ? 12 : 300);
	fprintf(f, "local s, sum = {saw{}}, 0\n");
	for (int i = 2; i <= nodes; i++) {
		const struct module *m = modules_scalar[rng_below(&rng, modules)];
		if (!port_count(m, PORT_IN) || (m->flags & (MODULE_VOICES | MODULE_FILES))) {
			fprintf(f, "s[%d] = note.velocity\n", i);
			continue;
		}
		const int factor = 1 << rng_below(&rng, 4);
		fprintf(f, "s[%d] = ", i);
		if (factor > 1)
			fprintf(f, "oversample(%d, function() return ", factor);
		fprintf(f, "%s{", m->name);
		for (const struct port *p = m->ports; p->dir != PORT_END; p++) {
			const uint64_t how = rng_below(&rng, 5);
			const bool sound = !strcmp(p->name, "in") || !strcmp(p->name, "left") || !strcmp(p->name, "right") || !p->name[1];
			if (p->dir != PORT_IN || (how == 0 && !sound))
				continue;
			fprintf(f, "[\"%s\"] = ", p->name);
			if ((how <= 1 || sound) && p->rate != RATE_FIXED && p->scale != SCALE_CHOICE)
				fprintf(f, "s[%d].left, ", 1 + (int)rng_below(&rng, (uint64_t)i - 1));
			else if (how == 2 && p->scale != SCALE_CHOICE) {
				fprintf(f, "open{%.9g, %.9g, value = ", low_end(p), high_end(p));
				random_number(f, &rng, p);
				fprintf(f, "}, ");
			} else if (how == 3) {
				fprintf(f, "pin(");
				random_number(f, &rng, p);
				fprintf(f, "), ");
			} else {
				random_number(f, &rng, p);
				fprintf(f, ", ");
			}
		}
		fprintf(f, factor > 1 ? "} end)\n" : "}\n");
	}
	fprintf(f, "for i = 1, #s do sum = sum + s[i] end\n");
	fprintf(f, "return kit{part{sum, name = 'one', gain = 0.3}, part{s[1], name = 'two \\\"\\n\\200'}}, phrase{tempo = %.17g, notes = {",
	    60 + 100 * rng_uniform(&rng));
	for (int i = 0; i < 5; i++)
		fprintf(f, "{%.17g, %.17g, %.17g, %.17g, %d}, ", rng_uniform(&rng), rng_uniform(&rng), 127 * rng_uniform(&rng),
		    rng_uniform(&rng), 1 + i % 2);
	fprintf(f, "}}, {rate = 44100, seed = 0x%llx}\n", (unsigned long long)rng_next(&rng));
	fclose(f);
	return text;
}

static void
test_there_and_back(void)
{
	int good = 0;
	size_t nodes = 0;
	for (uint64_t i = 0; i < 100; i++) {
		struct recipe r;
		struct err err;
		uint8_t id[HASH_SIZE], again[HASH_SIZE];
		char *text = random_patch(i), *written = NULL;
		size_t n;
		FILE *f = open_memstream(&written, &n);
		bool equal = read_text(text, &r) == 0;
		if (equal) {
			recipe_id(&r, id);
			nodes += r.parts[0].patch.n_nodes;
			equal = patch_text(f, &r, &err) == 0;
		}
		fclose(f);
		equal = equal && id_of(written, again) && !memcmp(id, again, HASH_SIZE);
		if (!equal)
			diag("patch %d:\n%s", (int)i, text);
		good += equal;
		free(text);
		free(written);
	}
	ok(good == 100, "%d of 100 random patches read back to the same id", good);
	ok(nodes > 1500, "they were no small ones: %zu modules", nodes);
}

/* A module whose name Lua has could not be called, or would take from Lua what it has. */
static void
test_names(void)
{
	for (size_t i = 0; i < registry_built_in(); i++)
		if (patch_lua_taken(registry_at(ISA_SCALAR, i)->name))
			ok(false, "'%s' is no word of the patch language", registry_at(ISA_SCALAR, i)->name);
	static const char *const words[] = {"select", "type", "math", "end", "goto", "open", "kit", "guest", "stereo", "a b"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		ok(patch_lua_taken(words[i]), "'%s' is", words[i]);
	ok(!patch_lua_taken("wobble") && !patch_lua_taken("note"), "and 'wobble' and 'note' are not");
}

int
main(void)
{
	arena_init(&arena, (size_t)64 << 20);
	test_pairs(same, sizeof same / sizeof *same, false);
	test_pairs(other, sizeof other / sizeof *other, true);
	test_errors();
	test_params();
	test_numbers();
	test_attacks();
	test_there_and_back();
	test_names();
	arena_release(&arena);
	return done();
}
