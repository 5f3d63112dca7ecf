/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A clock for modulators: counts turns in 2^-32, at so many a second or a beat. A
 * rate that is one value a block holds for the block, so that one value a block and
 * one a frame are points on the same curve. Under one turn begins in a block.
 */
#ifndef SYNTH_MOD_CLOCK_H
#define SYNTH_MOD_CLOCK_H

#include "synth/module.h"

static const char *const clock_units[] = {"second", "beat", 0};

#define CLOCK_RATE(def, min, scale, help) {PORT_IN, "rate", RATE_CONTROL, def, min, 200, scale, 0, 0, 0, help}
#define CLOCK_PER(def) {PORT_IN, "per", RATE_FIXED, def, 0, 1, SCALE_CHOICE, clock_units, 0, 0, "what the rate counts by"}

struct clock {
	vu phase, turn; /* of the frame to come */
};

struct moment {
	vf part; /* of the turn, in [0, 1) */
	vu turn; /* how many are over */
};

/* The moment of the next output; moves on. beats: whether the rate is by the beat. */
static inline struct moment
clock_next(struct clock *k, vf rate, int beats, const struct block *b)
{
	vf hz = rate;
	if (beats)
		hz = rate * (b->c->tempo * (1.0f / 60.0f));
	hz = clamp(hz, 0.0f, b->c->rate * (0.9f / BLOCK));
	const vu inc = as_vu(to_int(hz * (0x1p32f / b->c->rate) + 0.5f));
	/* the frame of this output: the clock's own, or the last of a block */
	const vu before = k->phase, here = before + inc * (uint32_t)(b->step - 1), after = here + inc;
	const vu turn = k->turn + as_vu(lt_u(here, before) & 1);
	k->turn = turn + as_vu(lt_u(after, here) & 1);
	k->phase = after;
	/* half a frame on, or a turn that ends with a whole frame might be told a frame late */
	const vu mid = here + (inc >> 1);
	return (struct moment){to_float(u_as_vi(mid >> 8)) * 0x1p-24f, turn + as_vu(lt_u(mid, here) & 1)};
}

#endif
