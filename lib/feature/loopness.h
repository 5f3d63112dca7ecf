/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Does a sound loop? From 0 to 1, the product of three answers, each from 0 to 1:
 *
 *   through  it sounds to its end: its first and last eighth are no more than 18
 *            to 36 dB quieter than its loudest. What is struck once has died away.
 *   returns  what is in it comes back a whole number of times in its length: how
 *            well its onsets repeat after each beat, at the best whole number of
 *            beats relative to the best number of any kind. Or it is even: what has
 *            no rhythm needs none.
 *   join     the end goes over into the beginning as it goes on inside: the step of
 *            the spectrum at the seam is no larger than inside, nor is the wave's.
 *
 * Beyond 64 beats nothing can be said of the length: any is nearly whole.
 */
#ifndef FEATURE_LOOPNESS_H
#define FEATURE_LOOPNESS_H

#include "feature/onsets.h"

struct loopness {
	double loopness; /* the product */
	double through, returns, join;
};

/* x[n], one channel, and its envelope. What is silent or shorter than 0.4 s is no loop. */
int loopness_find(const float *x, size_t n, const struct envelope *e, struct loopness *l, struct err *err);

#endif
