/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The built-in wavetables: some single-cycle frames to move through, each in
 * half-octave levels of fewer and fewer partials. Computed on first use, the same
 * on every machine.
 */
#ifndef SYNTH_WAVETABLE_H
#define SYNTH_WAVETABLE_H

enum {
	WAVETABLE_BITS = 11,
	WAVETABLE_LENGTH = 1 << WAVETABLE_BITS, /* points of a cycle */
	WAVETABLE_ROW = WAVETABLE_LENGTH + 4,   /* the first ones again, for interpolation */
	WAVETABLE_LEVELS = 19,                  /* level l has the first 512 * 2^(-l/2) partials */
	WAVETABLE_FRAMES = 8,
	WAVETABLE_PARTIALS = 512,
	WAVETABLES = 6,
};

/* By number in the order of wavetable_names (NULL at the end): row [frame][level]. */
extern const char *const wavetable_names[];
const float *wavetable(int which);

#endif
