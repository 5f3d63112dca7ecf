/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Wavetables: single-cycle frames to move through, each in half-octave levels of
 * fewer and fewer partials; built in, or out of the user's files. Computed on first
 * use, the same on every machine.
 */
#ifndef SYNTH_WAVETABLE_H
#define SYNTH_WAVETABLE_H

#include "synth/asset.h"

enum {
	WAVETABLE_BITS = 11,
	WAVETABLE_LENGTH = 1 << WAVETABLE_BITS, /* points of a cycle */
	WAVETABLE_ROW = WAVETABLE_LENGTH + 4,   /* the first ones again, for interpolation */
	WAVETABLE_LEVELS = 19,                  /* level l has the first 512 * 2^(-l/2) partials */
	WAVETABLE_FRAMES = 8,
	WAVETABLE_PARTIALS = 512,
	WAVETABLES = 6,
	WAVETABLE_MOST = 512,                   /* frames out of files; what is more is left out */
};

/* By number in the order of wavetable_names (NULL at the end): row [frame][level]. */
extern const char *const wavetable_names[];
const float *wavetable(int which);

/* A table of what stands in files, 2 frames at least. A sound that states its cycle (Serum's and
   Surge's files do) is cut into such; one of several times 2048 points into those; any other is one
   cycle. Its first channel counts, without what is constant; the loudest point of all is 1.
   NULL when out of memory. */
struct wavetable {
	int frames;
	float x[]; /* [frame][level][WAVETABLE_ROW] */
};
const struct wavetable *wavetable_of(const struct asset *const *sounds, size_t n);

#endif
