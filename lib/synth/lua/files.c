/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sounds that a module plays: `file = "loop.wav"` (or a folder), `files =
 * {"a.wav", "b.wav"}`. A name is a path, from the patch file's folder, else from the
 * library; "made:loop" is a sound of the project's own, "sound:" and a hash one
 * that the folder of sounds has (patch_text.c writes these).
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "synth/lua/state.h"

static void
add_ref(lua_State *L, const struct module *m, struct made_sounds *s, const struct asset_ref *ref, struct place at)
{
	if (s->n == NODE_MAX_SOUNDS)
		fail_at(L, at, "%s: more than %d sounds", m->name, NODE_MAX_SOUNDS);
	s->ref[s->n++] = *ref;
}

/* The path of a file that a patch names. */
static const char *
find_path(lua_State *L, const char *name, char *path, size_t room, struct place at)
{
	const struct reader_lua *r = reader_of(L);
	struct stat st;
	char own[2048];
	if (name[0] == '/')
		return name;
	snprintf(own, sizeof own, "%s", r->file[at.file]);
	char *slash = strrchr(own, '/');
	if (slash)
		*slash = 0;
	const char *folders[] = {slash ? own : ".", r->settings->library};
	for (int i = 0; i < 2 && folders[i]; i++)
		if ((size_t)snprintf(path, room, "%s/%s", folders[i], name) < room && !stat(path, &st))
			return path;
	return name;
}

static void
add_sound(lua_State *L, const struct module *m, struct made_sounds *s, const char *name, struct place at)
{
	const struct reader_lua *r = reader_of(L);
	struct asset_ref one = {.name = ""}, *refs = &one;
	struct err err;
	size_t n = 1;
	char path[4096];
	sandbox_steps(L, 100);
	if (!strncmp(name, "made:", 5)) {
		const struct asset *a = asset_make(name + 5, &err);
		if (!a)
			fail_at(L, at, "%s: %s", m->name, err.text);
		memcpy(one.hash, a->hash, HASH_SIZE);
		one.name = asset_made_names[0];
		for (const char *const *k = asset_made_names; *k; k++)
			if (!strcmp(*k, name + 5))
				one.name = *k;
	} else if (!strncmp(name, "sound:", 6)) {
		const char *title = strchr(name + 6, ' ');
		char hex[HASH_HEX];
		snprintf(hex, sizeof hex, "%s", name + 6);
		if (strspn(name + 6, "0123456789abcdef") != HASH_HEX - 1 || hash_parse(hex, one.hash) != HASH_SIZE)
			fail_at(L, at, "%s: 'sound:' is followed by the %d digits of a hash", m->name, HASH_HEX - 1);
		if (title && title == name + 6 + HASH_HEX - 1 && !(one.name = arena_strdup(r->arena, title + 1)))
			fail(L, "out of memory");
	} else if (!r->settings->sounds) {
		fail_at(L, at, "%s: no sound files can be read here", m->name);
	} else if (r->settings->sounds(find_path(L, name, path, sizeof path, at), &refs, &n, r->arena, &err) < 0) {
		fail_at(L, at, "%s: %s", m->name, err.text);
	}
	for (size_t i = 0; i < n; i++)
		add_ref(L, m, s, &refs[i], at);
}

size_t
read_sounds(lua_State *L, const struct module *m, int table, struct made_sounds *s, struct place at)
{
	size_t keys = 0;
	*s = (struct made_sounds){0};
	if (!(m->flags & MODULE_FILES))
		return 0;
	struct made_sounds all = {must_alloc(L, NODE_MAX_SOUNDS, sizeof *all.ref), 0};
	lua_pushstring(L, "file");
	if (lua_rawget(L, table) != LUA_TNIL) {
		if (lua_type(L, -1) != LUA_TSTRING)
			fail_at(L, at, "%s: file is the name of a sound file, not a %s", m->name, luaL_typename(L, -1));
		add_sound(L, m, &all, lua_tostring(L, -1), at);
		keys++;
	}
	lua_pop(L, 1);
	lua_pushstring(L, "files");
	if (lua_rawget(L, table) != LUA_TNIL) {
		if (!lua_istable(L, -1))
			fail_at(L, at, "%s: files are a table of names, not a %s", m->name, luaL_typename(L, -1));
		const size_t n = lua_rawlen(L, -1);
		for (size_t i = 1; i <= n; i++) {
			if (lua_rawgeti(L, -1, (lua_Integer)i) != LUA_TSTRING)
				fail_at(L, at, "%s: item %zu of files is a %s, not a name", m->name, i, luaL_typename(L, -1));
			add_sound(L, m, &all, lua_tostring(L, -1), at);
			lua_pop(L, 1);
		}
		keys++;
	}
	lua_pop(L, 1);
	if (!all.n && !port_find(m, PORT_IN, "table", NULL))
		fail_at(L, at, "%s: plays a sound file: %s{file = \"loop.wav\"}", m->name, m->name);
	*s = all;
	return keys;
}
