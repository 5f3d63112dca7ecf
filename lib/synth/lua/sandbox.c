/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What Lua may do in a patch. Memory is bounded by the allocator, time by a
 * count of instructions, to which work in C is charged by size; no text is
 * longer than LONGEST_TEXT, because Lua compares and joins texts within one
 * instruction. There is no pcall, so a spent budget ends the file; no
 * setmetatable, so tables are plain; no patterns, which can run for ever.
 * Numbers are the same on every machine: mathematics is fmath.h, pairs() goes
 * in order, and no address can be seen.
 */
#include <float.h>
#include <lualib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "synth/lua/state.h"

enum { HOOK_EVERY = 1000 };

/* --- limits ------------------------------------------------------------------- */

static void *
allocate(void *reader, void *p, size_t old, size_t size)
{
	struct reader_lua *r = reader;
	const size_t had = p ? old : 0;
	if (!size) {
		free(p);
		r->memory -= had;
		return NULL;
	}
	const char *why = "out of memory";
	/* Without p, `old` is the kind of the new object. */
	if (!p && old == LUA_TSTRING && size > LONGEST_TEXT + 64)
		why = "a text is longer than a patch may make it";
	else if (size > had && size - had > r->max_memory - r->memory)
		why = "out of the memory that a patch may have";
	else {
		void *q = realloc(p, size);
		if (q) {
			r->memory += size - had;
			return q;
		}
	}
	/* Lua asks again when the stack is down; what counts is what the file did. */
	const struct place at = r->L ? place_here(r->L) : (struct place){0, 0};
	if (at.line || !r->refused) {
		r->refused = why;
		r->refused_at = at;
	}
	return NULL;
}

void
sandbox_steps(lua_State *L, uint64_t n)
{
	struct reader_lua *r = reader_of(L);
	r->steps += n;
	if (r->steps > r->max_steps)
		fail(L, "stopped after %llu steps: a loop without end?", (unsigned long long)r->max_steps);
}

static void
on_count(lua_State *L, lua_Debug *d)
{
	(void)d;
	sandbox_steps(L, HOOK_EVERY);
}

/* --- base functions --------------------------------------------------------------- */

static int
base_error(lua_State *L)
{
	const char *text = lua_type(L, 1) == LUA_TSTRING || lua_type(L, 1) == LUA_TNUMBER ? lua_tostring(L, 1) : NULL;
	if (!text)
		fail(L, "error() with a %s instead of a text", luaL_typename(L, 1));
	fail(L, "%s", text);
}

static int
base_assert(lua_State *L)
{
	luaL_checkany(L, 1);
	if (lua_toboolean(L, 1))
		return lua_gettop(L);
	if (lua_type(L, 2) == LUA_TSTRING)
		fail(L, "%s", lua_tostring(L, 2));
	fail(L, "assertion failed");
}

/* Pushes the text of a value: of what has none, its kind and not its address. */
static void
push_text(lua_State *L, int at)
{
	switch (lua_type(L, at)) {
	case LUA_TTABLE:
	case LUA_TFUNCTION: lua_pushstring(L, luaL_typename(L, at)); break;
	case LUA_TUSERDATA: luaL_getmetafield(L, at, "__name"); break;
	default: luaL_tolstring(L, at, NULL);
	}
}

static int
base_tostring(lua_State *L)
{
	luaL_checkany(L, 1);
	push_text(L, 1);
	return 1;
}

static int
base_print(lua_State *L)
{
	const struct reader_lua *r = reader_of(L);
	const int n = lua_gettop(L);
	luaL_Buffer b;
	luaL_buffinit(L, &b);
	for (int i = 1; i <= n; i++) {
		if (i > 1)
			luaL_addchar(&b, '\t');
		push_text(L, i);
		luaL_addvalue(&b);
	}
	luaL_pushresult(&b);
	sandbox_steps(L, 1000);
	if (r->settings->print)
		r->settings->print(lua_tostring(L, -1));
	return 0;
}

/* Numbers before texts, each ascending: an order that does not depend on hashes. */
static int
key_order(lua_State *L)
{
	const int a = lua_type(L, 1), b = lua_type(L, 2);
	lua_pushboolean(L, a == b ? lua_compare(L, 1, 2, LUA_OPLT) : a == LUA_TNUMBER);
	return 1;
}

/* Upvalues: the table, its keys, how many have been given. */
static int
pairs_next(lua_State *L)
{
	for (;;) {
		const lua_Integer i = lua_tointeger(L, lua_upvalueindex(3)) + 1;
		lua_pushinteger(L, i);
		lua_replace(L, lua_upvalueindex(3));
		if (lua_rawgeti(L, lua_upvalueindex(2), i) == LUA_TNIL)
			return 1;
		lua_pushvalue(L, -1);
		if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
			return 2;
		lua_settop(L, 0); /* taken out since */
	}
}

/* Upvalue: Lua's own table.sort. */
static int
base_pairs(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	lua_newtable(L);
	lua_Integer n = 0;
	for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TNUMBER && lua_type(L, -2) != LUA_TSTRING)
			fail(L, "pairs: a key is a %s; only numbers and texts have an order", luaL_typename(L, -2));
		lua_pushvalue(L, -2);
		lua_rawseti(L, 2, ++n);
	}
	sandbox_steps(L, 20 * (uint64_t)n);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_pushvalue(L, 2);
	lua_pushcfunction(L, key_order);
	lua_call(L, 2, 0);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, pairs_next, 3);
	return 1;
}

/* --- text and tables: Lua's own, charged by size ------------------------------------- */

/* Upvalue: the function of Lua's table library. A table may be as long as memory allows. */
static int
table_charged(lua_State *L)
{
	if (lua_istable(L, 1))
		sandbox_steps(L, 8 * (uint64_t)lua_rawlen(L, 1));
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
	return lua_gettop(L);
}

static int
string_rep(lua_State *L)
{
	size_t n, k = 0;
	const char *s = luaL_checklstring(L, 1, &n), *between = luaL_optlstring(L, 3, "", &k);
	const lua_Integer times = luaL_checkinteger(L, 2);
	if (times > LONGEST_TEXT || (times > 0 && (n + k) * (size_t)times > LONGEST_TEXT))
		fail(L, "string.rep: a text of more than %d bytes", LONGEST_TEXT);
	luaL_Buffer b;
	luaL_buffinit(L, &b);
	for (lua_Integer i = 0; i < times; i++) {
		luaL_addlstring(&b, s, n);
		if (i + 1 < times)
			luaL_addlstring(&b, between, k);
	}
	luaL_pushresult(&b);
	return 1;
}

/* Upvalue: Lua's own string.format. */
static int
string_format(lua_State *L)
{
	const char *f = luaL_checkstring(L, 1);
	while ((f = strchr(f, '%'))) {
		f += 1 + strspn(f + 1, "-+ #0123456789.");
		if (*f == 'p')
			fail(L, "string.format: '%%p' is an address");
		f += *f != 0;
	}
	const int n = lua_gettop(L);
	for (int i = 2; i <= n; i++)
		if (lua_istable(L, i) || lua_isfunction(L, i) || lua_isuserdata(L, i)) {
			push_text(L, i);
			lua_replace(L, i);
		}
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, n, 1);
	return 1;
}

/* --- numbers ------------------------------------------------------------------------ */

/* What ^ is for two numbers: the Makefile gives Lua this for libm's pow, whose
   last bit depends on the machine. Whole powers are products, so 10^3 is 1000. */
double lua_pow(double x, double y);
double
lua_pow(double x, double y)
{
	if (y == floor(y) && fabs(y) <= 64) {
		double z = 1, p = x;
		for (int n = (int)fabs(y); n; n >>= 1, p *= p)
			if (n & 1)
				z *= p;
		return y < 0 ? 1 / z : z;
	}
	if (y == 0.5)
		return sqrt(x);
	if (x < 0)
		return y != floor(y) ? (double)NAN : fmod(y, 2) != 0 ? -fm_pow(-x, y) : fm_pow(-x, y);
	return fm_pow(x, y);
}

#define MATH_1(name, expression)                         \
	static int math_##name(lua_State *L)             \
	{                                                \
		const double x = luaL_checknumber(L, 1); \
		lua_pushnumber(L, expression);           \
		return 1;                                \
	}
MATH_1(sin, fm_sin(x))
MATH_1(cos, fm_cos(x))
MATH_1(tan, fm_tan(x))
MATH_1(asin, fm_atan2(x, sqrt(1 - x * x)))
MATH_1(acos, fm_atan2(sqrt(1 - x * x), x))
MATH_1(atan, fm_atan2(x, luaL_optnumber(L, 2, 1)))
MATH_1(exp, fm_exp(x))

static int
math_log(lua_State *L)
{
	const double x = luaL_checknumber(L, 1), base = luaL_optnumber(L, 2, 0);
	lua_pushnumber(L, lua_isnoneornil(L, 2) ? fm_log(x) : base == 2 ? fm_log2(x)
	        : base == 10                                      ? fm_log10(x)
	                                                          : fm_log(x) / fm_log(base));
	return 1;
}

/* As Lua's: random() in [0, 1), random(n) in 1..n, random(m, n) in m..n. */
static int
math_random(lua_State *L)
{
	struct rng *rng = &reader_of(L)->rng;
	if (lua_gettop(L) == 0) {
		lua_pushnumber(L, rng_uniform(rng));
		return 1;
	}
	const lua_Integer low = lua_gettop(L) > 1 ? luaL_checkinteger(L, 1) : 1;
	const lua_Integer high = luaL_checkinteger(L, lua_gettop(L) > 1 ? 2 : 1);
	const uint64_t span = (uint64_t)high - (uint64_t)low + 1;
	if (high < low || !span)
		fail(L, "math.random: there is no number from %lld to %lld", (long long)low, (long long)high);
	lua_pushinteger(L, (lua_Integer)((uint64_t)low + rng_below(rng, span)));
	return 1;
}

/* --- the world of a patch ----------------------------------------------------------- */

/* A name that nobody has defined is a slip of the pen. */
static int
unknown_name(lua_State *L)
{
	if (lua_type(L, 2) != LUA_TSTRING)
		return 0;
	struct guess g = {.asked = lua_tostring(L, 2)};
	if (guest_push(L, g.asked)) {
		lua_pushvalue(L, 2);
		lua_pushvalue(L, -2);
		lua_rawset(L, 1);
		return 1;
	}
	for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1))
		if (lua_type(L, -2) == LUA_TSTRING)
			guess_offer(&g, lua_tostring(L, -2));
	char hint[80];
	fail(L, "unknown name '%s'%s", g.asked, guess_text(&g, hint));
}

static void
keep_only(lua_State *L, const char *library, const char *const *names)
{
	lua_getglobal(L, library);
	lua_newtable(L);
	for (; *names; names++) {
		lua_getfield(L, -2, *names);
		lua_setfield(L, -2, *names);
	}
	lua_setglobal(L, library);
	lua_pop(L, 1);
}

static const char *const base_names[] = {"ipairs", "select", "tonumber", "type", NULL};
static const char *const math_names[] = {"abs", "ceil", "floor", "fmod", "huge", "max", "maxinteger", "min", "mininteger",
    "modf", "pi", "sqrt", "tointeger", "type", "ult", NULL};
static const char *const string_names[] = {"byte", "char", "len", "lower", "reverse", "sub", "upper", NULL};
static const char *const table_names[] = {"concat", "insert", "pack", "remove", "sort", "unpack", NULL};
static const luaL_Reg base_own[] = {{"assert", base_assert}, {"error", base_error}, {"tostring", base_tostring},
    {"print", base_print}, {NULL, NULL}};
static const luaL_Reg math_own[] = {{"sin", math_sin}, {"cos", math_cos}, {"tan", math_tan}, {"asin", math_asin},
    {"acos", math_acos}, {"atan", math_atan}, {"exp", math_exp}, {"log", math_log}, {"random", math_random}, {NULL, NULL}};

/* Runs protected: builds the globals from Lua's own libraries, then puts a fresh table in their place. */
static int
world(lua_State *L)
{
	luaL_requiref(L, LUA_GNAME, luaopen_base, 1);
	luaL_requiref(L, LUA_MATHLIBNAME, luaopen_math, 1);
	luaL_requiref(L, LUA_STRLIBNAME, luaopen_string, 1);
	luaL_requiref(L, LUA_TABLIBNAME, luaopen_table, 1);
	lua_settop(L, 0);

	lua_getglobal(L, LUA_TABLIBNAME);
	lua_getfield(L, -1, "sort"); /* for pairs */
	lua_getglobal(L, LUA_STRLIBNAME);
	lua_getfield(L, -1, "format");
	lua_remove(L, -2);
	lua_remove(L, 1);
	keep_only(L, LUA_MATHLIBNAME, math_names);
	keep_only(L, LUA_STRLIBNAME, string_names);
	keep_only(L, LUA_TABLIBNAME, table_names);

	lua_getglobal(L, LUA_MATHLIBNAME);
	luaL_setfuncs(L, math_own, 0);
	lua_getglobal(L, LUA_TABLIBNAME);
	for (const char *const *name = table_names; *name; name++) {
		lua_getfield(L, -1, *name);
		lua_pushcclosure(L, table_charged, 1);
		lua_setfield(L, -2, *name);
	}
	lua_getglobal(L, LUA_STRLIBNAME);
	lua_pushcfunction(L, string_rep);
	lua_setfield(L, -2, "rep");
	lua_pushvalue(L, 2);
	lua_pushcclosure(L, string_format, 1);
	lua_setfield(L, -2, "format");
	/* ("x"):rep(3) goes by the metatable of texts, which holds nothing else: no
	   arithmetic on texts. */
	lua_pushliteral(L, "");
	lua_createtable(L, 0, 1);
	lua_pushvalue(L, -3);
	lua_setfield(L, -2, "__index");
	lua_setmetatable(L, -2);

	lua_newtable(L); /* the globals */
	const int globals = lua_gettop(L);
	for (const char *const *name = base_names; *name; name++) {
		lua_getglobal(L, *name);
		lua_setfield(L, globals, *name);
	}
	static const char *const libraries[] = {LUA_MATHLIBNAME, LUA_STRLIBNAME, LUA_TABLIBNAME};
	for (int i = 0; i < 3; i++) {
		lua_getglobal(L, libraries[i]);
		lua_setfield(L, globals, libraries[i]);
	}
	luaL_setfuncs(L, base_own, 0);
	lua_pushvalue(L, 1);
	lua_pushcclosure(L, base_pairs, 1);
	lua_setfield(L, globals, "pairs");
	lua_newtable(L);
	lua_pushcclosure(L, sandbox_use, 1);
	lua_pushvalue(L, -1);
	lua_setfield(L, globals, "use");
	lua_setfield(L, globals, "require");
	lua_pushvalue(L, globals);
	lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);

	operators_open(L);
	graph_open(L);
	oversample_open(L);
	guest_open(L);
	param_open(L);
	phrase_open(L);

	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, unknown_name);
	lua_setfield(L, -2, "__index");
	lua_setmetatable(L, globals);
	return 0;
}

lua_State *
sandbox_new(struct reader_lua *r)
{
	lua_State *L = lua_newstate(allocate, r);
	if (!L)
		return NULL;
	*(struct reader_lua **)lua_getextraspace(L) = r;
	lua_pushcfunction(L, world);
	if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
		lua_close(L);
		return NULL;
	}
	r->L = L;
	lua_sethook(L, on_count, LUA_MASKCOUNT, HOOK_EVERY);
	return L;
}
