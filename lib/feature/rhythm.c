/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/rhythm.h"

#include <math.h>
#include <string.h>

enum { BINS = 64 };
#define FROM 0.42
#define TO 0.72 /* three quarters on is the next sixteenth, not a late eighth */
#define LEAST 0.05 /* part of all strength */

/* Centre of the heaviest tenth-wide stretch of positions in (FROM, TO); 0 where there is next to nothing. */
static double
centre(const double weight[BINS], const double moment[BINS], double all)
{
	enum { WIDE = 20 };
	double best = 0, at = 0;
	for (int b = 0; b + WIDE <= BINS; b++) {
		double sum = 0, where = 0;
		for (int i = b; i < b + WIDE; i++) {
			sum += weight[i];
			where += moment[i];
		}
		if (sum > best * (1 + 1e-9)) {
			best = sum;
			at = where / sum;
		}
	}
	return best > LEAST * all ? at : 0;
}

static void
count(double weight[BINS], double moment[BINS], double position, double strength)
{
	const int b = (int)floor((position - FROM) / (TO - FROM) * BINS);
	if (b >= 0 && b < BINS) {
		weight[b] += strength;
		moment[b] += strength * position;
	}
}

void
rhythm_find(const struct onset *onset, size_t n, double rate, double bpm, double first, struct rhythm *r)
{
	double step[RHYTHM_STEPS] = {0}, all = 0, weight[2][BINS] = {0}, moment[2][BINS] = {0};
	*r = (struct rhythm){0};
	if (!(bpm > 0) || !(rate > 0))
		return;
	for (size_t i = 0; i < n; i++) {
		const double beat = ((double)onset[i].at / rate - first) * bpm / 60, strength = onset[i].strength;
		if (!(fabs(beat) < 1e9))
			continue;
		/* the step is the nearest: what swings or is played is still that sixteenth */
		const long k = (long)floor(4 * beat + 0.5);
		step[((k % RHYTHM_STEPS) + RHYTHM_STEPS) % RHYTHM_STEPS] += strength;
		all += strength;
		count(weight[0], moment[0], beat - floor(beat), strength);
		count(weight[1], moment[1], 2 * beat - floor(2 * beat), strength);
	}
	if (!(all > 0))
		return;
	for (int k = 0; k < RHYTHM_STEPS; k++)
		r->step[k] = (float)(step[k] / all);
	r->swing8 = centre(weight[0], moment[0], all);
	r->swing16 = centre(weight[1], moment[1], all);
}
