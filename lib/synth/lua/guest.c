/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Modules that are not built in, as a patch names them. Every source of the
 * registry whose prefix is "word:" is a function word{"TEXT", ...}; a word that
 * nobody has defined may be a module of the user's own; and guest("NAME") is
 * the module that a recipe calls NAME, which is how patches are written back.
 * All of them give the function that any module is.
 */
#include <string.h>

#include "synth/lua/state.h"
#include "synth/registry.h"

/* Finding one may start a compiler: a loop that does nothing else ends after some hundred. */
enum { FIND_STEPS = 50000 };

static const struct module *
find(lua_State *L, const char *word, const char *text)
{
	char own[OWN_FOLDER];
	const char *folders[3];
	struct err err;
	size_t index;
	sandbox_steps(L, FIND_STEPS);
	patch_folders(L, own, folders);
	const int status = word ? registry_guest(word, text, folders, &index, &err) : registry_find(text, &index, &err);
	if (status < 0)
		fail(L, "%s", err.text);
	return status ? NULL : registry_at(ISA_SCALAR, index);
}

/* lv2{"URI", gain = 3}, or lv2("URI"), the module that waits for its table. Upvalue: the word; none: guest(). */
static int
guest_call(lua_State *L)
{
	const char *word = lua_tostring(L, lua_upvalueindex(1)), *what = word ? word : "guest";
	const bool table = lua_istable(L, 1);
	if (lua_gettop(L) != 1)
		fail(L, "%s: takes one table: %s{\"name\", ...}", what, what);
	if (table)
		lua_rawgeti(L, 1, 1);
	else
		lua_pushvalue(L, 1);
	if (lua_type(L, -1) != LUA_TSTRING)
		fail(L, "%s: the first item is a text that says which, not a %s", what, luaL_typename(L, -1));
	const char *text = lua_tostring(L, -1);
	if (strlen(text) != lua_rawlen(L, -1) || !*text)
		fail(L, "%s: '%s' is no name", what, text);
	const struct module *m = find(L, word, text);
	if (!m)
		fail(L, "%s: there is no '%s'", what, text);
	push_module(L, m);
	if (!table)
		return 1;
	/* the other items as the module's own */
	lua_newtable(L);
	lua_Integer keys = 0;
	for (lua_pushnil(L); lua_next(L, 1); keys++) {
		if (lua_isinteger(L, -2) && lua_tointeger(L, -2) > 0) {
			if (lua_tointeger(L, -2) > 1) {
				lua_pushvalue(L, -1);
				lua_rawseti(L, -4, lua_tointeger(L, -3) - 1);
			}
		} else {
			lua_pushvalue(L, -2);
			lua_pushvalue(L, -2);
			lua_rawset(L, -5);
		}
		lua_pop(L, 1);
	}
	sandbox_steps(L, (uint64_t)keys);
	lua_call(L, 1, 1);
	return 1;
}

bool
guest_push(lua_State *L, const char *word)
{
	const struct module *m = find(L, "", word);
	if (m)
		push_module(L, m);
	return m;
}

void
guest_open(lua_State *L)
{
	const int globals = lua_gettop(L);
	lua_pushnil(L);
	lua_pushcclosure(L, guest_call, 1);
	lua_setfield(L, globals, "guest");
	for (const struct module_source *const *s = module_sources; *s; s++) {
		const size_t n = strlen((*s)->prefix);
		if (!n)
			continue;
		lua_pushlstring(L, (*s)->prefix, n - 1);
		lua_pushvalue(L, -1);
		lua_pushcclosure(L, guest_call, 1);
		lua_rawset(L, globals);
	}
}
