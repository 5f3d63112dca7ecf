/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loudness of a whole sound with all its channels, after EBU R 128, Tech 3341 and 3342
 * and ITU-R BS.1770-4:
 *   integrated     gated, LUFS
 *   range          LU, of the 3 s blocks every 100 ms; 0 of less than 3 s
 *   momentary_max  largest loudness of 400 ms, LUFS; of the whole if it is shorter
 *   short_max      largest of 3 s, LUFS, likewise
 *   true_peak      dB of full scale, four times the rate
 *   sample_peak    dB of full scale
 * Of five or more channels the fourth of six is left out (low frequencies) and those after the third
 * count 1.41 fold, in the order L R C (LFE) Ls Rs. Nothing is below -100.
 */
#include <math.h>
#include <stdlib.h>

#include "base/fmath.h"
#include "dsp/kweight.h"
#include "dsp/sums.h"
#include "dsp/true_peak.h"
#include "feature/analysis.h"

enum { INTEGRATED, RANGE, MOMENTARY, SHORT, TRUE_PEAK, SAMPLE_PEAK, COLUMNS };
static const char *const labels[] = {
    "integrated", "range", "momentary_max", "short_max", "true_peak", "sample_peak", NULL};

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return COLUMNS;
}

static double
weight(uint32_t channel, uint32_t channels)
{
	if (channels < 5 || channel < 3)
		return 1;
	return channels > 5 && channel == 3 ? 0 : 1.41;
}

/* Power of each hop, total[hops], and the peaks, of all channels. 0, or -1 out of memory. */
static int
hear(struct analysis *a, const float *x, uint32_t channels, size_t n, double *total, double *top, double *peak)
{
	float *apart = channels > 1 ? malloc(n * sizeof *apart) : NULL;
	int got = channels > 1 && !apart ? -1 : 0;
	for (uint32_t c = 0; got == 0 && c < channels; c++) {
		const double w = weight(c, channels), *k = w > 0 ? analysis_k_of(a, c) : NULL;
		double sample;
		if (channels > 1)
			sums_pick(x + c, channels, n, apart);
		*top = fmax(*top, true_peak(channels > 1 ? apart : x, n, analysis_rate(a), &sample));
		*peak = fmax(*peak, sample);
		if (w > 0 && !k)
			got = -1;
		for (size_t h = 0; k && h < analysis_k_hops(a); h++)
			total[h] += w * k[h];
	}
	free(apart);
	return got;
}

/* Largest mean square of `wide` samples: it is where either end is that of a hop. */
static double
largest(const double *so, size_t n, size_t hops, double wide)
{
	if ((double)n <= wide)
		return so[hops] / (double)n;
	const size_t whole = n / ANALYSIS_K_HOP, over = (size_t)(wide / ANALYSIS_K_HOP);
	const double part = wide / ANALYSIS_K_HOP - (double)over;
	double most = kweight_within(so, n, ANALYSIS_K_HOP, (double)n - wide, (double)n);
	size_t h = 0;
	for (; h + over + 1 <= whole; h++) {
		const double *from = so + h, *to = so + h + over;
		const double begins = to[0] + part * (to[1] - to[0]) - from[0];
		const double ends = to[1] - (from[0] + (1 - part) * (from[1] - from[0]));
		most = begins > most ? begins : most;
		most = ends > most ? ends : most;
	}
	for (; (double)(h * ANALYSIS_K_HOP) + wide <= (double)n; h++) /* into the last hop, which is shorter */
		most = fmax(most, kweight_within(so, n, ANALYSIS_K_HOP, (double)(h * ANALYSIS_K_HOP), (double)(h * ANALYSIS_K_HOP) + wide));
	return most / wide;
}

static int
by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Tech 3342: from the 10th to the 95th percentile of what is over -70 LUFS and 20 LU under the mean. */
static int
range(const double *so, size_t n, double rate, double *out)
{
	const double wide = 3 * rate, step = rate / 10;
	*out = 0;
	if ((double)n < wide)
		return 0;
	const size_t blocks = (size_t)(((double)n - wide) / step + 1e-9) + 1;
	double *ms = malloc(blocks * sizeof *ms), sum = 0;
	size_t kept = 0, first = 0;
	if (!ms)
		return -1;
	for (size_t b = 0; b < blocks; b++) {
		const double at = (double)b * step, v = kweight_within(so, n, ANALYSIS_K_HOP, at, at + wide) / wide;
		if (v >= 1.1724653045822964e-7) { /* -70 LUFS */
			ms[kept++] = v;
			sum += v;
		}
	}
	qsort(ms, kept, sizeof *ms, by_size);
	while (first < kept && ms[first] < 0.01 * sum / (double)kept)
		first++;
	if (first < kept) {
		const double last = (double)(kept - first - 1);
		const double *v = ms + first;
		*out = kweight_lufs(v[(size_t)(last * 0.95 + 0.5)]) - kweight_lufs(v[(size_t)(last * 0.1 + 0.5)]);
	}
	free(ms);
	return 0;
}

static float
decibels(double x)
{
	return x > 1e-5 ? (float)(20 * fm_log10(x)) : -100;
}

static int
run(struct analysis *a, float *out)
{
	uint32_t channels;
	const float *x = analysis_sound(a, &channels);
	size_t n;
	analysis_samples(a, &n);
	const size_t hops = analysis_k_hops(a);
	const double rate = analysis_rate(a);
	/* sums of squares from sample 0 to the start of each hop */
	double *total = calloc(2 * hops + 1, sizeof *total), *so = total + hops, lu = 0, peak = 0, top = 0;
	int got = total ? hear(a, x, channels, n, total, &top, &peak) : -1;
	for (size_t h = 0; got == 0 && h < hops; h++)
		so[h + 1] = so[h] + total[h];
	if (got < 0 || range(so, n, rate, &lu) < 0) {
		free(total);
		return -1;
	}
	const double *const power[] = {total};
	out[INTEGRATED] = (float)kweight_integrated(power, 1, n, ANALYSIS_K_HOP, rate);
	out[RANGE] = (float)lu;
	out[MOMENTARY] = (float)kweight_lufs(largest(so, n, hops, 0.4 * rate));
	out[SHORT] = (float)kweight_lufs(largest(so, n, hops, 3 * rate));
	out[TRUE_PEAK] = decibels(top);
	out[SAMPLE_PEAK] = decibels(peak);
	free(total);
	return 0;
}

const struct feature feature_r128 = {
    .name = "r128",
    .axis = "descriptor",
    .help = "integrated loudness, range, largest momentary and short, true and sample peak (EBU R 128)",
    .columns = columns,
    .labels = labels,
    .run = run,
    .of = FEATURE_WHOLE | FEATURE_TOGETHER,
};
