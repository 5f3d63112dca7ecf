/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * open{min, max, name=, value=, log=, step=} and open{"choice", ..., name=, value=};
 * pin(value, {the same}) is a parameter that is not open. What is left out
 * comes from the port that the parameter is wired to.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "synth/open.h"
#include "synth/lua/state.h"

static const char *const keys[] = {"name", "value", "log", "step", "min", "max", NULL};

static struct made_param *
new_param(lua_State *L)
{
	struct reader_lua *r = reader_of(L);
	if (r->n_params == r->cap_params) {
		if (r->n_params >= MAKE_PARAMS)
			fail(L, "more than %d parameters in one file", MAKE_PARAMS);
		const size_t cap = r->cap_params ? 2 * r->cap_params : 32;
		struct made_param *more = must_alloc(L, cap, sizeof *more);
		if (r->n_params)
			memcpy(more, r->params, r->n_params * sizeof *more);
		r->params = more;
		r->cap_params = cap;
	}
	sandbox_steps(L, 20);
	push_signal(L, (struct signal){1, {{.from = FROM_PARAM, .index = (uint32_t)r->n_params}}});
	r->params[r->n_params] = (struct made_param){.at = place_here(L)};
	return &r->params[r->n_params++];
}

/* The number of a name among the choices, or -1. */
static int
choice_number(const char *const *choices, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(choices[i], name))
			return (int)i;
	return -1;
}

/* The value on top of the stack, which it pops. */
static void
set_value(lua_State *L, struct made_param *p, const char *what)
{
	struct param *q = &p->param;
	if (q->n_choices) {
		const int k = lua_type(L, -1) == LUA_TSTRING ? choice_number(q->choices, q->n_choices, lua_tostring(L, -1)) : -1;
		if (k < 0)
			fail(L, "%s: the value is not one of the choices", what);
		q->value = (float)k;
	} else if (lua_type(L, -1) == LUA_TNUMBER && isfinite((float)lua_tonumber(L, -1)))
		q->value = (float)lua_tonumber(L, -1);
	else
		fail(L, "%s: the value is not a number", what);
	p->has_value = true;
	lua_pop(L, 1);
}

static void
read_choices(lua_State *L, int table, struct made_param *p, const char *what)
{
	const size_t n = lua_rawlen(L, table);
	if (n > 256)
		fail(L, "%s: more than 256 choices", what);
	const char **choices = must_alloc(L, n + 1, sizeof *choices);
	for (size_t i = 0; i < n; i++) {
		if (lua_rawgeti(L, table, (lua_Integer)i + 1) != LUA_TSTRING)
			fail(L, "%s: choice %zu is a %s, not a text", what, i + 1, luaL_typename(L, -1));
		size_t length;
		const char *name = lua_tolstring(L, -1, &length);
		if (choice_number(choices, i, name) >= 0)
			fail(L, "%s: '%s' stands there twice", what, name);
		char *copy = must_alloc(L, length + 1, 1);
		memcpy(copy, name, length);
		choices[i] = copy;
		lua_pop(L, 1);
	}
	p->param.choices = choices;
	p->param.n_choices = n;
	p->param.scale = SCALE_CHOICE;
	p->param.max = (float)(n - 1);
	p->ranged = p->has_scale = true;
}

static void
read_range(lua_State *L, int table, struct made_param *p, const char *what)
{
	double end[2];
	bool is[2];
	for (int i = 0; i < 2; i++) {
		is[i] = field_number(L, table, what, i ? "max" : "min", &end[i]);
		if (lua_rawgeti(L, table, i + 1) == LUA_TNUMBER) {
			if (is[i])
				fail(L, "%s: the range is given twice", what);
			end[i] = lua_tonumber(L, -1);
			is[i] = true;
		} else if (!lua_isnil(L, -1))
			fail(L, "%s: item %d is a %s; a range is two numbers", what, i + 1, luaL_typename(L, -1));
		lua_pop(L, 1);
	}
	if (!is[0] && !is[1])
		return;
	if (!is[0] || !is[1])
		fail(L, "%s: a range is two numbers", what);
	p->param.min = (float)end[0];
	p->param.max = (float)end[1];
	if (!isfinite(p->param.min) || !isfinite(p->param.max) || p->param.min > p->param.max)
		fail(L, "%s: %.9g to %.9g is not a range", what, end[0], end[1]);
	p->ranged = true;
}

/* The table at index `table`, which may be 0: none. */
static void
read_param(lua_State *L, int table, struct made_param *p, const char *what)
{
	if (!table)
		return;
	if (!lua_istable(L, table))
		fail(L, "%s: takes a table, not a %s", what, luaL_typename(L, table));
	const bool choices = lua_rawgeti(L, table, 1) == LUA_TSTRING;
	lua_pop(L, 1);
	check_keys(L, table, what, keys, choices ? 256 : 2);
	if (choices)
		read_choices(L, table, p, what);
	else
		read_range(L, table, p, what);
	p->param.name = field_text(L, table, what, "name");
	if (p->param.name && !*p->param.name)
		fail(L, "%s: the name is empty", what);
	lua_pushliteral(L, "log");
	if (lua_rawget(L, table) == LUA_TBOOLEAN) {
		if (choices)
			fail(L, "%s: choices have no scale", what);
		p->has_scale = true;
		p->param.scale = lua_toboolean(L, -1) ? SCALE_LOG : SCALE_LINEAR;
		if (p->param.scale == SCALE_LOG && p->ranged && !(p->param.min > 0))
			fail(L, "%s: a logarithmic range starts above 0, not at %.9g", what, (double)p->param.min);
	} else if (!lua_isnil(L, -1))
		fail(L, "%s: log is true or false", what);
	lua_pop(L, 1);
	double step;
	if (field_number(L, table, what, "step", &step)) {
		if (choices)
			fail(L, "%s: choices have no step", what);
		if (!(step >= 0 && step <= FLT_MAX))
			fail(L, "%s: the step %.9g is not above 0", what, step);
		if (step > 0 && p->has_scale && p->param.scale == SCALE_LOG)
			fail(L, "%s: steps are even, and a logarithmic range has none", what);
		p->param.step = (float)step;
		p->has_step = true;
		if (step > 0)
			p->has_scale = true;
	}
	lua_pushliteral(L, "value");
	if (lua_rawget(L, table) != LUA_TNIL)
		set_value(L, p, what);
	else
		lua_pop(L, 1);
}

static void
check_value(lua_State *L, const struct made_param *p, const char *what, struct place at)
{
	const struct param *q = &p->param;
	if (q->open && p->has_value && p->ranged && !(q->value >= q->min && q->value <= q->max))
		fail_at(L, at, "%s: the value %.9g is not within %.9g to %.9g", what, (double)q->value, (double)q->min,
		    (double)q->max);
	if (q->open && p->has_value && p->ranged && q->step > 0 && q->scale == SCALE_LINEAR
	    && fabsf(open_value(q, open_unit(q, q->value)) - q->value) > 1e-4f * q->step)
		fail_at(L, at, "%s: the value %.9g is no step of %.9g from %.9g", what, (double)q->value, (double)q->step, (double)q->min);
}

static int
open_call(lua_State *L)
{
	if (lua_gettop(L) > 1)
		fail(L, "open: takes one table: open{min, max}");
	struct made_param *p = new_param(L);
	p->param.open = true;
	read_param(L, lua_gettop(L) > 1 ? 1 : 0, p, "open");
	check_value(L, p, "open", p->at);
	lua_settop(L, -1);
	return 1;
}

static int
pin_call(lua_State *L)
{
	const int n = lua_gettop(L);
	if (n < 1 || n > 2)
		fail(L, "pin: takes a value and a table: pin(0.5, {0, 1, name = \"x\"})");
	struct made_param *p = new_param(L);
	read_param(L, n == 2 ? 2 : 0, p, "pin");
	if (p->has_value)
		fail(L, "pin: the value is given twice");
	if (lua_type(L, 1) == LUA_TSTRING && !p->param.n_choices) {
		/* a choice alone: the port says among which */
		const char **one = must_alloc(L, 2, sizeof *one);
		size_t length;
		const char *name = lua_tolstring(L, 1, &length);
		one[0] = memcpy(must_alloc(L, length + 1, 1), name, length);
		p->param.choices = one;
		p->param.n_choices = 1;
		p->param.scale = SCALE_CHOICE;
		p->has_scale = true;
	}
	lua_pushvalue(L, 1);
	set_value(L, p, "pin");
	lua_settop(L, n + 1);
	return 1;
}

/* Choices are counted as the port counts them; those given must be neighbours there. */
static void
bind_choices(lua_State *L, struct made_param *p, const struct module *m, const struct port *port, struct place at)
{
	struct param *q = &p->param;
	size_t n = 0;
	while (port->choices[n])
		n++;
	if (p->bound || !q->n_choices) {
		bool same = !p->bound || q->n_choices == n;
		for (size_t i = 0; same && p->bound && i < n; i++)
			same = !strcmp(q->choices[i], port->choices[i]);
		if (!same)
			fail_at(L, at, "%s: port '%s' has other choices than the port that the parameter feeds already", m->name,
			    port->name);
		if (!p->bound)
			q->max = (float)(n - 1), q->value = p->has_value ? q->value : port->def;
	} else {
		int low = (int)n, high = -1, value = 0;
		for (size_t i = 0; i < q->n_choices; i++) {
			const int k = choice_number(port->choices, n, q->choices[i]);
			if (k < 0)
				fail_at(L, at, "%s: port '%s' has no choice '%s'", m->name, port->name, q->choices[i]);
			low = k < low ? k : low;
			high = k > high ? k : high;
			if ((float)i == q->value)
				value = k;
		}
		if (p->ranged && high - low + 1 != (int)q->n_choices)
			fail_at(L, at, "%s: port '%s': the choices must stand side by side in its list", m->name, port->name);
		q->min = p->ranged ? (float)low : 0;
		q->max = p->ranged ? (float)high : (float)(n - 1);
		q->value = (float)value;
	}
	q->choices = port->choices;
	q->n_choices = n;
	q->scale = SCALE_CHOICE;
	p->ranged = p->has_value = p->has_scale = p->bound = true;
}

/* Names that the patch gives to the numbers 0, 1, ... of a port that counts. */
static void
bind_names(lua_State *L, struct made_param *p, const struct module *m, const struct port *port, struct place at)
{
	struct param *q = &p->param;
	if (!port->whole || !p->ranged)
		fail_at(L, at, "%s: port '%s' is no choice, the parameter is one", m->name, port->name);
	if (p->bound && q->choices != p->own)
		fail_at(L, at, "%s: port '%s' counts, and the parameter feeds another that has choices of its own", m->name, port->name);
	if (q->min < port->min || q->max > port->max)
		fail_at(L, at, "%s: port '%s': %zu choices are the numbers 0 to %.9g, which is not within %.9g to %.9g", m->name, port->name,
		    q->n_choices, (double)q->max, (double)port->min, (double)port->max);
	p->own = q->choices;
	p->bound = true;
}

void
param_bind(lua_State *L, uint32_t index, const struct module *m, const struct port *port, struct place at)
{
	struct made_param *p = &reader_of(L)->params[index];
	struct param *q = &p->param;
	const bool maths = !strcmp(m->group, "maths");
	if (port->scale == SCALE_CHOICE) {
		if (p->has_scale && q->scale != SCALE_CHOICE)
			fail_at(L, at, "%s: port '%s' is a choice, the parameter is not", m->name, port->name);
		if (p->ranged && !q->n_choices)
			fail_at(L, at, "%s: port '%s' is a choice, the parameter is a range", m->name, port->name);
		if (p->has_value && !q->n_choices)
			fail_at(L, at, "%s: port '%s' is a choice, the parameter is a number", m->name, port->name);
		bind_choices(L, p, m, port, at);
		return;
	}
	if (q->n_choices) {
		bind_names(L, p, m, port, at);
		return;
	}
	if (!p->ranged) {
		if (maths && q->open)
			fail_at(L, at, "%s: an open parameter here needs a range of its own", m->name);
		if (!maths) {
			q->min = port->min;
			q->max = port->max;
			p->ranged = true;
		}
	}
	/* what the patch says of a scale goes before, and a value between two whole numbers is as good as saying so */
	if (port->whole && port->scale == SCALE_LINEAR && !p->bound && !p->has_step && !(p->has_scale && q->scale == SCALE_LOG)
	    && !(p->has_value && q->value != floorf(q->value)) && ceilf(q->min) <= q->max) {
		q->min = ceilf(q->min);
		q->step = 1;
		p->has_step = p->has_scale = true;
	}
	if (!p->has_scale && !maths) {
		q->scale = port->scale == SCALE_LOG && q->min > 0 ? SCALE_LOG : SCALE_LINEAR;
		p->has_scale = true;
	}
	if (q->scale == SCALE_LOG && p->ranged && !(q->min > 0))
		fail_at(L, at, "%s: port '%s': a logarithmic range starts above 0, not at %.9g", m->name, port->name,
		    (double)q->min);
	if (!p->has_value && (p->has_scale || maths)) {
		q->value = open_value(q, 0.5);
		p->has_value = !maths;
	}
	check_value(L, p, m->name, at);
	const float low = q->open ? q->min : q->value, high = q->open ? q->max : q->value;
	if (low < port->min || high > port->max)
		fail_at(L, at, "%s: port '%s': the parameter's %.9g to %.9g is not within %.9g to %.9g%s%s", m->name, port->name,
		    (double)low, (double)high, (double)port->min, (double)port->max, port->unit ? " " : "",
		    port->unit ? port->unit : "");
	p->bound = p->bound || !maths;
}

void
param_open(lua_State *L)
{
	const int globals = lua_gettop(L);
	lua_pushcfunction(L, open_call);
	lua_setfield(L, globals, "open");
	lua_pushcfunction(L, pin_call);
	lua_setfield(L, globals, "pin");
}
