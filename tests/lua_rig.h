/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sound from a patch as text: what tests of the engine as a whole hear with. */
#ifndef TESTS_LUA_RIG_H
#define TESTS_LUA_RIG_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "synth/engine/engine.h"
#include "synth/lua/patch_lua.h"

/* Renders Lua text at a rate; ends the program where that fails. The samples are the caller's. */
static inline struct job
lua_sound(struct engine *e, uint32_t rate, const char *text)
{
	const struct lua_settings s = {.rate = rate};
	struct arena a;
	struct recipe r;
	struct err err = {0};
	arena_init(&a, (size_t)64 << 20);
	struct job j = {.recipe = &r};
	if (patch_lua_text(text, strlen(text), "t.lua", &s, &r, &a, &err) < 0 || engine_render(e, &j, 1, &err) < 0 || j.failed) {
		printf("Bail out! %s\n", j.failed ? j.err.text : err.text);
		exit(1);
	}
	j.recipe = NULL;
	arena_release(&a);
	return j;
}

/* Level of one partial, Hz, among n frames: amplitude, by a Blackman-Harris window (-92 dB beside). */
static inline double
partial(const float *x, size_t n, double hz, double rate)
{
	double re = 0, im = 0, sum = 0;
	for (size_t i = 0; i < n; i++) {
		const double t = 6.283185307179586 * ((double)i + 0.5) / (double)n, p = 6.283185307179586 * hz / rate * (double)i;
		const double w = 0.35875 - 0.48829 * cos(t) + 0.14128 * cos(2 * t) - 0.01168 * cos(3 * t);
		re += w * x[i] * cos(p);
		im += w * x[i] * sin(p);
		sum += w;
	}
	return 2 * sqrt(re * re + im * im) / sum;
}

/* Level of a - b below that of b, dB, frames from..to. */
static inline double
null_db(const float *a, const float *b, size_t from, size_t to)
{
	double d = 0, s = 0;
	for (size_t i = from; i < to; i++) {
		d += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
		s += (double)b[i] * b[i];
	}
	return 10 * log10((d + 1e-30) / (s + 1e-30));
}

#endif
