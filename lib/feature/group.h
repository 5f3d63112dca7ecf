/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames side by side, one a lane: what features of spectra work on while the spectra are in the nearest
 * caches. A sum over the bins is then a sum in each lane, with nothing to add up across, and no lane knows of
 * another: values are the same bytes with every instruction set, whoever the neighbours are. The functions
 * are in feat/NAME_lanes.c, which is compiled for each set.
 */
#ifndef FEATURE_GROUP_H
#define FEATURE_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/isa.h"
#include "dsp/stft.h"

struct group {
	size_t lanes, bins;
	size_t frame[STFT_LANES]; /* of each lane; frames follow one another, unless they are precise */
	uint32_t wanted;          /* bit l: lane l is; the others repeat the first */
	uint32_t faint;           /* lanes that squares of floats do not hold, in all bins but perhaps some */
	bool precise;             /* transformed in double, because the feature asked for it; what is faint, scaled up */
	double bin_hz;
	const float *power;       /* |X|² [bins][lanes], and a row of their sums */
};

/* Hears a group into out[frame][columns]. Returns the lanes whose values are drowned in the rounding of single
   precision: their frames come again, in any company, from a transform in double. */
typedef uint32_t group_run(const struct group *g, void *state, float *out);

enum { GROUP_SETS = ISA_AVX512 - ISA_SCALAR + 1 };

/* Where lane l writes its row of `columns` floats; NULL if it is not wanted. */
static inline void
group_rows(const struct group *g, float *out, size_t columns, float **row)
{
	for (size_t l = 0; l < g->lanes; l++)
		row[l] = g->wanted >> l & 1 ? out + g->frame[l] * columns : NULL;
}

#endif
