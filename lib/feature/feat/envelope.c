/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The course of a whole sound's level, one number each, from the largest |x| of every
 * millisecond:
 *   attack             seconds from the last time it is under a fifth of its peak to the first it
 *                      reaches nine tenths
 *   decay              seconds from the peak until it stays under a tenth of it, or the end
 *   temporal_centroid  sum t x² / sum x², seconds; silence: the middle
 *   duration           seconds for which it is over two fifths of the peak (Peeters 2004)
 *   crest              peak over RMS, dB; silence: 0
 */
#include <math.h>

#include "base/fmath.h"
#include "feature/analysis.h"

enum { ATTACK, DECAY, CENTROID, DURATION, CREST, COLUMNS };
static const char *const labels[] = {"attack", "decay", "temporal_centroid", "duration", "crest", NULL};

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return COLUMNS;
}

static float
largest(const float *x, size_t from, size_t to)
{
	float most = 0;
	for (size_t i = from; i < to; i++)
		most = fabsf(x[i]) > most ? fabsf(x[i]) : most;
	return most;
}

static int
run(struct analysis *a, float *out)
{
	const double rate = analysis_rate(a);
	const size_t step = rate >= 2000 ? (size_t)(rate / 1000) : 1;
	size_t n;
	const float *x = analysis_samples(a, &n);
	double energy = 0, moment = 0;
	for (size_t i = 0; i < n; i++) {
		const double e = (double)x[i] * x[i];
		energy += e;
		moment += e * (double)i;
	}
	const double peak = largest(x, 0, n);
	size_t rise = 0, top = 0, loudest = 0, fallen = 0, over = 0;
	double most = 0;
	for (size_t i = 0; i < n; i += step) {
		const size_t end = n - i < step ? n : i + step;
		const double level = largest(x, i, end);
		if (!top && level < 0.2 * peak)
			rise = end;
		if (!top && level >= 0.9 * peak)
			top = end;
		if (level > most) {
			most = level;
			loudest = i;
		}
		if (level >= 0.1 * peak)
			fallen = end;
		if (peak > 0 && level > 0.4 * peak)
			over += end - i;
	}
	out[ATTACK] = peak > 0 ? (float)((double)(top - rise) / rate) : 0;
	out[DECAY] = peak > 0 ? (float)((double)(fallen - loudest) / rate) : 0;
	out[CENTROID] = (float)((energy > 0 ? moment / energy : (double)n / 2) / rate);
	out[DURATION] = (float)((double)over / rate);
	out[CREST] = energy > 0 ? (float)(20 * fm_log10(peak) - 10 * fm_log10(energy / (double)n)) : 0;
	return 0;
}

const struct feature feature_envelope = {
    "envelope", "descriptor", "attack, decay, temporal centroid, effective duration (s), crest (dB)", columns, labels, run,
    FEATURE_WHOLE};
