/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Patches as Lua (doc/patch-language.md): a file in, a recipe as plain data
 * out. Lua runs once, here, in a sandbox; what flows on is the graph. A file is
 * not trusted: its steps, its memory and its graph are bounded, and every error
 * names file and line.
 */
#ifndef SYNTH_PATCH_LUA_H
#define SYNTH_PATCH_LUA_H

#include "base/arena.h"
#include "base/err.h"
#include "synth/patch.h"

struct lua_settings {
	uint32_t rate;       /* Hz; 0: what the file says, else 48000 */
	bool has_seed;       /* else: what the file says, else 0 */
	uint64_t seed;       /* of math.random and of the sound */
	const char *library; /* folder that `use` looks in after the file's own; may be NULL */
	uint64_t steps;      /* Lua instructions, give or take; 0: the default */
	size_t memory;       /* bytes for Lua and the graph, each; 0: the default */
	void (*print)(const char *text); /* what print() prints; may be NULL */
	/* Reads the sound file, or those of the folder, that a module is to play (wire/assets.h);
	   refs are the arena's. NULL: a patch that names one is refused. */
	int (*sounds)(const char *path, struct asset_ref **refs, size_t *n, struct arena *a, struct err *err);
};

#define LUA_DEFAULT_STEPS 20000000u
#define LUA_DEFAULT_MEMORY ((size_t)64 << 20)

/* Reads a file ("-" is stdin), or text; name is what errors call it, and the
   patch's name is made from it. The recipe's memory is the arena's. It has passed
   recipe_check. 0, or -1 with the place. */
int patch_lua_file(const char *path, const struct lua_settings *s, struct recipe *r, struct arena *a,
    struct err *err);
int patch_lua_text(const char *text, size_t n, const char *name, const struct lua_settings *s, struct recipe *r,
    struct arena *a, struct err *err);

/* Whether a patch cannot call a module so: a word of Lua's own, or of the patch language's. Modules
   that are built in do not count. */
bool patch_lua_taken(const char *name);

#endif
