/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where in the bar a loop is struck: its onsets on a grid of sixteenths, and how
 * far it swings. A bar is four beats from the first beat on.
 */
#ifndef FEATURE_RHYTHM_H
#define FEATURE_RHYTHM_H

#include "feature/onsets.h"

enum { RHYTHM_STEPS = 16 };

struct rhythm {
	float step[RHYTHM_STEPS]; /* part of the onsets' strength at each sixteenth; they add up to 1, or are all 0 */
	/* Where the off-beat lies between two beats (eighths) and the off-eighth between two eighths (sixteenths): 0.5 is
	   straight, 2/3 a triplet; the strongest that is near the middle. 0: nothing is struck there. */
	double swing8, swing16;
};

/* Onsets in samples; bpm 0: there is no bar. `first`: seconds to the first beat. */
void rhythm_find(const struct onset *onset, size_t n, double rate, double bpm, double first, struct rhythm *r);

#endif
