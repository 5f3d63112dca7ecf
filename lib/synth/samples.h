/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sounds of a node made ready to be read at any speed: side by side in one
 * block of floats, the first two channels of each, in octave levels of half, a
 * quarter ... of the rate for what is played an octave, two ... up. Silence stands
 * around each. Made once (asset_derived). Read by lib/synth/mod/sample.h.
 */
#ifndef SYNTH_SAMPLES_H
#define SYNTH_SAMPLES_H

#include "synth/asset.h"

enum {
	SAMPLES_LEVELS = 7,
	SAMPLES_GUARD = 64,   /* frames of silence before and after each level */
	SAMPLES_MAX = 128,
	KERNELS = 5,
	KERNEL_TAPS = 24,     /* of the first */
	KERNEL_STEPS = 256,   /* places between two frames */
};

struct samples {
	int n, channels;                /* channels 1: all are mono */
	struct {
		float rate;
		int32_t frames;
		int32_t at[2][SAMPLES_LEVELS]; /* of frame 0 of a channel's level in x; mono: the same twice */
	} sound[SAMPLES_MAX];
	float x[];
};

/* NULL when out of memory, or where there are none. */
const struct samples *samples_of(const struct asset *const *a, size_t n);

/* A windowed sinc of KERNEL_TAPS, and four that are longer and lower by a quarter of an octave
   each: kernel k reads at speeds up to 2^(k/4). Row p is for a place p / KERNEL_STEPS after frame
   taps/2 - 1; there is one row more than steps. */
struct kernel {
	int taps; /* a multiple of 4 */
	const float *rows; /* [KERNEL_STEPS + 1][taps] */
};
const struct kernel *samples_kernels(void);

/* y[i] = x(i * from / to), for x of n frames and silence around it: band-limited, both ways, in double
   precision; y has samples_resampled(n) frames. */
uint64_t samples_resampled(uint64_t n, uint32_t from, uint32_t to);
void samples_resample(const float *x, uint64_t n, uint32_t from, uint32_t to, float *y);

#endif
