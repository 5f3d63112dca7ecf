/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether this is a sound at all, as a product of three factors, each 1 for
 * anything a producer would keep, and falling smoothly so that a search is led
 * out of the fault:
 *   level    0 at a peak of -80 dBFS and below, 1 from -40 dBFS up, linear in dB;
 *   clipping 1 / (1 + share / 0.01), share of samples at or beyond 0.999;
 *   rumble   1 - share of power below 12 Hz (DC included) beyond a tenth.
 */
#ifndef SCORE_VALIDITY_H
#define SCORE_VALIDITY_H

#include "score/term.h"

struct validity {
	double value;              /* 0 to 1 */
	double db, clipped, rumble; /* the peak; shares of the samples and of the power */
	double level;              /* the first factor */
};

#define RUMBLE_HZ   12.0
#define RUMBLE_FREE 0.1 /* share that a drum's thump may have */

int validity_of(const struct heard *h, struct validity *v, struct err *err);

/* What a likeness counts for: 1, or less as far as it is less of a sound than what it is like. */
static inline double
validity_beside(double target, double it)
{
	return it < target ? it / target : target > 0;
}

#endif
