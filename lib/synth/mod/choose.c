/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Choose: one of up to eight signals by its number, from 0. Between whole numbers it
 * takes the nearest, or fades from one to the next.
 */
#include "synth/mod/maths.h"

enum { SIGNALS = 8 };
enum { INDEX = SIGNALS, COUNT, FADE };

static const char *const fades[] = {"nearest", "fade", 0};

/* Number k, which is also heard in place of those beyond where it is the last, and may be where it fades. */
#define ONE(name, k, next)                                                                                                    \
	{PORT_IN, name, RATE_AUDIO, 0, -1e9f, 1e9f, SCALE_LINEAR, 0, 0, 0, "number " #k, \
	    .when = "index = " #k " | index >= " #k " & count <= " #next " | mode = fade"}

static const struct port ports[] = {
    ONE("a", 0, 1), ONE("b", 1, 2), ONE("c", 2, 3), ONE("d", 3, 4), ONE("e", 4, 5), ONE("f", 5, 6), ONE("g", 6, 7), ONE("h", 7, 8),
    {PORT_IN, "index", RATE_AUDIO, 0, 0, SIGNALS - 1, SCALE_LINEAR, 0, 0, 0, "which one", .whole = true},
    {PORT_IN, "count", RATE_FIXED, SIGNALS, 1, SIGNALS, SCALE_LINEAR, 0, 0, 0, "how many there are; beyond is the last", .whole = true},
    {PORT_IN, "mode", RATE_FIXED, 0, 0, 1, SCALE_CHOICE, fades, 0, 0, "what lies between two"},
    MATHS_OUT,
    {PORT_END},
};

static void
run(void *state, const struct block *b)
{
	(void)state;
	const int count = (int)(fminf(fmaxf(b->c->fixed[COUNT], 1), SIGNALS) + 0.5f), fade = b->c->fixed[FADE] > 0.5f;
	for (int i = 0; i < b->n; i++) {
		const vf x = clamp(at(b->in[INDEX], i), 0.0f, (float)(count - 1));
		const vf low = vfloor(x + (fade ? 0.0f : 0.5f)), t = (x - low) * (fade ? 1.0f : 0.0f);
		vf from = at(b->in[0], i), to = from;
		for (int k = 1; k < count; k++) {
			const vf y = at(b->in[k], i);
			from = sel(ge(low, splat((float)k)), y, from);
			to = sel(ge(low + 1.0f, splat((float)k)), y, to);
		}
		b->out[0][i] = bound(from + (to - from) * t);
	}
}

MODULE(choose) = {
	.name = "choose", .group = "maths",
	.help = "one of up to eight signals by its number",
	.ports = ports, .flags = MODULE_PURE, .run = run,
	.example = "choose{sine{}, saw{}, square{}, noise{}, index = steps{step1 = 0, step2 = 1, step3 = 2, step4 "
		   "= 3, count = 4}} * adsr{} * 0.6 >> voices()",
};
