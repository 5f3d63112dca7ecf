/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Between rates, and between what is late and what is not: the engine's own
 * modules (cross_lanes.c), which cross.c puts into a plan.
 */
#ifndef SYNTH_ENGINE_CROSS_H
#define SYNTH_ENGINE_CROSS_H

#include "synth/port.h"

enum {
	CROSS_UP,                    /* from the plain rate to 2, 4 and 8 times it: runs once a block */
	CROSS_DOWN = CROSS_UP + 3,   /* and back: once a block */
	CROSS_RAISE = CROSS_DOWN + 3, /* the same for control signals, by fixed[0] */
	CROSS_DELAY,                 /* by fixed[0] frames, at the rate of what it stands among */
	CROSS_MODULES,
};

/* Half the taps on one side of each half-band filter; up or down takes as many frames of
   the rate below it. By 2, 4 and 8 that makes whole frames of the plain rate. */
enum { CROSS_TAPS_2 = 18, CROSS_TAPS_4 = 6, CROSS_TAPS_8 = 4 };

/* Frames that one way takes, at the plain rate. */
static inline uint32_t
cross_latency(uint32_t factor)
{
	return factor == 2 ? CROSS_TAPS_2 : factor == 4 ? CROSS_TAPS_2 + CROSS_TAPS_4 / 2
	    : CROSS_TAPS_2 + CROSS_TAPS_4 / 2 + CROSS_TAPS_8 / 4;
}

extern const struct module cross_modules_scalar[CROSS_MODULES], cross_modules_sse[CROSS_MODULES],
    cross_modules_avx2[CROSS_MODULES], cross_modules_avx512[CROSS_MODULES];

#endif
