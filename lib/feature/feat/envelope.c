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
#include <stdlib.h>

#include "base/fmath.h"
#include "dsp/sums.h"
#include "feature/analysis.h"

enum { ATTACK, DECAY, CENTROID, DURATION, CREST, COLUMNS };
static const char *const labels[] = {"attack", "decay", "temporal_centroid", "duration", "crest", NULL};

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return COLUMNS;
}

static int
run(struct analysis *a, float *out)
{
	const struct sums_kernel *sums = sums_best();
	const double rate = analysis_rate(a);
	const size_t step = rate >= 2000 ? (size_t)(rate / 1000) : 1;
	size_t n;
	const float *x = analysis_samples(a, &n);
	float *level = malloc(((n + step - 1) / step) * sizeof *level);
	if (!level)
		return -1;
	double energy = 0, moment = 0, peak = 0;
	sums->moments(x, n, &energy, &moment);
	for (size_t i = 0, k = 0; i < n; i += step, k++) {
		level[k] = sums->largest(x + i, n - i < step ? n - i : step);
		peak = fmax(peak, level[k]);
	}
	size_t rise = 0, top = 0, loudest = 0, fallen = 0, over = 0;
	double most = 0;
	for (size_t i = 0, k = 0; i < n; i += step, k++) {
		const size_t end = n - i < step ? n : i + step;
		if (!top && level[k] < 0.2 * peak)
			rise = end;
		if (!top && level[k] >= 0.9 * peak)
			top = end;
		if (level[k] > most) {
			most = level[k];
			loudest = i;
		}
		if (level[k] >= 0.1 * peak)
			fallen = end;
		if (peak > 0 && level[k] > 0.4 * peak)
			over += end - i;
	}
	free(level);
	out[ATTACK] = peak > 0 ? (float)((double)(top - rise) / rate) : 0;
	out[DECAY] = peak > 0 ? (float)((double)(fallen - loudest) / rate) : 0;
	out[CENTROID] = (float)((energy > 0 ? moment / energy : (double)n / 2) / rate);
	out[DURATION] = (float)((double)over / rate);
	out[CREST] = energy > 0 ? (float)(20 * fm_log10(peak) - 10 * fm_log10(energy / (double)n)) : 0;
	return 0;
}

const struct feature feature_envelope = {
    .name = "envelope",
    .axis = "descriptor",
    .help = "attack, decay, temporal centroid, effective duration (s), crest (dB)",
    .columns = columns,
    .labels = labels,
    .run = run,
    .of = FEATURE_WHOLE,
};
