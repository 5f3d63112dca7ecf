/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Errors with their places, and guesses at what was meant. Lua's own messages
 * begin with the name of the chunk, which is "\1" and the number of the file;
 * patch_lua.c puts the file's name there at the end.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "synth/lua/state.h"

struct place
place_here(lua_State *L)
{
	lua_Debug d;
	for (int level = 0; lua_getstack(L, level, &d); level++)
		if (lua_getinfo(L, "Sl", &d) && d.currentline > 0 && d.source[0] == '=' && d.source[1] == '\1')
			return (struct place){atoi(d.source + 2), d.currentline};
	return (struct place){0, 0};
}

static _Noreturn void
fail_text(lua_State *L, struct place at, const char *fmt, va_list ap)
{
	char text[400];
	vsnprintf(text, sizeof text, fmt, ap);
	lua_pushfstring(L, "\1%d:%d: %s", at.file, at.line, text);
	lua_error(L);
	abort(); /* lua_error does not return */
}

void
fail_at(lua_State *L, struct place at, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fail_text(L, at, fmt, ap);
}

void
fail(lua_State *L, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fail_text(L, place_here(L), fmt, ap);
}

const char *
place_text(const struct reader_lua *r, struct place at, char buf[256])
{
	const char *name = at.file < r->n_files ? r->file[at.file] : "?";
	if (at.line)
		snprintf(buf, 256, "%.200s:%d", name, at.line);
	else
		snprintf(buf, 256, "%.200s", name);
	return buf;
}

void *
must_alloc(lua_State *L, size_t n, size_t size)
{
	void *p = arena_array(reader_of(L)->arena, n, size);
	if (!p)
		fail(L, "the patch needs more memory than a patch may have");
	return p;
}

/* Levenshtein distance, of words up to 31 letters. */
static int
distance(const char *a, const char *b)
{
	const size_t n = strlen(a), m = strlen(b);
	int row[32];
	if (n > 31 || m > 31)
		return 99;
	for (size_t j = 0; j <= m; j++)
		row[j] = (int)j;
	for (size_t i = 1; i <= n; i++) {
		int corner = row[0];
		row[0] = (int)i;
		for (size_t j = 1; j <= m; j++) {
			const int swap = corner + (a[i - 1] != b[j - 1]);
			const int edit = 1 + (row[j] < row[j - 1] ? row[j] : row[j - 1]);
			corner = row[j];
			row[j] = swap < edit ? swap : edit;
		}
	}
	return row[m];
}

void
guess_offer(struct guess *g, const char *name)
{
	const int d = distance(g->asked, name);
	if (!g->best || d < g->distance) {
		g->best = name;
		g->distance = d;
	}
}

const char *
guess_text(const struct guess *g, char buf[80])
{
	*buf = 0;
	if (g->best && g->distance <= 1 + (int)strlen(g->asked) / 3)
		snprintf(buf, 80, " (did you mean '%s'?)", g->best);
	return buf;
}
