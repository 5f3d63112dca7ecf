/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files: the patch itself, and what it uses. A name has no slash and no "..", so
 * that nothing outside the file's folder and the library can be named.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "synth/lua/state.h"

enum { LARGEST_FILE = 8 << 20 };

char *
slurp(struct arena *a, const char *path, size_t *n, struct err *err)
{
	const bool standard = !strcmp(path, "-");
	FILE *f = standard ? stdin : fopen(path, "rbe");
	if (!f)
		return err_errno(err, "cannot open '%s'", path), NULL;
	struct stat st;
	char *text = NULL;
	if (!fstat(fileno(f), &st) && S_ISDIR(st.st_mode)) {
		err_set(err, "cannot read '%s': it is a folder", path);
		goto done;
	}
	size_t room = S_ISREG(st.st_mode) && st.st_size < LARGEST_FILE ? (size_t)st.st_size + 1 : 1 << 16;
	for (*n = 0;; room *= 2) {
		char *more = arena_alloc(a, room);
		if (!more || room > 2 * LARGEST_FILE) {
			err_set(err, "cannot read '%s': it is larger than a patch may be", path);
			text = NULL;
			break;
		}
		if (text)
			memcpy(more, text, *n);
		text = more;
		*n += fread(text + *n, 1, room - 1 - *n, f);
		if (*n < room - 1) {
			if (ferror(f))
				err_errno(err, "cannot read '%s'", path), text = NULL;
			break;
		}
	}
done:
	if (!standard)
		fclose(f);
	return text;
}

void
patch_folders(lua_State *L, char own[OWN_FOLDER], const char *folders[3])
{
	const struct reader_lua *r = reader_of(L);
	snprintf(own, OWN_FOLDER, "%s", r->file[place_here(L).file]);
	char *slash = strrchr(own, '/');
	if (slash)
		slash[slash == own] = 0;
	folders[0] = slash ? own : ".";
	folders[1] = r->settings->library;
	folders[2] = NULL;
}

/* "techniques.wide" is techniques/wide.lua in the first folder that has it. */
static char *
find_file(lua_State *L, const char *name, char *path, size_t room)
{
	const size_t n = strlen(name);
	if (!n || n > 128 || name[0] == '.' || name[n - 1] == '.' || strstr(name, "..")
	    || strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") != n)
		fail(L, "use: '%s' is not a name like 'techniques.wide'", name);
	char own[OWN_FOLDER];
	const char *folders[3];
	patch_folders(L, own, folders);
	for (int i = 0; folders[i]; i++) {
		const int k = snprintf(path, room, "%s/", folders[i]);
		if (k < 0 || (size_t)k + n + 5 >= room)
			continue;
		for (size_t c = 0; c < n; c++)
			path[(size_t)k + c] = name[c] == '.' ? '/' : name[c];
		memcpy(path + k + n, ".lua", 5);
		struct stat st;
		if (!stat(path, &st) && S_ISREG(st.st_mode))
			return path;
	}
	return NULL;
}

/* use(name): what that file returns, run once. Upvalue: name -> result. */
int
sandbox_use(lua_State *L)
{
	struct reader_lua *r = reader_of(L);
	if (lua_type(L, 1) != LUA_TSTRING)
		fail(L, "use: takes the name of a file, not a %s", luaL_typename(L, 1));
	lua_settop(L, 1);
	lua_pushvalue(L, 1);
	if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) {
		if (lua_islightuserdata(L, -1))
			fail(L, "use: '%s' uses itself", lua_tostring(L, 1));
		return 1;
	}
	char path[2048];
	struct err err;
	size_t n;
	if (!find_file(L, lua_tostring(L, 1), path, sizeof path))
		fail(L, "use: no file '%s.lua' beside this one or in the library", lua_tostring(L, 1));
	char *text = slurp(r->arena, path, &n, &err);
	if (!text)
		fail(L, "use: %s", err.text);
	lua_settop(L, 1);
	lua_pushvalue(L, 1);
	lua_pushlightuserdata(L, r); /* at work */
	lua_rawset(L, lua_upvalueindex(1));
	if (sandbox_load(r, text, n, path) != LUA_OK)
		lua_error(L);
	lua_call(L, 0, 1);
	if (lua_isnil(L, -1))
		fail(L, "use: '%s' returns nothing", lua_tostring(L, 1));
	lua_pushvalue(L, 1);
	lua_pushvalue(L, -2);
	lua_rawset(L, lua_upvalueindex(1));
	return 1;
}

int
sandbox_load(struct reader_lua *r, const char *text, size_t n, const char *name)
{
	lua_State *L = r->L;
	if (r->n_files == MAKE_FILES)
		fail(L, "use: more than %d files", MAKE_FILES);
	if (!(r->file[r->n_files] = arena_strdup(r->arena, name)))
		fail(L, "out of memory");
	char chunk[16];
	snprintf(chunk, sizeof chunk, "=\1%d", r->n_files++);
	const int status = luaL_loadbufferx(L, text, n, chunk, "t");
	if (status != LUA_OK)
		return status;
	/* Globals of its own before those of all: a patch that calls something `mix` takes no module from a technique. */
	lua_createtable(L, 0, 4);
	lua_createtable(L, 0, 1);
	lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
	lua_setfield(L, -2, "__index");
	lua_setmetatable(L, -2);
	lua_setupvalue(L, -2, 1);
	return LUA_OK;
}
