/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * MSS, the multi-scale mel distance (Hayes, Saitis, Fazekas 2025): each sound as
 * three mel spectrograms, windows of 10, 25 and 100 ms, hops of 5, 10 and 50 ms,
 * 32, 64 and 128 bands, in dB below the loudest point of the spectrogram and no
 * lower than 80 dB below it; then the mean difference, averaged over the scales.
 */
#ifndef SCORE_MSS_H
#define SCORE_MSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dsp/mel.h"
#include "dsp/stft.h"

enum { MSS_SCALES = 3 };
#define MSS_FLOOR (-80.0f) /* dB */

/* The transforms for one rate; does not change, threads may share it. */
struct mss_plan {
	struct stft *stft[MSS_SCALES];
	struct mel *mel[MSS_SCALES];
};
/* quick: transforms of a length that is quick to compute, a little longer than the
   windows: the bands see the same spectrum, sampled more densely. */
int mss_plan_init(struct mss_plan *p, uint32_t rate, bool quick, struct err *err);
void mss_plan_release(struct mss_plan *p); /* of a zeroed one is legal */

/* A sound as MSS sees it: db[scale][channel][frame][band]. */
struct mss_image {
	uint32_t channels;
	size_t frames[MSS_SCALES], bands[MSS_SCALES];
	float *db[MSS_SCALES];
	size_t room[MSS_SCALES]; /* floats in db, kept for the next sound */
};

/* x: one channel after another, frames samples each. The image is begun zeroed and
   may be used again for sound after sound. */
int mss_image_take(struct mss_image *m, const struct mss_plan *p, const float *x, uint32_t channels, size_t frames,
    struct err *err);
void mss_image_release(struct mss_image *m);

/* In dB; 0 is the same sound, whatever its level. As many channels in both. Where
   one has ended and the other goes on, it counts as silent. */
double mss_distance(const struct mss_image *a, const struct mss_image *b);

#endif
