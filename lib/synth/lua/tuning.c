/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tuning{scl = "just.scl", kbm = "white.kbm"}: what phrase{tuning = ...} plays its notes
 * by. Files are paths, from the patch file's folder, else from the library's tunings/.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "synth/lua/state.h"
#include "synth/tuning.h"

#define TUNING "tuning"

static const char *
find_path(lua_State *L, const char *name, char path[2400], struct place at)
{
	const struct reader_lua *r = reader_of(L);
	struct stat st;
	char own[2048], library[2048] = "";
	if (name[0] == '/')
		return name;
	snprintf(own, sizeof own, "%s", r->file[at.file]);
	char *slash = strrchr(own, '/');
	if (slash)
		*slash = 0;
	if (r->settings->library)
		snprintf(library, sizeof library, "%.2000s/tunings", r->settings->library);
	const char *folders[] = {slash ? own : ".", library};
	for (int i = 0; i < 2; i++)
		if (*folders[i] && snprintf(path, 2400, "%s/%s", folders[i], name) < 2400 && !stat(path, &st))
			return path;
	return name;
}

static int
tuning_call(lua_State *L)
{
	static const char *const keys[] = {"scl", "kbm", NULL};
	const struct place at = place_here(L);
	struct err err;
	char scl_path[2400], kbm_path[2400];
	luaL_checktype(L, 1, LUA_TTABLE);
	check_keys(L, 1, "tuning", keys, 0);
	const char *scl = field_text(L, 1, "tuning", "scl"), *kbm = field_text(L, 1, "tuning", "kbm");
	if (!scl)
		fail(L, "tuning: needs a scale: tuning{scl = \"just.scl\"}");
	sandbox_steps(L, 10000);
	struct tuning *t = must_alloc(L, 1, sizeof *t);
	if (tuning_read(t, find_path(L, scl, scl_path, at), kbm ? find_path(L, kbm, kbm_path, at) : NULL, &err) < 0)
		fail(L, "tuning: %s", err.text);
	struct tuning **u = lua_newuserdatauv(L, sizeof *u, 0);
	*u = t;
	luaL_setmetatable(L, TUNING);
	return 1;
}

void
tune_notes(lua_State *L, int at, struct made_phrase *made)
{
	struct tuning **u = luaL_testudata(L, at, TUNING);
	if (!u)
		fail(L, "phrase: tuning is a %s, not a tuning{...}", luaL_typename(L, at));
	for (size_t i = 0; i < made->phrase.n_notes; i++) {
		struct note *n = &made->phrase.notes[i];
		double pitch;
		if (tuning_pitch(*u, (double)n->pitch, &pitch) < 0)
			fail(L, "phrase: note %zu: key %g is not mapped by the tuning", i + 1, (double)n->pitch);
		n->pitch = (float)pitch;
	}
	sandbox_steps(L, made->phrase.n_notes);
}

void
tuning_open(lua_State *L)
{
	luaL_newmetatable(L, TUNING);
	lua_pop(L, 1);
	lua_pushcfunction(L, tuning_call);
	lua_setfield(L, -2, "tuning");
}
