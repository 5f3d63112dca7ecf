/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * part{signal, name=, gain=}, kit{...} and phrase{...}: what a file returns
 * beside a plain signal. Parts and phrases are user data that point into the
 * arena; the names of parts and parameters are looked up when all is known.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "synth/lua/state.h"

#define PARTS "kit"
#define PHRASE "phrase"

struct parts {
	size_t n;
	struct made_part *part;
};

/* --- tables ----------------------------------------------------------------------- */

void
check_keys(lua_State *L, int table, const char *what, const char *const *keys, lua_Integer positions)
{
	size_t n = 0;
	for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
		n++;
		if (lua_isinteger(L, -2) && lua_tointeger(L, -2) >= 1 && lua_tointeger(L, -2) <= positions)
			continue;
		if (lua_type(L, -2) != LUA_TSTRING)
			fail(L, positions ? "%s: no more than %lld items without a name" : "%s: every item needs a name", what,
			    (long long)positions);
		struct guess g = {.asked = lua_tostring(L, -2)};
		const char *const *k = keys;
		for (; *k && strcmp(*k, g.asked); k++)
			guess_offer(&g, *k);
		char hint[80];
		if (!*k)
			fail(L, "%s: no '%s' here%s", what, g.asked, guess_text(&g, hint));
	}
	sandbox_steps(L, n);
}

bool
field_number(lua_State *L, int table, const char *what, const char *key, double *x)
{
	lua_pushstring(L, key);
	const int type = lua_rawget(L, table);
	if (type != LUA_TNIL && type != LUA_TNUMBER)
		fail(L, "%s: %s is a %s, not a number", what, key, luaL_typename(L, -1));
	if (type == LUA_TNUMBER)
		*x = lua_tonumber(L, -1);
	lua_pop(L, 1);
	return type == LUA_TNUMBER;
}

const char *
keep_text(lua_State *L, int at)
{
	size_t n;
	const char *s = lua_tolstring(L, at, &n);
	if (strlen(s) != n || n > 200)
		fail(L, "a name is longer than 200 bytes or holds a zero byte");
	return memcpy(must_alloc(L, n + 1, 1), s, n + 1);
}

const char *
field_text(lua_State *L, int table, const char *what, const char *key)
{
	lua_pushstring(L, key);
	const int type = lua_rawget(L, table);
	if (type != LUA_TNIL && type != LUA_TSTRING)
		fail(L, "%s: %s is a %s, not a text", what, key, luaL_typename(L, -1));
	const char *text = type == LUA_TSTRING ? keep_text(L, -1) : NULL;
	lua_pop(L, 1);
	return text;
}

/* --- parts ------------------------------------------------------------------------- */

static struct parts *
push_parts(lua_State *L, size_t n)
{
	struct parts *u = lua_newuserdatauv(L, sizeof *u, 0);
	u->n = n;
	u->part = must_alloc(L, n, sizeof *u->part);
	luaL_setmetatable(L, PARTS);
	return u;
}

/* A part from a signal or a part{...} at a stack index. */
static struct made_part
to_part(lua_State *L, int at, const char *what)
{
	const struct parts *u = luaL_testudata(L, at, PARTS);
	struct signal s;
	if (u && u->n == 1)
		return u->part[0];
	if (u)
		fail(L, "%s: a kit within a kit", what);
	if (lua_type(L, at) == LUA_TNUMBER || !to_signal(L, at, &s))
		fail(L, lua_isfunction(L, at) ? "%s: a %s, not a signal: a module still waits for its sound" : "%s: a %s, not a signal",
		    what, luaL_typename(L, at));
	return (struct made_part){.gain = 1, .out = s, .at = place_here(L)};
}

static int
part_call(lua_State *L)
{
	static const char *const keys[] = {"name", "patch", "gain", NULL};
	double gain;
	luaL_checktype(L, 1, LUA_TTABLE);
	check_keys(L, 1, "part", keys, 1);
	lua_rawgeti(L, 1, 1);
	struct made_part part = to_part(L, -1, "part");
	const char *name = field_text(L, 1, "part", "name"), *patch = field_text(L, 1, "part", "patch");
	if (name)
		part.name = name;
	if (patch)
		part.patch = patch;
	if (field_number(L, 1, "part", "gain", &gain)) {
		part.gain = (float)gain;
		if (!(part.gain >= -100 && part.gain <= 100))
			fail(L, "part: the gain %g is not within -100 to 100", gain);
	}
	push_parts(L, 1)->part[0] = part;
	return 1;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct made_part *)a)->name, ((const struct made_part *)b)->name);
}

/* kit{kick = signal, ...}: in the order of the names; kit{part{...}, ...}: in that order. */
static int
kit_call(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	size_t n = 0;
	for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1))
		n++;
	if (!n || n > RECIPE_MAX_PARTS)
		fail(L, "kit: %zu parts, not 1 to %d", n, RECIPE_MAX_PARTS);
	const size_t listed = lua_rawlen(L, 1);
	if (listed && listed != n)
		fail(L, "kit: parts either all have names or none");
	struct parts *kit = push_parts(L, n);
	size_t i = 0;
	if (listed)
		for (; i < n; i++) {
			lua_rawgeti(L, 1, (lua_Integer)i + 1);
			kit->part[i] = to_part(L, -1, "kit");
			lua_pop(L, 1);
		}
	else {
		for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
			if (lua_type(L, -2) != LUA_TSTRING)
				fail(L, "kit: the name of a part is a %s", luaL_typename(L, -2));
			kit->part[i] = to_part(L, -1, "kit");
			kit->part[i++].name = keep_text(L, -2);
		}
		qsort(kit->part, n, sizeof *kit->part, by_name);
	}
	return 1;
}

size_t
to_parts(lua_State *L, int at, struct made_part **parts)
{
	const struct parts *kit = luaL_testudata(L, at, PARTS);
	struct signal s;
	if (kit) {
		*parts = kit->part;
		return kit->n;
	}
	if (lua_type(L, at) == LUA_TNUMBER || !to_signal(L, at, &s)) {
		if (lua_isnoneornil(L, at))
			fail_at(L, (struct place){0, 0}, "the file returns nothing; a patch ends in `return` and a signal");
		fail_at(L, (struct place){0, 0}, "the file returns a %s, not a signal%s", luaL_typename(L, at),
		    lua_isfunction(L, at) ? ": a module still waits for its sound" : "");
	}
	*parts = must_alloc(L, 1, sizeof **parts);
	(*parts)[0] = (struct made_part){.gain = 1, .out = s};
	return 1;
}

/* --- phrases ----------------------------------------------------------------------- */

double
phrase_item(lua_State *L, int at, double def, const char *what, size_t i, const char *name)
{
	const int type = lua_rawgeti(L, -1, at);
	const double x = type == LUA_TNIL ? def : lua_tonumber(L, -1);
	if ((type != LUA_TNUMBER && type != LUA_TNIL) || !isfinite(x))
		fail(L, "phrase: %s %zu: the %s is not a number", what, i, name);
	lua_pop(L, 1);
	return x;
}

/* notes = {{start, length, pitch, velocity, part}, ...} */
static void
read_notes(lua_State *L, int list, struct made_phrase *made)
{
	const size_t n = lua_rawlen(L, list);
	if (n > PHRASE_MAX_NOTES)
		fail(L, "phrase: %zu notes; at most %d are allowed", n, PHRASE_MAX_NOTES);
	made->phrase.n_notes = n;
	made->phrase.notes = must_alloc(L, n, sizeof *made->phrase.notes);
	made->note_part = must_alloc(L, n, sizeof *made->note_part);
	sandbox_steps(L, 10 * n);
	for (size_t i = 0; i < n; i++) {
		struct note *note = &made->phrase.notes[i];
		if (lua_rawgeti(L, list, (lua_Integer)i + 1) != LUA_TTABLE || lua_rawlen(L, -1) < 3 || lua_rawlen(L, -1) > 5)
			fail(L, "phrase: note %zu is not {start, length, pitch, velocity, part}", i + 1);
		*note = (struct note){phrase_item(L, 1, 0, "note", i + 1, "start"), phrase_item(L, 2, 0, "note", i + 1, "length"),
		    (float)phrase_item(L, 3, 60, "note", i + 1, "pitch"), (float)phrase_item(L, 4, 1, "note", i + 1, "velocity"), 0};
		if (!(note->start >= 0 && note->start <= 1e6) || !(note->length >= 0 && note->length <= 1e6)
		    || !(note->pitch >= -128 && note->pitch <= 256) || !(note->velocity >= 0 && note->velocity <= 1))
			fail(L, "phrase: note %zu: start and length are within 0 to 1e6 beats, pitch -128 to 256, velocity 0 to 1",
			    i + 1);
		if (lua_rawgeti(L, -1, 5) == LUA_TSTRING)
			made->note_part[i] = keep_text(L, -1);
		else {
			lua_pop(L, 1);
			const double part = phrase_item(L, 5, 1, "note", i + 1, "part");
			if (part < 1 || part > RECIPE_MAX_PARTS || part != floor(part))
				fail(L, "phrase: note %zu: part %g is not the number of a part", i + 1, part);
			note->part = (uint32_t)part - 1;
			lua_pushnil(L);
		}
		lua_pop(L, 2);
	}
}

static int
phrase_call(lua_State *L)
{
	static const char *const keys[] = {"tempo", "beats", "tail", "notes", "arcs", "tuning", NULL};
	luaL_checktype(L, 1, LUA_TTABLE);
	check_keys(L, 1, "phrase", keys, 0);
	struct made_phrase *made = must_alloc(L, 1, sizeof *made);
	struct phrase *p = &made->phrase;
	*p = (struct phrase){.tempo = 120, .beats = 4, .tail = 0.5};
	made->at = place_here(L);
	field_number(L, 1, "phrase", "tempo", &p->tempo);
	const bool has_beats = field_number(L, 1, "phrase", "beats", &p->beats);
	field_number(L, 1, "phrase", "tail", &p->tail);
	if (!(p->tempo >= 1 && p->tempo <= 1000))
		fail(L, "phrase: the tempo %g is not within 1 to 1000 beats a minute", p->tempo);
	for (int i = 0; i < 2; i++) {
		lua_pushstring(L, i ? "arcs" : "notes");
		if (lua_rawget(L, 1) == LUA_TTABLE)
			(i ? read_arcs : read_notes)(L, lua_gettop(L), made);
		else if (!lua_isnil(L, -1))
			fail(L, "phrase: %s is a %s, not a list", i ? "arcs" : "notes", luaL_typename(L, -1));
	}
	lua_pushliteral(L, "tuning");
	if (lua_rawget(L, 1) != LUA_TNIL)
		tune_notes(L, lua_gettop(L), made);
	/* Silent about its length: up to the next whole bar of four after the last note. */
	if (!has_beats)
		for (size_t i = 0; i < p->n_notes; i++)
			p->beats = fmax(p->beats, 4 * ceil((p->notes[i].start + p->notes[i].length) / 4));
	if (!(p->beats >= 0) || !(p->tail >= 0) || !(p->beats * 60 / p->tempo + p->tail <= PHRASE_MAX_SECONDS))
		fail(L, "phrase: %g beats and a tail of %g s: not within 0 to %g s", p->beats, p->tail, PHRASE_MAX_SECONDS);
	struct made_phrase **u = lua_newuserdatauv(L, sizeof *u, 0);
	*u = made;
	luaL_setmetatable(L, PHRASE);
	return 1;
}

struct made_phrase *
to_phrase(lua_State *L, int at)
{
	if (lua_isnoneornil(L, at))
		return NULL;
	struct made_phrase **u = luaL_testudata(L, at, PHRASE);
	if (!u)
		fail_at(L, (struct place){0, 0}, "the file returns a %s after the patch, not a phrase{...}", luaL_typename(L, at));
	return *u;
}

void
phrase_open(lua_State *L)
{
	static const luaL_Reg functions[] = {{"part", part_call}, {"kit", kit_call}, {"phrase", phrase_call}, {NULL, NULL}};
	luaL_newmetatable(L, PARTS);
	luaL_newmetatable(L, PHRASE);
	lua_pop(L, 2);
	luaL_setfuncs(L, functions, 0);
	arcs_open(L);
	tuning_open(L);
}
