/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signals and modules in Lua. Every module of the registry is a global function
 * made from its port table; calling it makes a node. A signal is an operand, or
 * two for stereo; a module without sides of its own is made twice for a stereo
 * signal. A module called without its sound is a function that waits for it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "synth/lua/state.h"

enum { MAX_PORTS = 512 }; /* a large plug-in has some hundred */

struct signal *
push_signal(lua_State *L, struct signal s)
{
	struct signal *u = lua_newuserdatauv(L, sizeof *u, 0);
	*u = s;
	luaL_setmetatable(L, SIGNAL);
	return u;
}

bool
to_signal(lua_State *L, int at, struct signal *s)
{
	const struct signal *u = luaL_testudata(L, at, SIGNAL);
	if (u)
		return *s = *u, true;
	if (lua_type(L, at) != LUA_TNUMBER)
		return false;
	const double x = lua_tonumber(L, at);
	if (!isfinite((float)x))
		fail(L, "%g is not a number that a port can take", x);
	*s = (struct signal){1, {{.from = FROM_VALUE, .value = (float)x}}};
	return true;
}

/* --- what a module's ports are ------------------------------------------------------- */

/* Sound goes to `in`, to `left` and `right`, or to the single letters of mathematics (a guest may call a knob Q). */
static bool
is_sound(const struct module *m, const struct port *p)
{
	return !strcmp(p->name, "in") || !strcmp(p->name, "left") || !strcmp(p->name, "right")
	    || (p->name[0] && !p->name[1] && !(m->flags & MODULE_GUEST && p->rate == RATE_CONTROL));
}

static bool
has_sides(const struct module *m, enum port_dir dir)
{
	return port_find(m, dir, "left", NULL) && port_find(m, dir, "right", NULL);
}

static const struct port *
first_output(const struct module *m)
{
	const struct port *p = m->ports;
	while (p->dir != PORT_END && p->dir != PORT_OUT)
		p++;
	return p;
}

/* --- nodes ----------------------------------------------------------------------- */

struct operand
make_node(lua_State *L, const struct module *m, const struct operand *in, struct place at)
{
	struct reader_lua *r = reader_of(L);
	if (r->n_nodes == r->cap_nodes) {
		if (r->n_nodes >= MAKE_NODES)
			fail_at(L, at, "more than %d modules in one file", MAKE_NODES);
		const size_t cap = r->cap_nodes ? 2 * r->cap_nodes : 64;
		struct made_node *more = must_alloc(L, cap, sizeof *more);
		if (r->n_nodes)
			memcpy(more, r->nodes, r->n_nodes * sizeof *more);
		r->nodes = more;
		r->cap_nodes = cap;
	}
	const size_t n = port_count(m, PORT_IN);
	struct operand *copy = must_alloc(L, n, sizeof *copy);
	if (n)
		memcpy(copy, in, n * sizeof *copy);
	sandbox_steps(L, 10 + n);
	if (r->oversample && m->flags & MODULE_VOICES)
		fail_at(L, at, "voices: cannot stand within oversample(); before or after it can");
	r->nodes[r->n_nodes] = (struct made_node){.module = m, .in = copy, .n_in = n, .at = at, .oversample = r->oversample};
	return (struct operand){.from = FROM_WIRE, .index = (uint32_t)r->n_nodes++, .port = first_output(m)};
}

/* What a port takes where the patch is silent: its `from`, "note.pitch", or its default. */
static struct operand
silent(lua_State *L, const struct port *p)
{
	if (!p->from)
		return (struct operand){.from = FROM_VALUE, .value = p->def};
	char name[64];
	const char *dot = strchr(p->from, '.');
	const size_t n = dot ? (size_t)(dot - p->from) : 0;
	memcpy(name, p->from, n);
	name[n] = 0;
	/* `note` and `transport` stand in the registry too, where a patch cannot hide them. */
	struct signal s = {0};
	if (lua_getfield(L, LUA_REGISTRYINDEX, name) != LUA_TNIL && to_signal(L, -1, &s))
		s.side[0].port = port_find(reader_of(L)->nodes[s.side[0].index].module, PORT_OUT, dot + 1, NULL);
	lua_pop(L, 1);
	if (!s.n || !s.side[0].port)
		fail(L, "there is no '%s' to feed port '%s'", p->from, p->name);
	return s.side[0];
}

static const char *
choice_names(const struct port *p, char *buf, size_t n)
{
	*buf = 0;
	for (const char *const *c = p->choices; *c && strlen(buf) + strlen(*c) + 2 < n; c++)
		strcat(strcat(buf, c == p->choices ? "" : " "), *c);
	return buf;
}

/* The operand for one port from the value on top of the stack (a text, or one side of a signal). */
static struct operand
feed(lua_State *L, const struct module *m, const struct port *p, int value, const struct operand *side,
    struct place at)
{
	char names[256];
	if (!side) {
		const char *text = lua_tostring(L, value);
		if (p->scale != SCALE_CHOICE)
			fail_at(L, at, "%s: port '%s' takes a number or a signal, not the text '%s'", m->name, p->name, text);
		for (int i = 0; p->choices[i]; i++)
			if (!strcmp(p->choices[i], text))
				return (struct operand){.from = FROM_VALUE, .value = (float)i};
		fail_at(L, at, "%s: port '%s' is one of: %s; not '%s'", m->name, p->name,
		    choice_names(p, names, sizeof names), text);
	}
	if (side->from == FROM_PARAM)
		return param_bind(L, side->index, m, p, at), *side;
	if (p->scale == SCALE_CHOICE)
		fail_at(L, at, "%s: port '%s' is one of: %s; not a %s", m->name, p->name,
		    choice_names(p, names, sizeof names), side->from == FROM_VALUE ? "number" : "signal");
	if (side->from == FROM_WIRE) {
		if (p->rate == RATE_FIXED)
			fail_at(L, at, "%s: port '%s' takes a fixed number, not a signal", m->name, p->name);
		return *side;
	}
	if (!(side->value >= p->min && side->value <= p->max))
		fail_at(L, at, "%s: port '%s': %.9g is not within %.9g to %.9g%s%s", m->name, p->name, (double)side->value,
		    (double)p->min, (double)p->max, p->unit ? " " : "", p->unit ? p->unit : "");
	return *side;
}

/* One input of a call: nothing, a text, or a signal. */
struct given {
	bool is;
	int text; /* stack index, or 0 */
	struct signal signal;
};

/* Makes the node, or two for stereo, and pushes the signal. */
static int
make(lua_State *L, const struct module *m, const struct given *given, const struct made_sounds *sounds,
    struct place at)
{
	const bool in_sides = has_sides(m, PORT_IN), out_sides = has_sides(m, PORT_OUT);
	int copies = 1;
	size_t i = 0;
	for (const struct port *p = m->ports; p->dir != PORT_END; p++)
		if (p->dir == PORT_IN && given[i++].signal.n == 2) {
			if (in_sides && !is_sound(m, p))
				fail_at(L, at, "%s: port '%s' takes one signal, not left and right", m->name, p->name);
			copies = 2;
		}
	if (in_sides)
		copies = 1;
	/* One voice, one channel: voices() of a mono signal is mono. */
	bool mono_voices = m->flags & MODULE_VOICES;
	struct signal out = {copies, {{0}}};
	for (int c = 0; c < copies; c++) {
		struct operand in[MAX_PORTS];
		i = 0;
		for (const struct port *p = m->ports; p->dir != PORT_END; p++) {
			if (p->dir != PORT_IN)
				continue;
			const struct given *g = &given[i];
			const int side = in_sides ? !strcmp(p->name, "right") : c;
			if (!g->is)
				in[i] = silent(L, p);
			else
				in[i] = feed(L, m, p, g->text, g->text ? NULL : &g->signal.side[g->signal.n == 2 ? side : 0], at);
			if (in_sides && side == 1 && g->is && i > 0 && (g->signal.n == 2 || !same_operand(&in[i], &in[i - 1])))
				mono_voices = false;
			i++;
		}
		struct operand made = make_node(L, m, in, at);
		if (sounds)
			reader_of(L)->nodes[made.index].sounds = *sounds;
		if (out_sides) {
			out.n = mono_voices ? 1 : 2;
			made.port = port_find(m, PORT_OUT, c ? "right" : "left", NULL);
			struct operand right = made;
			right.port = port_find(m, PORT_OUT, "right", NULL);
			out.side[c] = made;
			if (copies == 1)
				out.side[1] = right;
		} else
			out.side[c] = made;
		if (mono_voices)
			reader_of(L)->nodes[made.index].n_in = 1;
	}
	if (port_count(m, PORT_OUT))
		push_signal(L, out);
	else
		lua_pushnil(L);
	return 1;
}

int
make_signal(lua_State *L, const char *name, const struct signal *in, size_t n)
{
	const struct module *m = module_find(name);
	if (!m)
		fail(L, "there is no module '%s'", name);
	struct given given[2] = {0};
	for (size_t i = 0; i < n; i++)
		given[i] = (struct given){.is = true, .signal = in[i]};
	return make(L, m, given, NULL, place_here(L));
}

/* --- calling a module -------------------------------------------------------------- */

/* Reads the table of a call: which input of m gets what. sound, if not 0, is the
   stack index of the sound that was waited for. Returns false if it is missing. */
static bool
read_call(lua_State *L, const struct module *m, int table, int sound, struct given *given,
    struct made_sounds *sounds, struct place at)
{
	const struct port *port[MAX_PORTS], *position[MAX_PORTS];
	size_t n = 0, n_positions = 0, first[MAX_PORTS];
	luaL_checkstack(L, 2 * MAX_PORTS, NULL);
	for (const struct port *p = m->ports; p->dir != PORT_END; p++) {
		if (p->dir != PORT_IN)
			continue;
		if (n == MAX_PORTS)
			fail_at(L, at, "%s: more than %d ports", m->name, MAX_PORTS);
		port[n] = p;
		given[n] = (struct given){0};
		if (is_sound(m, p) && (strcmp(p->name, "right") || !has_sides(m, PORT_IN))) {
			first[n_positions] = n;
			position[n_positions++] = p;
		}
		n++;
	}
	/* Named and positional, in the order of the ports: the table's own order is chance. */
	size_t seen = read_sounds(L, m, table, sounds, at);
	for (size_t i = 0; i < n; i++) {
		lua_pushstring(L, port[i]->name);
		if (lua_rawget(L, table) != LUA_TNIL) {
			given[i].is = true;
			seen++;
			if (lua_type(L, -1) == LUA_TSTRING)
				given[i].text = lua_gettop(L);
			else if (!to_signal(L, -1, &given[i].signal))
				fail_at(L, at, "%s: port '%s' takes a number, a signal or a choice, not a %s", m->name, port[i]->name,
				    luaL_typename(L, -1));
		}
		if (!given[i].text)
			lua_pop(L, 1);
	}
	for (size_t k = 0; k <= n_positions; k++) {
		if (k == 0 && sound)
			lua_pushvalue(L, sound);
		else if (lua_rawgeti(L, table, (lua_Integer)k + 1) == LUA_TNIL) {
			lua_pop(L, 1);
			continue;
		} else
			seen++;
		if (k == n_positions)
			fail_at(L, at, n_positions ? "%s: takes no more than %zu signals without a name" : "%s: takes no sound; name the port",
			    m->name, n_positions);
		struct signal s;
		if (!to_signal(L, -1, &s))
			fail_at(L, at, "%s: item %zu is a %s, not a signal", m->name, k + 1, luaL_typename(L, -1));
		lua_pop(L, 1);
		const bool pair = !strcmp(position[k]->name, "left") && has_sides(m, PORT_IN);
		for (size_t i = first[k]; i < n; i++)
			if (port[i] == position[k] || (pair && !strcmp(port[i]->name, "right"))) {
				if (given[i].is)
					fail_at(L, at, "%s: port '%s' is fed twice", m->name, port[i]->name);
				given[i] = (struct given){.is = true, .signal = s};
			}
	}
	size_t keys = 0;
	for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1))
		keys++;
	sandbox_steps(L, keys);
	if (keys > seen) /* some key is not a port: find out which */
		for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
			if (lua_type(L, -2) != LUA_TSTRING) {
				if (!lua_isinteger(L, -2) || lua_tointeger(L, -2) < 1 || lua_tointeger(L, -2) > (lua_Integer)n_positions)
					fail_at(L, at, n_positions ? "%s: takes no more than %zu signals without a name"
					                          : "%s: takes no sound; name the port", m->name, n_positions);
				continue;
			}
			struct guess g = {.asked = lua_tostring(L, -2)};
			const struct port *p = port_find(m, PORT_IN, g.asked, NULL);
			for (size_t i = 0; i < n; i++)
				guess_offer(&g, port[i]->name);
			char hint[80];
			const bool is_sounds = m->flags & MODULE_FILES && (!strcmp(g.asked, "file") || !strcmp(g.asked, "files"));
			if (!p && !is_sounds)
				fail_at(L, at, "%s: no port '%s'%s", m->name, g.asked, guess_text(&g, hint));
		}
	/* an oscillator that takes a sound too, a string say, sounds without one */
	return !n_positions || given[first[0]].is || position[0]->from || !strcmp(m->group, "oscillator");
}

/* The sound that a waiting module waited for has come. Upvalues: module, table, place. */
static int
waiting_call(lua_State *L)
{
	const struct module *m = lua_touserdata(L, lua_upvalueindex(1));
	const struct place at = {(int)lua_tointeger(L, lua_upvalueindex(3)), (int)lua_tointeger(L, lua_upvalueindex(4))};
	struct signal s;
	struct given given[MAX_PORTS];
	lua_settop(L, 1);
	if (!to_signal(L, 1, &s))
		fail(L, "%s: takes a signal, not a %s", m->name, luaL_typename(L, 1));
	lua_pushvalue(L, lua_upvalueindex(2));
	struct made_sounds sounds;
	read_call(L, m, 2, 1, given, &sounds, at);
	return make(L, m, given, &sounds, at);
}

/* saw{...}, saw(), voices(signal). Upvalue: the module. */
static int
module_call(lua_State *L)
{
	const struct module *m = lua_touserdata(L, lua_upvalueindex(1));
	const struct place at = place_here(L);
	struct signal s;
	struct given given[MAX_PORTS];
	if (lua_gettop(L) > 1)
		fail(L, "%s: takes one table: %s{...}", m->name, m->name);
	lua_settop(L, 1);
	if (lua_isnil(L, 1) || to_signal(L, 1, &s)) {
		lua_newtable(L);
		if (!lua_isnil(L, 1)) {
			lua_pushvalue(L, 1);
			lua_rawseti(L, 2, 1);
		}
		lua_replace(L, 1);
	}
	if (!lua_istable(L, 1))
		fail(L, "%s: takes a table, %s{...}, not a %s", m->name, m->name, luaL_typename(L, 1));
	struct made_sounds sounds;
	if (read_call(L, m, 1, 0, given, &sounds, at))
		return make(L, m, given, &sounds, at);
	lua_settop(L, 1);
	lua_pushlightuserdata(L, (void *)m);
	lua_pushvalue(L, 1);
	lua_pushinteger(L, at.file);
	lua_pushinteger(L, at.line);
	lua_pushcclosure(L, waiting_call, 4);
	return 1;
}

void
push_module(lua_State *L, const struct module *m)
{
	lua_pushlightuserdata(L, (void *)m);
	lua_pushcclosure(L, module_call, 1);
}

const struct module *
to_module(lua_State *L, int at)
{
	if (lua_tocfunction(L, at) != module_call || !lua_getupvalue(L, at, 1))
		return NULL;
	const struct module *m = lua_touserdata(L, -1);
	lua_pop(L, 1);
	return m;
}

void
graph_open(lua_State *L)
{
	const int globals = lua_gettop(L);
	for (const struct module *const *m = modules_scalar; *m; m++) {
		if (port_count(*m, PORT_IN) > MAX_PORTS)
			continue;
		/* a name that Lua has stays Lua's: patch_lua_taken() tells, and a test asks it */
		lua_pushstring(L, (*m)->name);
		if (lua_rawget(L, globals) == LUA_TNIL) {
			push_module(L, *m);
			lua_setfield(L, globals, (*m)->name);
		}
		lua_pop(L, 1);
	}
	/* One note and one transport for all. */
	static const char *const shared[] = {"note", "transport"};
	for (int i = 0; i < 2; i++) {
		const struct module *m = module_find(shared[i]);
		if (!m)
			continue;
		push_signal(L, (struct signal){1, {make_node(L, m, NULL, (struct place){0, 0})}});
		lua_pushvalue(L, -1);
		lua_setfield(L, LUA_REGISTRYINDEX, shared[i]);
		lua_setfield(L, globals, shared[i]);
	}
	lua_settop(L, globals);
}
