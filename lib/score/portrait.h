/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Portraits: what a search compares. A sound is analysed once and held against
 * any number of others; a target is analysed once for a whole run. Four
 * distances, each 0 for the same sound (doc/scores.md says why these four):
 *
 *   mss        dB: mel spectra at three scales, level left out (score/mss.h), within 2 %
 *   mrstft     spectra at three resolutions, level included: MR-STFT, with hops
 *              of half a window, which is a third of its frames
 *   envelope   dB: mean difference of the level in steps of 10 ms, no deeper than
 *              60 dB below the target's loudest
 *   transport  0 to 1: how far the frames' energy has to be moved along the mel
 *              axis, weighted by how loud they are. It still points the way where
 *              the spectra have nothing in common, which the others do not.
 *
 * Most sounds of a large set are not worth a closer look. An outline has the sums
 * over blocks of a portrait's spectra; the difference of two sums is no more than
 * the sum of the differences, so outlines bound distances from below.
 */
#ifndef SCORE_PORTRAIT_H
#define SCORE_PORTRAIT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* The transforms for one rate; does not change, threads may share it. */
struct portrait_plan;
struct portrait_plan *portrait_plan_new(uint32_t rate, struct err *err);
void portrait_plan_free(struct portrait_plan *p);

struct portrait;
struct portrait *portrait_new(void);
void portrait_free(struct portrait *p);

/* Takes the portrait of a sound (interleaved), of the mean of its channels if mono.
   What p held is gone; its memory is used again. */
int portrait_take(struct portrait *p, const struct portrait_plan *plan, const float *x, uint32_t channels,
    uint64_t frames, int mono, struct err *err);

/* The portrait in broad strokes, which portrait_least looks at. */
int portrait_outline(struct portrait *p, struct err *err);

/* Gives up what portrait_compare_spectra looks at, which is nine tenths of the memory: some
   MB for each second of each channel. */
void portrait_lighten(struct portrait *p);

struct portrait_distance {
	double mss, mrstft, envelope, transport;
};

/* Of two portraits with as many channels. Where one sound has ended and the other
   goes on, it counts as silent. The first does both that follow; mrstft is most of the work. */
void portrait_compare(const struct portrait *target, const struct portrait *candidate, struct portrait_distance *d);
void portrait_compare_spectra(const struct portrait *target, const struct portrait *candidate, struct portrait_distance *d);
void portrait_compare_rest(const struct portrait *target, const struct portrait *candidate, struct portrait_distance *d);

/* Of two that are outlined, for little: distances that are no larger than the true ones. */
void portrait_least(const struct portrait *target, const struct portrait *candidate, struct portrait_distance *d);

/* For words. */
double portrait_level(const struct portrait *p);    /* of the whole, dBFS RMS */
double portrait_centroid(const struct portrait *p); /* Hz, of the amplitudes in mel bands */
double portrait_length(const struct portrait *p);   /* seconds until 95 % of the energy has come */

#endif
