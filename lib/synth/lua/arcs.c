/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Curves of parameters, in a phrase:
 *
 *     arcs = {cutoff = {{0, 200}, {8, 4000, "smooth"}, {16, 200}, every = 16}}
 *     arcs = {{"cutoff", {0, 200}, {8, 4000}, part = "bass"}, ...}
 *     arcs = {cutoff = arc.random{step = 2, shape = "smooth"}}
 *
 * and bars(n), which is 4 n beats.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "synth/arc.h"
#include "synth/lua/state.h"

enum { MAX_POINTS = 65536 };

static uint8_t
to_shape(lua_State *L, int at, const char *param)
{
	struct guess g = {.asked = lua_type(L, at) == LUA_TSTRING ? lua_tostring(L, at) : "?"};
	for (uint8_t i = 0; arc_shapes[i]; i++) {
		if (!strcmp(arc_shapes[i], g.asked))
			return i;
		guess_offer(&g, arc_shapes[i]);
	}
	char hint[80];
	fail(L, "phrase: arc '%s': a shape is line, hold, smooth, curve or geometric, not '%s'%s", param, g.asked,
	    guess_text(&g, hint));
}

static float
to_bend(lua_State *L, double x, const char *param)
{
	if (!(fabs(x) <= 50))
		fail(L, "phrase: arc '%s': the bend %g is not within -50 to 50", param, x);
	return (float)x;
}

/* {beat, value, shape, bend}, on top of the stack, as point i. */
static void
read_point(lua_State *L, struct made_arc *made, size_t i, double *beats, float *values, uint8_t *shapes, float *bends)
{
	const size_t n = lua_istable(L, -1) ? lua_rawlen(L, -1) : 0;
	if (n < 2 || n > 4)
		fail(L, "phrase: arc '%s': point %zu is not {beat, value, shape, bend}", made->param, i + 1);
	beats[i] = phrase_item(L, 1, 0, "point", i + 1, "beat");
	values[i] = (float)phrase_item(L, 2, 0, "point", i + 1, "value");
	if (n > 2) {
		lua_rawgeti(L, -1, 3);
		shapes[i] = to_shape(L, -1, made->param);
		lua_pop(L, 1);
		bends[i] = to_bend(L, phrase_item(L, 4, (double)made->bend, "point", i + 1, "bend"), made->param);
	}
}

/* The keys of a curve drawn by chance, which stands at a stack index. */
static void
read_random(lua_State *L, int table, struct made_arc *made)
{
	char what[240];
	double seed;
	snprintf(what, sizeof what, "phrase: arc '%.200s'", made->param);
	made->step = 1;
	field_number(L, table, what, "step", &made->step);
	made->has_beats = field_number(L, table, what, "beats", &made->beats);
	made->has_low = field_number(L, table, what, "min", &made->low);
	made->has_high = field_number(L, table, what, "max", &made->high);
	made->arc.has_seed = field_number(L, table, what, "seed", &seed);
	if (made->arc.has_seed) {
		if (!(seed >= 0 && seed <= 0x1p53) || seed != floor(seed))
			fail(L, "%s: the seed is a whole number from 0 on", what);
		made->arc.seed = (uint64_t)seed;
	}
	if (!(made->step >= 1.0 / 64 && made->step <= 1e6) || (made->has_beats && !(made->beats >= 0 && made->beats <= 1e6)))
		fail(L, "%s: step is within 1/64 to 1e6 beats, beats within 0 to 1e6", what);
}

/* {"name", {beat, value}, ..., part=}, on top of the stack; or without "name", which stood before it. */
static void
read_arc(lua_State *L, struct made_arc *made, size_t at, const char *name)
{
	static const char *const keys[] = {"part", "every", "shape", "bend", NULL};
	static const char *const random_keys[] = {"part", "every", "shape", "bend", "random", "step", "beats", "min", "max",
	    "seed", NULL};
	if (!lua_istable(L, -1))
		fail(L, "phrase: arc %zu is a %s, not a list of points", at, luaL_typename(L, -1));
	const int table = lua_gettop(L), first = name ? 1 : 2;
	made->at = place_here(L);
	made->param = name;
	if (!name) {
		if (lua_rawgeti(L, table, 1) != LUA_TSTRING)
			fail(L, "phrase: arc %zu does not begin with the name of a parameter", at);
		made->param = keep_text(L, -1);
		lua_pop(L, 1);
	}
	const size_t n = lua_rawlen(L, table);
	lua_pushliteral(L, "random");
	made->random = lua_rawget(L, table) != LUA_TNIL;
	lua_pop(L, 1);
	check_keys(L, table, made->random ? "arc.random" : "phrase: arc", made->random ? random_keys : keys,
	    made->random ? first - 1 : (lua_Integer)n);
	lua_pushliteral(L, "part");
	if (lua_rawget(L, table) == LUA_TSTRING)
		made->part = keep_text(L, -1);
	else if (lua_isinteger(L, -1))
		made->part_number = lua_tointeger(L, -1);
	else if (!lua_isnil(L, -1))
		fail(L, "phrase: arc '%s': part is a name or a number", made->param);
	lua_pop(L, 1);
	lua_pushliteral(L, "shape");
	if (lua_rawget(L, table) != LUA_TNIL)
		made->shape = to_shape(L, -1, made->param);
	lua_pop(L, 1);
	double bend = 0;
	field_number(L, table, "phrase: arc", "bend", &bend);
	made->bend = to_bend(L, bend, made->param);
	field_number(L, table, "phrase: arc", "every", &made->arc.every);
	if (made->random) {
		read_random(L, table, made);
		return;
	}
	if (n < (size_t)first)
		fail(L, "phrase: arc '%s' has no points", made->param);
	const size_t points = n + 1 - (size_t)first;
	double *beats = must_alloc(L, points, sizeof *beats);
	float *values = must_alloc(L, points, sizeof *values), *bends = must_alloc(L, points, sizeof *bends);
	uint8_t *shapes = must_alloc(L, points, sizeof *shapes);
	sandbox_steps(L, 10 * points);
	for (size_t i = 0; i < points; i++) {
		shapes[i] = made->shape;
		bends[i] = made->bend;
		lua_rawgeti(L, table, (lua_Integer)i + first);
		read_point(L, made, i, beats, values, shapes, bends);
		lua_pop(L, 1);
	}
	made->arc.beats = beats;
	made->arc.values = values;
	made->arc.shapes = shapes;
	made->arc.bends = bends;
	made->arc.n = points;
}

/* A point every step, from 0 to the end of what is repeated, of what was asked for, or of the phrase. */
static void
make_random(lua_State *L, const struct recipe *r, const struct made_arc *made, struct arc *a)
{
	const struct param *q = &r->parts[a->part].patch.params[a->param];
	const double end = a->every > 0 ? a->every : made->has_beats ? made->beats : r->phrase.beats;
	const double count = ceil(end / made->step);
	if (!(count < MAX_POINTS))
		fail_at(L, made->at, "phrase: arc '%s': %g points; at most %d are allowed", q->name, count + 1, MAX_POINTS);
	a->n = (size_t)count + 1;
	double *beats = must_alloc(L, a->n, sizeof *beats);
	uint8_t *shapes = must_alloc(L, a->n, sizeof *shapes);
	float *bends = must_alloc(L, a->n, sizeof *bends);
	a->low = made->has_low ? (float)made->low : q->min;
	a->high = made->has_high ? (float)made->high : q->max;
	if (!(a->low >= q->min && a->low <= a->high && a->high <= q->max))
		fail_at(L, made->at, "phrase: arc '%s': %.9g to %.9g is not within %.9g to %.9g", q->name, (double)a->low,
		    (double)a->high, (double)q->min, (double)q->max);
	for (size_t i = 0; i < a->n; i++) {
		beats[i] = fmin((double)i * made->step, end);
		shapes[i] = made->shape;
		bends[i] = made->bend;
	}
	sandbox_steps(L, 10 * a->n);
	a->beats = beats;
	a->shapes = shapes;
	a->bends = bends;
	a->values = a->drawn = must_alloc(L, a->n, sizeof *a->drawn);
	for (size_t i = 0; i < a->n; i++)
		a->drawn[i] = a->low; /* until the seed is known */
}

struct arc
arc_of(lua_State *L, const struct recipe *r, const struct made_arc *made, uint32_t part, uint32_t param)
{
	const struct param *q = &r->parts[part].patch.params[param];
	struct arc a = made->arc;
	struct err why;
	a.part = part;
	a.param = param;
	if (made->random)
		make_random(L, r, made, &a);
	if (arc_check(&a, q, &why) < 0)
		fail_at(L, made->at, "phrase: arc '%s': %s", q->name, why.text);
	return a;
}

static int
arc_order(const void *a, const void *b)
{
	return strcmp(((const struct made_arc *)a)->param, ((const struct made_arc *)b)->param);
}

/* arcs = {tune = {{beat, value}, ...}} in the order of the names, or a list of
   {"tune", {beat, value}, ..., part = "kick"} in that order. */
void
read_arcs(lua_State *L, int table, struct made_phrase *made)
{
	size_t n = 0, i = 0;
	for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1))
		n++;
	const size_t listed = lua_rawlen(L, table);
	if (n > PATCH_MAX_PARAMS || (listed && listed != n))
		fail(L, n > PATCH_MAX_PARAMS ? "phrase: too many arcs" : "phrase: arcs either all have names or none");
	made->phrase.n_arcs = n;
	made->arcs = must_alloc(L, n, sizeof *made->arcs);
	if (listed)
		for (; i < n; i++) {
			lua_rawgeti(L, table, (lua_Integer)i + 1);
			read_arc(L, &made->arcs[i], i + 1, NULL);
			lua_pop(L, 1);
		}
	else {
		for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1), i++) {
			if (lua_type(L, -2) != LUA_TSTRING)
				fail(L, "phrase: the name of an arc is a %s", luaL_typename(L, -2));
			read_arc(L, &made->arcs[i], i + 1, keep_text(L, -2));
		}
		qsort(made->arcs, n, sizeof *made->arcs, arc_order);
	}
}

/* arc.random{...}: the same table, marked. */
static int
random_call(lua_State *L)
{
	if (lua_gettop(L) != 1 || !lua_istable(L, 1))
		fail(L, "arc.random: takes one table: arc.random{step = 1, shape = \"smooth\"}");
	lua_pushliteral(L, "random");
	lua_pushboolean(L, true);
	lua_rawset(L, 1);
	return 1;
}

/* bars(n, beats a bar) */
static int
bars_call(lua_State *L)
{
	const int n = lua_gettop(L);
	if (n < 1 || n > 2 || lua_type(L, 1) != LUA_TNUMBER || (n > 1 && lua_type(L, 2) != LUA_TNUMBER))
		fail(L, "bars: takes their number, and how many beats one has if not four");
	lua_pushnumber(L, lua_tonumber(L, 1) * (n > 1 ? lua_tonumber(L, 2) : 4));
	return 1;
}

void
arcs_open(lua_State *L)
{
	static const luaL_Reg functions[] = {{"random", random_call}, {NULL, NULL}};
	const int globals = lua_gettop(L);
	lua_newtable(L);
	luaL_setfuncs(L, functions, 0);
	lua_setfield(L, globals, "arc");
	lua_pushcfunction(L, bars_call);
	lua_setfield(L, globals, "bars");
}
