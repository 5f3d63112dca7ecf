/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * oversample(k, f): what f makes runs at k times the rate. Where f takes something
 * it is a function that waits for it, as a module is; where it takes nothing its
 * signal. The factor is stamped on nodes as they are made (graph.c); what crosses
 * between rates is the engine's business.
 */
#include "synth/lua/state.h"

/* Calls the function on top but `n` arguments with the factor set. */
static void
call_at(lua_State *L, uint32_t factor, int n)
{
	struct reader_lua *r = reader_of(L);
	if (r->oversample)
		fail(L, "oversample: within another oversample(%u, ...); one factor holds for all of it", r->oversample);
	r->oversample = factor;
	lua_call(L, n, 1); /* an error ends the file: nothing to put back */
	r->oversample = 0;
}

/* Upvalues: the factor, the function. */
static int
wrapped_call(lua_State *L)
{
	const int n = lua_gettop(L);
	lua_pushvalue(L, lua_upvalueindex(2));
	lua_insert(L, 1);
	call_at(L, (uint32_t)lua_tointeger(L, lua_upvalueindex(1)), n);
	return 1;
}

static int
oversample_call(lua_State *L)
{
	int whole;
	const lua_Integer k = lua_tointegerx(L, 1, &whole);
	if (lua_type(L, 1) != LUA_TNUMBER || !whole || (k != 2 && k != 4 && k != 8))
		fail(L, "oversample: the factor is 2, 4 or 8, and fixed: it can be neither open nor a signal");
	if (lua_gettop(L) != 2 || !lua_isfunction(L, 2))
		fail(L, "oversample: takes a factor and a function: oversample(4, function(x) return x >> svf{} end)");
	lua_Debug d;
	lua_pushvalue(L, 2);
	lua_getinfo(L, ">u", &d);
	if (d.nparams || d.isvararg) {
		lua_pushcclosure(L, wrapped_call, 2);
		return 1;
	}
	call_at(L, (uint32_t)k, 0);
	return 1;
}

void
oversample_open(lua_State *L)
{
	lua_pushcfunction(L, oversample_call);
	lua_setfield(L, -2, "oversample");
}
