/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a patch may do with signals: + - * / ^ are modules, a >> f calls f with a, `.high` is an
 * output, stereo{} puts two side by side. Functions have the operators too: with a module that waits
 * for its sound, or a technique, they make a function that waits.
 */
#include <string.h>

#include "synth/lua/state.h"

static bool
is_number(lua_State *L, int at, double x)
{
	return lua_type(L, at) == LUA_TNUMBER && lua_tonumber(L, at) == x;
}

static int operate(lua_State *L);

/* An operator's turn has come: the sound that its operands waited for. Upvalues: name, left, right. */
static int
lifted_call(lua_State *L)
{
	lua_settop(L, 1);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_pushcclosure(L, operate, 1);
	for (int i = 2; i <= 3; i++) {
		lua_pushvalue(L, lua_upvalueindex(i));
		if (lua_isfunction(L, -1)) {
			lua_pushvalue(L, 1);
			lua_call(L, 1, 1);
		}
	}
	lua_call(L, 2, 1);
	return 1;
}

/* Upvalue: the name of the module. With a function, a module that waits for its
   sound, it is a function that waits too: x >> f * y is (x >> f) * y. */
static int
operate(lua_State *L)
{
	const char *name = lua_tostring(L, lua_upvalueindex(1));
	const bool one = !strcmp(name, "neg");
	if (lua_isfunction(L, 1) || lua_isfunction(L, 2)) {
		lua_settop(L, one ? 1 : 2);
		lua_settop(L, 2);
		lua_pushvalue(L, lua_upvalueindex(1));
		lua_insert(L, 1);
		lua_pushcclosure(L, lifted_call, 3);
		return 1;
	}
	struct signal in[2];
	int first = 1;
	if (!strcmp(name, "pow") && is_number(L, 1, 2) && module_find("exp2"))
		name = "exp2", first = 2;
	const int n = one || first == 2 ? 1 : 2;
	for (int i = 0; i < n; i++)
		if (!to_signal(L, first + i, &in[i]))
			fail(L, "'%s' with a %s", name, luaL_typename(L, first + i));
	return make_signal(L, name, in, (size_t)n);
}

/* Upvalues: f, g. */
static int
composed_call(lua_State *L)
{
	lua_settop(L, 1);
	lua_pushvalue(L, lua_upvalueindex(2));
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_pushvalue(L, 1);
	lua_call(L, 1, 1);
	lua_call(L, 1, 1);
	return 1;
}

/* a >> f is f(a); f >> g is the function that does both. */
static int
chain(lua_State *L)
{
	if (!lua_isfunction(L, 2))
		fail(L, ">>: what follows is a %s and takes no sound", luaL_typename(L, 2));
	if (lua_isfunction(L, 1)) {
		lua_settop(L, 2);
		lua_pushcclosure(L, composed_call, 2);
		return 1;
	}
	struct signal s;
	if (!to_signal(L, 1, &s))
		fail(L, ">>: a %s is not a signal", luaL_typename(L, 1));
	lua_settop(L, 2);
	lua_insert(L, 1);
	lua_call(L, 1, 1);
	return 1;
}

/* svf{...}.high, haas{...}.left */
static int
signal_index(lua_State *L)
{
	const struct reader_lua *r = reader_of(L);
	const struct signal *s = luaL_checkudata(L, 1, SIGNAL);
	const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
	struct signal out = *s;
	const bool left = !strcmp(key, "left"), right = !strcmp(key, "right");
	if (s->n == 2 && (left || right))
		return push_signal(L, (struct signal){1, {s->side[right]}}), 1;
	for (int i = 0; i < s->n; i++) {
		if (s->side[i].from != FROM_WIRE) {
			if (left || right)
				break;
			fail(L, "an open parameter has no output '%s'", key);
		}
		const struct module *m = r->nodes[s->side[i].index].module;
		out.side[i].port = port_find(m, PORT_OUT, key, NULL);
		if (out.side[i].port)
			continue;
		if (left || right)
			return push_signal(L, *s), 1; /* both sides of a mono signal are itself */
		struct guess g = {.asked = key};
		for (const struct port *p = m->ports; p->dir != PORT_END; p++)
			if (p->dir == PORT_OUT)
				guess_offer(&g, p->name);
		char hint[80];
		fail(L, "%s: no output '%s'%s", m->name, key, guess_text(&g, hint));
	}
	if (out.n == 2 && same_operand(&out.side[0], &out.side[1]))
		out.n = 1;
	return push_signal(L, out), 1;
}

static int
signal_call(lua_State *L)
{
	fail(L, "a signal is called like a module: is a >> or a comma missing?");
}

static int
function_index(lua_State *L)
{
	fail(L, "a function has no output '%s': call it first", lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?");
}

/* stereo{left, right}: two mono signals side by side. */
static int
stereo_call(lua_State *L)
{
	struct signal side[2];
	luaL_checktype(L, 1, LUA_TTABLE);
	for (int i = 0; i < 2; i++) {
		lua_rawgeti(L, 1, i + 1);
		if (!to_signal(L, -1, &side[i]) || side[i].n != 1)
			fail(L, "stereo: takes two mono signals: stereo{left, right}");
	}
	return push_signal(L, (struct signal){2, {side[0].side[0], side[1].side[0]}}), 1;
}

void
operators_open(lua_State *L)
{
	static const char *const operators[][2] = {{"__add", "add"}, {"__sub", "sub"}, {"__mul", "mul"}, {"__div", "div"},
	    {"__pow", "pow"}, {"__unm", "neg"}};
	const int globals = lua_gettop(L);
	luaL_newmetatable(L, SIGNAL);
	lua_newtable(L); /* of functions: modules that wait, and techniques */
	for (int t = globals + 1; t <= globals + 2; t++) {
		for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
			lua_pushstring(L, operators[i][1]);
			lua_pushcclosure(L, operate, 1);
			lua_setfield(L, t, operators[i][0]);
		}
		lua_pushcfunction(L, chain);
		lua_setfield(L, t, "__shr");
	}
	lua_pushcfunction(L, function_index);
	lua_setfield(L, globals + 2, "__index");
	lua_pushcfunction(L, signal_index);
	lua_setfield(L, globals + 1, "__index");
	lua_pushcfunction(L, signal_call);
	lua_setfield(L, globals + 1, "__call");
	lua_pushcfunction(L, stereo_call);
	lua_pushvalue(L, globals + 2);
	lua_setmetatable(L, -2); /* all functions share it */
	lua_setfield(L, globals, "stereo");
	lua_settop(L, globals);
}
