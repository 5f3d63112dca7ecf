/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FEATURE_FEAT_ROUGHNESS_H
#define FEATURE_FEAT_ROUGHNESS_H

#include <stddef.h>

#include "base/isa.h"
#include "dsp/mel.h"
#include "dsp/stft.h"

enum { ROUGH_BANDS = 16 };

/* What is summed over one hop of the frames. */
struct rough_sums {
	float n, e[ROUGH_BANDS], h[ROUGH_BANDS], hh[ROUGH_BANDS], cross[ROUGH_BANDS]; /* cross: of h with the next band's */
};

struct rough {
	double rate;              /* for which the rest is made */
	struct stft *stft;
	struct stft_room room;
	struct mel *bank;
	float *power;             /* [bins + 1][lanes] */
	float *weights;           /* the bank's, each triangle 1 at its peak */
	struct rough_sums *hop;   /* [frames] */
	double *value;            /* [frames]: of the hops from each on */
	float *count;
	size_t frames;
	size_t step, first, last; /* samples between amplitudes; those that the sound fills */
	size_t hop_samples;       /* between frames */
	float b, a1, a2;          /* the band-pass */
	float x1[ROUGH_BANDS], x2[ROUGH_BANDS], y1[ROUGH_BANDS], y2[ROUGH_BANDS];
};

/* The amplitudes of the bands in each lane of r->power to band[lane][ROUGH_BANDS]. */
typedef void rough_bands_run(const struct rough *r, float (*band)[ROUGH_BANDS]);
ISA_DECLARE(rough_bands_run, rough_bands);

/* The bands' amplitudes at one moment into the sums of a hop. */
typedef void rough_take_run(struct rough *r, const float e[ROUGH_BANDS], struct rough_sums *s);
ISA_DECLARE(rough_take_run, rough_take);

#endif
