/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The answer of a room, an amplifier, a box, from a file, cut into partitions and
 * transformed, for convolution with it: the first frames in short partitions, the
 * rest in ever longer ones (Gardner, "Efficient convolution without input-output
 * delay", 1995). Partition k of a level whose blocks are of B frames holds frames
 * first + k B and on. Made once for each rate.
 */
#ifndef SYNTH_IMPULSE_H
#define SYNTH_IMPULSE_H

#include "synth/asset.h"

enum { IMPULSE_LEVELS = 3, IMPULSE_BLOCK = 64, IMPULSE_STEP = 8 }; /* blocks of 64, 512, 4096 frames */
#define IMPULSE_SECONDS 12.0 /* what is longer is cut */

struct impulse {
	int channels; /* 1 or 2 */
	struct impulse_level {
		int block, count; /* frames; partitions */
		size_t at[2];     /* of a channel's partitions in x: [count][2 block + 2] */
	} level[IMPULSE_LEVELS];
	float x[];
};

/* Of the sound at this rate, its channel with most energy brought to 1; NULL when out of memory. */
const struct impulse *impulse_of(const struct asset *a, uint32_t rate);

/* What impulse_of will have, without making it. */
void impulse_lay_out(const struct asset *a, uint32_t rate, struct impulse *shape, size_t *numbers);

#endif
