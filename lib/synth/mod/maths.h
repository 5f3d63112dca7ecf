/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Modules that are one function of a and b. Results are kept within +-3e38, so
 * that sums and products of finite signals stay finite.
 */
#ifndef SYNTH_MOD_MATHS_H
#define SYNTH_MOD_MATHS_H

#include "synth/module.h"

#define MATHS_IN(name, def, help) {PORT_IN, name, RATE_AUDIO, def, -1e9, 1e9, SCALE_LINEAR, 0, 0, 0, help}
#define MATHS_OUT {PORT_OUT, "out", RATE_AUDIO, 0, -1e9, 1e9, SCALE_LINEAR, 0, 0, 0, "the result"}

static inline vf
bound(vf x)
{
	return clamp(x, -3e38f, 3e38f);
}

/* A module of two inputs, given as an expression of vf a and b; audible: its example, see port.h. */
#define MATHS_2(NAME, def_a, def_b, says, expression, audible)                                       \
	static const struct port ports[] = {                                                       \
	    MATHS_IN("a", def_a, "left"), MATHS_IN("b", def_b, "right"), MATHS_OUT, {PORT_END}};   \
	static void run(void *state, const struct block *block)                                    \
	{                                                                                          \
		(void)state;                                                                       \
		for (int i = 0; i < block->n; i++) {                                               \
			const vf a = at(block->in[0], i), b = at(block->in[1], i);                 \
			block->out[0][i] = expression;                                             \
		}                                                                                  \
	}                                                                                          \
	MODULE(NAME) = {.name = #NAME, .group = "maths", .help = says, .ports = ports, .flags = MODULE_PURE, .run = run,   \
	    .example = audible}

/* A module of one input, an expression of vf a. */
#define MATHS_1(NAME, says, expression, audible)                                                   \
	static const struct port ports[] = {MATHS_IN("in", 0, "signal"), MATHS_OUT, {PORT_END}};   \
	static void run(void *state, const struct block *block)                                    \
	{                                                                                          \
		(void)state;                                                                       \
		for (int i = 0; i < block->n; i++) {                                               \
			const vf a = at(block->in[0], i);                                          \
			block->out[0][i] = expression;                                             \
		}                                                                                  \
	}                                                                                          \
	MODULE(NAME) = {.name = #NAME, .group = "maths", .help = says, .ports = ports, .flags = MODULE_PURE, .run = run,   \
	    .example = audible}

#endif
